/** What TensorFlow Lite Micro gives to CMSIS-NN. */

/**
 * Operators that TensorFlow Lite Micro computes by CMSIS-NN, and the types of their outputs: the kernels of
 * tensorflow/lite/micro/kernels/cmsis_nn, August 2026 (commit 90b983c). All others run its reference kernels there, too.
 */
export const CMSIS_NN_TYPES: { readonly [op: string]: readonly string[] } = {
  ADD: ['int8', 'int16'],
  AVERAGE_POOL_2D: ['int8', 'int16'],
  BATCH_MATMUL: ['int8', 'int16'],
  CONV_2D: ['int8', 'int16'],
  DEPTHWISE_CONV_2D: ['int8', 'int16'],
  FULLY_CONNECTED: ['int8', 'int16'],
  MAXIMUM: ['int8'],
  MAX_POOL_2D: ['int8', 'int16'],
  MINIMUM: ['int8'],
  MUL: ['int8', 'int16'],
  PAD: ['int8'],
  PADV2: ['int8'],
  SOFTMAX: ['int8', 'int16'],
  SVDF: ['int8'],
  TRANSPOSE: ['int8'],
  TRANSPOSE_CONV: ['int8'],
  UNIDIRECTIONAL_SEQUENCE_LSTM: ['int8', 'int16'],
};
