/** The explainers, by operator. To add one: a file named as the kernel's, a line here. */
export { ABS, NEG, SIGN } from './abs.ts';
export { HARD_SWISH, LEAKY_RELU, RELU, RELU_0_TO_1, RELU_N1_TO_1, RELU6 } from './activation.ts';
export { ADD, SUB } from './add.ts';
export { ADD_N } from './add_n.ts';
export { BATCH_MATMUL } from './batch_matmul.ts';
export { EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL } from './comparisons.ts';
export { CONCATENATION } from './concatenation.ts';
export { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV } from './convolution.ts';
export { CUMSUM } from './cumsum.ts';
export { DIV, FLOOR_DIV, FLOOR_MOD } from './div.ts';
export { ELU, EXP, GELU, LOG } from './exp.ts';
export { BROADCAST_ARGS, FILL, ONE_HOT, RANGE, RANK, SHAPE, ZEROS_LIKE } from './generated.ts';
export { EMBEDDING_LOOKUP, SCATTER_ND, TOPK_V2 } from './indexed.ts';
export { L2_NORMALIZATION } from './l2_normalization.ts';
export { BITWISE_XOR, CAST, FAKE_QUANT, LOGICAL_AND, LOGICAL_NOT, LOGICAL_OR, RIGHT_SHIFT } from './logical.ts';
export { LOGISTIC, TANH } from './logistic.ts';
export { MAXIMUM, MINIMUM } from './maximum_minimum.ts';
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
export { PRELU } from './prelu.ts';
export { DEQUANTIZE, QUANTIZE } from './quantize.ts';
export {
  ARG_MAX,
  ARG_MIN,
  MEAN,
  REDUCE_ALL,
  REDUCE_ANY,
  REDUCE_MAX,
  REDUCE_MIN,
  REDUCE_PROD,
  SUM,
} from './reduction.ts';
export { RESIZE_BILINEAR } from './resize_bilinear.ts';
export { LOG_SOFTMAX, SOFTMAX } from './softmax.ts';
export { RSQRT, SQRT } from './sqrt.ts';
export { SQUARED_DIFFERENCE } from './squared_difference.ts';
