/** CONV_2D of 8-bit values with a constant filter: see assembly/conv_2d.ts and assembly/product.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { Conv } from '../reference/conv_2d.ts';
import type { Tensor } from '../tensor.ts';
import { biasAndLargest, largestMagnitude, packMatrix, prepareMatrix } from './matrix.ts';
import type { SimdMemory } from './module.ts';
import { BLOCK, packBlocks, prepareBlocks } from './requantization.ts';
import { prepareResident, type Resident } from './resident.ts';

export function CONV_2D(p: Conv, node: Node) {
  const input = prepareResident(node, p.input.tensor);
  const isTaken = p.input.tensor.dtype !== 'int16' && p.filter.isConstant && p.groups === 1 && p.output.size > 0;
  if (!input || !isTaken) return undefined;
  const isPointwise = p.filterHeight === 1 && p.filterWidth === 1 && p.padTop === 0 && p.padLeft === 0;
  return isPointwise ? preparePointwise(p, node, input) : prepareImage(p, node, input);
}

/** The matrix, the channels' blocks, and the arguments that both ways share. */
function prepareProduct(p: Conv, node: Node, taps: number) {
  const matrix = prepareMatrix(node, p.filter, taps);
  const blocks = prepareBlocks(node, p.outputDepth);
  return {
    pack() {
      const magnitudes = packMatrix(matrix, largestMagnitude(p.input.tensor));
      const { bias, largest } = biasAndLargest(p.bias as Tensor<'int32'>, magnitudes);
      packBlocks(p.requantization, bias, largest, blocks);
    },
    arguments: {
      inputOffset: p.input.offset,
      isUnsigned: p.input.tensor.dtype === 'uint8',
      batches: p.output.shape[0],
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      pairs: matrix.pairs,
      matrix: matrix.packed,
      blocks,
      outputDepth: p.outputDepth,
      output: p.output as Tensor,
      tile: node.scratch('int32', 4 * BLOCK),
    },
  };
}

/** One tap, and no padding: strides are in bytes of the input. */
function preparePointwise(p: Conv, node: Node, { tensor: input, load }: Resident) {
  const { inputHeight, inputWidth, inputDepth } = p;
  const product = prepareProduct(p, node, 1);
  const panelRow = (inputDepth + 7) & -8;
  const panel = node.scratch('int16', 4 * panelRow);
  return ({ bind }: SimdMemory): Eval => {
    load();
    product.pack();
    return bind('conv2dPointwise', {
      ...product.arguments,
      input,
      depth: inputDepth,
      pixelStride: p.strideWidth * inputDepth,
      rowStride: p.strideHeight * inputWidth * inputDepth,
      batchStride: inputHeight * inputWidth * inputDepth,
      panel,
      panelStride: 2 * panelRow,
    });
  };
}

/**
 * Any filter, over an image of the centered input with zeros around it. Where taps of a row are neighbours, the row is one
 * run of values.
 */
function prepareImage(p: Conv, node: Node, { tensor: input, load }: Resident) {
  const { inputHeight, inputWidth, inputDepth, filterHeight, filterWidth, outputHeight, outputWidth } = p;
  const tapColumns = p.dilationWidth === 1 ? 1 : filterWidth;
  const product = prepareProduct(p, node, filterHeight * tapColumns);
  const reach = (outputs: number, stride: number, filter: number, dilation: number) =>
    (outputs - 1) * stride + (filter - 1) * dilation + 1;
  const height = reach(outputHeight, p.strideHeight, filterHeight, p.dilationHeight);
  const width = reach(outputWidth, p.strideWidth, filterWidth, p.dilationWidth);
  const imageHeight = Math.max(height, p.padTop + inputHeight);
  const imageWidth = Math.max(width, p.padLeft + inputWidth);
  const imageRow = 2 * imageWidth * inputDepth;
  const { batches } = product.arguments;
  const image = node.scratch('int16', batches * imageHeight * imageWidth * inputDepth + BLOCK);
  return ({ bind }: SimdMemory): Eval => {
    load();
    product.pack();
    const center = bind('centerImage', {
      ...product.arguments,
      input,
      height: inputHeight,
      rowValues: inputWidth * inputDepth,
      image,
      imageRow,
      padTop: p.padTop,
      padBottom: imageHeight - p.padTop - inputHeight,
      padLeftBytes: 2 * p.padLeft * inputDepth,
    });
    const multiply = bind('conv2d', {
      ...product.arguments,
      image,
      batchStride: imageHeight * imageRow,
      rowStride: p.strideHeight * imageRow,
      pixelStride: 2 * p.strideWidth * inputDepth,
      tapRows: filterHeight,
      tapRowStride: p.dilationHeight * imageRow,
      tapColumns,
      tapColumnStride: 2 * p.dilationWidth * inputDepth,
    });
    return () => {
      center();
      multiply();
    };
  };
}
