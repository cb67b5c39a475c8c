/** The accounts, by operator. To add one: a file named as the kernel's, a line here, its cases in test/src/inspect/. */
export { HARD_SWISH, LEAKY_RELU, RELU, RELU_0_TO_1, RELU_N1_TO_1, RELU6 } from './activation.ts';
export { ADD, SUB } from './add.ts';
export { CONCATENATION } from './concatenation.ts';
export { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV } from './convolution.ts';
export { LOGISTIC, TANH } from './logistic.ts';
export { MEAN, SUM } from './mean.ts';
export {
  BROADCAST_TO,
  DEPTH_TO_SPACE,
  EXPAND_DIMS,
  GATHER,
  GATHER_ND,
  MIRROR_PAD,
  PACK,
  PAD,
  PADV2,
  RESHAPE,
  REVERSE_V2,
  SLICE,
  SPACE_TO_DEPTH,
  SPLIT,
  SPLIT_V,
  SQUEEZE,
  STRIDED_SLICE,
  TILE,
  TRANSPOSE,
  UNPACK,
} from './movement.ts';
export { MUL } from './mul.ts';
export { AVERAGE_POOL_2D, MAX_POOL_2D } from './pooling.ts';
export { DEQUANTIZE, QUANTIZE } from './quantize.ts';
export { SOFTMAX } from './softmax.ts';
