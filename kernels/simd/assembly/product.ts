/**
 * The product that the convolutions and FULLY_CONNECTED are made of: four rows, or one, times a matrix, eight columns at a
 * time, requantized before they are stored.
 *
 *   for each block of 8 columns:
 *     sums[rows][8] = bias[8]
 *     for each tap (tapRows x tapColumns): for each unit of its values, 4 bytes:
 *       for each row r: sums[r] += row[r][unit] * matrix[unit]     one instruction for 4 columns
 *     output[r] = requantize(sums[r])
 *
 * T is what rows and matrix are made of:
 *
 *   i16  centered values, two to a unit: i32x4.dot_i16x8_s, and an addition
 *   u8   values as they are, or with their sign bit flipped, four to a unit: i32x4.relaxed_dot_i8x16_i7x16_add_s, where the
 *        engine has it and multiplies whole bytes (../engine.ts). What centering would do is done to the bias; an uint8
 *        filter is read as int8, filterOffset too small, and the row's sum times filterOffset makes up for it.
 *
 * The matrix is packed by ../matrix.ts in the order in which it is read: the unit's values of 8 columns, 32 bytes. In front of one
 * of bytes lies a 1 for each value of a tap, then 0 to a multiple of 16: what a row's sum is computed with.
 */
import { BLOCK_BYTES, clampBytes, EXACT, HEADER_BYTES, requantize8, requantizeByteExactly, storeBlock, wayOf } from './requantize';
import { highHalf, store8 } from './store';

@inline
export function multiplyAdd<T>(values: v128, matrix: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (sizeof<T>() == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(matrix, values, sums);
  }
  return i32x4.add(sums, i32x4.dot_i16x8_s(values, matrix));
}

/** One such step, for ../engine.ts to see what the engine makes of it: `to` += `matrix` * `values`. */
export function multiplyBytes(matrix: usize, values: usize, to: usize): void {
  v128.store(to, multiplyAdd<u8>(v128.load(values), v128.load(matrix), v128.load(to)));
}

/** filterOffset times the sum of a row's values, in each lane. */
function offsetSum(
  row: usize,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  filterOffset: i32,
  ones: usize,
): v128 {
  let sums = i32x4.splat(0);
  const bytes = units << 2;
  for (let y = 0; y < tapRows; y++) {
    for (let x = 0; x < tapColumns; x++) {
      const tap = row + y * tapRowStride + x * tapColumnStride;
      for (let i = 0; i < bytes; i += 16) sums = multiplyAdd<u8>(v128.load(tap + i), v128.load(ones + i), sums);
    }
  }
  const halves = i32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
  const sum = i32x4.add(halves, i32x4.shuffle(halves, halves, 1, 0, 3, 2));
  return i32x4.mul(sum, i32x4.splat(filterOffset));
}

/** Four rows. The values of one lie in tapRows x tapColumns taps of `units` units, so many bytes apart. */
export function multiplyRows<T>(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  filterOffset: i32,
  matrix: usize,
  blocks: usize,
  columns: i32,
  output0: usize,
  output1: usize,
  output2: usize,
  output3: usize,
  tile: usize,
): void {
  const header = blocks;
  blocks += HEADER_BYTES;
  let offsets0 = i32x4.splat(0);
  let offsets1 = offsets0;
  let offsets2 = offsets0;
  let offsets3 = offsets0;
  if (ASC_FEATURE_RELAXED_SIMD && sizeof<T>() == 1) {
    const ones = matrix;
    matrix += ((<usize>units << 2) + 15) & -16;
    if (filterOffset != 0) {
      offsets0 = offsetSum(row0, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, ones);
      offsets1 = offsetSum(row1, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, ones);
      offsets2 = offsetSum(row2, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, ones);
      offsets3 = offsetSum(row3, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, ones);
    }
  }
  for (let c = 0; c < columns; c += 8) {
    const bias0 = v128.load(blocks);
    const bias1 = v128.load(blocks, 16);
    let a0 = bias0;
    let a1 = bias1;
    let b0 = bias0;
    let b1 = bias1;
    let c0 = bias0;
    let c1 = bias1;
    let d0 = bias0;
    let d1 = bias1;
    if (ASC_FEATURE_RELAXED_SIMD && sizeof<T>() == 1) {
      a0 = i32x4.add(a0, offsets0);
      a1 = i32x4.add(a1, offsets0);
      b0 = i32x4.add(b0, offsets1);
      b1 = i32x4.add(b1, offsets1);
      c0 = i32x4.add(c0, offsets2);
      c1 = i32x4.add(c1, offsets2);
      d0 = i32x4.add(d0, offsets3);
      d1 = i32x4.add(d1, offsets3);
    }
    for (let y = 0; y < tapRows; y++) {
      for (let x = 0; x < tapColumns; x++) {
        const tap = y * tapRowStride + x * tapColumnStride;
        let r0 = row0 + tap;
        let r1 = row1 + tap;
        let r2 = row2 + tap;
        let r3 = row3 + tap;
        const end = matrix + (<usize>units << 5);
        while (matrix < end) {
          const m0 = v128.load(matrix);
          const m1 = v128.load(matrix, 16);
          let values = v128.load32_splat(r0);
          a0 = multiplyAdd<T>(values, m0, a0);
          a1 = multiplyAdd<T>(values, m1, a1);
          values = v128.load32_splat(r1);
          b0 = multiplyAdd<T>(values, m0, b0);
          b1 = multiplyAdd<T>(values, m1, b1);
          values = v128.load32_splat(r2);
          c0 = multiplyAdd<T>(values, m0, c0);
          c1 = multiplyAdd<T>(values, m1, c1);
          values = v128.load32_splat(r3);
          d0 = multiplyAdd<T>(values, m0, d0);
          d1 = multiplyAdd<T>(values, m1, d1);
          matrix += 32;
          r0 += 4;
          r1 += 4;
          r2 += 4;
          r3 += 4;
        }
      }
    }
    const count = columns - c;
    const way = wayOf(blocks);
    if (way != EXACT) {
      const ab = clampBytes(requantize8(a0, a1, blocks, way, header), requantize8(b0, b1, blocks, way, header), header);
      const cd = clampBytes(requantize8(c0, c1, blocks, way, header), requantize8(d0, d1, blocks, way, header), header);
      store8(output0 + c, ab, count);
      store8(output1 + c, highHalf(ab), count);
      store8(output2 + c, cd, count);
      store8(output3 + c, highHalf(cd), count);
    } else {
      storeSums(tile, a0, a1, b0, b1, c0, c1, d0, d1);
      const lanes = count < 8 ? count : 8;
      for (let i = 0; i < lanes; i++) {
        const sum = tile + ((<usize>i) << 2);
        const s = c + i;
        store<u8>(output0 + s, requantizeByteExactly(load<i32>(sum), blocks, i, header));
        store<u8>(output1 + s, requantizeByteExactly(load<i32>(sum, 32), blocks, i, header));
        store<u8>(output2 + s, requantizeByteExactly(load<i32>(sum, 64), blocks, i, header));
        store<u8>(output3 + s, requantizeByteExactly(load<i32>(sum, 96), blocks, i, header));
      }
    }
    blocks += BLOCK_BYTES;
  }
}

@inline
function storeSums(tile: usize, a0: v128, a1: v128, b0: v128, b1: v128, c0: v128, c1: v128, d0: v128, d1: v128): void {
  v128.store(tile, a0);
  v128.store(tile, a1, 16);
  v128.store(tile, b0, 32);
  v128.store(tile, b1, 48);
  v128.store(tile, c0, 64);
  v128.store(tile, c1, 80);
  v128.store(tile, d0, 96);
  v128.store(tile, d1, 112);
}

/** One row: sums of even and of odd units apart, so that no addition waits for the one before. */
export function multiplyRow<T>(
  row: usize,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  filterOffset: i32,
  matrix: usize,
  blocks: usize,
  columns: i32,
  output: usize,
  tile: usize,
): void {
  const header = blocks;
  blocks += HEADER_BYTES;
  let offsets = i32x4.splat(0);
  if (ASC_FEATURE_RELAXED_SIMD && sizeof<T>() == 1) {
    const ones = matrix;
    matrix += ((<usize>units << 2) + 15) & -16;
    if (filterOffset != 0) {
      offsets = offsetSum(row, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, ones);
    }
  }
  for (let c = 0; c < columns; c += 8) {
    let even0 = v128.load(blocks);
    let even1 = v128.load(blocks, 16);
    let odd0 = offsets;
    let odd1 = offsets;
    for (let y = 0; y < tapRows; y++) {
      for (let x = 0; x < tapColumns; x++) {
        let r = row + y * tapRowStride + x * tapColumnStride;
        const end = matrix + ((<usize>units >> 1) << 6);
        while (matrix < end) {
          let values = v128.load32_splat(r);
          even0 = multiplyAdd<T>(values, v128.load(matrix), even0);
          even1 = multiplyAdd<T>(values, v128.load(matrix, 16), even1);
          values = v128.load32_splat(r, 4);
          odd0 = multiplyAdd<T>(values, v128.load(matrix, 32), odd0);
          odd1 = multiplyAdd<T>(values, v128.load(matrix, 48), odd1);
          matrix += 64;
          r += 8;
        }
        if (units & 1) {
          const values = v128.load32_splat(r);
          even0 = multiplyAdd<T>(values, v128.load(matrix), even0);
          even1 = multiplyAdd<T>(values, v128.load(matrix, 16), even1);
          matrix += 32;
        }
      }
    }
    storeBlock(i32x4.add(even0, odd0), i32x4.add(even1, odd1), blocks, header, output + c, columns - c, tile);
    blocks += BLOCK_BYTES;
  }
}
