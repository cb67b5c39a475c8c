/**
 * As many multiply-accumulates as i32x4.dot_i16x8_s and i32x4.add can do, 96 a round: twelve sums in registers, so that none
 * waits for another, and nothing to load or to store. Each sum is a factor of its own next product, so that no compiler
 * takes a product out of the loop.
 */
export function multiplyAdd(rounds: i32): i32 {
  const values = i16x8.splat(3);
  let s0 = i32x4.splat(1);
  let s1 = i32x4.splat(2);
  let s2 = i32x4.splat(3);
  let s3 = i32x4.splat(4);
  let s4 = i32x4.splat(5);
  let s5 = i32x4.splat(6);
  let s6 = i32x4.splat(7);
  let s7 = i32x4.splat(8);
  let s8 = i32x4.splat(9);
  let s9 = i32x4.splat(10);
  let s10 = i32x4.splat(11);
  let s11 = i32x4.splat(12);
  for (let i = 0; i < rounds; i++) {
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(s0, values));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(s1, values));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(s2, values));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(s3, values));
    s4 = i32x4.add(s4, i32x4.dot_i16x8_s(s4, values));
    s5 = i32x4.add(s5, i32x4.dot_i16x8_s(s5, values));
    s6 = i32x4.add(s6, i32x4.dot_i16x8_s(s6, values));
    s7 = i32x4.add(s7, i32x4.dot_i16x8_s(s7, values));
    s8 = i32x4.add(s8, i32x4.dot_i16x8_s(s8, values));
    s9 = i32x4.add(s9, i32x4.dot_i16x8_s(s9, values));
    s10 = i32x4.add(s10, i32x4.dot_i16x8_s(s10, values));
    s11 = i32x4.add(s11, i32x4.dot_i16x8_s(s11, values));
  }
  const low = i32x4.add(i32x4.add(i32x4.add(s0, s1), i32x4.add(s2, s3)), i32x4.add(s4, s5));
  const high = i32x4.add(i32x4.add(i32x4.add(s6, s7), i32x4.add(s8, s9)), i32x4.add(s10, s11));
  return i32x4.extract_lane(i32x4.add(low, high), 0);
}
