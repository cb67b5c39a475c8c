/**
 * FULLY_CONNECTED's requantization in profile tflite, round(double(sum) * e), in integers: see multiplyByDouble in
 * ../../fixed_point.ts.
 *
 * With m = floor(e * 2^s), s the same for all channels, |sum| * e * 2^s is between p = |sum| * m and p + |sum|. What double's
 * rounding may add to it or take away is less than 2^11, as p < 2^63. If both ends round to the same integer, that is the answer;
 * only else, once in about 2^s / |sum| times and of halves, are all bits of the product looked at.
 *
 * A block of 8 channels, in place of requantize.ts's numbers of the other ways:
 *
 *    32  multiplier     8 x uint32, m
 *    64  significand    8 x uint64, of 53 bits: e = significand * 2^-fractionBits
 *   128  fraction bits  8 x int32
 *   160  shift          int32, s, in 33..62
 */
const MULTIPLIER: usize = 32;
const SIGNIFICAND: usize = 64;
const FRACTION_BITS: usize = 128;
const SHIFT: usize = 160;

/** Eight sums, as int16, saturated. e < 1/2. */
export function multiplyByDouble8(sums0: v128, sums1: v128, block: usize): v128 {
  const shift = load<i32>(block, SHIFT);
  const first = multiplyByDouble4(sums0, block, block, shift);
  return i16x8.narrow_i32x4_s(first, multiplyByDouble4(sums1, block + 16, block + 32, shift));
}

/** Channels from that on of which `at` has the int32 and `wide` the int64. */
@inline
function multiplyByDouble4(sums: v128, at: usize, wide: usize, shift: i32): v128 {
  const a = i32x4.abs(sums);
  const multiplier = v128.load(at, MULTIPLIER);
  const half: i64 = (<i64>1 << (shift - 1)) - (1 << 11);
  const low = i64x2.add(i64x2.extmul_low_i32x4_u(a, multiplier), i64x2.splat(half));
  const high = i64x2.add(i64x2.extmul_high_i32x4_u(a, multiplier), i64x2.splat(half));
  const margin = i64x2.splat(1 << 12);
  const lowEnd = i64x2.add(low, i64x2.add(i64x2.extend_low_i32x4_u(a), margin));
  const highEnd = i64x2.add(high, i64x2.add(i64x2.extend_high_i32x4_u(a), margin));
  let magnitudes = i32x4.shuffle(i64x2.shr_u(low, shift), i64x2.shr_u(high, shift), 0, 2, 4, 6);
  const ends = i32x4.shuffle(i64x2.shr_u(lowEnd, shift), i64x2.shr_u(highEnd, shift), 0, 2, 4, 6);
  if (v128.any_true(v128.xor(magnitudes, ends))) magnitudes = roundProducts(a, at, wide);
  const signs = i32x4.shr_s(sums, 31);
  return i32x4.sub(v128.xor(magnitudes, signs), signs);
}

function roundProducts(a: v128, at: usize, wide: usize): v128 {
  const first = roundProduct(i32x4.extract_lane(a, 0), load<u64>(wide, SIGNIFICAND), load<i32>(at, FRACTION_BITS));
  const second = roundProduct(i32x4.extract_lane(a, 1), load<u64>(wide, SIGNIFICAND + 8), load<i32>(at, FRACTION_BITS + 4));
  const third = roundProduct(i32x4.extract_lane(a, 2), load<u64>(wide, SIGNIFICAND + 16), load<i32>(at, FRACTION_BITS + 8));
  const fourth = roundProduct(i32x4.extract_lane(a, 3), load<u64>(wide, SIGNIFICAND + 24), load<i32>(at, FRACTION_BITS + 12));
  const half = i32x4.replace_lane(i32x4.splat(first), 1, second);
  return i32x4.replace_lane(i32x4.replace_lane(half, 2, third), 3, fourth);
}

/**
 * roundHalfAway(double(a) * significand * 2^-fractionBits), from all 85 bits. Both roundings, to 53 bits and to an integer, are "add
 * one half and cut": see multiplyByDoubleExactly in ../../fixed_point.ts.
 */
function roundProduct(a: u32, significand: u64, fractionBits: i32): u32 {
  if (fractionBits > 86) return 0; // the product is below 2^85
  const upper = <u64>a * (significand >> 32);
  const lower = <u64>a * (significand & 0xffffffff);
  let low = lower + (upper << 32);
  let high = (upper >> 32) + u64(low < lower);
  const length = 128 - i32(high != 0 ? clz(high) : 64 + clz(low));
  for (let i = 0; i < 2; i++) {
    const bit = i == 0 ? length - 54 : fractionBits - 1;
    if (bit < 0) continue; // a significand of 53 bits needs no rounding
    if (bit < 64) {
      const before = low;
      low += <u64>1 << bit;
      high += u64(low < before);
    } else high += <u64>1 << (bit - 64);
  }
  return <u32>(fractionBits < 64 ? (low >> fractionBits) | ((high << 1) << (63 - fractionBits)) : high >> (fractionBits - 64));
}
