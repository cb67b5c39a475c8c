/**
 * ZEROS_LIKE: zeros in the input's shape.
 *
 * Equals: zeros_like.cc. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { bytesOf } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int32', 'int64', 'float32');
  node.readsShapesOnly = true;
  return { output: node.output(0, input.shape, input.dtype) };
}

function bind({ output }: ReturnType<typeof prepare>): Eval {
  const bytes = bytesOf(output);
  return () => {
    bytes.fill(0);
  };
}

export const ZEROS_LIKE = operator(prepare, bind);
