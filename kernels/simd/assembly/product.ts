/**
 * The product that the convolutions and FULLY_CONNECTED are made of: four rows of int16 times a matrix, eight columns at a
 * time, requantized before they are stored.
 *
 *   for each block of 8 columns:
 *     sums[4][8] = bias[8]
 *     for each tap (tapRows x tapColumns): for each pair (k, k + 1) of its values:
 *       for each row r: sums[r] += row[r][k] * matrix[k] + row[r][k + 1] * matrix[k + 1]     i32x4.dot_i16x8_s, twice
 *     output[r] = requantize(sums[r])
 *
 * The matrix is packed by ../filter.ts in the order in which it is read: 8 columns x 2 values of int16, 32 bytes a pair.
 * Rows that are not there repeat the last one: they compute and store the same again.
 */
import { BLOCK_BYTES, EXACT, HEADER_BYTES, LOW_BYTES, requantize8, requantizeExactly, wayOf } from './requantize';
import { highHalf, lowBytes, store8 } from './store';

/** Where the values of a row lie: tapRows x tapColumns taps of `pairs` pairs, so many bytes apart. */
export function multiplyRows(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  pairs: i32,
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
  for (let c = 0; c < columns; c += 8) {
    let a0 = v128.load(blocks);
    let a1 = v128.load(blocks, 16);
    let b0 = a0;
    let b1 = a1;
    let c0 = a0;
    let c1 = a1;
    let d0 = a0;
    let d1 = a1;
    for (let y = 0; y < tapRows; y++) {
      for (let x = 0; x < tapColumns; x++) {
        const tap = y * tapRowStride + x * tapColumnStride;
        let r0 = row0 + tap;
        let r1 = row1 + tap;
        let r2 = row2 + tap;
        let r3 = row3 + tap;
        const end = matrix + ((<usize>pairs) << 5);
        while (matrix < end) {
          const m0 = v128.load(matrix);
          const m1 = v128.load(matrix, 16);
          let values = v128.load32_splat(r0);
          a0 = i32x4.add(a0, i32x4.dot_i16x8_s(values, m0));
          a1 = i32x4.add(a1, i32x4.dot_i16x8_s(values, m1));
          values = v128.load32_splat(r1);
          b0 = i32x4.add(b0, i32x4.dot_i16x8_s(values, m0));
          b1 = i32x4.add(b1, i32x4.dot_i16x8_s(values, m1));
          values = v128.load32_splat(r2);
          c0 = i32x4.add(c0, i32x4.dot_i16x8_s(values, m0));
          c1 = i32x4.add(c1, i32x4.dot_i16x8_s(values, m1));
          values = v128.load32_splat(r3);
          d0 = i32x4.add(d0, i32x4.dot_i16x8_s(values, m0));
          d1 = i32x4.add(d1, i32x4.dot_i16x8_s(values, m1));
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
      const mask = v128.load(header, LOW_BYTES);
      const ab = lowBytes(
        requantize8(a0, a1, blocks, way, header),
        requantize8(b0, b1, blocks, way, header),
        mask,
      );
      const cd = lowBytes(
        requantize8(c0, c1, blocks, way, header),
        requantize8(d0, d1, blocks, way, header),
        mask,
      );
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
        store<u8>(
          output0 + s,
          requantizeExactly(load<i32>(sum), blocks, i, header),
        );
        store<u8>(
          output1 + s,
          requantizeExactly(load<i32>(sum, 32), blocks, i, header),
        );
        store<u8>(
          output2 + s,
          requantizeExactly(load<i32>(sum, 64), blocks, i, header),
        );
        store<u8>(
          output3 + s,
          requantizeExactly(load<i32>(sum, 96), blocks, i, header),
        );
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
