/**
 * 8-bit tensors as int16, with their offset (minus the zero point) added: one pass over the values, after which the
 * products of the convolution family are the same for int8, uint8 and int16, and zero stands for zero.
 */
import type { Eval, Node } from '../kernel.ts';
import { byteMask, type DType, int8View, type Tensor } from '../tensor.ts';

type EightBit = 'int8' | 'uint8' | 'int4' | 'int2';

/** What can be centered: int16 is, as it is. */
export type Centerable = Tensor<EightBit | 'int16'>;

export interface Centered {
  readonly tensor: Centerable;
  readonly offset: number;
  /** Whether the values are computed once, when bound. */
  readonly isConstant: boolean;
  /** The int16 values; an int16 tensor's are its own. */
  readonly values: Tensor<'int16'>;
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

export function prepareCentered(node: Node, tensor: Centerable, offset: number): Centered {
  const isConstant = prepareConstant(node, tensor);
  return { tensor, offset, isConstant, values: prepareValues(node, tensor, isConstant) };
}

function prepareValues(node: Node, tensor: Centerable, isConstant: boolean): Tensor<'int16'> {
  if (tensor.dtype === 'int16') return tensor as Tensor<'int16'>;
  return prepareMemory(node, 'int16', tensor.size, isConstant);
}

/** Whether a tensor's values are known; if so, and should they change all the same, the node is prepared again. */
export function prepareConstant(node: Node, tensor: Tensor): boolean {
  if (tensor.known) node.valuesRead.push(tensor);
  return tensor.known;
}

/** Memory for what is computed of a tensor: once if it is constant, else on each eval. */
export function prepareMemory<T extends DType>(node: Node, dtype: T, size: number, isConstant: boolean): Tensor<T> {
  return isConstant ? node.persistent(dtype, size) : node.scratch(dtype, size);
}

/** The values, valid once `update` has run. */
export function bindCentered({ tensor, offset, isConstant, values }: Centered): { values: Int16Array; update: Eval } {
  const data = values.data;
  if (tensor.dtype === 'int16') return { values: data, update: () => {} };
  const input = int8View(tensor as Tensor<EightBit>);
  const mask = byteMask(tensor.dtype);
  return { values: data, update: bindUpdate(isConstant, () => center(input, mask, offset, data)) };
}

function center(input: Int8Array, mask: number, offset: number, values: Int16Array) {
  for (let i = 0; i < input.length; i++) values[i] = (input[i] & mask) + offset;
}

/** Runs what is constant now, else on each update. */
export function bindUpdate(isConstant: boolean, run: Eval): Eval {
  if (!isConstant) return run;
  run();
  return () => {};
}
