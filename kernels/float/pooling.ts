/**
 * AVERAGE_POOL_2D of float32: output[b, y, x, c] = clamp(sum of the window / number of its elements), added up row by row.
 * MAX_POOL_2D: output[b, y, x, c] = clamp(maximum of the window), of which NaN is never one. L2_POOL_2D: clamp(sqrt(sum of squares /
 * number of elements)).
 *
 * What of a window hangs over the edge of the image is left out, and not counted.
 *
 * Equals: reference/pooling.h. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareWindows, type WindowOptions } from '../shared/window.ts';
import { clamp, prepareActivationFloat } from './activation.ts';

const F = Math.fround;
const LOWEST = F(-3.4028234663852886e38);

interface Options extends WindowOptions {
  filterHeight: number;
  filterWidth: number;
}

type Pooling = ReturnType<typeof preparePoolFloat>;

export function preparePoolFloat(node: Node) {
  const options = node.options<Options>();
  const { filterHeight, filterWidth } = options;
  const input = node.input(0, 'float32');
  const windows = prepareWindows(node, options, input, filterHeight, filterWidth);
  const { batches, inputHeight, inputWidth, inputDepth, outputHeight, outputWidth } = windows;
  const output = node.output(0, [batches, outputHeight, outputWidth, inputDepth], 'float32');
  node.macs = output.size * Math.min(filterHeight, inputHeight) * Math.min(filterWidth, inputWidth);
  return { kind: 'float' as const, input, output, ...windows, ...prepareActivationFloat(node) };
}

/** Pools one channel of the window of rows * columns pixels of which the first is at `from`. */
type Pool = (p: Pooling, input: Float32Array, from: number, rows: number, columns: number) => number;

function pooling(p: Pooling, pool: Pool): Eval {
  const [input, output] = [p.input.data, p.output.data];
  return () => evalPooling(p, pool, input, output);
}

function evalPooling(p: Pooling, pool: Pool, input: Float32Array, output: Float32Array) {
  const { inputHeight, inputWidth, inputDepth, activationMin, activationMax } = p;
  let to = 0;
  for (let b = 0; b < p.batches; b++) {
    for (let outY = 0; outY < p.outputHeight; outY++) {
      const inYOrigin = outY * p.strideHeight - p.padTop;
      const inY = Math.max(inYOrigin, 0);
      const rows = Math.min(inYOrigin + p.filterHeight, inputHeight) - inY;
      for (let outX = 0; outX < p.outputWidth; outX++) {
        const inXOrigin = outX * p.strideWidth - p.padLeft;
        const inX = Math.max(inXOrigin, 0);
        const columns = Math.min(inXOrigin + p.filterWidth, inputWidth) - inX;
        const from = ((b * inputHeight + inY) * inputWidth + inX) * inputDepth;
        for (let c = 0; c < inputDepth; c++) {
          output[to++] = clamp(pool(p, input, from + c, rows, columns), activationMin, activationMax);
        }
      }
    }
  }
}

function average(
  { inputWidth, inputDepth }: Pooling,
  input: Float32Array,
  from: number,
  rows: number,
  columns: number,
) {
  let total = 0;
  for (let y = 0; y < rows; y++) {
    let i = from + y * inputWidth * inputDepth;
    for (let x = 0; x < columns; x++, i += inputDepth) total = F(total + input[i]);
  }
  return F(total / (rows * columns));
}

function maximum(
  { inputWidth, inputDepth }: Pooling,
  input: Float32Array,
  from: number,
  rows: number,
  columns: number,
) {
  let max = LOWEST;
  for (let y = 0; y < rows; y++) {
    let i = from + y * inputWidth * inputDepth;
    for (let x = 0; x < columns; x++, i += inputDepth) if (input[i] > max) max = input[i];
  }
  return max;
}

function rootMeanSquare(
  { inputWidth, inputDepth }: Pooling,
  input: Float32Array,
  from: number,
  rows: number,
  columns: number,
) {
  let total = 0;
  for (let y = 0; y < rows; y++) {
    let i = from + y * inputWidth * inputDepth;
    for (let x = 0; x < columns; x++, i += inputDepth) total = F(total + F(input[i] * input[i]));
  }
  return F(Math.sqrt(F(total / (rows * columns))));
}

export const L2_POOL_2D = operator(preparePoolFloat, (p) => pooling(p, rootMeanSquare));
export const averagePoolFloat = (p: Pooling) => pooling(p, average);
export const maxPoolFloat = (p: Pooling) => pooling(p, maximum);
