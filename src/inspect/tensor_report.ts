/** A tensor as the file has it, as plain data. */
import type { TensorSpec } from '../model/model.ts';
import { typeLimits } from '../model/operator_facts.ts';
import { isQuantized, type TensorKind } from './data_flow.ts';

export interface TensorReport {
  readonly index: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** With -1 for each dimension that may change. */
  readonly shapeSignature: readonly number[];
  readonly kind: TensorKind;
  /** What it takes in the file; 0 for what is computed. */
  readonly bytes: number;
  /** real = scale * (q - zeroPoint): one pair, or one for each index of `dimension`; null where it is not quantized. */
  readonly quantization: {
    readonly scales: readonly number[];
    readonly zeroPoints: readonly number[];
    readonly dimension: number | null;
  } | null;
  /** The smallest and the largest real value that it can hold, where it is quantized as a whole. */
  readonly range: readonly [number, number] | null;
  /** What the converter recorded. */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export function tensorReport(tensor: TensorSpec, kind: TensorKind): TensorReport {
  const { index, name, dtype, shape, shapeSignature, constant, quantization, min, max } = tensor;
  const limits = isQuantized(tensor) ? typeLimits(dtype) : undefined;
  const one = quantization?.scales.length === 1 ? quantization : undefined;
  const real = (q: number) => one!.scales[0]! * (q - one!.zeroPoints[0]!);
  return {
    index,
    name,
    dtype,
    shape,
    shapeSignature,
    kind,
    bytes: constant?.length ?? 0,
    quantization: quantization
      ? {
          scales: Array.from(quantization.scales),
          zeroPoints: Array.from(quantization.zeroPoints),
          dimension: one ? null : quantization.dimension,
        }
      : null,
    range: limits && one ? [real(limits[0]), real(limits[1])] : null,
    min,
    max,
  };
}
