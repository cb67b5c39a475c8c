/** One array that holds the values of several tensors, one behind the other. */
import { elementSize, isDType } from '../../kernels/tensor.ts';
import type { GivenArray } from '../io/npy_array.ts';
import type { TensorInfo } from '../runtime/tensor_info.ts';
import { bytesOf } from './candidate_values.ts';

interface Part {
  readonly key: string;
  readonly array: GivenArray;
  readonly tensor: TensorInfo;
}

/** Bytes for each value that programs write whatever the tensor's own type. */
const WIDTHS = [4, 2, 8];

/** The parts, for the first list of tensors that together have its length; undefined where none has. */
export function splitOf(
  key: string,
  array: GivenArray,
  lists: readonly (readonly TensorInfo[])[],
): readonly Part[] | undefined {
  const bytes = array.isMemory ? bytesOf(array) : undefined;
  const { length } = array.data;
  const sizesOf = (list: readonly TensorInfo[], width?: number) =>
    list.map(({ size, dtype }) => size * (width ?? (isDType(dtype) ? elementSize(dtype) : 1)));
  const widths = bytes ? [undefined, ...WIDTHS] : [1];
  for (const width of widths) {
    for (const list of lists) {
      const sizes = sizesOf(list, width);
      if (list.length < 2 || sizes.reduce((sum, size) => sum + size, 0) !== length) continue;
      return parts(key, array, list, sizes);
    }
  }
  return undefined;
}

function parts(key: string, array: GivenArray, list: readonly TensorInfo[], sizes: readonly number[]): Part[] {
  const unit = array.isMemory ? 'bytes' : 'values';
  let start = 0;
  return list.map((tensor, i) => {
    const end = start + sizes[i]!;
    const data = array.data.subarray(start, end);
    const name = `${key}, ${unit} ${start} to ${end - 1}`;
    start = end;
    return { key: name, tensor, array: { ...array, shape: [data.length], data } };
  });
}
