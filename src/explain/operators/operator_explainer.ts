/** What the accounts of operators are made with. An account is a file here, named as the kernel's, and a line in index.ts. */
import type { Node, Operator, Prepared } from '../../../kernels/kernel.ts';
import {
  type Activation,
  type ActivationRange,
  activationRange,
  activationRangeInt32,
  type QuantizedType,
  roundHalfAway,
  typeRange,
} from '../../../kernels/quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { agree } from '../derivation.ts';
import type { Account, Bound, Clamp, LookupTable, Multiplier, Rescaling, Window } from '../explanation.ts';
import type { Place, ValueTrace } from '../value_trace.ts';

/** What an operator's prepare returns of nodes that compute in integers. */
export type Quantized<O extends Operator> = Exclude<Prepared<O>, { readonly kind: 'float' }>;

/** How the nodes of an operator are explained, and their values traced; P is what its prepare returns. */
export interface OperatorAccount<P> {
  /** What the inputs are called, in their order; those without a name are input0, input1, ... */
  readonly inputs: readonly string[];
  /** Whether nodes that compute in float32 are explained too. */
  readonly ofFloat?: true;
  readonly explain: (prepared: P, node: Node) => Partial<Account>;
  /** By the numbers of the explanation; undefined where a node's kind of value is not traced. */
  readonly trace?: (account: Account, place: Place, prepared: P) => ValueTrace | undefined;
}

// ---- formulas

/** x + 3, x - 3, or x alone. */
export function plus(x: string, n: number): string {
  return n === 0 ? x : n > 0 ? `${x} + ${n}` : `${x} - ${-n}`;
}

/** The same as a factor of a product: (x + 3), or x alone. */
export function plusInBrackets(x: string, n: number): string {
  return n === 0 ? x : `(${plus(x, n)})`;
}

/** 2*x, or x alone. */
export function times(n: number, x: string): string {
  return n === 1 ? x : `${n}*${x}`;
}

/**
 * x rescaled, with the integers where there is one multiplier for all channels, and their names where there are many.
 * `bound` is the largest magnitude of x: what may leave int32 stands in int32(...), which wraps.
 */
export function rescaled(x: string, { arithmetic, multipliers }: Rescaling, bound: number): string {
  const [{ real, multiplier, shift: first, reduced }, ...others] = multipliers as [Multiplier, ...Multiplier[]];
  if (arithmetic === 'float64') return `round(float64(${x} * ${others.length > 0 ? 'real[o]' : real}))`;
  const m = others.length > 0 ? (reduced === null ? 'multiplier[o]' : 'reduced[o]') : `${reduced ?? multiplier}`;
  const s = first!;
  const isSame = others.every((other) => other.shift === s);
  const wraps = multipliers.some((other) => bound * other.real * (1 + 2 ** -14) >= 2 ** 31);
  switch (arithmetic) {
    case 'reduced multiplier': {
      const value = isSame
        ? `floor((${x} * ${m} + 2^${14 - s}) / 2^${15 - s})`
        : `floor((${x} * ${m} + 2^(14 - shift[o])) / 2^(15 - shift[o]))`;
      return wraps ? `int32(${value})` : value;
    }
    case 'single rounding': {
      const value = isSame
        ? `floor((${x} * ${m} + 2^${30 - s}) / 2^${31 - s})`
        : `floor((${x} * ${m} + 2^(30 - shift[o])) / 2^(31 - shift[o]))`;
      return wraps ? `int32(${value})` : value;
    }
    case 'double rounding': {
      const most = Math.max(...multipliers.map(({ shift }) => shift!));
      const isRight = most <= 0;
      const shifted = isRight ? x : `${x} * ${isSame ? `2^${s}` : '2^max(shift[o], 0)'}`;
      const leftWraps = bound * 2 ** Math.max(most, 0) >= 2 ** 31;
      const high = `floor((${leftWraps ? `int32(${shifted})` : shifted} * ${m} + 2^30) / 2^31)`;
      if (isSame) return s < 0 ? `round(${high} / 2^${-s})` : high;
      return `round(${high} / ${isRight ? '2^(-shift[o])' : '2^max(-shift[o], 0)'})`;
    }
    case 'int16':
      throw new Error('an int16 rescaling is written out by its operator');
  }
}

/** The two last lines of most formulas: x rescaled, and the output. */
export function requantized(
  x: string,
  rescaling: Rescaling,
  bound: number,
  offset: number,
  clamp: Clamp,
  output = 'output',
): string[] {
  const wraps = rescaling.multipliers.some(({ real }) => bound * real * (1 + 2 ** -14) + Math.abs(offset) >= 2 ** 31);
  const sum = plus('scaled', offset);
  return [
    `scaled = ${rescaled(x, rescaling, bound)}`,
    `${output} = ${clamped(wraps && offset !== 0 ? `int32(${sum})` : sum, clamp)}`,
  ];
}

/** The largest magnitude of a tensor's values with their offset. */
export function magnitude({ dtype }: Tensor, offset: number): number {
  const { min, max } = typeRange(dtype as QuantizedType);
  return Math.max(Math.abs(min + offset), Math.abs(max + offset));
}

/** x limited to what the output may hold. */
export function clamped(x: string, { min, max }: Clamp): string {
  return `min(max(${x}, ${min.value}), ${max.value})`;
}

// ---- parts

/** The clamp of an activation on a quantized output, as prepare made it. */
export function clampOf(
  activation: Activation | 'RELU_0_TO_1',
  { dtype, scale, zeroPoint }: { dtype: QuantizedType; scale: number; zeroPoint: number },
  { activationMin, activationMax }: ActivationRange,
): Clamp {
  const expected = activationRange(activation, scale, zeroPoint, dtype);
  agree(expected.activationMin === activationMin && expected.activationMax === activationMax, 'the clamp');
  const [low, high] = LIMITS[activation] ?? [null, null];
  const type = typeRange(dtype);
  const bound = (value: number, limit: number, real: number | null): Bound => {
    const quantized = real === null ? null : zeroPoint + roundHalfAway(Math.fround(real / scale));
    return { value, from: value === quantized && value !== limit ? 'activation' : 'type', real, quantized };
  };
  return {
    activation,
    dtype,
    min: bound(activationMin, type.min, low),
    max: bound(activationMax, type.max, high),
  };
}

/** In real numbers. */
const LIMITS: { readonly [activation: string]: readonly [number | null, number | null] } = {
  RELU: [0, null],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
  RELU_0_TO_1: [0, 1],
};

/** The clamp of what has no activation: its type's range. */
export function typeClamp(dtype: QuantizedType | 'int32'): Clamp {
  const { min, max } = typeRange(dtype);
  const bound = (value: number): Bound => ({ value, from: 'type', real: null, quantized: null });
  return { activation: 'NONE', dtype, min: bound(min), max: bound(max) };
}

/** As prepare of the convolutions and pools returns it. */
interface PreparedWindow {
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight?: number;
  readonly dilationWidth?: number;
  readonly padTop: number;
  readonly padLeft: number;
}

export function windowOf(p: PreparedWindow, mode: string): Window {
  const { dilationHeight = 1, dilationWidth = 1 } = p;
  const after = (input: number, output: number, filter: number, stride: number, dilation: number, before: number) =>
    Math.max((output - 1) * stride + (filter - 1) * dilation + 1 - input - before, 0);
  return {
    filter: [p.filterHeight, p.filterWidth],
    stride: [p.strideHeight, p.strideWidth],
    dilation: [dilationHeight, dilationWidth],
    padding: {
      mode,
      top: p.padTop,
      left: p.padLeft,
      bottom: after(p.inputHeight, p.outputHeight, p.filterHeight, p.strideHeight, dilationHeight, p.padTop),
      right: after(p.inputWidth, p.outputWidth, p.filterWidth, p.strideWidth, dilationWidth, p.padLeft),
    },
  };
}

/** How formulas count the taps of a window: what has one value alone is that value, 0. */
export interface Taps {
  /** ky < 3, kx < 3: what a sum runs over. */
  readonly ranges: readonly string[];
  /** The row and the column of the filter. */
  readonly filter: string;
  /** The row and the column of the input that the tap of output pixel (y, x) meets. */
  readonly input: string;
}

export function tapsOf({ filter, stride, dilation, padding }: Window): Taps {
  const along = (d: 0 | 1, out: string, tap: string, before: number) => {
    const origin = times(stride[d], out);
    return plus(filter[d] === 1 ? origin : `${origin} + ${times(dilation[d], tap)}`, -before);
  };
  const names = (['ky', 'kx'] as const).map((name, d) => ({ name, count: filter[d]! }));
  return {
    ranges: names.filter(({ count }) => count > 1).map(({ name, count }) => `${name} < ${count}`),
    filter: names.map(({ name, count }) => (count > 1 ? name : '0')).join(', '),
    input: `${along(0, 'y', 'ky', padding.top)}, ${along(1, 'x', 'kx', padding.left)}`,
  };
}

/** A sum over ranges; over none, the one term itself. */
export function over(kind: 'sum' | 'max', ranges: readonly string[], term: string): string {
  return ranges.length === 0 ? term : `${kind}{${ranges.join(', ')}} ${term}`;
}

/** A kernel's table, which goes by raw byte, in the order of the input's values. */
export function tableOf(input: 'int8' | 'uint8', output: QuantizedType, table: Int8Array | Int16Array): LookupTable {
  const { min, max } = typeRange(input);
  const values = Array.from({ length: max - min + 1 }, (_, i) => table[(min + i) & 0xff]!);
  return { first: min, values: output === 'uint8' ? values.map((value) => value & 0xff) : values };
}

// ---- two inputs

/** Says so where an input of a smaller shape serves several places of the output. */
export function repeated({ output, ...inputs }: { input1: Tensor; input2: Tensor; output: Tensor }): string[] {
  return (['input1', 'input2'] as const)
    .filter((role) => inputs[role].size !== output.size)
    .map((role) => `${role} of [${inputs[role].shape}] is repeated over [${output.shape}]`);
}

/** Numbers without scales; p is what prepare made of the activation. `float32(...)` rounds, `int32(...)` wraps. */
export function unscaledAccount(
  operation: string,
  p: { input1: Tensor; input2: Tensor; output: Tensor; activationMin?: number; activationMax?: number },
  activation: Activation,
): Partial<Account> {
  const { dtype } = p.output;
  const expression = `${dtype}(${operation})`;
  const range = dtype === 'int64' ? activationRangeInt32(activation) : p;
  const [low, high] = LIMITS[activation] ?? [null, null];
  const atLeast = low === range.activationMin ? `max(${expression}, ${low})` : expression;
  const limited = high !== null && high === range.activationMax ? `min(${atLeast}, ${high})` : atLeast;
  return { formulas: [`output = ${limited}`], notes: repeated(p) };
}

// ---- moved values

/** The indices of a tensor's dimensions, further on by some offsets: i0, i1 + 3. */
export function indices(rank: number, offsets: readonly number[] = []): string {
  return Array.from({ length: rank }, (_, d) => plus(`i${d}`, offsets[d] ?? 0)).join(', ');
}
