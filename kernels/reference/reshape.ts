/**
 * RESHAPE: the same values, in another shape.
 *
 * Equals: reshape.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { copy } from '../shared/copy.ts';
import { sizeOf, type Tensor } from '../tensor.ts';

interface Options {
  newShape?: ArrayLike<number>;
}

function prepare(node: Node) {
  const input = node.input(0);
  const shape = prepareShape(node, input);
  return { input, output: node.output(0, shape, input.dtype) };
}

/** The new shape: input 1 if it is a list, else the option; one -1 in it stands for what is left. */
function prepareShape(node: Node, input: Tensor): number[] {
  const list = node.inputs[1]?.dtype === 'int32' && node.inputs[1].shape.length === 1;
  let shape = list ? node.values(1) : Array.from(node.options<Options>().newShape ?? []);
  if (shape.length === 1 && shape[0] === 0 && !list) shape = []; // how old converters wrote a scalar
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const others = shape.toSpliced(open, 1);
    const isEmpty = input.size === 0 && !others.includes(0);
    shape = shape.with(open, isEmpty ? 0 : Math.trunc(prepareProduct(input.shape) / prepareProduct(others)));
  }
  node.require(sizeOf(shape) === input.size, `[${input.shape}] cannot be reshaped to [${shape}]`);
  return shape;
}

/** The product of all dimensions but those of size 0. */
function prepareProduct(shape: readonly number[]): number {
  return sizeOf(shape.filter((dim) => dim !== 0));
}

export const RESHAPE = operator(prepare, ({ input, output }) => copy(input, output));
