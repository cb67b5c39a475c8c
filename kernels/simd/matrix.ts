/** A filter as the module's product reads it: see assembly/product.ts. */
import type { Node } from '../kernel.ts';
import { biasValues } from '../reference/convolution.ts';
import type { PreparedMatrices } from '../reference/matrix_product.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { BLOCK, blocksOf } from './requantization.ts';

/** A constant 8-bit filter as a matrix: `taps` runs of `run` values for each of its columns. */
export interface Matrix {
  readonly source: PreparedMatrices;
  readonly taps: number;
  readonly run: number;
  /** Pairs of a run. */
  readonly pairs: number;
  /** int16 values of one of the source's matrices. */
  readonly size: number;
  readonly packed: Tensor<'int16'>;
}

export function prepareMatrix(node: Node, source: PreparedMatrices, taps: number): Matrix {
  const { depth, columns, count } = source.layout;
  const run = depth / taps;
  const pairs = Math.ceil(run / 2);
  const size = blocksOf(columns) * taps * pairs * 2 * BLOCK;
  return { source, taps, run, pairs, size, packed: node.persistent('int16', size * count) };
}

/**
 * Packs the matrix. Returns the sums of the magnitudes of each column's values, times `largestInput`: how far from 0 a
 * product may get.
 */
export function packMatrix({ source, taps, run, pairs, packed }: Matrix, largestInput: number): Float64Array {
  const { tensor, offset, layout } = source;
  const { count, stride, depthStride, columns, columnStride } = layout;
  const values = int8View(tensor as Tensor<'int8'>);
  const mask = byteMask(tensor.dtype);
  const to = packed.data;
  const magnitudes = new Float64Array(columns * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns; c++) {
      let from = i * stride + c * columnStride;
      const block = (i * blocksOf(columns) + Math.trunc(c / BLOCK)) * taps * pairs * 2 * BLOCK;
      let magnitude = 0;
      for (let t = 0; t < taps; t++) {
        const row = block + t * pairs * 2 * BLOCK + 2 * (c % BLOCK);
        for (let k = 0; k < run; k++, from += depthStride) {
          const value = (values[from] & mask) + offset;
          to[row + (k >> 1) * 2 * BLOCK + (k & 1)] = value;
          magnitude += Math.abs(value);
        }
      }
      magnitudes[i * columns + c] = magnitude * largestInput;
    }
  }
  return magnitudes;
}

/** How far the values of a tensor may be from its zero point. */
export function largestMagnitude({ dtype, zeroPoint }: Tensor): number {
  const min = dtype === 'uint8' ? 0 : -128;
  return Math.max(zeroPoint - min, min + 255 - zeroPoint);
}

/** The bias, and how far from 0 sums may get that start from it. */
export function biasAndLargest(bias: Tensor<'int32'> | undefined, magnitudes: Float64Array) {
  const values = biasValues(bias, magnitudes.length);
  return { bias: values, largest: magnitudes.map((magnitude, c) => magnitude + Math.abs(values[c])) };
}
