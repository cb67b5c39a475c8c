/** RESIZE_BILINEAR of int8, RESIZE_NEAREST_NEIGHBOR. (RESIZE_BILINEAR of uint8 is in float/.) */
import { interleaveHigh, interleaveLow } from './bytes';
import { store8 } from './store';
import { copyRun } from './strided_copy';

/**
 * The mean of four pixels, weighted in steps of 1/1024 along both dimensions, rounded half away from zero:
 *
 *     v = (a * (1024 - wx) + b * wx) * (1024 - wy) + (c * (1024 - wx) + d * wx) * wy          |v| <= 2^27
 *     output = floor((v - (v < 0) + 2^19) / 2^20)
 *
 *     for each pixel of the output: for each 8 of its channels: output = as above
 */
export function resizeBilinear(
  input: usize,
  batches: i32,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
  output: usize,
  outputHeight: i32,
  outputWidth: i32,
  rowScale: i32,
  rowOffset: i32,
  columnScale: i32,
  columnOffset: i32,
): void {
  const rowBytes = inputWidth * depth;
  const end = output + <usize>batches * outputHeight * outputWidth * depth;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      const inputY = max<i32>(y * rowScale + rowOffset, 0);
      const y0 = min<i32>(inputY >> 10, inputHeight - 1);
      const down = y0 < inputHeight - 1 ? rowBytes : 0;
      const row = input + y0 * rowBytes;
      const wy = inputY & 1023;
      const upperWeights = i32x4.splat(1024 - wy);
      const lowerWeights = i32x4.splat(wy);
      for (let x = 0; x < outputWidth; x++) {
        const inputX = max<i32>(x * columnScale + columnOffset, 0);
        const x0 = min<i32>(inputX >> 10, inputWidth - 1);
        const right = x0 < inputWidth - 1 ? depth : 0;
        const wx = inputX & 1023;
        const weights = i32x4.splat((wx << 16) | (1024 - wx));
        const pixel = row + x0 * depth;
        for (let c = 0; c < depth; c += 8) {
          const at = pixel + c;
          const upperLeft = v128.load8x8_s(at);
          const upperRight = v128.load8x8_s(at + right);
          const lowerLeft = v128.load8x8_s(at + down);
          const lowerRight = v128.load8x8_s(at + down + right);
          const values = i16x8.narrow_i32x4_s(
            mix(
              i32x4.dot_i16x8_s(interleaveLow(upperLeft, upperRight), weights),
              i32x4.dot_i16x8_s(interleaveLow(lowerLeft, lowerRight), weights),
              upperWeights,
              lowerWeights,
            ),
            mix(
              i32x4.dot_i16x8_s(interleaveHigh(upperLeft, upperRight), weights),
              i32x4.dot_i16x8_s(interleaveHigh(lowerLeft, lowerRight), weights),
              upperWeights,
              lowerWeights,
            ),
          );
          const bytes = i8x16.narrow_i16x8_s(values, values);
          // What is too much lies in the next pixel, which is still to come; but for the last ones.
          if (output + c + 8 <= end) v128.store64_lane(output + c, bytes, 0);
          else store8(output + c, bytes, depth - c);
        }
        output += depth;
      }
    }
    input += inputHeight * rowBytes;
  }
}

@inline
function mix(upper: v128, lower: v128, upperWeight: v128, lowerWeight: v128): v128 {
  const v = i32x4.add(i32x4.mul(upper, upperWeight), i32x4.mul(lower, lowerWeight));
  return i32x4.shr_s(i32x4.add(i32x4.add(v, i32x4.shr_s(v, 31)), i32x4.splat(1 << 19)), 20);
}

/**
 * output[b, y, x] = input[b, rows[y], columns[x]], pixels of `pixelBytes`. `rows` and `columns` hold where each row begins in an
 * image, and each column in a row, in bytes. A row that the one above is made of, too, is copied from there.
 */
export function resizeNearestNeighbor(
  input: usize,
  batches: i32,
  imageBytes: i32,
  pixelBytes: i32,
  output: usize,
  outputHeight: i32,
  outputWidth: i32,
  rows: usize,
  columns: usize,
): void {
  const outputRow = outputWidth * pixelBytes;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      const row = load<i32>(rows + (<usize>y << 2));
      if (y > 0 && row == load<i32>(rows + (<usize>y << 2) - 4)) {
        memory.copy(output, output - outputRow, outputRow);
        output += outputRow;
        continue;
      }
      for (let x = 0; x < outputWidth; x++) {
        copyRun(input + row + load<i32>(columns + (<usize>x << 2)), output, pixelBytes);
        output += pixelBytes;
      }
    }
    input += imageBytes;
  }
}
