/** A node as it ran, apart from its graph: what the models of operators are made for. */
import { type DType, isDType, type Quantization, sizeOf } from '../../kernels/tensor.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { F, halfAway } from './arithmetic.ts';

export interface Operand {
  readonly tensor: TensorInfo;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: TensorData;
}

export interface NodeCase {
  readonly op: string;
  readonly options: { readonly [field: string]: unknown };
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (Operand | undefined)[];
  /** With the values that TFLite gives on these inputs. */
  readonly output: Operand;
  /** Whether their values of it are its integers, or real numbers that follow from them. */
  readonly target: 'quantized' | 'real';
  /** The real numbers of which input 0 was made, where its integers are ours and not theirs. */
  readonly reals?: Float32Array;
  /** The shape that input 0 had before it was flattened. */
  readonly unflattened?: readonly number[] | undefined;
}

/** Scale and zero point of a tensor that is quantized as a whole, or undefined. */
export function scaleOf(operand: Operand | undefined): { readonly scale: number; readonly zero: number } | undefined {
  const q = operand?.tensor.quantization;
  return q?.scales.length === 1 ? { scale: q.scales[0]!, zero: q.zeroPoints[0]! } : undefined;
}

export function channelScale({ scales }: Quantization, c: number): number {
  return scales[scales.length === 1 ? 0 : c]!;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

const RANGES: { readonly [dtype: string]: Range } = {
  int8: { min: -128, max: 127 },
  uint8: { min: 0, max: 255 },
  int16: { min: -32768, max: 32767 },
};

/** The least and the greatest integer of a quantized type; undefined for others. */
export function rangeOf(dtype: string): Range | undefined {
  return Object.hasOwn(RANGES, dtype) ? RANGES[dtype] : undefined;
}

const ACTIVATIONS: { readonly [name: string]: readonly [low: number, high: number] } = {
  RELU: [0, Infinity],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
};

/** What a fused activation leaves of the type's range. */
export function activationRange(activation: unknown, type: Range, scale: number, zero: number): Range {
  const [low, high] = ACTIVATIONS[String(activation)] ?? [-Infinity, Infinity];
  const q = (real: number) => zero + halfAway(F(F(real) / scale));
  return {
    min: low === -Infinity ? type.min : Math.max(type.min, q(low)),
    max: high === Infinity ? type.max : Math.min(type.max, q(high)),
  };
}

/** 4 dimensions, ones put in front. */
export function nhwc(shape: readonly number[]): [n: number, h: number, w: number, c: number] {
  const dims = [...new Array<number>(Math.max(4 - shape.length, 0)).fill(1), ...shape];
  return [sizeOf(dims.slice(0, -3)), dims.at(-3)!, dims.at(-2)!, dims.at(-1)!];
}

export function isQuantizedType(dtype: string): dtype is DType & ('int8' | 'uint8' | 'int16') {
  return isDType(dtype) && rangeOf(dtype) !== undefined;
}

/** q - zero, as texts write it. */
export function minus(symbol: string, zero: number): string {
  return zero === 0 ? symbol : `(${symbol} ${zero < 0 ? '+' : '-'} ${Math.abs(zero)})`;
}

/** A stored number in a formula, in brackets where it is negative. */
export function bracketed(value: number): string {
  return value < 0 ? `(${value})` : String(value);
}
