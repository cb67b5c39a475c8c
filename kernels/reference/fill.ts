/**
 * FILL: a tensor of the shape that input 0 gives, every element of it input 1.
 *
 * Equals: reference/fill.h. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareSameQuantization } from '../shared/same_quantization.ts';
import { fill } from '../shared/strided_copy.ts';

function prepare(node: Node) {
  const value = node.input(1);
  node.require(node.input(0).shape.length === 1, 'the shape, input 0, is no list');
  node.require(value.size === 1, `${value.size} values to fill with`);
  const output = node.output(0, node.values(0), value.dtype);
  prepareSameQuantization(node, value, output);
  return { value, output };
}

export const FILL = operator(prepare, ({ value, output }) => fill(value, output));
