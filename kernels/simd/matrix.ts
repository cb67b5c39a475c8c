/** A filter, and the rows that it is multiplied with, as the module's product reads them: see assembly/product.ts. */
import type { Node } from '../kernel.ts';
import { type QuantizedType, typeRange } from '../quantization.ts';
import { biasValues } from '../shared/convolution.ts';
import type { PreparedMatrices } from '../shared/matrix_product.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import type { Engine } from './engine.ts';
import { BLOCK, blocksOf, type Sums } from './requantization.ts';

/** What rows are made of. */
export interface Rows {
  readonly isBytes: boolean;
  /** Bytes of a value. */
  readonly valueBytes: 1 | 2;
  /** Values of a unit, which has 4 bytes. */
  readonly unit: 4 | 2;
  /** Bits that are flipped in each byte. */
  readonly flip: number;
  /** The input's zero point as rows have it. */
  readonly zeroPoint: number;
}

const SIGN = 0x80;

/** Centered values. */
export const INT16_ROWS: Rows = { isBytes: false, valueBytes: 2, unit: 2, flip: 0, zeroPoint: 0 };

export function rowsOf({ byteRows }: Engine, { dtype, zeroPoint }: Tensor): Rows {
  if (!byteRows || dtype === 'int16') return INT16_ROWS;
  const isFlipped = byteRows !== dtype;
  const flipped = zeroPoint + (byteRows === 'uint8' ? SIGN : -SIGN);
  return {
    isBytes: true,
    valueBytes: 1,
    unit: 4,
    flip: isFlipped ? SIGN : 0,
    zeroPoint: isFlipped ? flipped : zeroPoint,
  };
}

/** The tensor, its offset, and where the matrix lies in it. */
export interface MatrixSource extends Pick<PreparedMatrices, 'tensor' | 'offset' | 'layout'> {
  /** Where each tap begins in a column; without it, one lies behind the other. */
  readonly starts?: readonly number[] | undefined;
}

/** A constant 8-bit filter as a matrix: `taps` runs of `run` values for each of its columns. */
export interface Matrix {
  readonly source: MatrixSource;
  readonly rows: Rows;
  readonly taps: number;
  readonly run: number;
  /** Units of a run. */
  readonly units: number;
  /** Bytes in front of the matrix. */
  readonly start: number;
  readonly packed: Tensor<'int8'>;
}

export function prepareMatrix(node: Node, source: MatrixSource, rows: Rows, taps: number): Matrix {
  const { depth, columns } = source.layout;
  const run = taps > 0 ? depth / taps : 0;
  const units = Math.ceil(run / rows.unit);
  const start = rows.isBytes ? 16 * Math.ceil(units / 4) : 0;
  const packed = node.persistent('int8', start + blocksOf(columns) * taps * units * 4 * BLOCK);
  return { source, rows, taps, run, units, start, packed };
}

/** What a filter's values lack as bytes: their offset, and that of uint8 to int8; 0 for what rows of int16 meet. */
export function filterOffset(
  rows: Rows,
  { tensor, offset }: { readonly tensor: Tensor; readonly offset: number },
): number {
  return rows.isBytes ? offset + (tensor.dtype === 'uint8' ? SIGN : 0) : 0;
}

/** Packs the matrix; `input` is what it is multiplied with. */
export function packMatrix({ packer }: Engine, matrix: Matrix, bias: Tensor<'int32'> | undefined, input: Tensor): Sums {
  const { source, rows, taps, run, units, start, packed } = matrix;
  const { tensor, offset, layout, starts } = source;
  const { columns, columnStride, depthStride } = layout;
  const values = int8View(tensor as Tensor<'int8'>);
  const biases = biasValues(bias, columns);
  const sums = { bias: biases, reach: new Float64Array(columns), start: biases.slice() };
  const largestInput = largestMagnitude(input);
  const add = (c: number, sum: number, magnitude: number) => {
    sums.reach[c] = magnitude * largestInput;
    sums.start[c] -= Math.imul(sum, rows.zeroPoint);
  };
  packed.data.fill(1, 0, rows.isBytes ? run : 0);
  const blockBytes = taps * units * 4 * BLOCK;
  const all = { taps, run, isUnsigned: tensor.dtype === 'uint8', offset, isBytes: rows.isBytes };
  if (!starts && depthStride === 1 && columnStride === taps * run && packer.hasRoom(all, blockBytes)) {
    for (let first = 0, to = start; first < columns; first += BLOCK, to += blockBytes) {
      const count = Math.min(columns - first, BLOCK);
      const block = packer.pack(values.subarray(first * columnStride, (first + count) * columnStride), all, blockBytes);
      packed.data.set(block.bytes, to);
      for (let i = 0; i < count; i++) add(first + i, block.sums[i], block.magnitudes[i]);
    }
    return sums;
  }
  const mask = byteMask(tensor.dtype);
  const to = rows.isBytes ? packed.data : new Int16Array(packed.data.buffer, packed.data.byteOffset, packed.size / 2);
  const packedOffset = filterOffset(rows, source);
  const totals = { sum: 0, magnitude: 0 };
  const runSize = units * rows.unit * BLOCK;
  for (let c = 0; c < columns; c++) {
    let from = c * columnStride;
    let unit = start / rows.valueBytes + Math.trunc(c / BLOCK) * taps * runSize + rows.unit * (c % BLOCK);
    totals.sum = 0;
    totals.magnitude = 0;
    for (let t = 0; t < taps; t++) {
      if (starts) from = c * columnStride + starts[t]!;
      packRun(values, from, depthStride, run, mask, offset, packedOffset, to, unit, rows.unit, totals);
      from += run * depthStride;
      unit += runSize;
    }
    add(c, totals.sum, totals.magnitude);
  }
  return sums;
}

/**
 * A run of a column, from `values` to `to`, and its part of the column's `totals`: of what the packer does not take. Apart from
 * the loops around it, for the engine has it compiled after the first few columns.
 */
function packRun(
  values: Int8Array,
  from: number,
  depthStride: number,
  run: number,
  mask: number,
  offset: number,
  packedOffset: number,
  to: Int8Array | Int16Array,
  unit: number,
  unitSize: number,
  totals: { sum: number; magnitude: number },
) {
  const last = unitSize - 1;
  const step = unitSize * BLOCK; // values from one unit to the next
  let sum = 0;
  let magnitude = 0;
  for (let k = 0; k < run; k++, from += depthStride) {
    const value = ((values[from] & mask) + offset) | 0;
    to[unit + (k & last)] = value - packedOffset;
    sum = (sum + value) | 0;
    magnitude += Math.abs(value);
    if ((k & last) === last) unit += step;
  }
  totals.sum = (totals.sum + sum) | 0;
  totals.magnitude += magnitude;
}

/** How far the values of a tensor may be from its zero point. */
export function largestMagnitude({ dtype, zeroPoint }: Tensor): number {
  const { min, max } = typeRange(dtype as QuantizedType);
  return Math.max(zeroPoint - min, max - zeroPoint);
}
