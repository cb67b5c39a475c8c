/** CONV_2D of 8-bit values: where the rows of the product come from. See ../conv_2d.ts. */
import { centerRow } from './center';
import { multiplyRows } from './product';

/**
 * A filter of 1 x 1: four pixels at a time are centered into `panel`, and multiplied. pixelStride and rowStride are the
 * strides in bytes; panelStride is from one pixel of the panel to the next, in bytes.
 */
export function conv2dPointwise(
  input: usize,
  inputOffset: i32,
  isUnsigned: bool,
  batches: i32,
  batchStride: i32,
  outputHeight: i32,
  rowStride: i32,
  outputWidth: i32,
  pixelStride: i32,
  depth: i32,
  panel: usize,
  panelStride: i32,
  matrix: usize,
  blocks: usize,
  outputDepth: i32,
  output: usize,
  tile: usize,
): void {
  const pairs = (depth + 1) >> 1;
  const pixels = batches * outputHeight * outputWidth;
  let row = input;
  let batch = input;
  let at = input;
  let x = 0;
  let y = 0;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const count = min(4, pixels - pixel);
    for (let i = 0; i < count; i++) {
      const to = panel + i * panelStride;
      if (isUnsigned) centerRow<u8>(at, to, depth, inputOffset);
      else centerRow<i8>(at, to, depth, inputOffset);
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
    const i1 = min(1, count - 1);
    const i2 = min(2, count - 1);
    const i3 = count - 1;
    multiplyRows(
      panel,
      panel + i1 * panelStride,
      panel + i2 * panelStride,
      panel + i3 * panelStride,
      1,
      0,
      1,
      0,
      pairs,
      matrix,
      blocks,
      outputDepth,
      output,
      output + i1 * outputDepth,
      output + i2 * outputDepth,
      output + i3 * outputDepth,
      tile,
    );
    output += 4 * outputDepth;
  }
}

/** The input as int16, centered, with zeros around: `image` has paddedHeight rows of imageRow bytes for each batch. */
export function centerImage(
  input: usize,
  inputOffset: i32,
  isUnsigned: bool,
  batches: i32,
  height: i32,
  rowValues: i32,
  image: usize,
  imageRow: i32,
  padTop: i32,
  padBottom: i32,
  padLeftBytes: i32,
): void {
  const inside = padLeftBytes + (rowValues << 1);
  for (let b = 0; b < batches; b++) {
    memory.fill(image, 0, padTop * imageRow);
    image += padTop * imageRow;
    for (let y = 0; y < height; y++) {
      memory.fill(image, 0, padLeftBytes);
      if (isUnsigned) centerRow<u8>(input, image + padLeftBytes, rowValues, inputOffset);
      else centerRow<i8>(input, image + padLeftBytes, rowValues, inputOffset);
      memory.fill(image + inside, 0, imageRow - inside);
      input += rowValues;
      image += imageRow;
    }
    memory.fill(image, 0, padBottom * imageRow);
    image += padBottom * imageRow;
  }
}

/** Any filter, over such an image. Strides are in bytes of the image. */
export function conv2d(
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
  pairs: i32,
  matrix: usize,
  blocks: usize,
  output: usize,
  outputDepth: i32,
  tile: usize,
): void {
  const pixels = batches * outputHeight * outputWidth;
  let row = image;
  let batch = image;
  let at = image;
  let x = 0;
  let y = 0;
  let r0: usize = 0;
  let r1: usize = 0;
  let r2: usize = 0;
  let r3: usize = 0;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const count = min(4, pixels - pixel);
    for (let i = 0; i < count; i++) {
      if (i < 1) r0 = at;
      if (i < 2) r1 = at;
      if (i < 3) r2 = at;
      r3 = at;
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
    multiplyRows(
      r0,
      r1,
      r2,
      r3,
      tapRows,
      tapRowStride,
      tapColumns,
      tapColumnStride,
      pairs,
      matrix,
      blocks,
      outputDepth,
      output,
      output + min(1, count - 1) * outputDepth,
      output + min(2, count - 1) * outputDepth,
      output + (count - 1) * outputDepth,
      tile,
    );
    output += 4 * outputDepth;
  }
}
