/**
 * ADD, SUB: output = requantize(rescale1(x1) ± rescale2(x2)), x = input - zeroPoint. The larger scale's multiplier is
 * exactly 1/2: its operand is `plain`, and the other one is rescaled. What each number is: ../add.ts.
 *
 *     for each run of `chunk` values:
 *       for each 16 of them (int16: 8), the last ones stored singly:
 *         output = clamp(requantize(±plain / 2 ± rescale(other)) + outputOffset)
 *       plain += plainAdvance, other += otherAdvance           in bytes; 0 repeats an input from its start
 */
import { finish16, interleaveHigh, interleaveLow, store16 } from './bytes';
import { biasedNudge, multiplyBiased, nudgeOf, requantize4, roundingShift, tieOf } from './shared_multiplier';

/** Of the output's right shift, T + 1 to T + 7: what then saturates is beyond every 8-bit value. */
const T = 14;

/**
 * 8-bit values, made int8, and maybe negated, by `flip`. Rescaling rounds twice: by 2^11 (x << 20 times the multiplier, by
 * 2^31) and by 2^e, e in 0..11. Both floors are one, and with multiplier = high * 2^(11 + e) + low * 2^(e - 11) it fits 32
 * bits:
 *
 *     rescale(x) = x * high + floor((x * low + nudge + (x < 0 ? tie : 0)) / 2^22)
 *
 * Factors of 22 bits multiply the pair (x, 128 * x). For a larger e, which is `far`, there are the multiplier and the shift.
 * The plain x comes with 512 more, so that the sum is not negative.
 */
export function add8(
  plain: usize,
  plainAdvance: i32,
  plainFlip: i32,
  plainOffset: i32,
  other: usize,
  otherAdvance: i32,
  otherFlip: i32,
  otherOffset: i32,
  highFactor: i32,
  lowFactor: i32,
  nudge: i32,
  tie: i32,
  far: i32,
  farMultiplier: i32,
  farSign: i32,
  output: usize,
  outputFlip: i32,
  count: i32,
  chunk: i32,
  multiplier: i32,
  right: i32,
  outputOffset: i32,
  activationMin: i32,
  activationMax: i32,
): void {
  const plainFlips = i8x16.splat(<i8>plainFlip);
  const plainOffsets = i16x8.splat(<i16>plainOffset);
  const otherFlips = i8x16.splat(<i8>otherFlip);
  const otherOffsets = i16x8.splat(<i16>otherOffset);
  const highs = i32x4.splat(highFactor);
  const lows = i32x4.splat(lowFactor);
  const nudges = i32x4.splat(nudge);
  const ties = i32x4.splat(tie);
  const twiceMultiplier = i32x4.splat(multiplier << 1);
  const outputNudge = biasedNudge(multiplier, 1 << 28);
  const outputScale = roundingShift(right, T);
  const offset = i16x8.splat(<i16>outputOffset);
  const lowest = i8x16.splat(<i8>activationMin);
  const highest = i8x16.splat(<i8>activationMax);
  const flip = i8x16.splat(<i8>outputFlip);
  const zero = i32x4.splat(0);
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    for (let i = 0; i < length; i += 16) {
      const a = v128.xor(v128.load(plain + i), plainFlips);
      const b = v128.xor(v128.load(other + i), otherFlips);
      const aLow = i16x8.add(i16x8.extend_low_i8x16_s(a), plainOffsets);
      const aHigh = i16x8.add(i16x8.extend_high_i8x16_s(a), plainOffsets);
      const bLow = i16x8.add(i16x8.extend_low_i8x16_s(b), otherOffsets);
      const bHigh = i16x8.add(i16x8.extend_high_i8x16_s(b), otherOffsets);
      const bLow128 = i16x8.shl(bLow, 7);
      const bHigh128 = i16x8.shl(bHigh, 7);
      const pairs0 = interleaveLow(bLow, bLow128);
      const pairs1 = interleaveHigh(bLow, bLow128);
      const pairs2 = interleaveLow(bHigh, bHigh128);
      const pairs3 = interleaveHigh(bHigh, bHigh128);
      let b0: v128, b1: v128, b2: v128, b3: v128;
      if (far == 0) {
        b0 = rescale(pairs0, highs, lows, nudges, ties);
        b1 = rescale(pairs1, highs, lows, nudges, ties);
        b2 = rescale(pairs2, highs, lows, nudges, ties);
        b3 = rescale(pairs3, highs, lows, nudges, ties);
      } else {
        b0 = rescaleFar(pairs0, farMultiplier, far, farSign);
        b1 = rescaleFar(pairs1, farMultiplier, far, farSign);
        b2 = rescaleFar(pairs2, farMultiplier, far, farSign);
        b3 = rescaleFar(pairs3, farMultiplier, far, farSign);
      }
      const aLow8 = i16x8.shl(aLow, 3); // 2^16 of the 2^19 come by going to the high half of an int32
      const aHigh8 = i16x8.shl(aHigh, 3);
      const low = i16x8.narrow_i32x4_s(
        multiplyBiased(i32x4.add(interleaveLow(zero, aLow8), b0), twiceMultiplier, outputNudge, T),
        multiplyBiased(i32x4.add(interleaveHigh(zero, aLow8), b1), twiceMultiplier, outputNudge, T),
      );
      const high = i16x8.narrow_i32x4_s(
        multiplyBiased(i32x4.add(interleaveLow(zero, aHigh8), b2), twiceMultiplier, outputNudge, T),
        multiplyBiased(i32x4.add(interleaveHigh(zero, aHigh8), b3), twiceMultiplier, outputNudge, T),
      );
      const values = finish16(
        i16x8.q15mulr_sat_s(low, outputScale),
        i16x8.q15mulr_sat_s(high, outputScale),
        offset,
        lowest,
        highest,
        flip,
      );
      store16(output + i, values, length - i);
    }
    plain += plainAdvance;
    other += otherAdvance;
    output += length;
  }
}

@inline
function rescale(pairs: v128, high: v128, low: v128, nudge: v128, tie: v128): v128 {
  const ties = v128.and(i32x4.shr_s(pairs, 31), tie); // a pair has the sign of its high half
  const fraction = i32x4.add(i32x4.add(i32x4.dot_i16x8_s(pairs, low), nudge), ties);
  return i32x4.add(i32x4.dot_i16x8_s(pairs, high), i32x4.shr_s(fraction, 22));
}

/** Out of line: it is rare. */
function rescaleFar(pairs: v128, multiplier: i32, right: i32, sign: i32): v128 {
  const x = i32x4.shr_s(pairs, 23);
  const scaled = requantize4(i32x4.shl(x, 20), i32x4.splat(multiplier), nudgeOf(right), tieOf(right), right);
  return signed(scaled, i32x4.splat(sign));
}

/** int16 values. A sign is 0, or -1 for what is taken away. */
export function add16(
  plain: usize,
  plainAdvance: i32,
  plainSign: i32,
  other: usize,
  otherAdvance: i32,
  otherSign: i32,
  otherMultiplier: i32,
  otherRight: i32,
  output: usize,
  count: i32,
  chunk: i32,
  multiplier: i32,
  right: i32,
  activationMin: i32,
  activationMax: i32,
): void {
  const plainSigns = i32x4.splat(plainSign);
  const otherSigns = i32x4.splat(otherSign);
  const otherMultipliers = i32x4.splat(otherMultiplier);
  const otherNudge = nudgeOf(otherRight);
  const otherTie = tieOf(otherRight);
  const multipliers = i32x4.splat(multiplier);
  const nudge = nudgeOf(right);
  const tie = tieOf(right);
  const lowest = i16x8.splat(<i16>activationMin);
  const highest = i16x8.splat(<i16>activationMax);
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    for (let i = 0; i < length; i += 8) {
      const at = <usize>i << 1;
      const a = v128.load(plain + at);
      const b = v128.load(other + at);
      const plain0 = signed(i32x4.shl(i32x4.extend_low_i16x8_s(a), 14), plainSigns);
      const plain1 = signed(i32x4.shl(i32x4.extend_high_i16x8_s(a), 14), plainSigns);
      const b0 = i32x4.shl(i32x4.extend_low_i16x8_s(b), 15);
      const b1 = i32x4.shl(i32x4.extend_high_i16x8_s(b), 15);
      const other0 = signed(requantize4(b0, otherMultipliers, otherNudge, otherTie, otherRight), otherSigns);
      const other1 = signed(requantize4(b1, otherMultipliers, otherNudge, otherTie, otherRight), otherSigns);
      const values = i16x8.narrow_i32x4_s(
        requantize4(i32x4.add(plain0, other0), multipliers, nudge, tie, right),
        requantize4(i32x4.add(plain1, other1), multipliers, nudge, tie, right),
      );
      store16(output + at, i16x8.min_s(i16x8.max_s(values, lowest), highest), (length - i) << 1);
    }
    plain += plainAdvance;
    other += otherAdvance;
    output += <usize>length << 1;
  }
}

@inline
function signed(x: v128, sign: v128): v128 {
  return i32x4.sub(v128.xor(x, sign), sign);
}
