/**
 * Numpy's broadcasting: shapes aligned at their last dimension; a dimension of 1, or one that is not there, is repeated.
 *
 * prepareBroadcast merges dimensions that all operands walk alike, and cuts the output into rows: in a row every operand
 * takes steps of 1, or of 0 where it is repeated. Equal shapes, and a scalar with anything, are one row.
 *
 *   [2, 3, 4] and [4]        2 * 3 rows of 4, the second operand at 0 in each
 *   [2, 3, 4] and [3, 4]     2 rows of 12
 *   [2, 3, 4] and [2, 3, 1]  6 rows of 4, the second operand in steps of 0
 */
import type { Eval, Node } from '../kernel.ts';
import { sizeOf } from '../tensor.ts';

export interface Broadcast {
  /** The output's. */
  readonly shape: readonly number[];
  /** Elements of a row. */
  readonly count: number;
  /** By operand: 1, or 0 where its element is repeated along a row. */
  readonly steps: readonly number[];
  readonly rows: number;
  /** The dimensions over which rows lie, the innermost first. */
  readonly sizes: readonly number[];
  /** strides[d][operand]: how far an operand goes in dimension d of `sizes`. */
  readonly strides: readonly (readonly number[])[];
}

export function prepareBroadcast(node: Node, ...operands: readonly { shape: readonly number[] }[]): Broadcast {
  const rank = Math.max(...operands.map(({ shape }) => shape.length));
  const shape: number[] = new Array(rank);
  const sizes: number[] = [];
  const strides: number[][] = [];
  const next = operands.map(() => 1); // what an element further along the next dimension is away
  for (let d = 1; d <= rank; d++) {
    const dims = operands.map((operand) => operand.shape[operand.shape.length - d] ?? 1);
    const size = dims.find((dim) => dim !== 1) ?? 1;
    node.require(
      dims.every((dim) => dim === 1 || dim === size),
      `shapes [${operands.map((operand) => operand.shape).join('], [')}] do not broadcast`,
    );
    shape[rank - d] = size;
    if (size === 1) continue;
    const stride = dims.map((dim, i) => (dim === 1 ? 0 : next[i]));
    dims.forEach((dim, i) => {
      next[i] *= dim;
    });
    const inner = sizes.length - 1;
    if (inner >= 0 && stride.every((s, i) => s === strides[inner][i] * sizes[inner])) {
      sizes[inner] *= size;
    } else {
      sizes.push(size);
      strides.push(stride);
    }
  }
  const count = sizes.shift() ?? 1;
  const steps = strides.shift() ?? operands.map(() => 0);
  return { shape, count, steps, rows: count === 0 ? 0 : sizeOf(sizes), sizes, strides };
}

/** Computes one row of the output, from element `to` on; from[i] is the element of operand i that it starts with. */
export type Row = (to: number, from: Int32Array) => void;

export function forEachRow({ count, steps, rows, sizes, strides }: Broadcast, row: Row): Eval {
  const from = new Int32Array(steps.length);
  const at = new Int32Array(sizes.length);
  return () => {
    from.fill(0);
    at.fill(0);
    for (let r = 0, to = 0; r < rows; r++, to += count) {
      row(to, from);
      for (let d = 0; d < sizes.length; d++) {
        const carry = ++at[d] === sizes[d];
        const move = carry ? 1 - sizes[d] : 1; // back to the dimension's start
        for (let i = 0; i < from.length; i++) from[i] += move * strides[d][i];
        if (!carry) break;
        at[d] = 0;
      }
    }
  };
}
