/** gemmlowp's functions, as ../../fixed_point.ts has them. */

/** 1 / x of an x > 0, in 1..2 shifts: getReciprocal of ../../fixed_point.ts. */
export function getReciprocal(x: i32): i32 {
  const a = (x << clz(x)) - i32.MIN_VALUE; // in 0..1, in Q(0)
  const halfDenominator = <i32>((<i64>a + i32.MAX_VALUE + 1) >> 1);
  let y = 1515870810 + doublingHighMultiply(halfDenominator, -1010580540); // 48/17 - 32/17 * half
  for (let i = 0; i < 3; i++) {
    const error = (<i32>1 << 29) - doublingHighMultiply(halfDenominator, y);
    y += saturatingShiftLeft(doublingHighMultiply(y, error), 2);
  }
  return saturatingShiftLeft(y, 1);
}

/** floor((a * b + 2^30) / 2^31), not both -2^31. */
@inline
function doublingHighMultiply(a: i32, b: i32): i32 {
  return <i32>((<i64>a * <i64>b + (1 << 30)) >> 31);
}

@inline
function saturatingShiftLeft(x: i32, exponent: i32): i32 {
  return <i32>max<i64>(min<i64>(<i64>x << exponent, i32.MAX_VALUE), i32.MIN_VALUE);
}
