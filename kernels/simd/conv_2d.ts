/** CONV_2D with a constant filter: see assembly/conv_2d.ts and assembly/product.ts, of int16 assembly/int16.ts. */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import type { Conv, PreparedConv } from '../reference/conv_2d.ts';
import type { Requantization } from '../reference/convolution.ts';
import type { DoubleRequantization } from '../reference/fully_connected.ts';
import type { Accumulator } from '../reference/matrix_product.ts';
import type { Tensor } from '../tensor.ts';
import type { Engine } from './engine.ts';
import { filterOffset, INT16_ROWS, type MatrixSource, packMatrix, prepareMatrix, rowsOf } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, isLongPossible, packBlocks, packInt16Blocks, prepareBlocks } from './requantization.ts';
import { isConstant, prepareResident, type Resident } from './resident.ts';

/** What a product takes of its operator's prepare. */
export interface Product
  extends Pick<Conv, 'input' | 'output' | 'batches' | 'outputHeight' | 'outputWidth' | 'outputDepth'> {
  readonly filter: MatrixSource;
  readonly bias: Tensor<Accumulator> | undefined;
  readonly requantization: Requantization | DoubleRequantization;
}

type Pixels = Product & Pick<Conv, 'inputHeight' | 'inputWidth' | 'inputDepth' | 'strideHeight' | 'strideWidth'>;

type Windows = Pixels &
  Pick<Conv, 'filterHeight' | 'filterWidth' | 'dilationHeight' | 'dilationWidth' | 'padTop' | 'padLeft'>;

export function conv2d(engine: Engine) {
  return (p: PreparedConv, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float' || node.singleRounding) return undefined;
    const input = prepareResident(node, p.input.tensor);
    const isTaken = isConstant(p.filter.tensor, p.bias) && p.groups === 1 && p.output.size > 0;
    if (!input || !isTaken) return undefined;
    if (p.input.tensor.dtype === 'int16') {
      const isLong = p.product.high !== undefined;
      return isLong && !isLongPossible(p.requantization) ? undefined : prepareInt16(p, node, input, isLong);
    }
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
export function preparePointwise(p: Pixels, node: Node, engine: Engine, input: Resident): OptimizedBind {
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
export function prepareImage(p: Windows, node: Node, engine: Engine, input: Resident): OptimizedBind {
  const product = prepareProduct(p, node, engine, input, tapsOf(p));
  const { valueBytes, zeroPoint } = product.rows;
  const { imageBytes, writing, reading } = geometryOf(p, valueBytes);
  const image = node.scratch('int8', imageBytes);
  return ({ bind }: SimdMemory): Eval => {
    product.load();
    const rowValues = p.inputWidth * p.inputDepth;
    const write = bind('writeImage', { ...product.arguments, ...writing, image, padding: zeroPoint, rowValues });
    const multiply = bind('conv2d', { ...product.arguments, ...reading, image });
    return () => {
      write();
      multiply();
    };
  };
}

/** The same of int16, by assembly/int16.ts. An input that needs no padding is the image itself. */
export function prepareInt16(p: Windows, node: Node, input: Resident, isLong: boolean): OptimizedBind {
  const matrix = prepareMatrix(node, p.filter, INT16_ROWS, tapsOf(p));
  const blocks = prepareBlocks(node, p.outputDepth);
  const { imageBytes, isPadded, writing, reading } = geometryOf(p, INT16_ROWS.valueBytes);
  const image = isPadded ? node.scratch('int8', imageBytes) : input.tensor;
  const tile = node.scratch('int32', 2 * BLOCK);
  return ({ bind }: SimdMemory): Eval => {
    input.load();
    const pack = (bias: Tensor<'int32'> | undefined) => packMatrix(matrix, bias, p.input.tensor);
    packInt16Blocks(p.requantization as Requantization, p.bias, isLong, pack, blocks);
    const multiply = bind('conv2dInt16', {
      ...reading,
      image,
      batches: p.batches,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      units: matrix.units,
      matrix: matrix.packed,
      blocks,
      output: p.output as Tensor,
      outputDepth: p.outputDepth,
      tile,
    });
    if (!isPadded) return multiply;
    const bytes = { isUnsigned: false, inputOffset: 0, isBytes: true, flip: 0, padding: 0 };
    const rowValues = 2 * p.inputWidth * p.inputDepth;
    const write = bind('writeImage', {
      ...writing,
      ...bytes,
      input: input.tensor,
      image,
      batches: p.batches,
      rowValues,
    });
    return () => {
      write();
      multiply();
    };
  };
}

/** Runs of values that the filter is made of. */
function tapsOf(p: Windows): number {
  return p.filterHeight * tapColumnsOf(p);
}

function tapColumnsOf({ filterWidth, dilationWidth }: Windows): number {
  return dilationWidth === 1 ? 1 : filterWidth;
}

/** What writes the image, and what reads it. Strides are in bytes. */
function geometryOf(p: Windows, valueBytes: number) {
  const { inputHeight, inputWidth, inputDepth, padTop, padLeft } = p;
  const reach = (outputs: number, stride: number, filter: number, dilation: number) =>
    (outputs - 1) * stride + (filter - 1) * dilation + 1;
  const height = reach(p.outputHeight, p.strideHeight, p.filterHeight, p.dilationHeight);
  const width = reach(p.outputWidth, p.strideWidth, p.filterWidth, p.dilationWidth);
  const imageHeight = Math.max(height, padTop + inputHeight);
  const imageWidth = Math.max(width, padLeft + inputWidth);
  const pixel = valueBytes * inputDepth;
  const imageRow = imageWidth * pixel;
  return {
    imageBytes: p.batches * imageHeight * imageRow + 16,
    isPadded: imageHeight > inputHeight || imageWidth > inputWidth,
    writing: {
      height: inputHeight,
      imageRow,
      padTop,
      padBottom: imageHeight - padTop - inputHeight,
      padLeftBytes: padLeft * pixel,
    },
    reading: {
      batchStride: imageHeight * imageRow,
      rowStride: p.strideHeight * imageRow,
      pixelStride: p.strideWidth * pixel,
      tapRows: p.filterHeight,
      tapRowStride: p.dilationHeight * imageRow,
      tapColumns: tapColumnsOf(p),
      tapColumnStride: p.dilationWidth * pixel,
    },
  };
}
