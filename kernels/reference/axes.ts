import type { Node } from '../kernel.ts';

/** An axis in 0..rank - 1; a negative one counts from the end. */
export function prepareAxis(node: Node, axis: number, rank: number): number {
  node.require(axis >= -rank && axis < rank, `axis ${axis} is not one of ${rank} dimensions`);
  return axis < 0 ? axis + rank : axis;
}

/** The axis that an input of one value holds. */
export function prepareAxisInput(node: Node, i: number, rank: number): number {
  const values = node.values(i);
  node.require(values.length === 1, `the axis, input ${i}, has ${values.length} values`);
  return prepareAxis(node, values[0], rank);
}
