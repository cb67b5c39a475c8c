/**
 * RESIZE_BILINEAR of float32, and of uint8, for which TFLite's reference kernel computes in float32, too:
 * output = the weighted mean of the four pixels around the position in the input; uint8: plus 1/2, truncated.
 *
 * Equals: reference/resize_bilinear.h ResizeBilinear, on x86-64, without fused multiply-adds; in profile xnnpack, what the
 * delegate leaves of uint8, optimized/resize_bilinear.h, which multiplies the weights first. Deviations: none; its own kernel
 * for 8 times the size is not done.
 */
import type { Eval } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

const F = Math.fround;

/** For every index of the output along one dimension: the input's two neighbours, and the upper one's weight. */
export function prepareFloatPositions(
  inputSize: number,
  outputSize: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
) {
  const scale = alignCorners && outputSize > 1 ? F((inputSize - 1) / (outputSize - 1)) : F(inputSize / outputSize);
  const lower = new Int32Array(outputSize);
  const upper = new Int32Array(outputSize);
  const weight = new Float32Array(outputSize);
  for (let i = 0; i < outputSize; i++) {
    const position = halfPixelCenters ? F(F((i + 0.5) * scale) - 0.5) : F(i * scale);
    lower[i] = Math.min(Math.max(Math.floor(position), 0), inputSize - 1);
    upper[i] = Math.min(Math.ceil(position), inputSize - 1);
    weight[i] = position - lower[i];
  }
  return { lower, upper, weight };
}

type Positions = ReturnType<typeof prepareFloatPositions>;

interface FloatResize {
  input: Tensor<'uint8' | 'float32'>;
  output: Tensor<'uint8' | 'float32'>;
  rows: Positions;
  columns: Positions;
  isOptimized?: boolean;
}

export function resizeBilinearFloat(p: FloatResize): Eval {
  const depth = p.input.shape[3];
  if (p.input.dtype === 'uint8') {
    const [input, output] = [p.input.data as Uint8Array, p.output.data as Uint8Array];
    const eval8 = p.isOptimized ? pixelByWeights : pixel8;
    const pixel: Pixel = (corners, dx, dy, to) => eval8(depth, input, output, corners, dx, dy, to);
    return () => evalResize(p, pixel);
  }
  const [input, output] = [p.input.data as Float32Array, p.output.data as Float32Array];
  const pixel: Pixel = (corners, dx, dy, to) => pixelFloat(depth, input, output, corners, dx, dy, to);
  return () => evalResize(p, pixel);
}

/** Mixes the four pixels that begin at `corners`: upper left, lower left, upper right, lower right. */
type Pixel = (corners: Int32Array, dx: number, dy: number, to: number) => void;

const corners = new Int32Array(4);

function evalResize({ input: { shape }, rows, columns }: FloatResize, pixel: Pixel) {
  const [batches, inputHeight, inputWidth, depth] = shape;
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < rows.lower.length; y++) {
      const row0 = (b * inputHeight + rows.lower[y]) * inputWidth;
      const row1 = (b * inputHeight + rows.upper[y]) * inputWidth;
      for (let x = 0; x < columns.lower.length; x++, to += depth) {
        corners[0] = (row0 + columns.lower[x]) * depth;
        corners[1] = (row1 + columns.lower[x]) * depth;
        corners[2] = (row0 + columns.upper[x]) * depth;
        corners[3] = (row1 + columns.upper[x]) * depth;
        pixel(corners, columns.weight[x], rows.weight[y], to);
      }
    }
  }
}

function pixel8(
  depth: number,
  input: Uint8Array,
  output: Uint8Array,
  at: Int32Array,
  dx: number,
  dy: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    const mean = mix(input[at[0] + c], input[at[1] + c], input[at[2] + c], input[at[3] + c], dx, dy);
    output[to + c] = F(mean + 0.5);
  }
}

function pixelByWeights(
  depth: number,
  input: Uint8Array,
  output: Uint8Array,
  [upperLeft, lowerLeft, upperRight, lowerRight]: Int32Array,
  dx: number,
  dy: number,
  to: number,
) {
  const ex = F(1 - dx);
  const ey = F(1 - dy);
  const [left, right, below, across] = [F(ey * ex), F(ey * dx), F(dy * ex), F(dy * dx)];
  for (let c = 0; c < depth; c++) {
    const upper = F(F(input[upperLeft + c] * left) + F(input[upperRight + c] * right));
    const sum = F(F(upper + F(input[lowerLeft + c] * below)) + F(input[lowerRight + c] * across));
    output[to + c] = F(sum + 0.5);
  }
}

function pixelFloat(
  depth: number,
  input: Float32Array,
  output: Float32Array,
  at: Int32Array,
  dx: number,
  dy: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    output[to + c] = mix(input[at[0] + c], input[at[1] + c], input[at[2] + c], input[at[3] + c], dx, dy) + 0; // not -0
  }
}

function mix(upperLeft: number, lowerLeft: number, upperRight: number, lowerRight: number, dx: number, dy: number) {
  const ex = F(1 - dx);
  const ey = F(1 - dy);
  const left = F(F(F(upperLeft * ey) * ex) + F(F(lowerLeft * dy) * ex));
  return F(F(left + F(F(upperRight * ey) * dx)) + F(F(lowerRight * dy) * dx));
}
