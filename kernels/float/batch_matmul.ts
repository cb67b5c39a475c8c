/**
 * BATCH_MATMUL of float32: output[b, i, j] = sum over k of x[b, i, k] * y[b, k, j], added up from 0 in this order.
 *
 * Equals: reference/batch_matmul.h. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareMatmul } from '../shared/matmul.ts';

const F = Math.fround;

function prepare(node: Node) {
  const x = node.input(0, 'float32');
  const y = node.input(1, 'float32');
  const matmul = prepareMatmul(node, x, y);
  return { kind: 'float' as const, x, y, output: node.output(0, matmul.shape, 'float32'), ...matmul };
}

type BatchMatmul = ReturnType<typeof prepare>;

function bind(p: BatchMatmul): Eval {
  const [x, y, output] = [p.x.data, p.y.data, p.output.data];
  return () => evalBatchMatmul(p, x, y, output);
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

export const batchMatmulFloat = operator(prepare, bind);
