/**
 * SPLIT: the input cut along an axis into parts of one size. SPLIT_V: of the sizes that input 1 lists, in which one -1
 * stands for what is left.
 *
 * Equals: split.cc, split_v.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareAxisInput } from '../shared/axes.ts';
import { move, prepareShifted } from '../shared/strided_copy.ts';
import type { Tensor } from '../tensor.ts';

interface Options {
  numSplits: number;
}

function prepareSplit(node: Node) {
  const input = node.input(1);
  const count = prepareCount(node);
  const axis = prepareAxisInput(node, 0, input.shape.length);
  const size = input.shape[axis] / count;
  node.require(Number.isInteger(size), `dimension ${axis} of [${input.shape}] does not fall into ${count} equal parts`);
  return prepareParts(node, input, axis, new Array<number>(count).fill(size));
}

function prepareSplitV(node: Node) {
  const input = node.input(0);
  const count = prepareCount(node);
  let sizes = node.values(1);
  node.require(sizes.length === count, `${sizes.length} sizes for ${count} parts`);
  const axis = prepareAxisInput(node, 2, input.shape.length);
  const open = sizes.indexOf(-1);
  if (open >= 0) sizes = sizes.with(open, input.shape[axis] - sizes.reduce((sum, size) => sum + size, 1));
  node.require(
    sizes.every((size) => size >= 0) && sizes.reduce((sum, size) => sum + size, 0) === input.shape[axis],
    `dimension ${axis} of [${input.shape}] cannot be split into [${sizes}]`,
  );
  return prepareParts(node, input, axis, sizes);
}

function prepareCount(node: Node): number {
  const { numSplits } = node.options<Options>();
  node.require(
    numSplits > 0 && node.outputs.length === numSplits,
    `${node.outputs.length} outputs, and a count of ${numSplits}`,
  );
  return numSplits;
}

function prepareParts(node: Node, input: Tensor, axis: number, sizes: readonly number[]) {
  const offsets = input.shape.map(() => 0);
  return sizes.map((size, i) => {
    const shape = input.shape.with(axis, size);
    const output = { tensor: node.output(i, shape, input.dtype), shape };
    const part = prepareShifted({ tensor: input, shape: input.shape }, output, offsets);
    offsets[axis] -= size;
    return part;
  });
}

export const SPLIT = operator(prepareSplit, move);
export const SPLIT_V = operator(prepareSplitV, move);
