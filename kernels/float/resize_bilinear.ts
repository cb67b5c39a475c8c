/**
 * RESIZE_BILINEAR of uint8, for which TFLite's reference kernel computes in float32:
 * output = the weighted mean of the four pixels around the position in the input, plus 1/2, truncated.
 *
 * Equals: reference/resize_bilinear.h ResizeBilinear, on x86-64, without fused multiply-adds. Deviations: none.
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
  input: Tensor<'uint8'>;
  output: Tensor<'uint8'>;
  rows: Positions;
  columns: Positions;
}

export function resizeBilinearUint8(p: FloatResize): Eval {
  const input = p.input.data;
  const output = p.output.data;
  return () => evalResize(p, input, output);
}

function evalResize({ input: { shape }, rows, columns }: FloatResize, input: Uint8Array, output: Uint8Array) {
  const [batches, inputHeight, inputWidth, depth] = shape;
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < rows.lower.length; y++) {
      const row0 = (b * inputHeight + rows.lower[y]) * inputWidth;
      const row1 = (b * inputHeight + rows.upper[y]) * inputWidth;
      const dy = rows.weight[y];
      const ey = F(1 - dy);
      for (let x = 0; x < columns.lower.length; x++) {
        const x0 = columns.lower[x];
        const x1 = columns.upper[x];
        const dx = columns.weight[x];
        const ex = F(1 - dx);
        for (let c = 0; c < depth; c++) {
          const lowerLeft = F(F(input[(row0 + x0) * depth + c] * ey) * ex);
          const upperLeft = F(F(input[(row1 + x0) * depth + c] * dy) * ex);
          const lowerRight = F(F(input[(row0 + x1) * depth + c] * ey) * dx);
          const upperRight = F(F(input[(row1 + x1) * depth + c] * dy) * dx);
          output[to++] = F(F(F(F(lowerLeft + upperLeft) + lowerRight) + upperRight) + 0.5);
        }
      }
    }
  }
}
