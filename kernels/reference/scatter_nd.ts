/**
 * SCATTER_ND: zeros of the shape that input 2 gives, to which update[i..., :] is added at index[i..., :]. Sums wrap.
 *
 * Equals: ScatterNd of reference/reference_ops.h. Deviations: none.
 */
import { addHigh } from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { outOfRange } from '../shared/indices.ts';
import { stridesOf } from '../shared/strided_copy.ts';
import { int8View, int32Halves, isSameShape, sizeOf, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const indices = node.input(0, 'int32');
  const updates = node.input(1, 'int8', 'uint8', 'bool', 'int32', 'int64');
  const shape = node.values(2, 'int32');
  const outer = indices.shape.slice(0, -1);
  const depth = indices.shape.at(-1) ?? -1; // indices of one slice
  node.require(
    depth >= 0 &&
      depth <= shape.length &&
      updates.shape.length > 0 &&
      isSameShape(updates.shape, [...outer, ...shape.slice(depth)]),
    `indices of [${indices.shape}] do not spread updates of [${updates.shape}] over [${shape}]`,
  );
  const output = node.output(0, shape, updates.dtype);
  const slice = sizeOf(shape.slice(depth));
  const strides = stridesOf(shape);
  return {
    node,
    indices,
    updates,
    output,
    sizes: shape.slice(0, depth),
    strides,
    slice,
    count: slice > 0 ? sizeOf(outer) : 0,
  };
}

type Scatter = ReturnType<typeof prepare>;

function bind(p: Scatter): Eval {
  const { updates, output } = p;
  switch (updates.dtype) {
    case 'int32':
      return bindSlices(p, updates.data as Int32Array, output.data as Int32Array, add32);
    case 'int64':
      return bindSlices(p, int32Halves(updates as Tensor<'int64'>), int32Halves(output as Tensor<'int64'>), add64);
    default: {
      const add = updates.dtype === 'bool' ? addBool : add8;
      return bindSlices(p, int8View(updates as Tensor<'int8'>), int8View(output as Tensor<'int8'>), add);
    }
  }
}

/** Adds `count` elements of source, from `from` on, to those of target from `to` on. */
type Add<A> = (source: A, from: number, target: A, to: number, count: number) => void;

function bindSlices<A extends Int8Array | Int32Array>(p: Scatter, updates: A, output: A, add: Add<A>): Eval {
  const { node, sizes, strides, slice, count } = p;
  const indices = p.indices.data;
  return () => {
    output.fill(0);
    for (let i = 0, at = 0; i < count; i++) {
      let to = 0;
      for (let d = 0; d < sizes.length; d++) {
        const index = indices[at++];
        if (index < 0 || index >= sizes[d]) throw outOfRange(node, index, sizes[d]);
        to += index * strides[d];
      }
      add(updates, i * slice, output, to, slice);
    }
  };
}

function add8(source: Int8Array, from: number, target: Int8Array, to: number, count: number) {
  for (let i = 0; i < count; i++) target[to + i] += source[from + i];
}

function addBool(source: Int8Array, from: number, target: Int8Array, to: number, count: number) {
  for (let i = 0; i < count; i++) target[to + i] |= source[from + i];
}

function add32(source: Int32Array, from: number, target: Int32Array, to: number, count: number) {
  for (let i = 0; i < count; i++) target[to + i] = (target[to + i] + source[from + i]) | 0;
}

/** On halves, low half first. */
function add64(source: Int32Array, from: number, target: Int32Array, to: number, count: number) {
  for (let i = 0, f = 2 * from, t = 2 * to; i < count; i++, f += 2, t += 2) {
    const high = addHigh(target[t + 1], target[t], source[f + 1], source[f]);
    target[t] += source[f];
    target[t + 1] = high;
  }
}

export const SCATTER_ND = operator(prepare, bind);
