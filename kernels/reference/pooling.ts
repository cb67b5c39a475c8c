/**
 * AVERAGE_POOL_2D: output[b, y, x, c] = clamp(sum of the window / number of its elements), rounded half away from zero.
 * MAX_POOL_2D: output[b, y, x, c] = clamp(maximum of the window).
 *
 * What of a window hangs over the edge of the image is left out, and not counted. Nothing is rescaled: the output's
 * quantization serves the fused activation alone. float32 is in float/pooling.ts.
 *
 * Equals: reference/pooling.h (uint8), reference/integer_ops/pooling.h (int8, int16). Deviations: none.
 */

import type { Divisor } from '../fixed_point.ts';
import { roundingDivide } from '../fixed_point.ts';
import { averagePoolFloat, maxPoolFloat, preparePoolFloat } from '../float/pooling.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { type Activation, activationRange, divisor, roundHalfEven } from '../quantization.ts';
import { prepareWindows, type WindowOptions } from '../shared/window.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';

interface Options extends WindowOptions {
  filterHeight: number;
  filterWidth: number;
  fusedActivationFunction: Activation;
}

export type Pooling = ReturnType<typeof preparePooling>;
export type PreparedAverage = ReturnType<typeof prepareAverage>;
export type PreparedMax = ReturnType<typeof prepareMax>;

function preparePooling(node: Node) {
  const options = node.options<Options>();
  const { filterHeight, filterWidth, fusedActivationFunction } = options;
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const windows = prepareWindows(node, options, input, filterHeight, filterWidth);
  const { batches, inputHeight, inputWidth, inputDepth: depth, outputHeight, outputWidth } = windows;
  const output = node.output(0, [batches, outputHeight, outputWidth, depth], input.dtype);
  node.macs = output.size * Math.min(filterHeight, inputHeight) * Math.min(filterWidth, inputWidth);
  return {
    kind: 'integer' as const,
    ...windows,
    input,
    output,
    depth,
    // Without an activation a tensor may go without a scale.
    ...(fusedActivationFunction === 'NONE'
      ? activationRange('NONE', 1, 0, output.dtype)
      : activationRange(
          fusedActivationFunction,
          output.scale,
          output.zeroPoint,
          output.dtype,
          isDelegated(node) ? roundHalfEven : undefined,
        )),
  };
}

/** AVERAGE_POOL_2D: a divisor for every number of elements that a window can have, by that number. */
function prepareAverage(node: Node) {
  if (node.input(0).dtype === 'float32') return preparePoolFloat(node);
  const p = preparePooling(node);
  const divisors: Divisor[] = [];
  // Beyond the limits it will not run, and may have millions of divisors.
  if (p.output.size > 0 && node.macs <= node.limits.macs) {
    const rows = prepareCounts(p.outputHeight, p.strideHeight, p.padTop, p.filterHeight, p.inputHeight);
    const columns = prepareCounts(p.outputWidth, p.strideWidth, p.padLeft, p.filterWidth, p.inputWidth);
    for (const row of rows) for (const column of columns) divisors[row * column] ??= divisor(row * column);
  }
  return { ...p, divisors };
}

function prepareMax(node: Node) {
  return node.input(0).dtype === 'float32' ? preparePoolFloat(node) : preparePooling(node);
}

/** How many elements of the image the windows along one dimension have. */
function prepareCounts(outputSize: number, stride: number, padding: number, filter: number, inputSize: number) {
  const counts = new Set<number>();
  for (let i = 0; i < outputSize; i++) {
    const origin = i * stride - padding;
    counts.add(Math.min(origin + filter, inputSize) - Math.max(origin, 0));
  }
  return counts;
}

/** Pools the window of rows * columns pixels of which the first begins at `from`. */
type Pool = (from: number, rows: number, columns: number, to: number) => void;

function evalPooling(p: Pooling, pool: Pool) {
  const { batches, inputHeight, inputWidth, depth, outputHeight, outputWidth, filterHeight, filterWidth } = p;
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let outY = 0; outY < outputHeight; outY++) {
      const inYOrigin = Math.imul(outY, p.strideHeight) - p.padTop;
      const inY = Math.max(inYOrigin, 0);
      const rows = Math.min(inYOrigin + filterHeight, inputHeight) - inY;
      const row = Math.imul(Math.imul(b, inputHeight) + inY, inputWidth);
      for (let outX = 0; outX < outputWidth; outX++) {
        const inXOrigin = Math.imul(outX, p.strideWidth) - p.padLeft;
        const inX = Math.max(inXOrigin, 0);
        const columns = Math.min(inXOrigin + filterWidth, inputWidth) - inX;
        pool(Math.imul(row + inX, depth), rows, columns, to);
        to += depth;
      }
    }
  }
}

function bindAverage(p: PreparedAverage): Eval {
  if (p.kind === 'float') return averagePoolFloat(p);
  const { divisors } = p;
  if (p.output.size === 0) return () => {};
  if (p.input.dtype === 'int16') {
    const input = p.input.data as Int16Array;
    const output = p.output.data as Int16Array;
    const pool: Pool = (from, rows, columns, to) =>
      average16(p, input, output, divisors[Math.imul(rows, columns)], from, rows, columns, to);
    return () => evalPooling(p, pool);
  }
  const input = int8View(p.input as Tensor<'int8' | 'uint8'>);
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const mask = byteMask(p.input.dtype);
  const pool: Pool = (from, rows, columns, to) =>
    average8(p, input, mask, output, divisors[Math.imul(rows, columns)], from, rows, columns, to);
  return () => evalPooling(p, pool);
}

function average8(
  { inputWidth, depth, activationMin, activationMax }: Pooling,
  input: Int8Array,
  mask: number,
  output: Int8Array,
  count: Divisor,
  from: number,
  rows: number,
  columns: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    let acc = 0;
    for (let y = 0; y < rows; y++) {
      let i = from + c + Math.imul(Math.imul(y, inputWidth), depth);
      for (let x = 0; x < columns; x++, i += depth) acc = (acc + (input[i] & mask)) | 0;
    }
    output[to + c] = Math.min(Math.max(roundingDivide(acc, count), activationMin), activationMax);
  }
}

function average16(
  { inputWidth, depth, activationMin, activationMax }: Pooling,
  input: Int16Array,
  output: Int16Array,
  count: Divisor,
  from: number,
  rows: number,
  columns: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    let acc = 0;
    for (let y = 0; y < rows; y++) {
      let i = from + c + Math.imul(Math.imul(y, inputWidth), depth);
      for (let x = 0; x < columns; x++, i += depth) acc = (acc + input[i]) | 0;
    }
    output[to + c] = Math.min(Math.max(roundingDivide(acc, count), activationMin), activationMax);
  }
}

function bindMax(p: PreparedMax): Eval {
  if (p.kind === 'float') return maxPoolFloat(p);
  if (p.output.size === 0) return () => {};
  if (p.input.dtype === 'int16') {
    const input = p.input.data as Int16Array;
    const output = p.output.data as Int16Array;
    const pool: Pool = (from, rows, columns, to) => max16(p, input, output, from, rows, columns, to);
    return () => evalPooling(p, pool);
  }
  const input = int8View(p.input as Tensor<'int8' | 'uint8'>);
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const mask = byteMask(p.input.dtype);
  const pool: Pool = (from, rows, columns, to) => max8(p, input, mask, output, from, rows, columns, to);
  return () => evalPooling(p, pool);
}

function max8(
  { inputWidth, depth, activationMin, activationMax }: Pooling,
  input: Int8Array,
  mask: number,
  output: Int8Array,
  from: number,
  rows: number,
  columns: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    let max = activationMin;
    for (let y = 0; y < rows; y++) {
      let i = from + c + Math.imul(Math.imul(y, inputWidth), depth);
      for (let x = 0; x < columns; x++, i += depth) max = Math.max(max, input[i] & mask);
    }
    output[to + c] = Math.min(max, activationMax);
  }
}

function max16(
  { inputWidth, depth, activationMin, activationMax }: Pooling,
  input: Int16Array,
  output: Int16Array,
  from: number,
  rows: number,
  columns: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    let max = activationMin;
    for (let y = 0; y < rows; y++) {
      let i = from + c + Math.imul(Math.imul(y, inputWidth), depth);
      for (let x = 0; x < columns; x++, i += depth) max = Math.max(max, input[i]);
    }
    output[to + c] = Math.min(max, activationMax);
  }
}

export const AVERAGE_POOL_2D = operator(prepareAverage, bindAverage);
export const MAX_POOL_2D = operator(prepareMax, bindMax);
