/**
 * SPACE_TO_DEPTH: the pixels of a block of blockSize * blockSize lie one behind the other in the depth of one pixel.
 * DEPTH_TO_SPACE: the reverse.
 *
 * Equals: reference/space_to_depth.h, reference/depth_to_space.h. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { move, preparePermuted } from '../shared/strided_copy.ts';

interface Options {
  blockSize: number;
}

function prepareSpaceToDepth(node: Node) {
  const { input, blockSize: k } = prepareInput(node);
  const [batch, height, width, depth] = input.shape;
  node.require(height % k === 0 && width % k === 0, `[${input.shape}] does not fall into blocks of ${k}`);
  const rows = height / k;
  const columns = width / k;
  const output = node.output(0, [batch, rows, columns, k * k * depth], input.dtype);
  const shape = [batch, rows, k, columns, k, depth];
  return [preparePermuted({ tensor: input, shape }, output, [0, 1, 3, 2, 4, 5])];
}

function prepareDepthToSpace(node: Node) {
  const { input, blockSize: k } = prepareInput(node);
  const [batch, rows, columns, depth] = input.shape;
  node.require(depth % (k * k) === 0, `a depth of ${depth} does not hold blocks of ${k} by ${k}`);
  const output = node.output(0, [batch, rows * k, columns * k, depth / (k * k)], input.dtype);
  const shape = [batch, rows, columns, k, k, depth / (k * k)];
  return [preparePermuted({ tensor: input, shape }, output, [0, 1, 3, 2, 4, 5])];
}

function prepareInput(node: Node) {
  const { blockSize } = node.options<Options>();
  const input = node.input(0);
  node.require(input.shape.length === 4, `the input has ${input.shape.length} dimensions; it must have 4`);
  node.require(blockSize > 0, `a block size of ${blockSize}`);
  return { input, blockSize };
}

export const SPACE_TO_DEPTH = operator(prepareSpaceToDepth, move);
export const DEPTH_TO_SPACE = operator(prepareDepthToSpace, move);
