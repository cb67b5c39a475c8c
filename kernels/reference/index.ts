/** The operators, by the names that the schema gives them. To add one: a file, a line here, its tests. */

export { ADD, SUB } from './add.ts';
export { CONCATENATION } from './concatenation.ts';
export { CONV_2D } from './conv_2d.ts';
export { EXPAND_DIMS } from './expand_dims.ts';
export { MEAN, SUM } from './mean.ts';
export { MUL } from './mul.ts';
export { PACK, UNPACK } from './pack.ts';
export { PAD, PADV2 } from './pad.ts';
export { AVERAGE_POOL_2D, MAX_POOL_2D } from './pooling.ts';
export { QUANTIZE } from './quantize.ts';
export { RESHAPE } from './reshape.ts';
export { RANK, SHAPE } from './shape.ts';
export { SLICE } from './slice.ts';
export { SPLIT, SPLIT_V } from './split.ts';
export { SQUEEZE } from './squeeze.ts';
export { STRIDED_SLICE } from './strided_slice.ts';
export { TRANSPOSE } from './transpose.ts';
