/**
 * BATCH_MATMUL: output[b, i, j] = requantize(sum over k of (x[b, i, k] + xOffset) * (y[b, k, j] + yOffset)), where adjX and
 * adjY swap the last two dimensions of x and y, and the dimensions before them broadcast. To int32, the sum of the
 * products of the stored values is the output.
 *
 * Equals: batch_matmul.cc, reference/batch_matmul.h. Deviations: none.
 */
import { batchMatmulFloat } from '../float/batch_matmul.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  convolutionMultiplier,
  legacyConvolutionMultiplier,
  mulMultiplier,
  type QuantizedType,
} from '../quantization.ts';
import { bindCentered, prepareCentered, prepareOffset } from '../shared/centered.ts';
import { bindRequantize, prepareMultipliers, type Requantize } from '../shared/convolution.ts';
import { prepareMatmul } from '../shared/matmul.ts';
import {
  type Accumulator,
  bindMatrices,
  bindProduct,
  type Multiply,
  prepareMatrices,
  prepareProduct,
} from '../shared/matrix_product.ts';
import { sizeOf, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';

type BatchMatmul = ReturnType<typeof prepare>;

function prepare(node: Node) {
  const x = node.input(0, 'int8', 'int16');
  const y = node.input(1, ...(x.dtype === 'int8' ? (['int8'] as const) : (['int8', 'int16'] as const)));
  const matmul = prepareMatmul(node, x, y);
  const { shape, width, depth, adjY } = matmul;
  const output = node.output(0, shape, ...(x.dtype === 'int8' ? (['int8', 'int32'] as const) : [x.dtype]));
  const asStored = output.dtype === 'int32';
  const accumulator: Accumulator = x.dtype === 'int16' ? 'int64' : 'int32';
  const wideProducts = y.dtype === 'int16';
  node.macs = output.size * depth * (wideProducts ? 2 : 1);
  const matrixLayout = {
    count: sizeOf(y.shape.slice(0, -2)),
    stride: depth * width,
    depth,
    depthStride: adjY ? 1 : width,
    columns: width,
    columnStride: adjY ? depth : 1,
  };
  return {
    x: prepareCentered(node, x, asStored ? 0 : prepareOffset(node, x)),
    y: prepareMatrices(node, y, asStored ? 0 : prepareOffset(node, y), matrixLayout),
    output,
    product: prepareProduct(node, depth, width, accumulator, wideProducts),
    requantization: asStored
      ? undefined
      : prepareScalarRequantization(node, x, y, output as Tensor<QuantizedType>, width, accumulator),
    ...matmul,
    /** Two rows of x, where they are its columns. */
    transposed: matmul.adjX ? node.scratch('int16', 2 * depth) : undefined,
  };
}

/** One multiplier for all columns. */
function prepareScalarRequantization(
  node: Node,
  x: Tensor,
  y: Tensor,
  output: Tensor<QuantizedType>,
  columns: number,
  accumulator: Accumulator,
) {
  const ofReference = node.isMicro ? convolutionMultiplier : legacyConvolutionMultiplier;
  const realMultiplier = isDelegated(node) ? mulMultiplier : ofReference;
  const scales = [prepareScale(node, x), prepareScale(node, y)] as const;
  const real = realMultiplier(...scales, output.scale);
  return {
    ...prepareMultipliers(node, 1, () => real, output, columns, accumulator, 'NONE'),
    realMultiplier,
    /** Of x and y. */
    scales,
  };
}

/** Of several scales TFLite makes 0, so that every answer is the output's zero point; TFLite Micro takes the first. */
function prepareScale(node: Node, tensor: Tensor): number {
  const scales = tensor.quantization?.scales;
  if (scales === undefined || scales.length === 1) return tensor.scale;
  return node.isMicro ? scales[0] : 0;
}

function bind(p: BatchMatmul): Eval {
  const x = bindCentered(p.x);
  const y = bindMatrices(p.y);
  const multiply = bindProduct(p.product);
  const requantize = bindOutput(p);
  return () => {
    x.update();
    y.update();
    evalBatchMatmul(p, x.values, p.transposed?.data, y.packed, multiply, requantize);
  };
}

function bindOutput({ requantization, product: { low, high }, output }: BatchMatmul): Requantize {
  if (requantization) return bindRequantize(requantization, undefined, low, high, output as Tensor<QuantizedType>);
  const sums = low.data;
  const values = output.data as Int32Array;
  return (at, _, count, to) => copySums(sums, at, count, values, to);
}

function copySums(sums: Int32Array, at: number, count: number, output: Int32Array, to: number) {
  for (let i = 0; i < count; i++) output[to + i] = sums[at + i];
}

function evalBatchMatmul(
  { batches, height, width, depth, xMatrices, yMatrices, product, y }: BatchMatmul,
  x: Int16Array,
  transposed: Int16Array | undefined,
  packed: Int32Array,
  multiply: Multiply,
  requantize: Requantize,
) {
  const { rows, rowStride } = product;
  for (let b = 0; b < batches; b++) {
    const from = Math.imul(xMatrices[b], Math.imul(height, depth));
    const matrix = Math.imul(yMatrices[b], y.size);
    for (let i = 0; i < height; i += rows) {
      const count = Math.min(rows, height - i);
      if (transposed) {
        for (let r = 0; r < count; r++) gatherColumn(x, from + i + r, height, transposed, Math.imul(r, depth), depth);
        multiply(transposed, 0, count, packed, matrix);
      } else multiply(x, (from + Math.imul(i, depth)) | 0, count, packed, matrix);
      for (let r = 0; r < count; r++) {
        requantize(Math.imul(r, rowStride), 0, width, Math.imul(Math.imul(b, height) + i + r, width));
      }
    }
  }
}

function gatherColumn(x: Int16Array, from: number, stride: number, row: Int16Array, at: number, depth: number) {
  for (let k = 0; k < depth; k++) row[at + k] = x[from + Math.imul(k, stride)];
}

export const BATCH_MATMUL = withFloat(operator(prepare, bind), batchMatmulFloat);
