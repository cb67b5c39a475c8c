/**
 * MUL: output = requantize(x1 * x2), x = input - zeroPoint.
 *
 *     for each run of `chunk` values:
 *       for each 16 of them (int16: 8), the last ones stored singly:
 *         output = clamp(requantize(x1 * x2) + outputOffset)
 *       input1 += advance1, input2 += advance2, as in add.ts
 */
import { finish16, interleaveHigh, interleaveLow, store16 } from './bytes';
import { biasedNudge, multiplyBiased, roundingShift } from './shared_multiplier';

/** Of the right shift, T + 1 to T + 15. A product of two x has 17 bits: T less fit an int16. */
const T = 2;

/** 8-bit values, made int8 by `flip`. */
export function mul8(
  input1: usize,
  advance1: i32,
  offset1: i32,
  input2: usize,
  advance2: i32,
  offset2: i32,
  flip: i32,
  output: usize,
  count: i32,
  chunk: i32,
  multiplier: i32,
  right: i32,
  outputOffset: i32,
  activationMin: i32,
  activationMax: i32,
): void {
  const flips = i8x16.splat(<i8>flip);
  const offsets1 = i16x8.splat(<i16>offset1);
  const offsets2 = i16x8.splat(<i16>offset2);
  const twiceMultiplier = i32x4.splat(multiplier << 1);
  const nudge = biasedNudge(multiplier, 1 << 16);
  const scale = roundingShift(right, T);
  const offset = i16x8.splat(<i16>outputOffset);
  const lowest = i8x16.splat(<i8>activationMin);
  const highest = i8x16.splat(<i8>activationMax);
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    for (let i = 0; i < length; i += 16) {
      const a = v128.xor(v128.load(input1 + i), flips);
      const b = v128.xor(v128.load(input2 + i), flips);
      const aLow = i16x8.add(i16x8.extend_low_i8x16_s(a), offsets1);
      const aHigh = i16x8.add(i16x8.extend_high_i8x16_s(a), offsets1);
      const bLow = i16x8.add(i16x8.extend_low_i8x16_s(b), offsets2);
      const bHigh = i16x8.add(i16x8.extend_high_i8x16_s(b), offsets2);
      const first = product8(aLow, bLow, twiceMultiplier, nudge);
      const second = product8(aHigh, bHigh, twiceMultiplier, nudge);
      const values = finish16(
        i16x8.q15mulr_sat_s(first, scale),
        i16x8.q15mulr_sat_s(second, scale),
        offset,
        lowest,
        highest,
        flips,
      );
      store16(output + i, values, length - i);
    }
    input1 += advance1;
    input2 += advance2;
    output += length;
  }
}

/** Products plus 2^16, so that they are not negative, times the multiplier, as int16. */
@inline
function product8(a: v128, b: v128, twiceMultiplier: v128, nudge: v128): v128 {
  const sqrtOfBias = i16x8.splat(256);
  const products0 = i32x4.dot_i16x8_s(interleaveLow(a, sqrtOfBias), interleaveLow(b, sqrtOfBias));
  const products1 = i32x4.dot_i16x8_s(interleaveHigh(a, sqrtOfBias), interleaveHigh(b, sqrtOfBias));
  return i16x8.narrow_i32x4_s(
    multiplyBiased(products0, twiceMultiplier, nudge, T),
    multiplyBiased(products1, twiceMultiplier, nudge, T),
  );
}

/** int16 values, whose zero points are 0. The right shift is 1 or more. */
export function mul16(
  input1: usize,
  advance1: i32,
  input2: usize,
  advance2: i32,
  output: usize,
  count: i32,
  chunk: i32,
  multiplier: i32,
  right: i32,
  activationMin: i32,
  activationMax: i32,
): void {
  const twiceMultiplier = i32x4.splat(multiplier << 1);
  const nudge = biasedNudge(multiplier, 1 << 30);
  const bias = i32x4.splat(<i32>1 << 30);
  const half = i32x4.splat(<i32>1 << (right - 1));
  const lowest = i16x8.splat(<i16>activationMin);
  const highest = i16x8.splat(<i16>activationMax);
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    for (let i = 0; i < length; i += 8) {
      const at = <usize>i << 1;
      const a = v128.load(input1 + at);
      const b = v128.load(input2 + at);
      const products0 = i32x4.add(i32x4.extmul_low_i16x8_s(a, b), bias);
      const products1 = i32x4.add(i32x4.extmul_high_i16x8_s(a, b), bias);
      const values = i16x8.narrow_i32x4_s(
        i32x4.shr_s(i32x4.add(multiplyBiased(products0, twiceMultiplier, nudge, 0), half), right),
        i32x4.shr_s(i32x4.add(multiplyBiased(products1, twiceMultiplier, nudge, 0), half), right),
      );
      store16(output + at, i16x8.min_s(i16x8.max_s(values, lowest), highest), (length - i) << 1);
    }
    input1 += advance1;
    input2 += advance2;
    output += <usize>length << 1;
  }
}
