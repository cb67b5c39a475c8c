/**
 * SLICE: the box of the input that starts at input 1 and has the size that input 2 gives; a size of -1 takes what is left.
 *
 * Equals: reference/slice.h. Deviations: any rank, where upstream ends at 5.
 */
import { type Node, operator } from '../kernel.ts';
import { move, prepareShifted } from '../shared/strided_copy.ts';

function prepare(node: Node) {
  const input = node.input(0);
  const rank = input.shape.length;
  const begin = node.values(1);
  const size = node.values(2);
  node.require(
    begin.length === rank && size.length === rank,
    `begin [${begin}] and size [${size}] must have ${rank} values`,
  );
  const shape = size.map((n, d) => (n === -1 ? input.shape[d] - begin[d] : n));
  node.require(
    input.shape.every((dim, d) => begin[d] >= 0 && shape[d] >= 0 && begin[d] + shape[d] <= dim),
    `a slice from [${begin}] of size [${size}] is not inside of [${input.shape}]`,
  );
  const output = node.output(0, shape, input.dtype);
  const offsets = begin.map((index) => -index);
  return [prepareShifted({ tensor: input, shape: input.shape }, { tensor: output, shape }, offsets)];
}

export const SLICE = operator(prepare, move);
