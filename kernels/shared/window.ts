import type { Node } from '../kernel.ts';
import { computePadding, outputSize, type Padding } from '../quantization.ts';
import type { Tensor } from '../tensor.ts';

/** The options that say where windows lie. */
export interface WindowOptions {
  padding: Padding;
  strideH: number;
  strideW: number;
  dilationHFactor?: number;
  dilationWFactor?: number;
}

/** The windows of an operator on images: CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, MAX_POOL_2D. */
export function prepareWindows(
  node: Node,
  { padding, strideH, strideW, dilationHFactor = 1, dilationWFactor = 1 }: WindowOptions,
  input: Tensor,
  filterHeight: number,
  filterWidth: number,
) {
  node.require(input.shape.length === 4, `the input must have 4 dimensions, not ${input.shape.length}`);
  const [batches, inputHeight, inputWidth, inputDepth] = input.shape;
  const rows = prepareWindow(node, padding, inputHeight, filterHeight, strideH, dilationHFactor);
  const columns = prepareWindow(node, padding, inputWidth, filterWidth, strideW, dilationWFactor);
  return {
    batches,
    inputHeight,
    inputWidth,
    inputDepth,
    outputHeight: rows.size,
    outputWidth: columns.size,
    filterHeight,
    filterWidth,
    strideHeight: strideH,
    strideWidth: strideW,
    dilationHeight: dilationHFactor,
    dilationWidth: dilationWFactor,
    padTop: rows.padding,
    padLeft: columns.padding,
  };
}

export type Windows = ReturnType<typeof prepareWindows>;

/** CONV_2D: an OHWI filter, its output channels in groups, of which each sees its own input channels. */
export function prepareConvWindows(node: Node, options: WindowOptions, input: Tensor, filter: Tensor) {
  node.require(filter.shape.length === 4, `the filter must have 4 dimensions, not ${filter.shape.length}`);
  const [outputDepth, filterHeight, filterWidth, filterDepth] = filter.shape;
  const windows = prepareWindows(node, options, input, filterHeight, filterWidth);
  const groups = Math.trunc(windows.inputDepth / filterDepth);
  node.require(
    groups > 0 && groups * filterDepth === windows.inputDepth && outputDepth > 0 && outputDepth % groups === 0,
    `${windows.inputDepth} input channels and ${outputDepth} output channels do not fall into groups of ${filterDepth}`,
  );
  return { ...windows, outputDepth, filterDepth, groups };
}

/** DEPTHWISE_CONV_2D: a 1HWO filter, depthMultiplier output channels for each input channel. */
export function prepareDepthwiseWindows(node: Node, options: WindowOptions, input: Tensor, filter: Tensor) {
  node.require(filter.shape.length === 4, `the filter must have 4 dimensions, not ${filter.shape.length}`);
  const [filterBatch, filterHeight, filterWidth, outputDepth] = filter.shape;
  const windows = prepareWindows(node, options, input, filterHeight, filterWidth);
  const depthMultiplier = Math.trunc(outputDepth / windows.inputDepth);
  node.require(
    filterBatch === 1 && depthMultiplier > 0 && depthMultiplier * windows.inputDepth === outputDepth,
    `a filter of [${filter.shape}] for ${windows.inputDepth} input channels`,
  );
  return { ...windows, outputDepth, depthMultiplier };
}

/** TRANSPOSE_CONV: an OHWI filter, and an output, of which input 0 says the shape, that a CONV_2D makes the input of. */
export function prepareTransposedWindows(
  node: Node,
  { padding, strideH, strideW }: WindowOptions,
  input: Tensor,
  filter: Tensor,
) {
  node.require(input.shape.length === 4 && filter.shape.length === 4, 'input and filter must have 4 dimensions');
  const [batches, inputHeight, inputWidth, inputDepth] = input.shape;
  const [outputDepth, filterHeight, filterWidth, filterDepth] = filter.shape;
  node.require(inputDepth > 0 && outputDepth > 0, 'input and filter must have channels');
  node.require(inputDepth === filterDepth, `${inputDepth} input channels, but the filter has ${filterDepth}`);
  const outputShape = node.values(0, 'int32');
  const [outputBatches, outputHeight, outputWidth, depth] = outputShape;
  node.require(
    outputShape.length === 4 &&
      outputBatches === batches &&
      outputHeight > 0 &&
      outputWidth > 0 &&
      depth === outputDepth,
    `output_shape is [${outputShape}], for an input of [${input.shape}] and a filter of [${filter.shape}]`,
  );
  const rows = prepareWindow(node, padding, outputHeight, filterHeight, strideH);
  const columns = prepareWindow(node, padding, outputWidth, filterWidth, strideW);
  node.require(
    rows.size === inputHeight && columns.size === inputWidth,
    `an output of [${outputShape}] comes from ${rows.size}x${columns.size} pixels; the input has ${inputHeight}x${inputWidth}`,
  );
  node.macs = input.size * filterHeight * filterWidth * outputDepth;
  return {
    outputShape,
    batches,
    inputHeight,
    inputWidth,
    inputDepth,
    outputHeight,
    outputWidth,
    outputDepth,
    filterHeight,
    filterWidth,
    strideHeight: strideH,
    strideWidth: strideW,
    padTop: rows.padding,
    padLeft: columns.padding,
  };
}

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
