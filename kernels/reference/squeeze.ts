/**
 * SQUEEZE: the same values, without the dimensions of size 1 that squeezeDims names, or without all of them.
 *
 * Equals: squeeze.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { copy } from '../shared/copy.ts';

interface Options {
  squeezeDims?: ArrayLike<number>;
}

function prepare(node: Node) {
  const input = node.input(0);
  const { shape } = input;
  const named = new Set(
    Array.from(node.options<Options>().squeezeDims ?? [], (d) => prepareAxis(node, d, shape.length)),
  );
  for (const d of named) node.require(shape[d] === 1, `dimension ${d} of [${shape}] is not 1, and cannot be squeezed`);
  const squeezed = shape.filter((dim, d) => (named.size > 0 ? !named.has(d) : dim !== 1));
  return { input, output: node.output(0, squeezed, input.dtype) };
}

export const SQUEEZE = operator(prepare, ({ input, output }) => copy(input, output));
