/**
 * PRELU of 8-bit values: output = requantize1(x) if x >= 0, else requantize2(x * alpha), where x = input - inputZeroPoint
 * and alpha's zero point is taken off.
 *
 *     for each run of `chunk` values:
 *       for each 16 of them, the last ones stored singly:
 *         output = saturate((x < 0 ? requantize2(x * alpha) : requantize1(x)) + outputOffset)     both are computed
 *       input += inputAdvance, alpha += alphaAdvance, as in add.ts
 *
 * A multiplier of 1 or more is one below 1 of an x times `factor`, a power of two.
 */
import { store16 } from './bytes';
import { nudgeOf, requantize4, tieOf } from './shared_multiplier';

export function prelu8(
  input: usize,
  inputAdvance: i32,
  inputOffset: i32,
  alpha: usize,
  alphaAdvance: i32,
  alphaOffset: i32,
  flip: i32,
  output: usize,
  count: i32,
  chunk: i32,
  factor1: i32,
  multiplier1: i32,
  right1: i32,
  factor2: i32,
  multiplier2: i32,
  right2: i32,
  outputOffset: i32,
): void {
  const flips = i8x16.splat(<i8>flip);
  const offsets = i16x8.splat(<i16>inputOffset);
  const alphaOffsets = i16x8.splat(<i16>alphaOffset);
  const outputOffsets = i16x8.splat(<i16>outputOffset);
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    for (let i = 0; i < length; i += 16) {
      const a = v128.xor(v128.load(input + i), flips);
      const b = v128.xor(v128.load(alpha + i), flips);
      const xLow = i16x8.add(i16x8.extend_low_i8x16_s(a), offsets);
      const xHigh = i16x8.add(i16x8.extend_high_i8x16_s(a), offsets);
      const alphaLow = i16x8.add(i16x8.extend_low_i8x16_s(b), alphaOffsets);
      const alphaHigh = i16x8.add(i16x8.extend_high_i8x16_s(b), alphaOffsets);
      const low = prelu(xLow, alphaLow, factor1, multiplier1, right1, factor2, multiplier2, right2);
      const high = prelu(xHigh, alphaHigh, factor1, multiplier1, right1, factor2, multiplier2, right2);
      const values = i8x16.narrow_i16x8_s(i16x8.add_sat_s(low, outputOffsets), i16x8.add_sat_s(high, outputOffsets));
      store16(output + i, v128.xor(values, flips), length - i);
    }
    input += inputAdvance;
    alpha += alphaAdvance;
    output += length;
  }
}

@inline
function prelu(
  x: v128,
  alpha: v128,
  factor1: i32,
  multiplier1: i32,
  right1: i32,
  factor2: i32,
  multiplier2: i32,
  right2: i32,
): v128 {
  const scaled = i16x8.mul(x, i16x8.splat(<i16>factor1));
  const positive = requantize8(
    i32x4.extend_low_i16x8_s(scaled),
    i32x4.extend_high_i16x8_s(scaled),
    i32x4.splat(multiplier1),
    right1,
  );
  const steep = i16x8.mul(x, i16x8.splat(<i16>factor2));
  const negative = requantize8(
    i32x4.extmul_low_i16x8_s(steep, alpha),
    i32x4.extmul_high_i16x8_s(steep, alpha),
    i32x4.splat(multiplier2),
    right2,
  );
  return v128.bitselect(negative, positive, i16x8.shr_s(x, 15));
}

@inline
function requantize8(low: v128, high: v128, multiplier: v128, right: i32): v128 {
  const nudge = nudgeOf(right);
  const tie = tieOf(right);
  return i16x8.narrow_i32x4_s(
    requantize4(low, multiplier, nudge, tie, right),
    requantize4(high, multiplier, nudge, tie, right),
  );
}
