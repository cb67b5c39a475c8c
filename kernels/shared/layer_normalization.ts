/**
 * Layer normalization of a gate of UNIDIRECTIONAL_SEQUENCE_LSTM: value[c] = (value[c] - mean) / deviation * coefficient[c] +
 * bias[c] over the cells c, in int16.
 *
 * Equals: ApplyLayerNorm of portable_tensor_utils.cc. Deviations: none.
 */

import type { Divisor } from '../fixed_point.ts';
import {
  addHigh,
  divide,
  foldHigh,
  invSqrtMultiplier,
  invSqrtShift,
  multiplyByQuantizedMultiplier,
  multiplyHigh,
  multiplyHighUnsigned,
  shiftRight64,
} from '../fixed_point.ts';
import type { Node } from '../kernel.ts';
import { divisor, quantizeMultiplier } from '../quantization.ts';
import type { Tensor } from '../tensor.ts';

export type Normalization = ReturnType<typeof prepareNormalization>;

export function prepareNormalization(node: Node, coefficients: Tensor<'int16'>) {
  const cells = coefficients.size;
  const scale = quantizeMultiplier(coefficients.scale, node.singleRounding);
  node.require(cells < 2 ** 16, `${cells} cells are too many for layer normalization`);
  return {
    ...scale,
    shift: scale.shift + 12,
    cells,
    divisor: divisor(cells),
    /** 1 / cells in Q(11). */
    reciprocal: Math.trunc(2 ** 20 / cells),
    varianceGuard: Math.max(1, Math.trunc(Math.min(Math.fround(10000 * coefficients.scale), 2 ** 31 - 1))),
  };
}

/** Normalizes values[at...]; sums over all cells are 64 bits wide. */
export function normalize(
  norm: Normalization,
  coefficients: Int16Array,
  biases: Int32Array,
  values: Int16Array,
  at: number,
) {
  const { cells, multiplier, shift, singleRounding } = norm;
  let sum = 0; // at most 2^15 * cells
  let squaresHigh = 0;
  let squaresLow = 0;
  for (let c = 0; c < cells; c++) {
    const value = values[at + c];
    sum = (sum + value) | 0;
    const square = Math.imul(value, value);
    squaresHigh = foldHigh(squaresHigh, squaresLow, square);
    squaresLow = (squaresLow + square) | 0;
  }
  const mean = meanTimes1024(sum, cells, norm.divisor);
  const variance = varianceOf(squaresHigh, squaresLow, norm.reciprocal, mean);
  const guarded = variance < 1 ? norm.varianceGuard : variance;
  const inverseDeviation = invSqrtMultiplier(guarded);
  const inverseShift = invSqrtShift(guarded);
  for (let c = 0; c < cells; c++) {
    const centered = ((values[at + c] << 10) - mean) | 0;
    const rescaled = multiplyByQuantizedMultiplier(centered, inverseDeviation, inverseShift, singleRounding);
    const weighted = (Math.imul(rescaled, coefficients[c]) + biases[c]) | 0;
    const scaled = multiplyByQuantizedMultiplier(divideBy1024(weighted), multiplier, shift, singleRounding);
    values[at + c] = Math.max(-0x8000, Math.min(0x7fff, scaled));
  }
}

/** sum * 1024 / cells, truncated: by whole cells and the rest, so that nothing leaves an int32. */
function meanTimes1024(sum: number, cells: number, by: Divisor): number {
  const whole = divide(sum, by);
  const rest = (sum - Math.imul(whole, cells)) | 0;
  return ((whole << 10) + divide(rest << 10, by)) | 0;
}

/** (squares * reciprocal - mean^2) / 2^20, and less than 1 if that is. */
function varianceOf(squaresHigh: number, squaresLow: number, reciprocal: number, mean: number): number {
  const low = Math.imul(squaresLow, reciprocal);
  const high = (multiplyHighUnsigned(squaresLow, reciprocal) + Math.imul(squaresHigh, reciprocal)) | 0;
  // minus mean^2: plus its complement, plus 1
  const complementLow = ~Math.imul(mean, mean);
  const complementHigh = ~multiplyHigh(mean, mean);
  const partHigh = addHigh(high, low, complementHigh, complementLow);
  const partLow = (low + complementLow) | 0;
  return shiftRight64(addHigh(partHigh, partLow, 0, 1), (partLow + 1) | 0, 20);
}

/** x / 1024, rounded half away from zero. */
function divideBy1024(x: number): number {
  return x > 0 ? ((x + 512) | 0) >>> 10 : (0 - (((512 - x) | 0) >>> 10)) | 0;
}
