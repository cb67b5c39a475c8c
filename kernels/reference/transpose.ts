/**
 * TRANSPOSE: dimension d of the output is dimension perm[d] of the input, perm being input 1.
 *
 * Equals: transpose.cc. Deviations: a dimension that perm names twice is an error (upstream reads wild); any rank, where
 * upstream ends at 8.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { move, preparePermuted } from '../shared/strided_copy.ts';

function prepare(node: Node) {
  const input = node.input(0);
  const rank = input.shape.length;
  const perm = node.values(1, 'int32').map((d) => prepareAxis(node, d, rank));
  node.require(new Set(perm).size === rank && perm.length === rank, `[${perm}] does not order ${rank} dimensions`);
  const shape = perm.map((d) => input.shape[d]);
  return [preparePermuted({ tensor: input, shape: input.shape }, node.output(0, shape, input.dtype), perm)];
}

export const TRANSPOSE = operator(prepare, move);
