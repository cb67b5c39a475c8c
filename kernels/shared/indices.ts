/** Tensors of indices, which are read on each eval. */
import { InputError } from '../errors.ts';
import type { Node } from '../kernel.ts';
import { int32Halves, type Tensor } from '../tensor.ts';

export type IndexType = 'int16' | 'int32' | 'int64';

/** Reads element i; an int64 that is no int32 becomes the nearest one, which is no index of any dimension either. */
export function indexReader(tensor: Tensor<IndexType>): (i: number) => number {
  if (tensor.dtype === 'int64') {
    const halves = int32Halves(tensor as Tensor<'int64'>);
    return (i) => saturate(halves[2 * i], halves[2 * i + 1]);
  }
  if (tensor.dtype === 'int16') {
    const data = tensor.data as Int16Array;
    return (i) => data[i];
  }
  const data = tensor.data as Int32Array;
  return (i) => data[i];
}

function saturate(low: number, high: number): number {
  return high === low >> 31 ? low : (high >> 31) ^ 0x7fffffff;
}

/** What eval throws for an index that is outside of its dimension. */
export function outOfRange(node: Node, index: number, size: number): InputError {
  return new InputError(`${node}: index ${index} is outside of a dimension of ${size}`, node.place);
}
