/** RESIZE_BILINEAR of int8 and uint8, RESIZE_NEAREST_NEIGHBOR: see assembly/resize.ts, assembly/float/resize_bilinear.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { Bilinear, NearestNeighbor } from '../reference/resize.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';

export function RESIZE_BILINEAR(p: Bilinear, node: Node) {
  if (p.output.size === 0) return undefined;
  if (p.kind === 'xnnpack') return undefined;
  if (node.arithmetic !== 'reference') return undefined;
  return p.kind === 'float' ? prepareFloat(p, node) : prepareInteger(p, node);
}

function prepareInteger(p: Extract<Bilinear, { kind: 'integer' }>, node: Node) {
  const isTaken = p.input.dtype === 'int8' && !node.singleRounding;
  const resident = isTaken ? prepareResident(node, p.input) : undefined;
  if (!resident) return undefined;
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    return bind('resizeBilinear', {
      input: resident.tensor,
      batches: p.batches,
      inputHeight: p.inputHeight,
      inputWidth: p.inputWidth,
      depth: p.depth,
      output: p.output,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      rowScale: p.rows.scale,
      rowOffset: p.rows.offset,
      columnScale: p.columns.scale,
      columnOffset: p.columns.offset,
    });
  };
}

function prepareFloat({ input, output, rows, columns }: Extract<Bilinear, { kind: 'float' }>, node: Node) {
  const [batches, inputHeight, inputWidth, depth] = input.shape;
  const [outputHeight, outputWidth] = [rows.lower.length, columns.lower.length];
  const isTaken = input.dtype === 'uint8' && inputWidth <= 2 * outputWidth; // else most of a row is not read
  const resident = isTaken ? prepareResident(node, input) : undefined;
  if (!resident) return undefined;
  const inputRow = inputWidth * depth;
  const rowOffsets = node.persistent('int32', 2 * outputHeight);
  const rowWeights = node.persistent('float32', outputHeight);
  const columnOffsets = node.persistent('int32', 2 * outputWidth);
  const columnWeights = node.persistent('float32', outputWidth);
  const rowSize = inputRow + 8; // the last pixel is read eight values at a time
  const scaledRows = node.scratch('float32', 2 * rowSize);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    rowOffsets.data.set(offsetPairs(rows, inputRow));
    rowWeights.data.set(rows.weight);
    columnOffsets.data.set(offsetPairs(columns, 4 * depth));
    columnWeights.data.set(columns.weight);
    return bind('resizeBilinearFloat', {
      input: resident.tensor,
      batches,
      imageBytes: inputHeight * inputRow,
      inputRow,
      depth,
      output,
      outputHeight,
      outputWidth,
      rowOffsets,
      rowWeights,
      columnOffsets,
      columnWeights,
      rows: scaledRows,
      rowsStride: 4 * rowSize,
    });
  };
}

function offsetPairs({ lower, upper }: { lower: Int32Array; upper: Int32Array }, stride: number): number[] {
  return Array.from(lower).flatMap((index, i) => [index * stride, upper[i] * stride]);
}

export function RESIZE_NEAREST_NEIGHBOR(p: NearestNeighbor, node: Node) {
  const resident = prepareResident(node, p.input);
  if (!resident || p.output.size === 0) return undefined;
  const rowBytes = p.inputWidth * p.pixelBytes;
  const rows = node.persistent('int32', p.outputHeight);
  const columns = node.persistent('int32', p.outputWidth);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    rows.data.set(p.rows.map((row) => row * rowBytes));
    columns.data.set(p.columns.map((column) => column * p.pixelBytes));
    return bind('resizeNearestNeighbor', {
      input: resident.tensor,
      batches: p.batches,
      imageBytes: p.inputHeight * rowBytes,
      pixelBytes: p.pixelBytes,
      output: p.output,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      rows,
      columns,
    });
  };
}
