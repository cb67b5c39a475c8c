/**
 * AVERAGE_POOL_2D, MAX_POOL_2D, and MEAN over neighbouring dimensions, of 8-bit values: as many channels at a time as a vector
 * has, window by window.
 *
 * Sums are of int16 for FOLD values, then folded into int32. An average is the sum divided by the number of values, rounded half
 * away from zero, by the multiplication that ../../fixed_point.ts calls roundingDivide.
 */
import { HEADER_BYTES, storeBlock } from './requantize';
import { load8 } from './rows';
import { highHalf, lowBytes, store8 } from './store';

export function averagePool2d(
  input: usize,
  isUnsigned: bool,
  batches: i32,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
  outputHeight: i32,
  outputWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  divisors: usize,
  output: usize,
  activationMin: i32,
  activationMax: i32,
  tile: usize,
): void {
  if (isUnsigned) pool<u8>(true, input, batches, inputHeight, inputWidth, depth, outputHeight, outputWidth, filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, divisors, output, activationMin, activationMax, tile);
  else pool<i8>(true, input, batches, inputHeight, inputWidth, depth, outputHeight, outputWidth, filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, divisors, output, activationMin, activationMax, tile);
}

export function maxPool2d(
  input: usize,
  isUnsigned: bool,
  batches: i32,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
  outputHeight: i32,
  outputWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  output: usize,
  activationMin: i32,
  activationMax: i32,
): void {
  if (isUnsigned) pool<u8>(false, input, batches, inputHeight, inputWidth, depth, outputHeight, outputWidth, filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, 0, output, activationMin, activationMax, 0);
  else pool<i8>(false, input, batches, inputHeight, inputWidth, depth, outputHeight, outputWidth, filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, 0, output, activationMin, activationMax, 0);
}

/** What of a window hangs over the edge of the image is left out. */
function pool<T>(
  isAverage: bool,
  input: usize,
  batches: i32,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
  outputHeight: i32,
  outputWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  divisors: usize,
  output: usize,
  activationMin: i32,
  activationMax: i32,
  tile: usize,
): void {
  const rowBytes = inputWidth * depth;
  for (let b = 0; b < batches; b++) {
    for (let outY = 0; outY < outputHeight; outY++) {
      const inYOrigin = outY * strideHeight - padTop;
      const inY = max(inYOrigin, 0);
      const rows = min(inYOrigin + filterHeight, inputHeight) - inY;
      for (let outX = 0; outX < outputWidth; outX++) {
        const inXOrigin = outX * strideWidth - padLeft;
        const inX = max(inXOrigin, 0);
        const columns = min(inXOrigin + filterWidth, inputWidth) - inX;
        const from = input + inY * rowBytes + inX * depth;
        if (isAverage) {
          const divisor = divisors + ((<usize>rows * columns) << 4);
          average<T>(from, rows, rowBytes, columns, depth, divisor, output, activationMin, activationMax, tile);
        } else maximum<T>(from, rows, rowBytes, columns, depth, output, activationMin, activationMax);
        output += depth;
      }
    }
    input += inputHeight * rowBytes;
  }
}

function maximum<T>(
  from: usize,
  rows: i32,
  rowBytes: i32,
  columns: i32,
  depth: i32,
  to: usize,
  activationMin: i32,
  activationMax: i32,
): void {
  const lowest = i8x16.splat(<i8>activationMin);
  const highest = i8x16.splat(<i8>activationMax);
  for (let c = 0; c < depth; c += 16) {
    let values = lowest;
    for (let y = 0; y < rows; y++) {
      let at = from + y * rowBytes + c;
      for (let x = 0; x < columns; x++, at += depth) values = v128.max<T>(values, v128.load(at));
    }
    values = v128.min<T>(values, highest);
    const count = depth - c;
    if (count >= 16) v128.store(to + c, values);
    else {
      store8(to + c, values, count);
      if (count > 8) store8(to + c + 8, highHalf(values), count - 8);
    }
  }
}

/** A divisor, of 16 bytes: multiplier, shift, half. */
function average<T>(
  from: usize,
  rows: i32,
  rowBytes: i32,
  columns: i32,
  depth: i32,
  divisor: usize,
  to: usize,
  activationMin: i32,
  activationMax: i32,
  tile: usize,
): void {
  const multiplier = i32x4.splat(load<i32>(divisor));
  const shift = load<i32>(divisor, 4);
  const half = i32x4.splat(load<i32>(divisor, 8));
  const lowest = i16x8.splat(<i16>activationMin);
  const highest = i16x8.splat(<i16>activationMax);
  const mask = i16x8.splat(0xff);
  for (let c = 0; c < depth; c += 8) {
    sumWindow<T>(from + c, rows, rowBytes, columns, depth, tile);
    const averages = i16x8.narrow_i32x4_s(
      roundingDivide(v128.load(tile), multiplier, shift, half),
      roundingDivide(v128.load(tile, 16), multiplier, shift, half),
    );
    const clamped = i16x8.min_s(i16x8.max_s(averages, lowest), highest);
    store8(to + c, lowBytes(clamped, clamped, mask), depth - c);
  }
}

@inline
function roundingDivide(x: v128, multiplier: v128, shift: i32, half: v128): v128 {
  const sign = i32x4.shr_s(x, 31);
  const nudged = i32x4.add(x, i32x4.sub(v128.xor(half, sign), sign));
  const high = i32x4.shuffle(
    i64x2.extmul_low_i32x4_s(nudged, multiplier),
    i64x2.extmul_high_i32x4_s(nudged, multiplier),
    1, 3, 5, 7,
  );
  return i32x4.sub(i32x4.shr_s(i32x4.add(nudged, high), shift), i32x4.shr_s(nudged, 31));
}

/** So many 8-bit values are no more than 16 bits, signed or not. */
const FOLD = 256;

/** Eight sums, as int32 into `tile`. */
function sumWindow<T>(from: usize, rows: i32, rowBytes: i32, columns: i32, depth: i32, tile: usize): void {
  let sums0 = i32x4.splat(0);
  let sums1 = sums0;
  let part = sums0;
  let left = FOLD;
  for (let y = 0; y < rows; y++) {
    let at = from + y * rowBytes;
    for (let x = 0; x < columns; ) {
      const count = min(columns - x, left);
      for (let i = 0; i < count; i++, at += depth) part = i16x8.add(part, load8<T>(at));
      x += count;
      left -= count;
      if (left == 0) {
        sums0 = i32x4.add(sums0, extendLow<T>(part));
        sums1 = i32x4.add(sums1, extendHigh<T>(part));
        part = i16x8.splat(0);
        left = FOLD;
      }
    }
  }
  v128.store(tile, i32x4.add(sums0, extendLow<T>(part)));
  v128.store(tile, i32x4.add(sums1, extendHigh<T>(part)), 16);
}

@inline
function extendLow<T>(part: v128): v128 {
  return isSigned<T>() ? i32x4.extend_low_i16x8_s(part) : i32x4.extend_low_i16x8_u(part);
}

@inline
function extendHigh<T>(part: v128): v128 {
  return isSigned<T>() ? i32x4.extend_high_i16x8_s(part) : i32x4.extend_high_i16x8_u(part);
}

/** The input is [outer, count, depth], the output [outer, depth]; all channels are requantized by one block. */
export function mean(
  input: usize,
  isUnsigned: bool,
  outer: i32,
  count: i32,
  depth: i32,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const block = blocks + HEADER_BYTES;
  const bias = v128.load(block);
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < depth; c += 8) {
      if (isUnsigned) sumWindow<u8>(input + c, 1, 0, count, depth, tile);
      else sumWindow<i8>(input + c, 1, 0, count, depth, tile);
      const sums0 = i32x4.add(v128.load(tile), bias);
      const sums1 = i32x4.add(v128.load(tile, 16), bias);
      storeBlock(sums0, sums1, block, blocks, output + c, depth - c, tile);
    }
    input += count * depth;
    output += depth;
  }
}
