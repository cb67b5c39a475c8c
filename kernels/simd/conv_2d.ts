/** CONV_2D with a constant filter: see assembly/conv_2d.ts and assembly/product.ts. */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import type { Conv, PreparedConv } from '../reference/conv_2d.ts';
import type { DoubleRequantization } from '../reference/fully_connected.ts';
import type { Requantization } from '../shared/convolution.ts';
import type { Tensor } from '../tensor.ts';
import type { Engine } from './engine.ts';
import { type Part, prepareImage } from './image.ts';
import { filterOffset, type MatrixSource, packMatrix, prepareMatrix, rowsOf } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, packBlocks, prepareBlocks } from './requantization.ts';
import { isConstant, prepareResident, sliceOf } from './resident.ts';

export function conv2d(engine: Engine) {
  return (p: PreparedConv, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float' || node.singleRounding) return undefined;
    if (!isConstant(p.filter.tensor, p.bias) || p.output.size === 0) return undefined;
    const isTap = p.filterHeight === 1 && p.filterWidth === 1 && p.padTop === 0 && p.padLeft === 0 && p.groups === 1;
    return isTap && p.input.tensor.dtype !== 'int16'
      ? preparePointwise(p, node, engine)
      : prepareWindows(p, node, engine);
  };
}

/** What a product takes of its operator's prepare. */
interface Pixels
  extends Pick<Conv, 'input' | 'output' | 'batches' | 'inputHeight' | 'inputWidth' | 'inputDepth'>,
    Pick<Conv, 'outputHeight' | 'outputWidth' | 'outputDepth' | 'strideHeight' | 'strideWidth'> {
  readonly filter: MatrixSource;
  readonly bias: Conv['bias'] | undefined;
  readonly requantization: Requantization | DoubleRequantization;
}

/** One tap of 8-bit values, and no padding: strides are in bytes of the input. */
export function preparePointwise(p: Pixels, node: Node, engine: Engine): OptimizedBind | undefined {
  const { inputHeight, inputWidth, inputDepth } = p;
  const { tensor } = p.input;
  const input = prepareResident(node, tensor);
  if (!input) return undefined;
  const rows = rowsOf(engine, tensor);
  const matrix = prepareMatrix(node, p.filter, rows, 1);
  const blocks = prepareBlocks(node, p.outputDepth);
  const panelStride = (inputDepth * rows.valueBytes + 15) & -16;
  const panel = node.scratch('int8', 4 * panelStride);
  const tile = node.scratch('int32', 4 * BLOCK);
  return ({ bind }: SimdMemory): Eval => {
    input.load();
    packBlocks(p.requantization, packMatrix(engine, matrix, p.bias as Tensor<'int32'>, tensor), blocks);
    return bind('conv2dPointwise', {
      input: input.tensor,
      isUnsigned: tensor.dtype === 'uint8',
      inputOffset: p.input.offset,
      isBytes: rows.isBytes,
      flip: rows.flip,
      batches: p.batches,
      batchStride: inputHeight * inputWidth * inputDepth,
      outputHeight: p.outputHeight,
      rowStride: p.strideHeight * inputWidth * inputDepth,
      outputWidth: p.outputWidth,
      pixelStride: p.strideWidth * inputDepth,
      depth: inputDepth,
      panel,
      panelStride,
      units: matrix.units,
      filterOffset: filterOffset(rows, p.filter),
      matrix: matrix.packed,
      blocks,
      outputDepth: p.outputDepth,
      output: p.output as Tensor,
      tile,
    });
  };
}

/** Where the taps of a filter lie, and how far they reach. */
export type Windows = Pick<
  Conv,
  'inputHeight' | 'inputWidth' | 'inputDepth' | 'outputHeight' | 'outputWidth' | 'outputDepth'
> &
  Pick<Conv, 'filterHeight' | 'filterWidth' | 'strideHeight' | 'strideWidth' | 'dilationHeight' | 'dilationWidth'> &
  Pick<Conv, 'padTop' | 'padLeft'>;

/** Any filter; one part for each group. */
function prepareWindows(p: Conv, node: Node, engine: Engine): OptimizedBind | undefined {
  const windows = prepareTaps(p, p.groups === 1);
  const parts = Array.from({ length: p.groups }, (_, g): Part => ({ ...windows.part, ...groupOf(p, g) }));
  return prepareImage(p, windows.image, parts, p.product.high !== undefined, node, engine);
}

/**
 * The image, and a part that has all its channels. Where taps of a row are neighbours, and so are their values (`isWhole`), the
 * row is one run of values.
 */
export function prepareTaps(p: Windows, isWhole: boolean) {
  const reach = (outputs: number, stride: number, filter: number, dilation: number) =>
    (outputs - 1) * stride + (filter - 1) * dilation + 1;
  const height = reach(p.outputHeight, p.strideHeight, p.filterHeight, p.dilationHeight);
  const width = reach(p.outputWidth, p.strideWidth, p.filterWidth, p.dilationWidth);
  const image = {
    height: Math.max(height, p.padTop + p.inputHeight),
    width: Math.max(width, p.padLeft + p.inputWidth),
    top: p.padTop,
    left: p.padLeft,
  };
  const row = image.width * p.inputDepth;
  return {
    image,
    part: {
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      start: 0,
      rowStride: p.strideHeight * row,
      pixelStride: p.strideWidth * p.inputDepth,
      tapRows: p.filterHeight,
      tapRowStride: p.dilationHeight * row,
      tapColumns: isWhole && p.dilationWidth === 1 ? 1 : p.filterWidth,
      tapColumnStride: p.dilationWidth * p.inputDepth,
      outputStart: 0,
      outputRowStride: p.outputWidth * p.outputDepth,
      outputPixelStride: p.outputDepth,
    },
  };
}

/** Group g's channels. */
function groupOf({ filter, bias, requantization, groupDepth, filterDepth }: Conv, g: number) {
  const { tensor, offset, layout } = filter;
  const first = g * groupDepth;
  const { multipliers, shifts } = requantization;
  return {
    filter: { tensor: sliceOf(tensor, g * layout.stride), offset, layout },
    bias: sliceOf(bias, first, groupDepth),
    requantization: {
      ...requantization,
      multipliers: multipliers.subarray(first, first + groupDepth),
      shifts: shifts.subarray(first, first + groupDepth),
    },
    start: g * filterDepth,
    outputStart: first,
  };
}
