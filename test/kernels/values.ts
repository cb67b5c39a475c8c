/** Tensors on one line, for operators of which one output's values say it all. */
import type { KernelSet, Profile } from '../../kernels/kernel.ts';
import type { DType } from '../../kernels/tensor.ts';
import { runOperator, type TensorLiteral } from './run_operator.ts';

export type Values = readonly (number | bigint)[];

/** Of one dimension, unless `shape` says otherwise. */
export function tensor(dtype: DType, data: Values, scale?: number, zeroPoint = 0, shape?: readonly number[]) {
  const literal: TensorLiteral = { dtype, shape: shape ?? [data.length], data, zeroPoint };
  return scale === undefined ? literal : { ...literal, scale };
}

export interface ValuesCase {
  op: string;
  options?: object;
  inputs: readonly TensorLiteral[];
  /** The output's type, scale and zero point; without a type, the last input's. */
  out?: readonly [dtype?: DType | undefined, scale?: number | undefined, zeroPoint?: number | undefined];
  profile?: Profile;
}

/** The values of the only output. */
export function valuesOf({ out = [], ...test }: ValuesCase, set: KernelSet | undefined) {
  const [dtype, scale, zeroPoint] = out;
  const { shape, dtype: same } = test.inputs.at(-1)!;
  const output = tensor(dtype ?? same, [], scale, zeroPoint, shape);
  return runOperator({ ...test, outputs: [output] }, set)[0]!.data;
}
