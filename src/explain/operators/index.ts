/** The accounts, by operator. To add one: a file named as the kernel's, a line here, its cases in test/src/inspect/. */
export { HARD_SWISH, LEAKY_RELU, RELU, RELU_0_TO_1, RELU_N1_TO_1, RELU6 } from './activation.ts';
export { ADD, SUB } from './add.ts';
export { CONCATENATION } from './concatenation.ts';
export { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV } from './convolution.ts';
export { ELU, EXP, GELU, LOG } from './exp.ts';
export { LOGISTIC, TANH } from './logistic.ts';
export { MAXIMUM, MINIMUM } from './maximum_minimum.ts';
export { MEAN, SUM } from './mean.ts';
export {
  BATCH_TO_SPACE_ND,
  BROADCAST_TO,
  DEPTH_TO_SPACE,
  DYNAMIC_UPDATE_SLICE,
  EXPAND_DIMS,
  GATHER,
  GATHER_ND,
  MIRROR_PAD,
  PACK,
  PAD,
  PADV2,
  RESHAPE,
  RESIZE_NEAREST_NEIGHBOR,
  REVERSE_SEQUENCE,
  REVERSE_V2,
  SELECT,
  SELECT_V2,
  SLICE,
  SPACE_TO_BATCH_ND,
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
export {
  ABS,
  BITWISE_XOR,
  CAST,
  DIV,
  EQUAL,
  FAKE_QUANT,
  FLOOR_DIV,
  FLOOR_MOD,
  GREATER,
  GREATER_EQUAL,
  LESS,
  LESS_EQUAL,
  LOGICAL_AND,
  LOGICAL_NOT,
  LOGICAL_OR,
  NEG,
  NOT_EQUAL,
  PRELU,
  RIGHT_SHIFT,
  RSQRT,
  SIGN,
  SQRT,
  SQUARED_DIFFERENCE,
} from './value_by_value.ts';
