/** Which matrices BATCH_MATMUL multiplies: the dimensions before the last two broadcast. */
import type { Node } from '../kernel.ts';
import { sizeOf, type Tensor } from '../tensor.ts';

interface Options {
  adjX: boolean;
  adjY: boolean;
}

/** The output's shape is [...batch, height, width]; `depth` products make a sum. */
export function prepareMatmul(node: Node, x: Tensor, y: Tensor) {
  const { adjX, adjY } = node.options<Options>();
  for (const { shape } of [x, y]) {
    node.require(shape.length >= 2 && shape.length <= 5, `an input has ${shape.length} dimensions; it can have 2 to 5`);
  }
  const [height, depth] = adjX ? x.shape.slice(-2).reverse() : x.shape.slice(-2);
  const [yDepth, width] = adjY ? y.shape.slice(-2).reverse() : y.shape.slice(-2);
  node.require(depth === yDepth, `rows of ${depth} cannot be multiplied with columns of ${yDepth}`);
  const batch = prepareBatch(node, x.shape.slice(0, -2), y.shape.slice(0, -2));
  const shape = [...batch, height, width];
  const batches = sizeOf(shape) > 0 ? sizeOf(batch) : 0;
  node.macs = sizeOf(shape) * depth;
  return {
    shape,
    batches,
    height,
    width,
    depth,
    adjX,
    adjY,
    /** Which matrix of x, and of y, each batch of the output takes. */
    xMatrices: prepareMatrixIndices(batches, batch, x.shape),
    yMatrices: prepareMatrixIndices(batches, batch, y.shape),
  };
}

function prepareBatch(node: Node, x: readonly number[], y: readonly number[]): number[] {
  const rank = Math.max(x.length, y.length);
  return Array.from({ length: rank }, (_, d) => {
    const a = x[x.length - rank + d] ?? 1;
    const b = y[y.length - rank + d] ?? 1;
    node.require(a === b || a === 1 || b === 1, `[${x}] matrices cannot be multiplied with [${y}]`);
    return a === 1 ? b : a;
  });
}

function prepareMatrixIndices(batches: number, batch: readonly number[], shape: readonly number[]): Int32Array {
  const dims = shape.slice(0, -2);
  return Int32Array.from({ length: batches }, (_, i) => {
    let index = 0;
    let stride = 1;
    for (let d = 1; d <= dims.length; d++) {
      const size = batch[batch.length - d];
      if (dims[dims.length - d] > 1) index += (i % size) * stride;
      stride *= dims[dims.length - d];
      i = Math.trunc(i / size);
    }
    return index;
  });
}
