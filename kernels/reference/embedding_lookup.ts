/**
 * EMBEDDING_LOOKUP: output[i, ...] = values[lookup[i], ...]; to float32, times the scale of the table, or of the row. tflm
 * takes the first row's scale for all.
 *
 * Equals: embedding_lookup.cc. Deviations: rows of int4 and int2 that do not fill whole bytes are refused (upstream reads
 * them a byte too early).
 */
import { bindDequantizeRow } from '../float/embedding_lookup.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { indexReader, outOfRange } from '../shared/indices.ts';
import { bindCopy } from '../shared/strided_copy.ts';
import { sizeOf, type Tensor } from '../tensor.ts';

type Weights = 'int8' | 'uint8' | 'int4' | 'int2';

function prepare(node: Node) {
  const lookup = node.input(0, 'int32');
  const values = node.input(1);
  node.require(lookup.shape.length === 1, 'the lookup must have 1 dimension');
  node.require(values.shape.length >= 2, 'the values must have 2 or more dimensions');
  const [rows, ...rowShape] = values.shape;
  const shape = [lookup.shape[0], ...rowShape];
  const rowSize = sizeOf(rowShape);
  const toFloat = node.outputs[0]?.dtype === 'float32' && values.dtype !== 'float32';
  return {
    node,
    lookup,
    values,
    output: node.output(0, shape, toFloat ? 'float32' : values.dtype),
    rows,
    rowSize,
    scales: toFloat ? prepareScales(node, values, rows, rowSize) : undefined,
  };
}

/** One scale, or one for each row. */
function prepareScales(node: Node, values: Tensor, rows: number, rowSize: number): Float32Array {
  node.input<Weights>(1, 'int8', 'uint8', 'int4', 'int2');
  const valuesPerByte = values.dtype === 'int4' ? 2 : values.dtype === 'int2' ? 4 : 1;
  if (rowSize % valuesPerByte !== 0) node.unsupported(`rows of ${rowSize} values of ${values.dtype}`);
  const scales = values.quantization?.scales;
  const zeroPoint = values.quantization?.zeroPoints[0];
  node.require(
    scales !== undefined && (scales.length === 1 || scales.length === rows),
    `${values} has no fitting scales`,
  );
  node.require(zeroPoint === 0, `${values} has zero point ${zeroPoint}; to float32 it must be 0`);
  return node.isMicro ? scales.subarray(0, 1) : scales;
}

function bind({ node, lookup, values, output, rows, rowSize, scales }: ReturnType<typeof prepare>): Eval {
  const indexAt = indexReader(lookup);
  const count = lookup.size;
  const row = { source: values, target: output, shape: [rowSize], from: 0, fromStrides: [1], to: 0, toStrides: [1] };
  const copy = scales
    ? bindDequantizeRow(values as Tensor<Weights>, scales, rowSize, output as Tensor<'float32'>)
    : bindCopy(row, rowSize);
  return () => {
    for (let i = 0; i < count; i++) {
      const index = indexAt(i);
      if (index < 0 || index >= rows) throw outOfRange(node, index, rows);
      copy(Math.imul(index, rowSize), Math.imul(i, rowSize));
    }
  };
}

export const EMBEDDING_LOOKUP = operator(prepare, bind);
