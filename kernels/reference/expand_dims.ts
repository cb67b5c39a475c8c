/**
 * EXPAND_DIMS: the same values, with one more dimension, of size 1, at the axis that input 1 holds.
 *
 * Equals: expand_dims.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareAxisInput } from '../shared/axes.ts';
import { copy } from '../shared/copy.ts';
import { prepareSameQuantization } from '../shared/same_quantization.ts';

function prepare(node: Node) {
  const input = node.input(0);
  const axis = prepareAxisInput(node, 1, input.shape.length + 1);
  const output = node.output(0, input.shape.toSpliced(axis, 0, 1), input.dtype);
  prepareSameQuantization(node, input, output);
  return { input, output };
}

export const EXPAND_DIMS = operator(prepare, ({ input, output }) => copy(input, output));
