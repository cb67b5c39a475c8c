/**
 * CONV_2D of 8-bit values: where the rows of the product come from. See ../conv_2d.ts. Rows are of int16, or of bytes
 * (isBytes): product.ts says which is what, and what filterOffset is.
 */
import { multiplyRow, multiplyRows } from './product';
import { writeRow } from './rows';

/**
 * A filter of 1 x 1. Four pixels at a time are written into `panel`, panelStride bytes apart, and multiplied; bytes of which no
 * bit is flipped are read where they lie. pixelStride, rowStride and batchStride are in bytes of the input.
 */
export function conv2dPointwise(
  input: usize,
  isUnsigned: bool,
  inputOffset: i32,
  isBytes: bool,
  flip: i32,
  batches: i32,
  batchStride: i32,
  outputHeight: i32,
  rowStride: i32,
  outputWidth: i32,
  pixelStride: i32,
  depth: i32,
  panel: usize,
  panelStride: i32,
  units: i32,
  filterOffset: i32,
  matrix: usize,
  blocks: usize,
  outputDepth: i32,
  output: usize,
  tile: usize,
): void {
  const pixels = batches * outputHeight * outputWidth;
  const isCopied = !isBytes || flip != 0;
  let row = input;
  let batch = input;
  let at = input;
  let x = 0;
  let y = 0;
  let r0: usize = 0;
  let r1: usize = 0;
  let r2: usize = 0;
  let r3: usize = 0;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const count = min(4, pixels - pixel);
    for (let i = 0; i < count; i++) {
      let from = at;
      if (isCopied) {
        from = panel + i * panelStride;
        writeRow(at, from, depth, isUnsigned, inputOffset, isBytes, flip);
      }
      if (i < 1) r0 = from;
      if (i < 2) r1 = from;
      if (i < 3) r2 = from;
      r3 = from;
      at += pixelStride;
      if (++x == outputWidth) {
        x = 0;
        at = row += rowStride;
        if (++y == outputHeight) {
          y = 0;
          at = row = batch += batchStride;
        }
      }
    }
    const o1 = output + outputDepth;
    const o2 = o1 + outputDepth;
    const o3 = o2 + outputDepth;
    multiplyPixels(r0, r1, r2, r3, count, isBytes, 1, 0, 1, 0, units, filterOffset, matrix, blocks, outputDepth, output, o1, o2, o3, tile);
    output = o3 + outputDepth;
  }
}

/**
 * The input as rows, with `padding` around: `image` has, for each batch, padTop rows of imageRow bytes, one for each of the
 * input's, and padBottom rows.
 */
export function writeImage(
  input: usize,
  isUnsigned: bool,
  inputOffset: i32,
  isBytes: bool,
  flip: i32,
  padding: i32,
  batches: i32,
  height: i32,
  rowValues: i32,
  image: usize,
  imageRow: i32,
  padTop: i32,
  padBottom: i32,
  padLeftBytes: i32,
): void {
  const inside = padLeftBytes + (isBytes ? rowValues : rowValues << 1);
  for (let b = 0; b < batches; b++) {
    memory.fill(image, <u8>padding, padTop * imageRow);
    image += padTop * imageRow;
    for (let y = 0; y < height; y++) {
      memory.fill(image, <u8>padding, padLeftBytes);
      writeRow(input, image + padLeftBytes, rowValues, isUnsigned, inputOffset, isBytes, flip);
      memory.fill(image + inside, <u8>padding, imageRow - inside);
      input += rowValues;
      image += imageRow;
    }
    memory.fill(image, <u8>padding, padBottom * imageRow);
    image += padBottom * imageRow;
  }
}

/** Any filter, over such an image. Strides are in bytes, of the image and of the output. */
export function conv2d(
  image: usize,
  isBytes: bool,
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
  filterOffset: i32,
  matrix: usize,
  blocks: usize,
  columns: i32,
  output: usize,
  outputBatchStride: i32,
  outputRowStride: i32,
  outputPixelStride: i32,
  tile: usize,
): void {
  const pixels = batches * outputHeight * outputWidth;
  let row = image;
  let batch = image;
  let at = image;
  let outputRow = output;
  let outputBatch = output;
  let x = 0;
  let y = 0;
  let r0: usize = 0;
  let r1: usize = 0;
  let r2: usize = 0;
  let r3: usize = 0;
  let o0: usize = 0;
  let o1: usize = 0;
  let o2: usize = 0;
  let o3: usize = 0;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const count = min(4, pixels - pixel);
    for (let i = 0; i < count; i++) {
      if (i == 0) {
        r0 = at;
        o0 = output;
      } else if (i == 1) {
        r1 = at;
        o1 = output;
      } else if (i == 2) {
        r2 = at;
        o2 = output;
      } else {
        r3 = at;
        o3 = output;
      }
      at += pixelStride;
      output += outputPixelStride;
      if (++x == outputWidth) {
        x = 0;
        at = row += rowStride;
        output = outputRow += outputRowStride;
        if (++y == outputHeight) {
          y = 0;
          at = row = batch += batchStride;
          output = outputRow = outputBatch += outputBatchStride;
        }
      }
    }
    multiplyPixels(r0, r1, r2, r3, count, isBytes, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, matrix, blocks, columns, o0, o1, o2, o3, tile);
  }
}

/** One to four pixels. */
@inline
function multiplyPixels(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  count: i32,
  isBytes: bool,
  tapRows: i32,
  tapRowStride: i32,
  tapColumns: i32,
  tapColumnStride: i32,
  units: i32,
  filterOffset: i32,
  matrix: usize,
  blocks: usize,
  columns: i32,
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
  tile: usize,
): void {
  if (count == 4) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (isBytes) {
        multiplyRows<u8>(r0, r1, r2, r3, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, matrix, blocks, columns, o0, o1, o2, o3, tile);
        return;
      }
    }
    multiplyRows<i16>(r0, r1, r2, r3, tapRows, tapRowStride, tapColumns, tapColumnStride, units, 0, matrix, blocks, columns, o0, o1, o2, o3, tile);
    return;
  }
  for (let i = 0; i < count; i++) {
    const row = i == 0 ? r0 : i == 1 ? r1 : r2;
    const output = i == 0 ? o0 : i == 1 ? o1 : o2;
    if (ASC_FEATURE_RELAXED_SIMD && isBytes) {
      multiplyRow<u8>(row, tapRows, tapRowStride, tapColumns, tapColumnStride, units, filterOffset, matrix, blocks, columns, output, tile);
    } else multiplyRow<i16>(row, tapRows, tapRowStride, tapColumns, tapColumnStride, units, 0, matrix, blocks, columns, output, tile);
  }
}
