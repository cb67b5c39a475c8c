/**
 * The product that CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED and BATCH_MATMUL are made of: one or two rows of numbers times
 * a matrix,
 *
 *   sums[r][c] = sum over k in 0..depth-1 of rows[r][k] * matrix[k][c]
 *
 * in int32, which wraps as upstream's does, or exactly, in int64. All factors are int16, their offsets added before
 * (centered.ts).
 *
 * The matrix is packed: its columns in blocks of 4, row by row, so that the loop reads neighbours only, and two int16 to an
 * int32, for fewer loads with their bounds checks. Two rows times 4 columns at a time, 8 sums in registers, make 2.3
 * GMAC/s; without the pairs 1.9, and a dot product for each output 0.4 (depth 96, Node 20 on a Xeon).
 */
import { addHigh, foldHigh } from '../fixed_point.ts';
import type { Eval, Node } from '../kernel.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { bindUpdate, type Centerable, prepareConstant, prepareMemory } from './centered.ts';

/** Columns of a block: a row of it takes two int32. */
const BLOCK = 4;

function wholeBlocks(columns: number): number {
  return (columns + BLOCK - 1) & -BLOCK;
}

// ---- matrices

/** `count` matrices in a tensor: element (k, c) of matrix i lies at i * stride + k * depthStride + c * columnStride. */
export interface MatrixLayout {
  readonly count: number;
  readonly stride: number;
  readonly depth: number;
  readonly depthStride: number;
  readonly columns: number;
  readonly columnStride: number;
}

export interface PreparedMatrices {
  readonly tensor: Centerable;
  readonly offset: number;
  readonly layout: MatrixLayout;
  readonly isConstant: boolean;
  /** Pairs in one packed matrix: matrix i begins at i * size. */
  readonly size: number;
  readonly packed: Tensor<'int32'>;
}

export function prepareMatrices(
  node: Node,
  tensor: Centerable,
  offset: number,
  layout: MatrixLayout,
): PreparedMatrices {
  const size = (wholeBlocks(layout.columns) / 2) * layout.depth;
  const isConstant = prepareConstant(node, tensor);
  const packed = prepareMemory(node, 'int32', size * layout.count, isConstant);
  return { tensor, offset, layout, isConstant, size, packed };
}

/** The packed matrices, valid once `update` has run. */
export function bindMatrices(p: PreparedMatrices): { packed: Int32Array; update: Eval } {
  const { tensor, offset, layout, isConstant } = p;
  const packed = p.packed.data;
  const isWide = tensor.dtype === 'int16';
  const values = isWide ? (tensor.data as Int16Array) : int8View(tensor as Tensor<'int8'>);
  const mask = isWide ? -1 : byteMask(tensor.dtype);
  return { packed, update: bindUpdate(isConstant, () => packMatrices(values, mask, offset, layout, packed)) };
}

/** Zeros fill the last block. Almost all matrices are constant, and packed once: one loop serves both types. */
function packMatrices(
  values: Int8Array | Int16Array,
  mask: number,
  offset: number,
  layout: MatrixLayout,
  packed: Int32Array,
) {
  const { count, stride, depth, depthStride, columns, columnStride } = layout;
  let to = 0;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns; c += BLOCK) {
      for (let k = 0; k < depth; k++) {
        const row = Math.imul(i, stride) + Math.imul(k, depthStride);
        for (let j = c; j < c + BLOCK; j += 2) {
          const at = row + Math.imul(j, columnStride);
          const even = j < columns ? (values[at] & mask) + offset : 0;
          const odd = j + 1 < columns ? (values[at + columnStride] & mask) + offset : 0;
          packed[to++] = (even & 0xffff) | (odd << 16);
        }
      }
    }
  }
}

// ---- products

/** int32 sums wrap; int64 sums are exact, in halves. */
export type Accumulator = 'int32' | 'int64';

export interface PreparedProduct {
  readonly depth: number;
  readonly columns: number;
  /** From the first row's sums to the second's: whole blocks. */
  readonly rowStride: number;
  /** Two rows of sums; of int64, their low halves. */
  readonly low: Tensor<'int32'>;
  /** Their high halves. */
  readonly high: Tensor<'int32'> | undefined;
  readonly part: Tensor<'int32'> | undefined;
  /** For int16 times int16: a row in halves. Then one row is multiplied at a time, else two. */
  readonly halves: Tensor<'int16'> | undefined;
  readonly rows: number;
}

export function prepareProduct(
  node: Node,
  depth: number,
  columns: number,
  accumulator: Accumulator,
  int16TimesInt16 = false,
): PreparedProduct {
  const rowStride = wholeBlocks(columns);
  const sums = () => node.scratch('int32', 2 * rowStride);
  const wide = accumulator === 'int64';
  return {
    depth,
    columns,
    rowStride,
    low: sums(),
    high: wide ? sums() : undefined,
    part: wide ? sums() : undefined,
    halves: int16TimesInt16 ? node.scratch('int16', 2 * depth) : undefined,
    rows: int16TimesInt16 ? 1 : 2,
  };
}

/** Multiplies one or two rows, which begin at rows[at] and rows[at + depth], and the matrix that begins at packed[matrix]. */
export type Multiply = (rows: Int16Array, at: number, count: number, packed: Int32Array, matrix: number) => void;

export function bindProduct({ depth, columns, rowStride, ...p }: PreparedProduct): Multiply {
  const low = p.low.data;
  const high = p.high?.data;
  const part = p.part?.data;
  if (!high || !part) {
    return (rows, at, count, packed, matrix) =>
      multiply(rows, at, depth, count, packed, matrix, columns, 0, depth, low, rowStride);
  }
  const multiplyWide: Multiply = (rows, at, count, packed, matrix) => {
    low.fill(0);
    high.fill(0);
    for (let k = 0; k < depth; k += FOLD) {
      const end = Math.min(k + FOLD, depth);
      multiply(rows, at, depth, count, packed, matrix, columns, k, end, part, rowStride);
      fold(part, high, low);
    }
  };
  const halves = p.halves?.data;
  if (!halves) return multiplyWide;
  return (rows, at, _, packed, matrix) => {
    splitBytes(rows, at, depth, halves);
    multiplyWide(halves, 0, 2, packed, matrix);
    joinBytes(high, low, rowStride);
  };
}

/**
 * So many products of an int16 and an 8-bit number with its offset added fit an int32: 2^15 * 255 * 256 < 2^31. It is
 * also right for int16 times an unsigned byte, which int16 times int16 is made of (splitBytes).
 */
export const FOLD = 256;

/** (high, low) += part */
export function fold(part: Int32Array, high: Int32Array, low: Int32Array) {
  for (let i = 0; i < low.length; i++) {
    high[i] = foldHigh(high[i], low[i], part[i]);
    low[i] += part[i];
  }
}

/** Sums over k in from..to-1. */
function multiply(
  rows: Int16Array,
  at: number,
  depth: number,
  count: number,
  packed: Int32Array,
  matrix: number,
  columns: number,
  from: number,
  to: number,
  sums: Int32Array,
  rowStride: number,
) {
  const first = (at + from) | 0;
  const end = (at + to) | 0;
  let block = (matrix + Math.imul(from, 2)) | 0;
  for (let c = 0; c < columns; c += BLOCK) {
    if (count === 2) multiplyTwo(rows, first, end, depth, packed, block, sums, c, (rowStride + c) | 0);
    else multiplyOne(rows, first, end, packed, block, sums, c);
    block = (block + Math.imul(depth, 2)) | 0;
  }
}

function multiplyTwo(
  rows: Int16Array,
  from: number,
  to: number,
  depth: number,
  packed: Int32Array,
  block: number,
  sums: Int32Array,
  toFirst: number,
  toSecond: number,
) {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = from, f = block; k < to; k++, f += 2) {
    const a = rows[k];
    const b = rows[k + depth];
    const w01 = packed[f];
    const w23 = packed[f + 1];
    const w0 = (w01 << 16) >> 16;
    const w1 = w01 >> 16;
    const w2 = (w23 << 16) >> 16;
    const w3 = w23 >> 16;
    a0 = (a0 + Math.imul(a, w0)) | 0;
    a1 = (a1 + Math.imul(a, w1)) | 0;
    a2 = (a2 + Math.imul(a, w2)) | 0;
    a3 = (a3 + Math.imul(a, w3)) | 0;
    b0 = (b0 + Math.imul(b, w0)) | 0;
    b1 = (b1 + Math.imul(b, w1)) | 0;
    b2 = (b2 + Math.imul(b, w2)) | 0;
    b3 = (b3 + Math.imul(b, w3)) | 0;
  }
  sums[toFirst] = a0;
  sums[toFirst + 1] = a1;
  sums[toFirst + 2] = a2;
  sums[toFirst + 3] = a3;
  sums[toSecond] = b0;
  sums[toSecond + 1] = b1;
  sums[toSecond + 2] = b2;
  sums[toSecond + 3] = b3;
}

function multiplyOne(
  rows: Int16Array,
  from: number,
  to: number,
  packed: Int32Array,
  block: number,
  sums: Int32Array,
  toFirst: number,
) {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  for (let k = from, f = block; k < to; k++, f += 2) {
    const a = rows[k];
    const w01 = packed[f];
    const w23 = packed[f + 1];
    a0 = (a0 + Math.imul(a, (w01 << 16) >> 16)) | 0;
    a1 = (a1 + Math.imul(a, w01 >> 16)) | 0;
    a2 = (a2 + Math.imul(a, (w23 << 16) >> 16)) | 0;
    a3 = (a3 + Math.imul(a, w23 >> 16)) | 0;
  }
  sums[toFirst] = a0;
  sums[toFirst + 1] = a1;
  sums[toFirst + 2] = a2;
  sums[toFirst + 3] = a3;
}

// ---- int16 times int16

/**
 * A row of int16 as two: its high bytes, signed, and its low bytes, unsigned. A product of a row and an int16 column
 * overflows int32; the products of the two halves do not, for FOLD elements, and 256 * high + low is the whole.
 */
function splitBytes(values: Int16Array, at: number, depth: number, halves: Int16Array) {
  for (let k = 0; k < depth; k++) {
    halves[k] = values[at + k] >> 8;
    halves[depth + k] = values[at + k] & 0xff;
  }
}

/** (high, low) of the first row = 256 * that row + the second row. */
function joinBytes(high: Int32Array, low: Int32Array, rowStride: number) {
  for (let i = 0; i < rowStride; i++) {
    const shiftedHigh = (high[i] << 8) | (low[i] >>> 24);
    const shiftedLow = low[i] << 8;
    const sum = (shiftedLow + low[rowStride + i]) | 0;
    high[i] = addHigh(shiftedHigh, shiftedLow, high[rowStride + i], low[rowStride + i]);
    low[i] = sum;
  }
}
