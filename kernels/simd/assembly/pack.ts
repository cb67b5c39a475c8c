/**
 * Packs eight columns of a filter for product.ts: each has `taps` runs of `run` bytes, one behind the other.
 *
 *   for each tap: for each unit of its run, for each column c:
 *     to = column c's values of the unit, and 0 behind the last of the run
 *     sums[c] += value, magnitudes[c] += |value|, value = byte + offset
 *
 * By 16 bytes of each column, which are transposed. Reads up to 15 bytes beyond the columns. `totals` gets the sums and the
 * magnitudes, 8 x int32 each.
 */

export function packColumns(
  source: usize,
  taps: i32,
  run: i32,
  isUnsigned: bool,
  offset: i32,
  isBytes: bool,
  to: usize,
  totals: usize,
  tile: usize,
): void {
  const columnBytes = taps * run;
  memory.fill(totals, 0, 64);
  for (let t = 0; t < taps; t++) {
    for (let k = 0; k < run; k += 16) {
      const values = min(run - k, 16);
      if (isBytes) {
        transpose32(source, columnBytes, tile);
        transpose32(source + 4 * columnBytes, columnBytes, tile + 16);
        to = packBytes(tile, values, isUnsigned, offset, to, totals);
      } else {
        transpose16(source, columnBytes, tile);
        to = packInt16(tile, values, isUnsigned, offset, to, totals);
      }
      source += values;
    }
  }
}

/** Units of 4 columns, 32 bytes apart. */
@inline
function transpose32(from: usize, stride: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + stride);
  const c = v128.load(from + 2 * stride);
  const d = v128.load(from + 3 * stride);
  const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab0, cd0, 0, 2));
  v128.store(to, i64x2.shuffle(ab0, cd0, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ab1, cd1, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ab1, cd1, 1, 3), 96);
}

@inline
function interleaveLow16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function interleaveHigh16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Pairs of bytes of 8 columns, 16 bytes apart: of four columns each, whose pairs are brought together. */
function transpose16(from: usize, stride: usize, to: usize): void {
  for (let half = 0; half < 2; half++) {
    const a = v128.load(from);
    const b = v128.load(from + stride);
    const c = v128.load(from + 2 * stride);
    const d = v128.load(from + 3 * stride);
    const ac0 = interleaveLow16(a, c);
    const ac1 = interleaveHigh16(a, c);
    const bd0 = interleaveLow16(b, d);
    const bd1 = interleaveHigh16(b, d);
    storeTwo(to, interleaveLow16(ac0, bd0));
    storeTwo(to + 32, interleaveHigh16(ac0, bd0));
    storeTwo(to + 64, interleaveLow16(ac1, bd1));
    storeTwo(to + 96, interleaveHigh16(ac1, bd1));
    from += 4 * stride;
    to += 8;
  }
}

@inline
function storeTwo(to: usize, pairs: v128): void {
  v128.store64_lane(to, pairs, 0);
  v128.store64_lane(to, pairs, 1, 16);
}

function packInt16(tile: usize, values: i32, isUnsigned: bool, offset: i32, to: usize, totals: usize): usize {
  const offsets = i16x8.splat(<i16>offset);
  const ones = i16x8.splat(1);
  for (let k = 0; k < values; k += 2) {
    const bytes = v128.load(tile);
    let low = isUnsigned ? i16x8.extend_low_i8x16_u(bytes) : i16x8.extend_low_i8x16_s(bytes);
    let high = isUnsigned ? i16x8.extend_high_i8x16_u(bytes) : i16x8.extend_high_i8x16_s(bytes);
    const mask = i32x4.splat(k + 1 < values ? -1 : 0xffff);
    low = v128.and(i16x8.add(low, offsets), mask);
    high = v128.and(i16x8.add(high, offsets), mask);
    v128.store(to, low);
    v128.store(to, high, 16);
    v128.store(totals, i32x4.add(v128.load(totals), i32x4.dot_i16x8_s(low, ones)));
    v128.store(totals, i32x4.add(v128.load(totals, 16), i32x4.dot_i16x8_s(high, ones)), 16);
    v128.store(totals, i32x4.add(v128.load(totals, 32), i32x4.dot_i16x8_s(i16x8.abs(low), ones)), 32);
    v128.store(totals, i32x4.add(v128.load(totals, 48), i32x4.dot_i16x8_s(i16x8.abs(high), ones)), 48);
    tile += 16;
    to += 32;
  }
  return to;
}

/** uint8 as int8, 128 less. */
function packBytes(tile: usize, values: i32, isUnsigned: bool, offset: i32, to: usize, totals: usize): usize {
  const flip = i8x16.splat(isUnsigned ? -128 : 0);
  for (let k = 0; k < values; k += 4) {
    const mask = i32x4.splat(k + 4 <= values ? -1 : (1 << ((values - k) << 3)) - 1);
    for (let half: usize = 0; half < 32; half += 16) {
      const bytes = v128.load(tile + half);
      v128.store(to + half, v128.and(v128.xor(bytes, flip), mask));
      addTotals(bytes, mask, isUnsigned, offset, totals + half);
    }
    tile += 32;
    to += 32;
  }
  return to;
}

/** The totals of four columns, of which `bytes` has four values each. */
@inline
function addTotals(bytes: v128, mask: v128, isUnsigned: bool, offset: i32, totals: usize): void {
  const offsets = i16x8.splat(<i16>offset);
  let low = isUnsigned ? i16x8.extend_low_i8x16_u(bytes) : i16x8.extend_low_i8x16_s(bytes);
  let high = isUnsigned ? i16x8.extend_high_i8x16_u(bytes) : i16x8.extend_high_i8x16_s(bytes);
  low = v128.and(i16x8.add(low, offsets), i16x8.extend_low_i8x16_s(mask));
  high = v128.and(i16x8.add(high, offsets), i16x8.extend_high_i8x16_s(mask));
  v128.store(totals, i32x4.add(v128.load(totals), sumFours(low, high)));
  v128.store(totals, i32x4.add(v128.load(totals, 32), sumFours(i16x8.abs(low), i16x8.abs(high))), 32);
}

@inline
function sumFours(low: v128, high: v128): v128 {
  const ones = i16x8.splat(1);
  const a = i32x4.dot_i16x8_s(low, ones);
  const b = i32x4.dot_i16x8_s(high, ones);
  return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}
