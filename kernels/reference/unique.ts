/**
 * UNIQUE: values = the input's different values, in the order in which they first occur; indices[i] = where in `values`
 * input[i] is.
 *
 * Equals: unique.cc. Deviations: 2^24 values at most.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { bytesOf, elementSize, int32Words } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int16', 'int32', 'int64');
  node.require(input.shape.length === 1, `the input must have 1 dimension, not ${input.shape.length}`);
  const indices = node.output(1, input.shape, 'int32', 'int64');
  node.values(0, input.dtype); // are known from here on, and no more than a Map can hold
  const positions = new Map<number | bigint, number>();
  const firsts: number[] = []; // the first position of each different value
  const order = Int32Array.from<number | bigint>(input.data as ArrayLike<number | bigint>, (value, i) => {
    let index = positions.get(value);
    if (index === undefined) {
      index = firsts.push(i) - 1;
      positions.set(value, index);
    }
    return index;
  });
  const values = node.output(0, [firsts.length], input.dtype);
  return { input, values, indices, firsts: Int32Array.from(firsts), order };
}

function bind({ input, values, indices, firsts, order }: ReturnType<typeof prepare>): Eval {
  const bytes = elementSize(input.dtype);
  const from = bytesOf(input);
  const to = bytesOf(values);
  const words = int32Words(indices);
  const step = indices.dtype === 'int64' ? 2 : 1;
  return () => {
    for (let v = 0, i = 0; v < firsts.length; v++) {
      for (let b = 0; b < bytes; b++) to[i++] = from[Math.imul(firsts[v], bytes) + b];
    }
    words.fill(0);
    for (let i = 0; i < order.length; i++) words[Math.imul(i, step)] = order[i];
  };
}

export const UNIQUE = operator(prepare, bind);
