/** The operators, by the names that the schema gives them. To add one: a file, a line here, its tests. */
export { CONV_2D } from './conv_2d.ts';
export { QUANTIZE } from './quantize.ts';
export { RESHAPE } from './reshape.ts';
