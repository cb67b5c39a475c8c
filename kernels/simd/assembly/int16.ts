/**
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int16 values and 8-bit filters.
 *
 * Sums are of int32, which wrap, or of int64. Those are requantized with a multiplier of 15 bits, rounded once: see
 * multiplyByQuantizedMultiplier64 in ../../fixed_point.ts,
 *
 *     r = floor((sum * multiplier + 2^(14 - shift)) / 2^(15 - shift))
 *       = floor((sum * (multiplier * 2^(16 + shift)) + 2^30) / 2^31)        for shift in -16..0
 *
 * which of sums below 2^30 is the doubling high multiply of requantize.ts, and no other step. Of all others it is computed one by
 * one, in 64 bits, from sums that are folded into int64 before they can leave int32.
 *
 * Blocks of 8 channels are those of requantize.ts. By its way HIGH and by one more the sums are int64:
 *
 *   HIGH    0  bias        8 x int32
 *          32  multiplier  8 x int32, with 2^(16 + shift) in it
 *   LONG   32  multiplier  8 x int32
 *          64  bias        8 x int64
 *         128  shift       8 x int32
 */
import { BLOCK_BYTES, clamp, clamp16, EXACT, HEADER_BYTES, MULTIPLIER, requantize8, requantizeExactly, SHIFT, wayOf } from './requantize';
import { store16 } from './store';

const LONG = 6;
const BIAS: usize = 64;

// ---- from sums to the output

/** Stores eight channels, or the `count` that there are, of sums of int32 from the bias on; by HIGH they have not left it. */
function storeBlock(sums0: v128, sums1: v128, block: usize, header: usize, output: usize, count: i32, tile: usize): void {
  const way = wayOf(block);
  if (way == EXACT) {
    v128.store(tile, sums0);
    v128.store(tile, sums1, 16);
    const lanes = min(8, count);
    for (let i = 0; i < lanes; i++) {
      const sum = load<i32>(tile + (<usize>i << 2));
      store<i16>(output + (<usize>i << 1), requantizeExactly(sum, block, i, header));
    }
    return;
  }
  store16(output, clamp16(requantize8(sums0, sums1, block, way, header), header), count);
}

/** The same of the eight int64 in `tile`, from 0 on, by LONG. */
function storeLong(tile: usize, block: usize, header: usize, output: usize, count: i32): void {
  const lanes = min(8, count);
  for (let i = 0; i < lanes; i++) {
    const at = block + (<usize>i << 2);
    const sum = load<i64>(tile + (<usize>i << 3)) + load<i64>(block + (<usize>i << 3), BIAS);
    const product = sum * <i64>load<i32>(at, MULTIPLIER);
    const right = 15 - load<i32>(at, SHIFT);
    const scaled = <i32>((product >> right) + ((product >> (right - 1)) & 1));
    store<i16>(output + (<usize>i << 1), clamp(scaled, header));
  }
}

/** Adds eight int32 to the eight int64 in `tile`. */
@inline
function fold(sums0: v128, sums1: v128, tile: usize): void {
  v128.store(tile, i64x2.add(v128.load(tile), i64x2.extend_low_i32x4_s(sums0)));
  v128.store(tile, i64x2.add(v128.load(tile, 16), i64x2.extend_high_i32x4_s(sums0)), 16);
  v128.store(tile, i64x2.add(v128.load(tile, 32), i64x2.extend_low_i32x4_s(sums1)), 32);
  v128.store(tile, i64x2.add(v128.load(tile, 48), i64x2.extend_high_i32x4_s(sums1)), 48);
}

// ---- products

/** Pairs of which the sum fits an int32: 256 products of an int16 and a weight with its offset, as FOLD in ../../reference. */
const FOLD = 128;

/**
 * Eight columns of the product of a row and a matrix, packed as for product.ts, into `tile`: of int32, or of int64. The values of
 * the row lie in tapRows x tapColumns taps of `units` pairs, so many bytes apart.
 */
function sumColumns(
  isLong: bool,
  row: usize,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  matrix: usize,
  tile: usize,
): void {
  let even0 = i32x4.splat(0);
  let even1 = even0;
  let odd0 = even0;
  let odd1 = even0;
  let left = isLong ? FOLD : i32.MAX_VALUE;
  if (isLong) memory.fill(tile, 0, 64);
  for (let y = 0; y < tapRows; y++) {
    for (let x = 0; x < tapColumns; x++) {
      let r = row + y * tapRowStride + x * tapColumnStride;
      for (let unit = 0; unit < units; ) {
        const count = min(units - unit, left);
        const end = matrix + ((<usize>count >> 1) << 6);
        while (matrix < end) {
          let values = v128.load32_splat(r);
          even0 = i32x4.add(even0, i32x4.dot_i16x8_s(values, v128.load(matrix)));
          even1 = i32x4.add(even1, i32x4.dot_i16x8_s(values, v128.load(matrix, 16)));
          values = v128.load32_splat(r, 4);
          odd0 = i32x4.add(odd0, i32x4.dot_i16x8_s(values, v128.load(matrix, 32)));
          odd1 = i32x4.add(odd1, i32x4.dot_i16x8_s(values, v128.load(matrix, 48)));
          matrix += 64;
          r += 8;
        }
        if (count & 1) {
          const values = v128.load32_splat(r);
          even0 = i32x4.add(even0, i32x4.dot_i16x8_s(values, v128.load(matrix)));
          even1 = i32x4.add(even1, i32x4.dot_i16x8_s(values, v128.load(matrix, 16)));
          matrix += 32;
          r += 4;
        }
        unit += count;
        left -= count;
        if (left == 0) {
          fold(i32x4.add(even0, odd0), i32x4.add(even1, odd1), tile);
          even0 = even1 = odd0 = odd1 = i32x4.splat(0);
          left = FOLD;
        }
      }
    }
  }
  const sums0 = i32x4.add(even0, odd0);
  const sums1 = i32x4.add(even1, odd1);
  if (isLong) fold(sums0, sums1, tile);
  else {
    v128.store(tile, sums0);
    v128.store(tile, sums1, 16);
  }
}

/** conv2d of conv_2d.ts over an image of int16, or over an input that needs no padding. */
export function conv2dInt16(
  image: usize,
  batches: i32,
  batchStride: i32,
  outputHeight: i32,
  rowStride: i32,
  outputWidth: i32,
  pixelStride: i32,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  matrix: usize,
  blocks: usize,
  columns: i32,
  output: usize,
  outputBatchStride: i32,
  outputRowStride: i32,
  outputPixelStride: i32,
  tile: usize,
): void {
  const blockBytes = (<usize>tapRows * tapColumns * units) << 5;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      for (let x = 0; x < outputWidth; x++) {
        const row = image + b * batchStride + y * rowStride + x * pixelStride;
        const to = output + b * outputBatchStride + y * outputRowStride + x * outputPixelStride;
        let block = blocks + HEADER_BYTES;
        let weights = matrix;
        for (let c = 0; c < columns; c += 8) {
          const isLong = wayOf(block) == LONG;
          sumColumns(isLong, row, tapRows, tapRowStride, tapColumns, tapColumnStride, units, weights, tile);
          if (isLong) storeLong(tile, block, blocks, to + (c << 1), columns - c);
          else {
            const sums0 = i32x4.add(v128.load(tile), v128.load(block));
            const sums1 = i32x4.add(v128.load(tile, 16), v128.load(block, 16));
            storeBlock(sums0, sums1, block, blocks, to + (c << 1), columns - c, tile);
          }
          weights += blockBytes;
          block += BLOCK_BYTES;
        }
      }
    }
  }
}

/** FULLY_CONNECTED's sums, without the bias; of int64, the low and the high halves. A row of them has whole blocks. */
export function sumFullyConnected(
  input: usize,
  rows: i32,
  depth: i32,
  units: i32,
  matrix: usize,
  columns: i32,
  isLong: bool,
  low: usize,
  high: usize,
  tile: usize,
): void {
  const blockBytes = <usize>units << 5;
  for (let row = 0; row < rows; row++) {
    let block = matrix;
    for (let c = 0; c < columns; c += 8) {
      sumColumns(isLong, input, 1, 0, 1, 0, units, block, tile);
      const first = v128.load(tile);
      const second = v128.load(tile, 16);
      if (isLong) {
        const third = v128.load(tile, 32);
        const fourth = v128.load(tile, 48);
        v128.store(low, i32x4.shuffle(first, second, 0, 2, 4, 6));
        v128.store(low, i32x4.shuffle(third, fourth, 0, 2, 4, 6), 16);
        v128.store(high, i32x4.shuffle(first, second, 1, 3, 5, 7));
        v128.store(high, i32x4.shuffle(third, fourth, 1, 3, 5, 7), 16);
        high += 32;
      } else {
        v128.store(low, first);
        v128.store(low, second, 16);
      }
      low += 32;
      block += blockBytes;
    }
    input += depth << 1;
  }
}

/** A pixel of DEPTHWISE_CONV_2D: see depthwise_conv_2d.ts. No more than 256 taps have int64 sums. */
export function convolveInt16(
  depth: i32,
  units: i32,
  taps: usize,
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const tapsEnd = taps + (<usize>units << 3);
  let block = blocks + HEADER_BYTES;
  for (let c = 0; c < depth; c += 8) {
    let sums0 = i32x4.splat(0);
    let sums1 = sums0;
    for (let tap = taps; tap < tapsEnd; tap += 8) {
      const a = v128.load(load<usize>(tap) + (c << 1));
      const b = v128.load(load<usize>(tap, 4) + (c << 1));
      const low = i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      const high = i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
      sums0 = i32x4.add(sums0, i32x4.dot_i16x8_s(low, v128.load(filter)));
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(high, v128.load(filter, 16)));
      filter += 32;
    }
    const to = output + (c << 1);
    if (wayOf(block) == LONG) {
      memory.fill(tile, 0, 64);
      fold(sums0, sums1, tile);
      storeLong(tile, block, blocks, to, depth - c);
    } else {
      sums0 = i32x4.add(sums0, v128.load(block));
      sums1 = i32x4.add(sums1, v128.load(block, 16));
      storeBlock(sums0, sums1, block, blocks, to, depth - c, tile);
    }
    block += BLOCK_BYTES;
  }
}
