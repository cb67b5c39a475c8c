/**
 * 8-bit tensors as int16, with their offset (minus the zero point) added: one pass over the values, after which the
 * products of the convolution family are the same for int8, uint8 and int16, and zero stands for zero.
 */
import { LimitError } from '../errors.ts';
import type { Eval, Node } from '../kernel.ts';
import { byteMask, type DType, int8View, type Tensor } from '../tensor.ts';

type EightBit = 'int8' | 'uint8' | 'int4' | 'int2';

export interface Centered {
  readonly tensor: Tensor<EightBit | 'int16'>;
  readonly offset: number;
  /** Room for the int16 values of one eval; a constant's are computed once, an int16 tensor's are its own. */
  readonly scratch: Tensor<'int16'> | undefined;
}

/** -zeroPoint, checked so that every value plus the offset is an int16; 0 for int16. */
export function prepareOffset(node: Node, tensor: Tensor): number {
  const [min, max] = zeroPointRange(tensor.dtype);
  const { zeroPoint } = tensor;
  node.require(
    zeroPoint >= min && zeroPoint <= max,
    `${tensor} has zero point ${zeroPoint}; ${tensor.dtype} has ${min === max ? 'only 0' : `${min} to ${max}`}`,
  );
  return 0 - zeroPoint; // not -0, which would be a double
}

function zeroPointRange(dtype: DType): readonly [number, number] {
  return dtype === 'int8' ? [-128, 127] : dtype === 'uint8' ? [0, 255] : [0, 0];
}

export function prepareCentered(node: Node, tensor: Tensor<EightBit | 'int16'>, offset: number): Centered {
  const scratch = tensor.dtype === 'int16' || prepareConstant(node, tensor) ? undefined : tensor.size;
  return { tensor, offset, scratch: scratch === undefined ? undefined : node.scratch('int16', scratch) };
}

/** Whether a tensor's values are known; if so, and should they change all the same, the node is prepared again. */
export function prepareConstant(node: Node, tensor: Tensor): boolean {
  if (tensor.known) node.valuesRead.push(tensor);
  return tensor.known;
}

/** The values, valid once `update` has run. */
export function bindCentered({ tensor, offset, scratch }: Centered): { values: Int16Array; update: Eval } {
  const update = () => {};
  if (tensor.dtype === 'int16') return { values: tensor.data as Int16Array, update };
  const input = int8View(tensor as Tensor<EightBit>);
  const mask = byteMask(tensor.dtype);
  const values = scratch ? scratch.data : allocate(Int16Array, tensor.size);
  if (scratch) return { values, update: () => center(input, mask, offset, values) };
  center(input, mask, offset, values);
  return { values, update };
}

function center(input: Int8Array, mask: number, offset: number, values: Int16Array) {
  for (let i = 0; i < input.length; i++) values[i] = (input[i] & mask) + offset;
}

/** Memory that a node keeps, for what bind computes from constants. */
export function allocate<T>(Type: new (length: number) => T, length: number): T {
  try {
    return new Type(length);
  } catch (cause) {
    throw new LimitError(`there is no memory for ${length} prepared weights`, {}, { cause });
  }
}
