/**
 * RESHAPE: the same values, in another shape.
 *
 * Equals: reshape.cc. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { sizeOf, type Tensor } from '../tensor.ts';
import { copy } from './copy.ts';

interface Options {
  newShape?: ArrayLike<number>;
}

function prepare(node: Node) {
  const input = node.input(0);
  const shape = prepareShape(node, input);
  return { input, output: node.output(0, shape, input.dtype) };
}

/** The new shape: input 1 if there is one, else the option; one -1 in it stands for what is left. */
function prepareShape(node: Node, input: Tensor): number[] {
  let shape = node.hasInput(1) ? node.values(1, 'int32') : Array.from(node.options<Options>().newShape ?? []);
  if (shape.length === 1 && shape[0] === 0 && !node.hasInput(1)) shape = []; // how old converters wrote a scalar
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const others = sizeOf(shape.toSpliced(open, 1));
    shape = shape.with(open, others === 0 ? 0 : input.size / others);
  }
  node.require(sizeOf(shape) === input.size, `[${input.shape}] cannot be reshaped to [${shape}]`);
  return shape;
}

function bind({ input, output }: ReturnType<typeof prepare>): Eval {
  return copy(input, output);
}

export const RESHAPE = operator(prepare, bind);
