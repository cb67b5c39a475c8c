/**
 * The rows of a product from 8-bit values: see product.ts. Reads and writes up to 15 bytes beyond what it is asked for.
 */

/** 8-bit values, i8 or u8, as int16. */
@inline
export function load8<I>(from: usize): v128 {
  return isSigned<I>() ? v128.load8x8_s(from) : v128.load8x8_u(from);
}

/** int16: values + offset. */
function centerRow<I>(from: usize, to: usize, count: i32, offset: i32): void {
  const offsets = i16x8.splat(<i16>offset);
  for (let i = 0; i < count; i += 8) {
    v128.store(to, i16x8.add(load8<I>(from), offsets));
    from += 8;
    to += 16;
  }
}

/** Bytes: values with the bits of `flip` flipped. */
function flipRow(from: usize, to: usize, count: i32, flip: i32): void {
  const bits = i8x16.splat(<i8>flip);
  for (let i = 0; i < count; i += 16) v128.store(to + i, v128.xor(v128.load(from + i), bits));
}

@inline
export function writeRow(
  from: usize,
  to: usize,
  count: i32,
  isUnsigned: bool,
  offset: i32,
  isBytes: bool,
  flip: i32,
): void {
  if (isBytes) flipRow(from, to, count, flip);
  else if (isUnsigned) centerRow<u8>(from, to, count, offset);
  else centerRow<i8>(from, to, count, offset);
}
