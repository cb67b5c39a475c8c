/** CONV_2D of 8-bit values with a constant filter: see assembly/conv_2d.ts and assembly/product.ts. */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import type { Conv, PreparedConv } from '../reference/conv_2d.ts';
import type { Requantization } from '../reference/convolution.ts';
import type { DoubleRequantization } from '../reference/fully_connected.ts';
import type { Accumulator } from '../reference/matrix_product.ts';
import type { Tensor } from '../tensor.ts';
import type { Engine } from './engine.ts';
import { filterOffset, type MatrixSource, packMatrix, prepareMatrix, rowsOf } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, packBlocks, prepareBlocks } from './requantization.ts';
import { isConstant, prepareResident, type Resident } from './resident.ts';

/** What a product takes of its operator's prepare. */
export interface Product
  extends Pick<Conv, 'input' | 'output' | 'batches' | 'outputHeight' | 'outputWidth' | 'outputDepth'> {
  readonly filter: MatrixSource;
  readonly bias: Tensor<Accumulator> | undefined;
  readonly requantization: Requantization | DoubleRequantization;
}

type Pointwise = Product & Pick<Conv, 'inputHeight' | 'inputWidth' | 'inputDepth' | 'strideHeight' | 'strideWidth'>;

type Windows = Pick<Conv, 'filterHeight' | 'filterWidth' | 'dilationHeight' | 'dilationWidth' | 'padTop' | 'padLeft'>;

export function conv2d(engine: Engine) {
  return (p: PreparedConv, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float' || node.singleRounding) return undefined;
    const input = prepareResident(node, p.input.tensor);
    const isTaken = p.input.tensor.dtype !== 'int16' && isConstant(p.filter.tensor, p.bias) && p.groups === 1;
    if (!input || !isTaken || p.output.size === 0) return undefined;
    const isPointwise = p.filterHeight === 1 && p.filterWidth === 1 && p.padTop === 0 && p.padLeft === 0;
    return isPointwise ? preparePointwise(p, node, engine, input) : prepareImage(p, node, engine, input);
  };
}

/** The matrix, the channels' blocks, and the arguments that both ways share. */
function prepareProduct(p: Product, node: Node, engine: Engine, input: Resident, taps: number) {
  const { tensor } = p.input;
  const rows = rowsOf(engine, tensor);
  const matrix = prepareMatrix(node, p.filter, rows, taps);
  const blocks = prepareBlocks(node, p.outputDepth);
  return {
    rows,
    load() {
      input.load();
      packBlocks(p.requantization, packMatrix(matrix, p.bias as Tensor<'int32'>, tensor), blocks);
    },
    arguments: {
      input: input.tensor,
      isUnsigned: tensor.dtype === 'uint8',
      inputOffset: p.input.offset,
      isBytes: rows.isBytes,
      flip: rows.flip,
      batches: p.batches,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      units: matrix.units,
      filterOffset: filterOffset(rows, p.filter),
      matrix: matrix.packed,
      blocks,
      outputDepth: p.outputDepth,
      output: p.output as Tensor,
      tile: node.scratch('int32', 4 * BLOCK),
    },
  };
}

/** One tap, and no padding: strides are in bytes of the input. */
export function preparePointwise(p: Pointwise, node: Node, engine: Engine, input: Resident): OptimizedBind {
  const { inputHeight, inputWidth, inputDepth } = p;
  const product = prepareProduct(p, node, engine, input, 1);
  const panelStride = (inputDepth * product.rows.valueBytes + 15) & -16;
  const panel = node.scratch('int8', 4 * panelStride);
  return ({ bind }: SimdMemory): Eval => {
    product.load();
    return bind('conv2dPointwise', {
      ...product.arguments,
      depth: inputDepth,
      pixelStride: p.strideWidth * inputDepth,
      rowStride: p.strideHeight * inputWidth * inputDepth,
      batchStride: inputHeight * inputWidth * inputDepth,
      panel,
      panelStride,
    });
  };
}

/**
 * Any filter, over an image of the input with padding around it. Where taps of a row are neighbours, the row is one run of
 * values.
 */
export function prepareImage(p: Pointwise & Windows, node: Node, engine: Engine, input: Resident): OptimizedBind {
  const { inputHeight, inputWidth, inputDepth, filterHeight, filterWidth, outputHeight, outputWidth } = p;
  const tapColumns = p.dilationWidth === 1 ? 1 : filterWidth;
  const product = prepareProduct(p, node, engine, input, filterHeight * tapColumns);
  const reach = (outputs: number, stride: number, filter: number, dilation: number) =>
    (outputs - 1) * stride + (filter - 1) * dilation + 1;
  const height = reach(outputHeight, p.strideHeight, filterHeight, p.dilationHeight);
  const width = reach(outputWidth, p.strideWidth, filterWidth, p.dilationWidth);
  const imageHeight = Math.max(height, p.padTop + inputHeight);
  const imageWidth = Math.max(width, p.padLeft + inputWidth);
  const pixel = product.rows.valueBytes * inputDepth; // bytes
  const imageRow = imageWidth * pixel;
  const image = node.scratch('int8', product.arguments.batches * imageHeight * imageRow + 16);
  return ({ bind }: SimdMemory): Eval => {
    product.load();
    const write = bind('writeImage', {
      ...product.arguments,
      padding: product.rows.zeroPoint,
      height: inputHeight,
      rowValues: inputWidth * inputDepth,
      image,
      imageRow,
      padTop: p.padTop,
      padBottom: imageHeight - p.padTop - inputHeight,
      padLeftBytes: p.padLeft * pixel,
    });
    const multiply = bind('conv2d', {
      ...product.arguments,
      image,
      batchStride: imageHeight * imageRow,
      rowStride: p.strideHeight * imageRow,
      pixelStride: p.strideWidth * pixel,
      tapRows: filterHeight,
      tapRowStride: p.dilationHeight * imageRow,
      tapColumns,
      tapColumnStride: p.dilationWidth * pixel,
    });
    return () => {
      write();
      multiply();
    };
  };
}
