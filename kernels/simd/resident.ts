/** Inputs as the module sees them: all that it reads must lie in its memory. */
import type { Node } from '../kernel.ts';
import { type DataOf, type DType, Tensor } from '../tensor.ts';

export interface Resident<T extends DType = DType> {
  /** Where the values lie: the tensor itself, or a copy of a constant. */
  readonly tensor: Tensor<T>;
  /** Copies the constant; to be called once, in bind. */
  load(): void;
}

/** Undefined for state, which lies in memory of its own. */
export function prepareResident<T extends DType>(node: Node, tensor: Tensor<T>): Resident<T> | undefined {
  if (tensor.isVariable) return undefined;
  if (!tensor.known) return { tensor, load: () => {} };
  const copy = node.persistent(tensor.dtype, tensor.size);
  return {
    tensor: copy,
    load: () => {
      copy.data.set(tensor.data as never);
    },
  };
}

/** Whether what is packed once stays right. */
export function isConstant(...tensors: (Tensor | undefined)[]): boolean {
  return tensors.every((tensor) => !tensor || tensor.known);
}

/** A tensor's values from `first` on, or `count` of them. */
export function sliceOf<T extends DType>(tensor: Tensor<T>, first: number, count = tensor.size - first): Tensor<T> {
  const slice = new Tensor(tensor.index, tensor.name, tensor.dtype, [count], tensor.quantization);
  slice.data = tensor.data.subarray(first, first + count) as DataOf[T];
  slice.known = tensor.known;
  return slice;
}
