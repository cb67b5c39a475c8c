/** QUANTIZE of float32 to 8 bits, DEQUANTIZE of 8 bits: see ../../../float/quantize.ts and dequantize.ts. */
import { store16 } from '../bytes';

/**
 * output = clamp(round(input / scale) + zeroPoint). To round half away from zero, the number just below 1/2 is added to the
 * magnitude, and the fraction cut off: of all float32 below 2^22, 1/2 itself would lift only the one just below 1/2 wrongly.
 * `special` is the answer to what is no int32: a quotient of 2^31 or more, or NaN.
 */
export function quantizeFloat(
  input: usize,
  count: i32,
  scale: f32,
  zeroPoint: i32,
  output: usize,
  flip: i32,
  special: i32,
): void {
  const scales = f32x4.splat(scale);
  const offset = i16x8.splat(<i16>zeroPoint);
  const specials = i8x16.splat(<i8>special);
  const flips = i8x16.splat(<i8>flip);
  for (let i = 0; i < count; i += 16) {
    const a = f32x4.div(v128.load(input), scales);
    const b = f32x4.div(v128.load(input, 16), scales);
    const c = f32x4.div(v128.load(input, 32), scales);
    const d = f32x4.div(v128.load(input, 48), scales);
    const isSpecial = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(isNoInt32(a), isNoInt32(b)),
      i16x8.narrow_i32x4_s(isNoInt32(c), isNoInt32(d)),
    );
    const low = i16x8.narrow_i32x4_s(round(a), round(b));
    const high = i16x8.narrow_i32x4_s(round(c), round(d));
    const rounded = i8x16.narrow_i16x8_s(i16x8.add(low, offset), i16x8.add(high, offset));
    store16(output + i, v128.xor(v128.bitselect(specials, rounded, isSpecial), flips), count - i);
    input += 64;
  }
}

/** Not below 2^31 in magnitude. */
@inline
function isNoInt32(quotient: v128): v128 {
  return v128.not(f32x4.lt(f32x4.abs(quotient), f32x4.splat(2147483648.0)));
}

/** To an integer, of the quotient brought into -2^14..2^14, which is far beyond 8 bits. */
@inline
function round(quotient: v128): v128 {
  const limit = f32x4.splat(16384.0);
  const y = f32x4.pmax(f32x4.pmin(quotient, limit), f32x4.neg(limit));
  const sign = v128.and(y, i32x4.splat(i32.MIN_VALUE));
  const integer = f32x4.trunc(f32x4.add(y, v128.or(f32x4.splat(0.49999997), sign)));
  // An integer added to 1.5 * 2^23 lies in the low bits.
  const magic = f32x4.splat(12582912.0);
  return i32x4.sub(f32x4.add(integer, magic), magic);
}

/** output = scale * (input - zeroPoint): the product of a float32 and 9 bits is exact in double, and so rounded once. */
export function dequantize(input: usize, flip: i32, zeroPoint: i32, scale: f32, output: usize, count: i32): void {
  const flips = i8x16.splat(<i8>flip);
  const offset = i16x8.splat(<i16>(0 - zeroPoint));
  const scales = f32x4.splat(scale);
  for (; count > 0; count -= 8) {
    const values = i16x8.add(i16x8.extend_low_i8x16_s(v128.xor(v128.load64_zero(input), flips)), offset);
    store16(output, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values)), scales), count << 2);
    if (count > 4) {
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values));
      store16(output + 16, f32x4.mul(high, scales), (count - 4) << 2);
    }
    input += 8;
    output += 32;
  }
}
