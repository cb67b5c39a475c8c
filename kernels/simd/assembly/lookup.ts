/** output = table[input], by raw bytes. */
export function lookup(input: usize, table: usize, output: usize, count: i32): void {
  // Eight at a time: 0.66 ns a byte, where one at a time takes 1.6 and 16 swizzles of 16 take 0.74 (Node 20 on a Xeon).
  for (; count >= 8; count -= 8) {
    store<u8>(output, load<u8>(table + load<u8>(input)));
    store<u8>(output, load<u8>(table + load<u8>(input, 1)), 1);
    store<u8>(output, load<u8>(table + load<u8>(input, 2)), 2);
    store<u8>(output, load<u8>(table + load<u8>(input, 3)), 3);
    store<u8>(output, load<u8>(table + load<u8>(input, 4)), 4);
    store<u8>(output, load<u8>(table + load<u8>(input, 5)), 5);
    store<u8>(output, load<u8>(table + load<u8>(input, 6)), 6);
    store<u8>(output, load<u8>(table + load<u8>(input, 7)), 7);
    input += 8;
    output += 8;
  }
  for (; count > 0; count--) store<u8>(output++, load<u8>(table + load<u8>(input++)));
}
