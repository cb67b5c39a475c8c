import type { Node } from '../kernel.ts';
import { computePadding, outputSize, type Padding } from '../quantization.ts';

/** How many positions a window takes along one dimension of the input, and how far it hangs over the start. */
export function prepareWindow(
  node: Node,
  padding: Padding,
  input: number,
  filter: number,
  stride: number,
  dilation = 1,
): { size: number; padding: number } {
  node.require(stride > 0, `a stride is ${stride}; it must be positive`);
  node.require(dilation > 0, `a dilation is ${dilation}; it must be positive`);
  node.require(filter > 0, `the window has size ${filter}; it must be positive`);
  node.require(stride + filter * dilation < 2 ** 30, `a window of ${filter} by stride ${stride}, dilation ${dilation}`);
  const size = outputSize(padding, input, filter, stride, dilation);
  node.require(size >= 0, `a window of ${(filter - 1) * dilation + 1} does not fit into ${input}`);
  return { size, padding: computePadding(input, filter, stride, dilation, size) };
}
