/** The operators, by the names that the schema gives them. To add one: a file, a line here, its tests. */

export { DEQUANTIZE } from '../float/dequantize.ts';
export { FAKE_QUANT } from '../float/fake_quant.ts';
export { ADD, SUB } from './add.ts';
export { CONCATENATION } from './concatenation.ts';
export { CONV_2D } from './conv_2d.ts';
export { EXPAND_DIMS } from './expand_dims.ts';
export { HARD_SWISH } from './hard_swish.ts';
export { LEAKY_RELU } from './leaky_relu.ts';
export { LOGISTIC, TANH } from './logistic.ts';
export { MEAN, SUM } from './mean.ts';
export { MUL } from './mul.ts';
export { PACK, UNPACK } from './pack.ts';
export { PAD, PADV2 } from './pad.ts';
export { AVERAGE_POOL_2D, MAX_POOL_2D } from './pooling.ts';
export { QUANTIZE } from './quantize.ts';
export { RELU, RELU_0_TO_1, RELU_N1_TO_1, RELU6 } from './relu.ts';
export { RESHAPE } from './reshape.ts';
export { RANK, SHAPE } from './shape.ts';
export { SLICE } from './slice.ts';
export { SOFTMAX } from './softmax.ts';
export { SPLIT, SPLIT_V } from './split.ts';
export { SQUEEZE } from './squeeze.ts';
export { STRIDED_SLICE } from './strided_slice.ts';
export { TRANSPOSE } from './transpose.ts';
