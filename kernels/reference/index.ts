/** The operators, by the names that the schema gives them. To add one: a file, a line here, its tests. */

export { CONV_2D } from './conv_2d.ts';
export { AVERAGE_POOL_2D, MAX_POOL_2D } from './pooling.ts';
export { QUANTIZE } from './quantize.ts';
export { RESHAPE } from './reshape.ts';
