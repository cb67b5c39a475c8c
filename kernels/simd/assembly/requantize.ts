/**
 * Sums -> 8-bit values: clamp(round(sum * multiplier * 2^(shift - 31)) + outputOffset), as MultiplyByQuantizedMultiplier rounds:
 * v = floor((sum * multiplier + 2^30) / 2^31), the doubling high multiply, then RoundingDivideByPOT(v, e), e = -shift,
 *
 *     r = floor((v - (v < 0) + 2^(e - 1)) / 2^e)        for e > 0
 *
 * There is no shift by a different number in each lane. In its place stand products of which the high part is kept, in 16 bits
 * where that is enough: with w = floor((v - (v < 0)) / 2^t), saturated to int16,
 *
 *     r = floor((w + 2^(e - t - 1)) / 2^(e - t)) = (w * 2^(15 - e + t) + 2^14) >> 15        i16x8.q15mulr_sat_s
 *
 * for e - t in 1..7: then what w saturates at is beyond every 8-bit value, its zero point taken away. Else, in 32 bits,
 *
 *     r = ((v - (v < 0) + 2^(e - 1)) * 2^(32 - e)) >> 32        for e in 2..30
 *
 * What this takes lies in memory, written by ../requantization.ts: first what is the same for all channels,
 *
 *     0  offset      8 x int16, the output's
 *    16  min         8 x int16, what the output is clamped to
 *    32  max         8 x int16
 *    48  nudge       2 x int64, 2^31
 *    64  min         16 x uint8
 *    80  max         16 x uint8
 *    96  flip        16 x uint8, what makes int8 of uint8: their offset, min and max are 128 too large
 *
 * (a vector in memory costs no more than one in a register, of which there are too few), then blocks of 8 channels:
 *
 *     0  bias        8 x int32, what the sums start from
 *    32  multiplier  8 x int32
 *    64  nudge       8 x int32, 2^(e - 1)
 *    96  scale       8 x int32, 2^(32 - e)
 *   128  shift       8 x int32, -e
 *   160  scale16     8 x int16, 2^(15 - e + t)
 *   176  way         int32, one of the following
 */

import { multiplyByDouble8 } from './double';
import { store8 } from './store';

export const HEADER_BYTES: usize = 112;
const OFFSET: usize = 0;
const MIN: usize = 16;
const MAX: usize = 32;
const HIGH_NUDGE: usize = 48;
const MIN_BYTES: usize = 64;
const MAX_BYTES: usize = 80;
const FLIP: usize = 96;

export const BLOCK_BYTES: usize = 192;
export const MULTIPLIER: usize = 32;
const NUDGE: usize = 64;
const SCALE: usize = 96;
export const SHIFT: usize = 128;
const SCALE16: usize = 160;
const WAY: usize = 176;

/** In 16 bits, with t = 0 or T. */
const NARROW = 0;
const NARROW_T = 1;
const T = 3;
/** In 32 bits. */
const WIDE = 2;
/** One by one, for every sum and shift; in the other ways, |sum| < 2^30. */
export const EXACT = 3;
/** By a double: see double.ts. */
const DOUBLE = 4;
/** By v alone: see int16.ts. */
const HIGH = 5;

@inline
export function wayOf(block: usize): i32 {
  return load<i32>(block, WAY);
}

/** floor((a * b + 2^30) / 2^31) for |a| < 2^30; nudge is 2 x 2^31. */
@inline
export function doublingHighMultiply(a: v128, b: v128, nudge: v128): v128 {
  const twice = i32x4.shl(a, 1);
  const low = i64x2.add(i64x2.extmul_low_i32x4_s(twice, b), nudge);
  const high = i64x2.add(i64x2.extmul_high_i32x4_s(twice, b), nudge);
  return i32x4.shuffle(low, high, 1, 3, 5, 7);
}

/** floor(a * b / 2^32) */
@inline
function multiplyHigh(a: v128, b: v128): v128 {
  return i32x4.shuffle(i64x2.extmul_low_i32x4_s(a, b), i64x2.extmul_high_i32x4_s(a, b), 1, 3, 5, 7);
}

/** floor((a * b + 2^14) / 2^15) for b > -2^15, where relaxed SIMD spares the check for the one product that overflows. */
@inline
function roundingDoublingHighMultiply16(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_q15mulr_s(a, b);
  return i16x8.q15mulr_sat_s(a, b);
}

/** x, less 1 where it is negative. */
@inline
function lessSign(x: v128): v128 {
  return i32x4.add(x, i32x4.shr_s(x, 31));
}

@inline
function divideWide(v: v128, block: usize): v128 {
  return multiplyHigh(i32x4.add(lessSign(v), v128.load(block, NUDGE)), v128.load(block, SCALE));
}

/** Eight channels as int16, saturated, with the output's offset, not clamped. `way` is the block's, and not EXACT. */
@inline
export function requantize8(sums0: v128, sums1: v128, block: usize, way: i32, header: usize): v128 {
  let scaled: v128;
  if (way == DOUBLE) scaled = multiplyByDouble8(sums0, sums1, block);
  else {
    const nudge = v128.load(header, HIGH_NUDGE);
    const v0 = doublingHighMultiply(sums0, v128.load(block, MULTIPLIER), nudge);
    const v1 = doublingHighMultiply(sums1, v128.load(block, MULTIPLIER + 16), nudge);
    if (way == NARROW) {
      const v = i16x8.narrow_i32x4_s(v0, v1);
      scaled = roundingDoublingHighMultiply16(i16x8.add_sat_s(v, i16x8.shr_s(v, 15)), v128.load(block, SCALE16));
    } else if (way == NARROW_T) {
      const w = i16x8.narrow_i32x4_s(i32x4.shr_s(lessSign(v0), T), i32x4.shr_s(lessSign(v1), T));
      scaled = roundingDoublingHighMultiply16(w, v128.load(block, SCALE16));
    } else if (way == WIDE) {
      scaled = i16x8.narrow_i32x4_s(divideWide(v0, block), divideWide(v1, block + 16));
    } else scaled = i16x8.narrow_i32x4_s(v0, v1);
  }
  return i16x8.add_sat_s(scaled, v128.load(header, OFFSET));
}

/** Sixteen channels, clamped. */
@inline
export function clampBytes(low: v128, high: v128, header: usize): v128 {
  const bytes = i8x16.max_u(i8x16.narrow_i16x8_u(low, high), v128.load(header, MIN_BYTES));
  return v128.xor(i8x16.min_u(bytes, v128.load(header, MAX_BYTES)), v128.load(header, FLIP));
}

@inline
export function clamp16(values: v128, header: usize): v128 {
  return i16x8.min_s(i16x8.max_s(values, v128.load(header, MIN)), v128.load(header, MAX));
}

@inline
export function clamp(value: i32, header: usize): i32 {
  return max(min(value, <i32>load<i16>(header, MAX)), <i32>load<i16>(header, MIN));
}

/** MultiplyByQuantizedMultiplier with two roundings, of any sum and any shift in -31..30. */
export function multiplyByQuantizedMultiplier(x: i32, multiplier: i32, shift: i32): i32 {
  const left = max(shift, 0);
  const right = left - shift;
  const v = i32((i64(x << left) * i64(multiplier) + (1 << 30)) >> 31);
  const mask = (1 << right) - 1;
  const remainder = v & mask;
  return (v >> right) + i32(remainder > (mask >> 1) + i32(v < 0));
}

/** One sum of channel c of a block, the exact way. */
@inline
export function requantizeExactly(sum: i32, block: usize, c: i32, header: usize): i32 {
  const at = block + (<usize>c << 2);
  const scaled = multiplyByQuantizedMultiplier(sum, load<i32>(at, MULTIPLIER), load<i32>(at, SHIFT));
  return clamp(scaled + load<i16>(header, OFFSET), header);
}

/** The same as a byte. */
@inline
export function requantizeByteExactly(sum: i32, block: usize, c: i32, header: usize): u8 {
  return <u8>(requantizeExactly(sum, block, c, header) ^ load<u8>(header, FLIP));
}

/** Stores eight channels of a row or a pixel, or the `count` that there are; `tile` has room for their sums. */
export function storeBlock(sums0: v128, sums1: v128, block: usize, header: usize, output: usize, count: i32, tile: usize): void {
  const way = wayOf(block);
  if (way != EXACT) {
    const values = requantize8(sums0, sums1, block, way, header);
    store8(output, clampBytes(values, values, header), count);
    return;
  }
  v128.store(tile, sums0);
  v128.store(tile, sums1, 16);
  const lanes = min(8, count);
  for (let i = 0; i < lanes; i++) {
    store<u8>(output + i, requantizeByteExactly(load<i32>(tile + (<usize>i << 2)), block, i, header));
  }
}
