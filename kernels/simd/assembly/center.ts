/** 8-bit values -> int16 with their offset added. Reads and writes up to 7 values beyond `count`. */
@inline
export function centerRow(from: usize, to: usize, count: i32, offset: v128, isUnsigned: bool): void {
  for (let i = 0; i < count; i += 8) {
    const values = isUnsigned ? v128.load8x8_u(from) : v128.load8x8_s(from);
    v128.store(to, i16x8.add(values, offset));
    from += 8;
    to += 16;
  }
}
