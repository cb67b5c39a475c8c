/**
 * MultiplyByQuantizedMultiplier where all lanes share a multiplier, in 2^30..2^31, and a right shift e in 0..31:
 * v = floor((x * multiplier + 2^30) / 2^31), then RoundingDivideByPOT(v, e), which is
 *
 *     r = floor((v - (v < 0) + 2^(e - 1)) / 2^e)       for e > 0, else v
 */

/**
 * Of -2^30 <= x < 2^30. 2^(e - 1) is added where the product still has 64 bits, as a part of `nudge`; x < 0 stands for
 * v < 0: they differ at x = -1, multiplier 2^30 alone, where either gives 0. A multiplier of 0 goes with e = 0.
 */
@inline
export function requantize4(x: v128, multiplier: v128, nudge: v128, tie: v128, right: i32): v128 {
  const twice = i32x4.shl(x, 1);
  const low = i64x2.add(i64x2.extmul_low_i32x4_s(twice, multiplier), nudge);
  const high = i64x2.add(i64x2.extmul_high_i32x4_s(twice, multiplier), nudge);
  const v = i32x4.shuffle(low, high, 1, 3, 5, 7);
  return i32x4.shr_s(i32x4.add(v, v128.and(i32x4.shr_s(x, 31), tie)), right);
}

@inline
export function nudgeOf(right: i32): v128 {
  return i64x2.splat((1 << 31) + (right > 0 ? (1 << (right + 31)) : 0));
}

@inline
export function tieOf(right: i32): v128 {
  return i32x4.splat(right > 0 ? -1 : 0);
}

/**
 * floor((v - (v < 0)) / 2^t), from x + bias >= 0:
 *
 *     v = floor(((x + bias) * 2 * multiplier + 2^31 - bias * 2 * multiplier) / 2^32)
 */
@inline
export function multiplyBiased(biased: v128, twiceMultiplier: v128, nudge: v128, t: i32): v128 {
  const low = i64x2.add(i64x2.extmul_low_i32x4_u(biased, twiceMultiplier), nudge);
  const high = i64x2.add(i64x2.extmul_high_i32x4_u(biased, twiceMultiplier), nudge);
  const v = i32x4.shuffle(low, high, 1, 3, 5, 7);
  return i32x4.shr_s(i32x4.add(v, i32x4.shr_s(v, 31)), t);
}

@inline
export function biasedNudge(multiplier: i32, bias: i64): v128 {
  return i64x2.splat((1 << 31) - ((<i64>multiplier * bias) << 1));
}

/** What i16x8.q15mulr_sat_s multiplies by to go on from there, for e - t in 1..15: r = (w * 2^(15 - e + t) + 2^14) >> 15. */
@inline
export function roundingShift(right: i32, t: i32): v128 {
  return i16x8.splat(<i16>(<i32>1 << (15 + t - right)));
}
