import type { Node } from '../kernel.ts';

/** An axis in 0..rank - 1; a negative one counts from the end. */
export function prepareAxis(node: Node, axis: number, rank: number): number {
  node.require(axis >= -rank && axis < rank, `there is no axis ${axis} in ${rank} dimensions`);
  return axis < 0 ? axis + rank : axis;
}

/** The axis that an input of one value holds. */
export function prepareAxisInput(node: Node, i: number, rank: number, ...dtypes: ('int32' | 'int64')[]): number {
  const values = node.values(i, ...dtypes);
  node.require(values.length === 1, `the axis, input ${i}, has ${values.length} values`);
  return prepareAxis(node, values[0], rank);
}
