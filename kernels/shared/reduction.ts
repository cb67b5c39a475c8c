/** What the operators share that reduce a tensor along some of its axes: MEAN, SUM, REDUCE_MAX and their like. */
import type { Eval, Node } from '../kernel.ts';
import { byteMask, type DType, int8View, int32Halves, sizeOf, type Tensor } from '../tensor.ts';
import { prepareAxis } from './axes.ts';

interface Options {
  keepDims: boolean;
}

/**
 * Which elements of the input an element of the output is made of, in the input's order: `runs` times `runLength`
 * elements, `runStride` apart. An empty input has no runs, and its outputs are made of nothing.
 */
export interface Reduction {
  /** Over the dimensions that are left: where each output's elements begin. */
  outputs: Walk;
  /** Over the dimensions that are reduced, but for the last: where the runs begin, from there. */
  reduced: Walk;
  runs: number;
  runLength: number;
  runStride: number;
}

/** Reads the axes, input 1: negative ones count from the end, repeated ones once. Gives output 0 its shape. */
export function prepareReduction<T extends DType>(node: Node, input: Tensor<T>) {
  const { shape } = input;
  const axes = new Set<number>();
  for (const axis of node.values(1, 'int32')) {
    if (shape.length === 0) break; // nobody looks at the axes of a scalar
    axes.add(prepareAxis(node, axis, shape.length));
  }
  const { keepDims } = node.options<Options>();
  const outputShape = shape.flatMap((dim, i) => (axes.has(i) ? (keepDims ? [1] : []) : [dim]));
  const output = node.output(0, outputShape, input.dtype);

  const left: Dimension[] = []; // neighbours of one kind are one dimension
  const reduced: Dimension[] = [];
  let last: Dimension[] | undefined;
  for (let i = shape.length - 1, stride = 1; i >= 0; stride *= shape[i--]) {
    if (shape[i] === 1) continue;
    const dimensions = axes.has(i) ? reduced : left;
    if (dimensions === last) dimensions.at(-1)!.size *= shape[i];
    else dimensions.push({ size: shape[i], stride });
    last = dimensions;
  }
  const run = reduced.shift() ?? { size: 1, stride: 1 };
  const reduction: Reduction = {
    outputs: prepareWalk(left),
    reduced: prepareWalk(reduced),
    runs: input.size === 0 ? 0 : sizeOf(reduced.map(({ size }) => size)),
    runLength: run.size,
    runStride: run.stride,
  };
  return { output, reduction, count: input.size === 0 ? 0 : input.size / output.size };
}

// ---- walks

interface Dimension {
  size: number;
  stride: number;
}

/** A way through the elements of a block, innermost dimension first; `step` leads from the last back to the first. */
interface Walk {
  sizes: Int32Array;
  strides: Int32Array;
  counters: Int32Array;
}

function prepareWalk(dimensions: readonly Dimension[]): Walk {
  return {
    sizes: Int32Array.from(dimensions, ({ size }) => size),
    strides: Int32Array.from(dimensions, ({ stride }) => stride),
    counters: new Int32Array(dimensions.length),
  };
}

/** The position of the element after the one at `position`. */
export function step({ sizes, strides, counters }: Walk, position: number): number {
  for (let d = 0; d < sizes.length; d++) {
    position = (position + strides[d]) | 0;
    if (++counters[d] < sizes[d]) return position;
    position = (position - Math.imul(sizes[d], strides[d])) | 0;
    counters[d] = 0;
  }
  return position;
}

// ---- loops

/** output = finish(next(... next(next(init, first), second) ..., last)). */
export interface Reducer {
  init: number;
  next(acc: number, value: number): number;
  /** What is stored; by default the value itself. */
  finish?(acc: number): number;
}

/** The same on int64: acc and values in halves, low half first. */
export interface Reducer64 {
  init(acc: Int32Array): void;
  next(acc: Int32Array, low: number, high: number): void;
  finish?(acc: Int32Array): void;
}

type Reduced = 'int8' | 'uint8' | 'bool' | 'int16' | 'int32';

export function reduce(r: Reduction, input: Tensor<Reduced>, output: Tensor<Reduced>, reducer: Reducer): Eval {
  const { init, next, finish = identity } = reducer;
  if (input.dtype === 'int32') {
    return () => reduce32(r, input.data as Int32Array, output.data as Int32Array, init, next, finish);
  }
  if (input.dtype === 'int16') {
    return () => reduce16(r, input.data as Int16Array, output.data as Int16Array, init, next, finish);
  }
  const inputData = int8View(input as Tensor<'int8'>);
  const outputData = int8View(output as Tensor<'int8'>);
  const mask = byteMask(input.dtype);
  return () => reduce8(r, inputData, mask, outputData, init, next, finish);
}

export function reduceInt64(r: Reduction, input: Tensor<'int64'>, output: Tensor<'int64'>, reducer: Reducer64): Eval {
  const inputData = int32Halves(input);
  const outputData = int32Halves(output);
  return () => reduce64(r, inputData, outputData, reducer);
}

function identity(acc: number): number {
  return acc;
}

function reduce8(
  { outputs, reduced, runs, runLength, runStride }: Reduction,
  input: Int8Array,
  mask: number,
  output: Int8Array,
  init: number,
  next: (acc: number, value: number) => number,
  finish: (acc: number) => number,
) {
  for (let o = 0, start = 0; o < output.length; o++, start = step(outputs, start)) {
    let acc = init;
    for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
      for (let k = 0, i = from; k < runLength; k++, i += runStride) acc = next(acc, input[i] & mask);
    }
    output[o] = finish(acc);
  }
}

function reduce16(
  { outputs, reduced, runs, runLength, runStride }: Reduction,
  input: Int16Array,
  output: Int16Array,
  init: number,
  next: (acc: number, value: number) => number,
  finish: (acc: number) => number,
) {
  for (let o = 0, start = 0; o < output.length; o++, start = step(outputs, start)) {
    let acc = init;
    for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
      for (let k = 0, i = from; k < runLength; k++, i += runStride) acc = next(acc, input[i]);
    }
    output[o] = finish(acc);
  }
}

function reduce32(
  { outputs, reduced, runs, runLength, runStride }: Reduction,
  input: Int32Array,
  output: Int32Array,
  init: number,
  next: (acc: number, value: number) => number,
  finish: (acc: number) => number,
) {
  for (let o = 0, start = 0; o < output.length; o++, start = step(outputs, start)) {
    let acc = init;
    for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
      for (let k = 0, i = from; k < runLength; k++, i += runStride) acc = next(acc, input[i]);
    }
    output[o] = finish(acc);
  }
}

const acc64 = new Int32Array(2);

function reduce64(
  { outputs, reduced, runs, runLength, runStride }: Reduction,
  input: Int32Array,
  output: Int32Array,
  reducer: Reducer64,
) {
  for (let o = 0, start = 0; o < output.length; o += 2, start = step(outputs, start)) {
    reducer.init(acc64);
    for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
      for (let k = 0, i = from << 1; k < runLength; k++, i += runStride << 1) {
        reducer.next(acc64, input[i], input[i + 1]);
      }
    }
    reducer.finish?.(acc64);
    output[o] = acc64[0];
    output[o + 1] = acc64[1];
  }
}
