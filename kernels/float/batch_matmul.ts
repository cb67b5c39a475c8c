/**
 * BATCH_MATMUL of float32: output[b, i, j] = sum over k of x[b, i, k] * y[b, k, j], added up from 0 in this order. With an integer y,
 * hybrid: rows of x are quantized, and sums in int32 scaled back.
 *
 * Equals: reference/batch_matmul.h. Deviations: of a hybrid x with several dimensions of matrices, upstream takes some rows' scales
 * from others; here each row has its own.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareMatmul } from '../shared/matmul.ts';
import type { Tensor } from '../tensor.ts';
import {
  type HybridWeights,
  prepareIsHybrid,
  prepareQuantizedRows,
  prepareWeightScales,
  quantizeRows,
  weightsOf,
} from './hybrid.ts';

const F = Math.fround;

function prepare(node: Node) {
  const x = node.input(0, 'float32');
  const y = node.input<'float32' | HybridWeights>(1, 'float32', 'int8');
  const matmul = prepareMatmul(node, x, y);
  const layer = { kind: 'float' as const, x, output: node.output(0, matmul.shape, 'float32'), ...matmul };
  if (y.dtype === 'float32') return { ...layer, y: y as Tensor<'float32'>, hybrid: undefined };
  return { ...layer, y: undefined, hybrid: prepareHybrid(node, x, y as Tensor<HybridWeights>, layer) };
}

function prepareHybrid(
  node: Node,
  x: Tensor<'float32'>,
  y: Tensor<HybridWeights>,
  { depth, width, adjX }: ReturnType<typeof prepareMatmul>,
) {
  prepareIsHybrid(node, y);
  const { asymmetricQuantizeInputs } = node.options<{ asymmetricQuantizeInputs: boolean }>();
  const rows = adjX ? node.scratch('float32', x.size) : x;
  const count = depth === 0 ? 0 : x.size / depth;
  return {
    y,
    columnScales: prepareWeightScales(node, y, width),
    quantized: prepareQuantizedRows(node, rows, count, asymmetricQuantizeInputs),
  };
}

type BatchMatmul = ReturnType<typeof prepare>;

function bind(p: BatchMatmul): Eval {
  const [x, output] = [p.x.data, p.output.data];
  const { hybrid } = p;
  if (!hybrid) {
    const y = p.y.data;
    return () => evalBatchMatmul(p, x, y, output);
  }
  const y = weightsOf(hybrid.y);
  return () => {
    if (p.adjX) transposeMatrices(p, x, hybrid.quantized.input.data);
    quantizeRows(hybrid.quantized);
    evalHybrid(p, hybrid, y, output);
  };
}

function evalBatchMatmul(p: BatchMatmul, x: Float32Array, y: Float32Array, output: Float32Array) {
  const { batches, height, width, depth, xMatrices, yMatrices, adjX, adjY } = p;
  const [xRow, xStep] = adjX ? [1, height] : [depth, 1];
  const [yColumn, yStep] = adjY ? [depth, 1] : [1, width];
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++, to++) {
        let sum = 0;
        let at = yMatrices[b] * depth * width + j * yColumn;
        for (let k = 0, from = xMatrices[b] * height * depth + i * xRow; k < depth; k++, from += xStep, at += yStep) {
          sum = F(sum + F(x[from] * y[at]));
        }
        output[to] = sum;
      }
    }
  }
}

function transposeMatrices({ height, depth }: BatchMatmul, x: Float32Array, rows: Float32Array) {
  for (let to = 0; to < rows.length; to++) {
    const matrix = Math.trunc(to / (height * depth)) * height * depth;
    rows[to] = x[matrix + (to % depth) * height + Math.trunc((to - matrix) / depth)];
  }
}

/** The product of zero point and sum of the weights is taken from the sum in float32. */
function evalHybrid(
  { batches, height, width, depth, xMatrices, yMatrices, adjY }: BatchMatmul,
  { columnScales, quantized }: NonNullable<BatchMatmul['hybrid']>,
  y: Int8Array,
  output: Float32Array,
) {
  const [values, scales, zeroPoints] = [quantized.values.data, quantized.scales.data, quantized.zeroPoints.data];
  const isPerTensor = columnScales.every((scale) => scale === columnScales[0]);
  const [yColumn, yStep] = adjY ? [depth, 1] : [1, width];
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let i = 0; i < height; i++) {
      const row = xMatrices[b] * height + i;
      for (let j = 0; j < width; j++, to++) {
        let sum = 0;
        let sumOfWeights = 0;
        let at = yMatrices[b] * depth * width + j * yColumn;
        for (let k = 0, from = row * depth; k < depth; k++, from++, at += yStep) {
          sum += (values[from] + zeroPoints[row]) * y[at];
          sumOfWeights += y[at];
        }
        const total = Math.trunc(F(F(sum) - F(F(sumOfWeights) * zeroPoints[row])));
        output[to] = F(scales[row] * columnScales[isPerTensor ? 0 : j]) * F(total);
      }
    }
  }
}

export const batchMatmulFloat = operator(prepare, bind);
