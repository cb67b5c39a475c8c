/** The last steps of 8-bit kernels. */
import { highHalf, store8 } from './store';

/** int16 -> bytes: the output's offset added, clamped, and made unsigned by `flip` where that is -128. */
@inline
export function finish16(low: v128, high: v128, offset: v128, min: v128, max: v128, flip: v128): v128 {
  const values = i8x16.narrow_i16x8_s(i16x8.add_sat_s(low, offset), i16x8.add_sat_s(high, offset));
  return v128.xor(i8x16.min_s(i8x16.max_s(values, min), max), flip);
}

/** Stores the first `count` of 16 bytes, or all. */
@inline
export function store16(to: usize, bytes: v128, count: i32): void {
  if (count >= 16) {
    v128.store(to, bytes);
    return;
  }
  if (count & 8) {
    v128.store64_lane(to, bytes, 0);
    bytes = highHalf(bytes);
    to += 8;
  }
  store8(to, bytes, count & 7);
}

/** a0 b0 a1 b1 ... of the low halves of two vectors of int16. */
@inline
export function interleaveLow(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The same of the high halves. */
@inline
export function interleaveHigh(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
