/**
 * Inputs of different scales brought to a common one, with `leftShift` more bits: what ADD, SUB, SQUARED_DIFFERENCE and the
 * comparisons begin with.
 *
 * Equals: the first lines of AddElementwise, SubElementwise and the like in reference/add.h, sub.h, comparisons.h.
 */
import { multiplyByQuantizedMultiplierSmallerThanOneExp, saturatingRoundingDoublingHighMul } from '../fixed_point.ts';
import type { Node } from '../kernel.ts';
import { type QuantizedMultiplier, quantizeMultiplier } from '../quantization.ts';
import type { DType, Tensor } from '../tensor.ts';

export interface Scaling extends QuantizedMultiplier {
  readonly offset: number;
  readonly leftShift: number;
}

export function prepareScaling(node: Node, { zeroPoint }: Tensor, real: number, leftShift: number): Scaling {
  return { offset: 0 - zeroPoint, leftShift, ...quantizeMultiplier(real, node.singleRounding) };
}

/** (value - zeroPoint) * real * 2^leftShift. */
export function rescale(value: number, { offset, leftShift, multiplier, shift, singleRounding }: Scaling): number {
  const shifted = (value + offset) << leftShift;
  return multiplyByQuantizedMultiplierSmallerThanOneExp(shifted, multiplier, shift, singleRounding);
}

/** The same with one shift, to the left by leftShift + shift, before the product: as the optimized kernels do it. */
export function rescaleOnce(value: number, { offset, leftShift, multiplier, shift }: Scaling): number {
  const left = (leftShift + shift) | 0;
  const x = (value + offset) | 0;
  return saturatingRoundingDoublingHighMul(left < 0 ? x >> (0 - left) : x << left, multiplier);
}

/** rescale(value) of every 8-bit value, by raw byte. */
export function rescaleTable(dtype: DType, scaling: Scaling): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = rescale(dtype === 'int8' ? (byte << 24) >> 24 : byte, scaling);
  return table;
}
