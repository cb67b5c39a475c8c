/**
 * Convolutions as products over an image: the input, as rows have it (matrix.ts), with padding around it. A filter is multiplied
 * wherever its taps may lie; what has several filters (groups of channels, the phases of a transposed convolution) has several
 * parts, over one image. See assembly/conv_2d.ts, and of int16 assembly/int16.ts.
 */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import type { QuantizedType } from '../quantization.ts';
import type { Centered } from '../shared/centered.ts';
import type { Requantization } from '../shared/convolution.ts';
import type { Accumulator } from '../shared/matrix_product.ts';
import { elementSize, type Tensor } from '../tensor.ts';
import type { Engine } from './engine.ts';
import { filterOffset, type MatrixSource, packMatrix, prepareMatrix, rowsOf } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, isLongPossible, packBlocks, packInt16Blocks, prepareBlocks } from './requantization.ts';
import { prepareResident, sliceOf } from './resident.ts';

/** The image's size, and where the input lies in it, in pixels. */
export interface Image {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

/** A filter, and what is computed by it. Distances are in values, of the image and of the output. */
export interface Part {
  readonly filter: MatrixSource;
  readonly bias: Tensor<Accumulator> | undefined;
  readonly requantization: Requantization;
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** Where the taps of the first pixel lie. */
  readonly start: number;
  readonly rowStride: number;
  readonly pixelStride: number;
  readonly tapRows: number;
  readonly tapRowStride: number;
  readonly tapColumns: number;
  readonly tapColumnStride: number;
  /** Where the first pixel is stored. */
  readonly outputStart: number;
  readonly outputRowStride: number;
  readonly outputPixelStride: number;
}

/** What a convolution has prepared. */
export interface Convolution {
  readonly input: Centered;
  readonly output: Tensor<QuantizedType>;
  readonly batches: number;
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly inputDepth: number;
}

/** How many times as large as the input an image may be. */
const MAX_PADDED = 16;

/**
 * Undefined where the input lies elsewhere, int64 sums (`isLong`) cannot be requantized, or nearly all is padding, which wide
 * dilations make more of than memory holds. Filters and biases are constant.
 */
export function prepareImage(
  p: Convolution,
  { height, width, top, left }: Image,
  parts: readonly Part[],
  isLong: boolean,
  node: Node,
  engine: Engine,
): OptimizedBind | undefined {
  const { batches, inputHeight, inputWidth, inputDepth } = p;
  const { tensor } = p.input;
  const input = prepareResident(node, tensor);
  if (!input || height * width > MAX_PADDED * inputHeight * inputWidth) return undefined;
  if (isLong && !parts.every(({ requantization }) => isLongPossible(requantization))) return undefined;
  const isInt16 = tensor.dtype === 'int16';
  const rows = rowsOf(engine, tensor);
  const pixelBytes = rows.valueBytes * inputDepth;
  const rowBytes = width * pixelBytes;
  const isCopied = !isInt16 || height > inputHeight || width > inputWidth;
  const image = isCopied ? node.scratch('int8', batches * height * rowBytes + 16) : input.tensor;
  const tile = node.scratch('int32', 4 * BLOCK);
  const prepared = parts.map((part) => ({
    part,
    matrix: prepareMatrix(node, part.filter, rows, part.tapRows * part.tapColumns),
    blocks: prepareBlocks(node, part.filter.layout.columns),
  }));
  return ({ bind }: SimdMemory): Eval => {
    input.load();
    const write = bind('writeImage', {
      input: input.tensor,
      isUnsigned: tensor.dtype === 'uint8',
      inputOffset: p.input.offset,
      isBytes: rows.isBytes || isInt16, // which are copied as they are
      flip: rows.flip,
      padding: rows.zeroPoint,
      batches,
      height: inputHeight,
      rowValues: inputWidth * inputDepth * (isInt16 ? 2 : 1),
      image,
      imageRow: rowBytes,
      padTop: top,
      padBottom: height - top - inputHeight,
      padLeftBytes: left * pixelBytes,
    });
    const multiply = prepared.map(({ part, matrix, blocks }) => {
      const { filter, bias, requantization } = part;
      const pack = (start: Tensor<'int32'> | undefined) => packMatrix(engine, matrix, start, tensor);
      if (isInt16) packInt16Blocks(requantization, bias, isLong, pack, blocks);
      else packBlocks(requantization, pack(bias as Tensor<'int32'>), blocks);
      const { valueBytes } = rows;
      const outputBytes = elementSize(p.output.dtype);
      const given = {
        image: sliceOf(image, (part.start * valueBytes) / elementSize(image.dtype)),
        isBytes: rows.isBytes,
        batches,
        batchStride: height * rowBytes,
        outputHeight: part.outputHeight,
        rowStride: part.rowStride * valueBytes,
        outputWidth: part.outputWidth,
        pixelStride: part.pixelStride * valueBytes,
        tapRows: part.tapRows,
        tapRowStride: part.tapRowStride * valueBytes,
        tapColumns: part.tapColumns,
        tapColumnStride: part.tapColumnStride * valueBytes,
        units: matrix.units,
        filterOffset: filterOffset(rows, filter),
        matrix: matrix.packed,
        blocks,
        columns: filter.layout.columns,
        output: sliceOf(p.output as Tensor, part.outputStart),
        outputBatchStride: (p.output.size / batches) * outputBytes,
        outputRowStride: part.outputRowStride * outputBytes,
        outputPixelStride: part.outputPixelStride * outputBytes,
        tile,
      };
      return isInt16 ? bind('conv2dInt16', given) : bind('conv2d', given);
    });
    return () => {
      if (isCopied) write();
      for (let i = 0; i < multiply.length; i++) multiply[i]!();
    };
  };
}
