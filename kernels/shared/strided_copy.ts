/**
 * What moves values without computing: element i of a box goes from source[from + sum over d of i[d] * fromStrides[d]]
 * to target[to + sum over d of i[d] * toStrides[d]]. A stride may be 0 (a value is repeated) or negative (reversed).
 *
 * Types play no part, only bytes. An element is one more dimension, of bytes; neighbouring dimensions that lie end to
 * end in both tensors become one; and then a box is copied in the largest unit, of 4, 2 or 1 bytes, that divides all
 * its strides and offsets. So 8-byte elements go as pairs of words, and int8 pixels of 32 channels as 8 words.
 */
import type { Eval } from '../kernel.ts';
import { type DType, elementSize, sizeOf, Tensor, viewOf } from '../tensor.ts';

export interface Box {
  readonly shape: readonly number[];
  readonly from: number;
  readonly fromStrides: readonly number[];
  readonly to: number;
  readonly toStrides: readonly number[];
}

/** A box and the two tensors, which have one type. */
export interface Copy extends Box {
  readonly source: Tensor;
  readonly target: Tensor;
}

/** Every element of the target becomes the source's only one. */
export interface Fill {
  readonly source: Tensor;
  readonly target: Tensor;
  readonly shape?: undefined;
}

/** Does the steps in their order. */
export function move(steps: readonly (Copy | Fill)[]): Eval {
  const evals = steps.map((step) => {
    if (!step.shape) return fill(step.source, step.target);
    const copy = bindCopy(step);
    return () => copy(0, 0);
  });
  if (evals.length === 1) return evals[0];
  return () => {
    for (let i = 0; i < evals.length; i++) evals[i]();
  };
}

// ---- what an operator's prepare makes boxes with

/** The strides of a tensor that lies in memory in the order of its dimensions, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let d = shape.length - 1, stride = 1; d >= 0; stride *= shape[d--]) strides[d] = stride;
  return strides;
}

/** A tensor under a shape of the same size, which may be another than its own. */
export interface View {
  readonly tensor: Tensor;
  readonly shape: readonly number[];
}

/** Puts element i of the source at i + offsets of the target; what falls outside of the target is left out. */
export function prepareShifted(source: View, target: View, offsets: readonly number[]): Copy {
  const fromStrides = stridesOf(source.shape);
  const toStrides = stridesOf(target.shape);
  const start = offsets.map((offset) => Math.max(0, -offset)); // the first source element that is inside
  const shape = source.shape.map((dim, d) => Math.max(0, Math.min(dim, target.shape[d] - offsets[d]) - start[d]));
  let from = 0;
  let to = 0;
  start.forEach((index, d) => {
    from += index * fromStrides[d];
    to += (index + offsets[d]) * toStrides[d];
  });
  return { source: source.tensor, target: target.tensor, shape, from, fromStrides, to, toStrides };
}

/** Target dimension d is the source's dimension perm[d]. */
export function preparePermuted(source: View, target: Tensor, perm: readonly number[]): Copy {
  const strides = stridesOf(source.shape);
  const shape = perm.map((d) => source.shape[d]);
  return {
    source: source.tensor,
    target,
    shape,
    from: 0,
    fromStrides: perm.map((d) => strides[d]),
    to: 0,
    toStrides: stridesOf(shape),
  };
}

// ---- eval

/** Copies a box that is bound to its tensors' memory, further on by some elements. */
export type BoundCopy = (from: number, to: number) => void;

/** What is added to `from` and `to` at run time must be multiples of `step` elements; 0 if nothing ever is. */
export function bindCopy(copy: Copy, step = 0): BoundCopy {
  if (sizeOf(copy.shape) === 0) return () => {};
  const { source, target } = copy;
  const bytes = elementSize(source.dtype);
  const box = boxOfBytes(copy);
  const bits = (step * bytes) | source.data.byteOffset | target.data.byteOffset | unitBits(box);
  if ((bits & 3) === 0) {
    const words = inUnits(box, 2);
    const from = new Int32Array(source.data.buffer, source.data.byteOffset, source.byteLength >> 2);
    const to = new Int32Array(target.data.buffer, target.data.byteOffset, target.byteLength >> 2);
    return (i, j) => copy32(words, from, to, 0, words.from + ((i * bytes) >> 2), words.to + ((j * bytes) >> 2));
  }
  if ((bits & 1) === 0) {
    const halves = inUnits(box, 1);
    const from = new Int16Array(source.data.buffer, source.data.byteOffset, source.byteLength >> 1);
    const to = new Int16Array(target.data.buffer, target.data.byteOffset, target.byteLength >> 1);
    return (i, j) => copy16(halves, from, to, 0, halves.from + ((i * bytes) >> 1), halves.to + ((j * bytes) >> 1));
  }
  const single = inUnits(box, 0);
  const from = new Int8Array(source.data.buffer, source.data.byteOffset, source.byteLength);
  const to = new Int8Array(target.data.buffer, target.data.byteOffset, target.byteLength);
  return (i, j) => copy8(single, from, to, 0, single.from + i, single.to + j);
}

/** The box in bytes, with as few dimensions as it can have; the last one is the run of bytes that lie side by side. */
export function boxOfBytes(copy: Copy): Box {
  return mergeDimensions(inBytes(copy, elementSize(copy.source.dtype)));
}

/** The box in bytes, with the bytes of an element as its last dimension. */
function inBytes({ shape, from, fromStrides, to, toStrides }: Box, bytes: number): Box {
  const scaled = (strides: readonly number[]) => [...strides.map((stride) => stride * bytes), 1];
  return {
    shape: [...shape, bytes],
    from: from * bytes,
    fromStrides: scaled(fromStrides),
    to: to * bytes,
    toStrides: scaled(toStrides),
  };
}

/** The same box with as few dimensions as it can have; the last one is the run of bytes that lie side by side. */
function mergeDimensions(box: Box): Box {
  let d = box.shape.length - 1;
  const shape = [box.shape[d]];
  const fromStrides = [1];
  const toStrides = [1];
  while (--d >= 0) {
    if (box.shape[d] === 1) continue;
    const follows = box.fromStrides[d] === fromStrides[0] * shape[0] && box.toStrides[d] === toStrides[0] * shape[0];
    if (follows) shape[0] *= box.shape[d];
    else {
      shape.unshift(box.shape[d]);
      fromStrides.unshift(box.fromStrides[d]);
      toStrides.unshift(box.toStrides[d]);
    }
  }
  return { ...box, shape, fromStrides, toStrides };
}

/** The bits of every number of bytes that a unit must divide. */
function unitBits({ shape, from, fromStrides, to, toStrides }: Box): number {
  const last = shape.length - 1;
  return [...fromStrides.slice(0, last), ...toStrides.slice(0, last)].reduce(
    (bits, n) => bits | n,
    from | to | shape[last],
  );
}

/** A box of bytes in units of 2^log2 bytes, without the last dimension where that is one unit. */
function inUnits(box: Box, log2: number): Box {
  const last = box.shape.length - 1;
  const scaled = (stride: number, d: number) => (d === last ? stride : stride >> log2); // the last one is 1
  const run = box.shape[last] >> log2;
  const end = run === 1 && last > 0 ? last : last + 1;
  return {
    shape: [...box.shape.slice(0, last), run].slice(0, end),
    from: box.from >> log2,
    fromStrides: box.fromStrides.map(scaled).slice(0, end),
    to: box.to >> log2,
    toStrides: box.toStrides.map(scaled).slice(0, end),
  };
}

function copy8(box: Box, source: Int8Array, target: Int8Array, d: number, from: number, to: number) {
  const { shape, fromStrides, toStrides } = box;
  const size = shape[d];
  const fromStride = fromStrides[d];
  const toStride = toStrides[d];
  if (d + 1 === shape.length) {
    for (let i = 0; i < size; i++) {
      target[to] = source[from];
      from += fromStride;
      to += toStride;
    }
  } else {
    for (let i = 0; i < size; i++) {
      copy8(box, source, target, d + 1, from, to);
      from += fromStride;
      to += toStride;
    }
  }
}

function copy16(box: Box, source: Int16Array, target: Int16Array, d: number, from: number, to: number) {
  const { shape, fromStrides, toStrides } = box;
  const size = shape[d];
  const fromStride = fromStrides[d];
  const toStride = toStrides[d];
  if (d + 1 === shape.length) {
    for (let i = 0; i < size; i++) {
      target[to] = source[from];
      from += fromStride;
      to += toStride;
    }
  } else {
    for (let i = 0; i < size; i++) {
      copy16(box, source, target, d + 1, from, to);
      from += fromStride;
      to += toStride;
    }
  }
}

function copy32(box: Box, source: Int32Array, target: Int32Array, d: number, from: number, to: number) {
  const { shape, fromStrides, toStrides } = box;
  const size = shape[d];
  const fromStride = fromStrides[d];
  const toStride = toStrides[d];
  if (d + 1 === shape.length) {
    for (let i = 0; i < size; i++) {
      target[to] = source[from];
      from += fromStride;
      to += toStride;
    }
  } else {
    for (let i = 0; i < size; i++) {
      copy32(box, source, target, d + 1, from, to);
      from += fromStride;
      to += toStride;
    }
  }
}

// ---- fill

/** Makes every element of the target the source's only one. */
export function fill(source: Tensor, target: Tensor): Eval {
  const bytes = elementSize(target.dtype);
  if (bytes === 1) {
    const value = new Int8Array(source.data.buffer, source.data.byteOffset, 1);
    const values = new Int8Array(target.data.buffer, target.data.byteOffset, target.size);
    return () => values.fill(value[0]);
  }
  if (bytes === 2) {
    const value = new Int16Array(source.data.buffer, source.data.byteOffset, 1);
    const values = new Int16Array(target.data.buffer, target.data.byteOffset, target.size);
    return () => values.fill(value[0]);
  }
  const value = new Int32Array(source.data.buffer, source.data.byteOffset, bytes >> 2);
  const values = new Int32Array(target.data.buffer, target.data.byteOffset, target.byteLength >> 2);
  if (bytes === 4) return () => values.fill(value[0]);
  return () => fill64(value, values);
}

function fill64(value: Int32Array, values: Int32Array) {
  const low = value[0];
  const high = value[1];
  for (let i = 0; i < values.length; i += 2) {
    values[i] = low;
    values[i + 1] = high;
  }
}

/** A tensor of one element that prepare knows. */
export function prepareScalar(dtype: DType, value: number): Tensor {
  const scalar = new Tensor(-1, 'scalar', dtype, []);
  scalar.data = viewOf(dtype, new ArrayBuffer(elementSize(dtype)), 0, 1);
  scalar.data[0] = dtype === 'int64' ? BigInt(value) : value;
  scalar.known = true;
  return scalar;
}
