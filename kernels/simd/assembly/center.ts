/** 8-bit values, i8 or u8, as int16. */
@inline
export function load8<T>(from: usize): v128 {
  return isSigned<T>() ? v128.load8x8_s(from) : v128.load8x8_u(from);
}

/** 8-bit values -> int16 with their offset added. Reads and writes up to 7 values beyond `count`. */
export function centerRow<T>(from: usize, to: usize, count: i32, offset: i32): void {
  const offsets = i16x8.splat(<i16>offset);
  for (let i = 0; i < count; i += 8) {
    v128.store(to, i16x8.add(load8<T>(from), offsets));
    from += 8;
    to += 16;
  }
}
