/** Vectors of int16 -> bytes, or int16, in memory, which may end before a vector does. */

/** The low bytes of 16 int16; mask is 8 x 0xff. */
@inline
export function lowBytes(a: v128, b: v128, mask: v128): v128 {
  return i8x16.narrow_i16x8_u(v128.and(a, mask), v128.and(b, mask));
}

/** Stores the first `count` of 8 bytes, which are lane 0 or lane 1 of `bytes`. */
@inline
export function store8(to: usize, bytes: v128, count: i32): void {
  if (count >= 8) {
    v128.store64_lane(to, bytes, 0);
    return;
  }
  if (count & 4) {
    v128.store32_lane(to, bytes, 0);
    bytes = i8x16.shuffle(bytes, bytes, 4, 5, 6, 7, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0);
    to += 4;
  }
  if (count & 2) {
    v128.store16_lane(to, bytes, 0);
    bytes = i8x16.shuffle(bytes, bytes, 2, 3, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    to += 2;
  }
  if (count & 1) v128.store8_lane(to, bytes, 0);
}

@inline
export function highHalf(bytes: v128): v128 {
  return i64x2.shuffle(bytes, bytes, 1, 1);
}

/** Stores the first `count` of 8 int16. */
@inline
export function store16(to: usize, values: v128, count: i32): void {
  if (count >= 8) {
    v128.store(to, values);
    return;
  }
  if (count & 4) {
    v128.store64_lane(to, values, 0);
    values = highHalf(values);
    to += 8;
  }
  if (count & 2) {
    v128.store32_lane(to, values, 0);
    values = i32x4.shuffle(values, values, 1, 1, 1, 1);
    to += 4;
  }
  if (count & 1) v128.store16_lane(to, values, 0);
}
