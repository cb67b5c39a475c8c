/**
 * RESIZE_BILINEAR of uint8, which TFLite computes in float32: see ../../../float/resize_bilinear.ts. The products with the
 * rows' weights are shared by all columns of an output row: they are made first, in `rows`, of which there are two.
 *
 *     for each row of the output:
 *       upper = input[upper row] * (1 - dy), lower = input[lower row] * dy
 *       for each pixel, for each 8 of its channels:
 *         output = floor(upper[left] * (1 - dx) + lower[left] * (1 - dx) + upper[right] * dx + lower[right] * dx + 1/2)
 */
import { store8 } from '../store';

/**
 * rowOffsets: where an output row's two input rows begin in an image, in bytes; columnOffsets: where a column's two pixels
 * begin in `rows`, in bytes. The weights are those of the second ones. inputRow, outputRow: values of a row.
 */
export function resizeBilinearFloat(
  input: usize,
  batches: i32,
  imageBytes: i32,
  inputRow: i32,
  depth: i32,
  output: usize,
  outputHeight: i32,
  outputWidth: i32,
  rowOffsets: usize,
  rowWeights: usize,
  columnOffsets: usize,
  columnWeights: usize,
  rows: usize,
  rowsStride: i32,
): void {
  const end = output + <usize>batches * outputHeight * outputWidth * depth;
  const lowerRows = rows + rowsStride;
  for (let b = 0; b < batches; b++) {
    for (let y: usize = 0; y < <usize>outputHeight; y++) {
      const dy = load<f32>(rowWeights + (y << 2));
      scaleRow(input + load<i32>(rowOffsets + (y << 3)), rows, inputRow, 1 - dy);
      scaleRow(input + load<i32>(rowOffsets + (y << 3), 4), lowerRows, inputRow, dy);
      for (let x: usize = 0; x < <usize>outputWidth; x++) {
        const left = load<i32>(columnOffsets + (x << 3));
        const right = load<i32>(columnOffsets + (x << 3), 4);
        const dx = load<f32>(columnWeights + (x << 2));
        const rightWeight = f32x4.splat(dx);
        const leftWeight = f32x4.splat(1 - dx);
        let upperLeft = rows + left;
        let upperRight = rows + right;
        for (let c = 0; c < depth; c += 8) {
          const low = mix(upperLeft, upperRight, rowsStride, leftWeight, rightWeight);
          const high = mix(upperLeft + 16, upperRight + 16, rowsStride, leftWeight, rightWeight);
          const bytes = i8x16.shuffle(low, high, 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
          // What is too much lies in the next pixel, which is still to come; but for the last ones.
          if (output + c + 8 <= end) v128.store64_lane(output + c, bytes, 0);
          else store8(output + c, bytes, depth - c);
          upperLeft += 32;
          upperRight += 32;
        }
        output += depth;
      }
    }
    input += imageBytes;
  }
}

/** Four means plus 1/2, as integers in the low bits: they are cut by floor, and 2^23 is added. */
@inline
function mix(left: usize, right: usize, down: i32, leftWeight: v128, rightWeight: v128): v128 {
  const upperLeft = f32x4.mul(v128.load(left), leftWeight);
  const lowerLeft = f32x4.mul(v128.load(left + down), leftWeight);
  const upperRight = f32x4.mul(v128.load(right), rightWeight);
  const lowerRight = f32x4.mul(v128.load(right + down), rightWeight);
  const sum = f32x4.add(f32x4.add(f32x4.add(upperLeft, lowerLeft), upperRight), lowerRight);
  return f32x4.add(f32x4.floor(f32x4.add(sum, f32x4.splat(0.5))), f32x4.splat(8388608.0));
}

/** A row of bytes, times a weight. Reads and writes up to 7 values beyond `count`. */
function scaleRow(from: usize, to: usize, count: i32, weight: f32): void {
  const weights = f32x4.splat(weight);
  for (let i = 0; i < count; i += 8) {
    const values = v128.load8x8_u(from + i);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(values)), weights));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(values)), weights), 16);
    to += 32;
  }
}
