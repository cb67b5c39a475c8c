/** Loops over a scalar formula, one an element type: what operators use that are not worth a loop of their own. */
import { compare64 } from '../fixed_point.ts';
import type { Eval, Node } from '../kernel.ts';
import type { ActivationRange64 } from '../quantization.ts';
import { byteMask, type DType, int8View, int32Halves, type Tensor } from '../tensor.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from './broadcast.ts';

/** int16 is symmetric, and its zero points are not looked at. */
export function prepareZeroPoints(node: Node, ...tensors: readonly Tensor[]) {
  node.require(
    tensors.every(({ dtype, zeroPoint }) => dtype !== 'int16' || zeroPoint === 0),
    'the zero points of int16 tensors must be 0',
  );
}

// ---- one input

/** output[i] = fn(input[i]), for tensors of one type up to 32 bits. */
export function unary(input: Tensor, output: Tensor, fn: UnaryFunction): Eval {
  if (input.dtype === 'int16') {
    const [x, y] = [input.data as Int16Array, output.data as Int16Array];
    return () => unary16(fn, x, y);
  }
  if (input.dtype === 'int32') {
    const [x, y] = [input.data as Int32Array, output.data as Int32Array];
    return () => unary32(fn, x, y);
  }
  const [x, y] = [input, output].map((tensor) => int8View(tensor as Tensor<'int8'>));
  const mask = byteMask(input.dtype);
  return () => unary8(fn, mask, x, y);
}

export type UnaryFunction = (x: number) => number;

function unary8(fn: UnaryFunction, mask: number, x: Int8Array, y: Int8Array) {
  for (let i = 0; i < x.length; i++) y[i] = fn(x[i] & mask);
}

function unary16(fn: UnaryFunction, x: Int16Array, y: Int16Array) {
  for (let i = 0; i < x.length; i++) y[i] = fn(x[i]);
}

function unary32(fn: UnaryFunction, x: Int32Array, y: Int32Array) {
  for (let i = 0; i < x.length; i++) y[i] = fn(x[i]);
}

// ---- two inputs

export interface Binary {
  readonly input1: Tensor;
  readonly input2: Tensor;
  readonly output: Tensor;
  readonly broadcast: Broadcast;
}

export type BinaryFunction = (a: number, b: number) => number;

/** Prepares two inputs of the same type, one of these, and an output of that type or of another. */
export function prepareBinary<T extends DType>(node: Node, dtypes: readonly T[], outputType?: DType) {
  const input1 = node.input(0, ...dtypes);
  const input2 = node.input(1, input1.dtype);
  const broadcast = prepareBroadcast(node, input1, input2);
  return { input1, input2, broadcast, output: node.output(0, broadcast.shape, outputType ?? input1.dtype) };
}

/** output = fn(input1, input2), for inputs of one type up to 32 bits, and an output of that type or bool. */
export function binary({ input1, input2, output, broadcast }: Binary, fn: BinaryFunction): Eval {
  if (input1.dtype === 'int16') {
    const [a, b] = [input1.data as Int16Array, input2.data as Int16Array];
    if (output.dtype === 'bool') {
      const y = output.data as Uint8Array;
      return forEachRow(broadcast, (to, from) => binary16ToBool(fn, a, b, y, broadcast, to, from));
    }
    const y = output.data as Int16Array;
    return forEachRow(broadcast, (to, from) => binary16(fn, a, b, y, broadcast, to, from));
  }
  if (input1.dtype === 'int32') {
    const [a, b] = [input1.data as Int32Array, input2.data as Int32Array];
    if (output.dtype === 'bool') {
      const y = output.data as Uint8Array;
      return forEachRow(broadcast, (to, from) => binary32ToBool(fn, a, b, y, broadcast, to, from));
    }
    const y = output.data as Int32Array;
    return forEachRow(broadcast, (to, from) => binary32(fn, a, b, y, broadcast, to, from));
  }
  const [a, b, y] = [input1, input2, output].map((tensor) => int8View(tensor as Tensor<'int8'>));
  const mask = byteMask(input1.dtype);
  return forEachRow(broadcast, (to, from) => binary8(fn, mask, a, b, y, broadcast, to, from));
}

function binary8(
  fn: BinaryFunction,
  mask: number,
  a: Int8Array,
  b: Int8Array,
  y: Int8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = fn(a[i] & mask, b[j] & mask);
  }
}

function binary16(
  fn: BinaryFunction,
  a: Int16Array,
  b: Int16Array,
  y: Int16Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = fn(a[i], b[j]);
  }
}

function binary16ToBool(
  fn: BinaryFunction,
  a: Int16Array,
  b: Int16Array,
  y: Uint8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = fn(a[i], b[j]);
  }
}

function binary32(
  fn: BinaryFunction,
  a: Int32Array,
  b: Int32Array,
  y: Int32Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = fn(a[i], b[j]);
  }
}

function binary32ToBool(
  fn: BinaryFunction,
  a: Int32Array,
  b: Int32Array,
  y: Uint8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = fn(a[i], b[j]);
  }
}

// ---- two inputs of int64, by halves

/** Stores the low half at y[at], the high half at y[at + 1]. */
export type BinaryFunction64 = (
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  y: Int32Array,
  at: number,
) => void;

/** output = fn(input1, input2), all int64. */
export function binary64({ input1, input2, output, broadcast }: Binary, fn: BinaryFunction64): Eval {
  const { count, steps } = broadcast;
  const [step1, step2] = steps;
  const [a, b, y] = [input1, input2, output].map((tensor) => int32Halves(tensor as Tensor<'int64'>));
  return forEachRow(broadcast, (to, from) => {
    for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
      fn(a[2 * i + 1], a[2 * i], b[2 * j + 1], b[2 * j], y, 2 * k);
    }
  });
}

/** output = fn(input1, input2), a bool of two int64. */
export function binary64ToBool(
  { input1, input2, output, broadcast }: Binary,
  fn: (aHigh: number, aLow: number, bHigh: number, bLow: number) => number,
): Eval {
  const { count, steps } = broadcast;
  const [step1, step2] = steps;
  const [a, b] = [input1, input2].map((tensor) => int32Halves(tensor as Tensor<'int64'>));
  const y = output.data as Uint8Array;
  return forEachRow(broadcast, (to, from) => {
    for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
      y[k] = fn(a[2 * i + 1], a[2 * i], b[2 * j + 1], b[2 * j]);
    }
  });
}

/** Stores (high, low), clamped. */
export function storeClamped64(high: number, low: number, range: ActivationRange64, y: Int32Array, at: number) {
  const { minHigh, minLow, maxHigh, maxLow } = range;
  const below = compare64(high, low, minHigh, minLow) < 0;
  const above = compare64(high, low, maxHigh, maxLow) > 0;
  y[at] = below ? minLow : above ? maxLow : low;
  y[at + 1] = below ? minHigh : above ? maxHigh : high;
}
