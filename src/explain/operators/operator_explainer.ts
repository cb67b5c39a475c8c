/** What operators are explained with. An explainer is a file here, named as the kernel's, and a line in index.ts. */
import type { Node, Operator, Prepared } from '../../../kernels/kernel.ts';
import {
  type Activation,
  type ActivationRange,
  activationRange,
  type QuantizedType,
  roundHalfAway,
  typeRange,
} from '../../../kernels/quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { type Condition, call, clamp, divided, type Expression, entry, float32, floor, minus, name, named, plus, type Read, read, rescale, round, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, type Formula, type Index, indicesOf, type Step, step, type Table } from '../../formula/formula.ts';
import type { Rescaling } from '../../formula/rescaling.ts';
import { agree } from '../derivation.ts';
import type { Bound, Clamp, OperatorExplanation, Window } from '../explanation.ts';

/** What an operator's prepare returns of nodes that compute in integers. */
export type Quantized<O extends Operator> = Exclude<OfReference<O>, { readonly kind: 'float' }>;

/** Without what profile xnnpack alone has: there is no account of it. */
export type OfReference<O extends Operator> = Exclude<
  Prepared<O>,
  { readonly kind: 'xnnpack' | 'optimized' | 'float32 sum' | 'image' }
>;

/** How the nodes of an operator are explained; P is what its prepare returns. */
export interface OperatorExplainer<P> {
  /** Whether nodes that compute in float32 are explained too. */
  readonly ofFloat?: true;
  readonly explain: (prepared: P, node: Node) => Explained;
}

/** Parts that mean nothing for a node are left out. */
export type Explained = Partial<Omit<OperatorExplanation, 'formulas'>>;

/** The formula of a node's only output, or of another. */
export function formula(indices: readonly Index[], steps: readonly Step[], output = 0): Formula {
  return { output, indices, steps };
}

/** Value by value: the output's places are the inputs'. */
export function valueByValue(...steps: readonly Step[]): Formula[] {
  return [formula([], steps)];
}

// ---- offsets, rescalings, clamps

/** A tensor's value with its offset added. */
export function offset(x: Expression, n: number): Expression {
  return n === 0 ? x : named('offset', plus(x, n));
}

/** The same inside of a sum, whose terms are listed apart. */
export function centered(x: Read, n: number): Expression {
  return plus(x, n);
}

/** x limited to what the output may hold. */
export function clamped(x: Term, { min, max }: Clamp): Expression {
  return clamp(x, min.value, max.value);
}

/** The last steps of most formulas: x rescaled, the zero point added, and clamped. */
export function requantized(
  x: Term,
  by: { readonly rescaling: Rescaling; readonly bound: number; readonly index?: number; readonly channel?: Term },
  zeroPoint: number,
  limits: Clamp,
): Step[] {
  const { rescaling, bound, index = 0, channel } = by;
  const scaled = rescale(x, index, bound, rescaling.multipliers.length > 1 ? channel : undefined);
  return [step('scaled', scaled), step('output', stored(name('scaled'), by, zeroPoint, limits))];
}

/** What a rescaled value becomes: where the sum may leave int32, it wraps. */
function stored(
  scaled: Expression,
  { rescaling, bound }: { readonly rescaling: Rescaling; readonly bound: number },
  zeroPoint: number,
  limits: Clamp,
): Expression {
  const most = Math.max(...rescaling.multipliers.map(({ real }) => Math.abs(real)));
  const wraps = bound * most * (1 + 2 ** -14) + Math.abs(zeroPoint) >= 2 ** 31;
  return outputOf(scaled, zeroPoint, limits, wraps);
}

/** The zero point added, and clamped. */
export function outputOf(x: Expression, zeroPoint: number, limits: Clamp, wraps = false): Expression {
  if (zeroPoint === 0) return clamped(x, limits);
  const sum = plus(x, zeroPoint);
  return clamped(named('zero point', wraps ? call('int32', sum) : sum), limits);
}

/** The largest magnitude of a tensor's values with their offset. */
export function magnitude({ dtype }: Tensor, offset: number): number {
  const { min, max } = typeRange(dtype as QuantizedType);
  return Math.max(Math.abs(min + offset), Math.abs(max + offset));
}

// ---- facts

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
export const LIMITS: { readonly [activation: string]: readonly [number | null, number | null] } = {
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
  readonly ranges: Readonly<Record<string, number>>;
  /** The row and the column of the filter. */
  readonly filter: readonly [Term, Term];
  /** The row and the column of the input that the tap of output pixel (y, x) meets. */
  readonly input: readonly [Expression, Expression];
}

export function tapsOf({ filter, stride, dilation, padding }: Window): Taps {
  const tap = (name_: string, d: 0 | 1): Term => (filter[d] === 1 ? 0 : name(name_));
  const along = (d: 0 | 1, out: string, k: Term, before: number) =>
    plus(plus(times(stride[d], name(out)), k === 0 ? 0 : times(dilation[d], k)), -before);
  const [ky, kx] = [tap('ky', 0), tap('kx', 1)];
  return {
    ranges: { ...(ky !== 0 && { ky: filter[0] }), ...(kx !== 0 && { kx: filter[1] }) },
    filter: [ky, kx],
    input: [along(0, 'y', ky, padding.top), along(1, 'x', kx, padding.left)],
  };
}

/** A kernel's table, which goes by raw byte, in the order of the input's values. */
export function tableOf(input: 'int8' | 'uint8', output: QuantizedType, table: Int8Array | Int16Array): Table {
  const { min, max } = typeRange(input);
  const values = Array.from({ length: max - min + 1 }, (_, i) => table[(min + i) & 0xff]!);
  return { first: min, values: output === 'uint8' ? values.map((value) => value & 0xff) : values };
}

/** A function of one 8-bit value, made with the C library's functions of float32: what an entry of the table is. */
export function tabulated(
  fn: (x: Expression) => readonly [value: Expression, ...when: Condition[]][],
  { input, output, table }: { input: Tensor<'int8' | 'uint8'>; output: Tensor<QuantizedType>; table: Int8Array },
): Explained {
  const zero = 0 - input.zeroPoint;
  const clamp = typeClamp(output.dtype);
  const quotient = float32(times(name('y'), Math.fround(1 / output.scale)));
  return {
    expressions: valueByValue(
      step('x', float32(times(input.scale, offset(read('input'), zero))), 'float32'),
      either('y', ...fn(name('x'))),
      step('output', outputOf(named('rounded', round(quotient)), output.zeroPoint, clamp)),
    ),
    offsets: { input: zero, output: output.zeroPoint },
    clamp,
    table: tableOf(input.dtype, output.dtype, table),
    notes: ['its 256 values are computed once: a table'],
  };
}

/** An entry of a table of 513 entries over the range of int16, and what lies between it and the next. */
export function interpolated(table: string, x: Expression): Expression {
  const i = floor(divided(x, 128));
  const rise = minus(entry(table, plus(i, 1)), entry(table, i));
  const between = times(rise, minus(x, times(128, i)));
  return plus(entry(table, i), floor(divided(plus(between, 64), 128)));
}

// ---- two inputs

/** Says so where an input of a smaller shape serves several places of the output. */
export function repeated({ output, ...inputs }: { input1: Tensor; input2: Tensor; output: Tensor }): string[] {
  return (['input1', 'input2'] as const)
    .filter((role) => inputs[role].size !== output.size)
    .map((role) => `${role} of [${inputs[role].shape}] is repeated over [${output.shape}]`);
}

// ---- by indices

/** The names of a tensor's dimensions: i0, i1. */
export function dimensionNames(rank: number): string[] {
  return Array.from({ length: rank }, (_, d) => `i${d}`);
}

export type Cases = (readonly [value: Expression, ...when: Condition[]])[];

/** An output by its indices: the formula that takes these cases. */
export function output(tensor: Tensor, casesOf: (indices: Expression[]) => Cases, index = 0): Formula {
  const names = dimensionNames(tensor.shape.length);
  return formula(indicesOf(names, tensor.shape), [either('output', ...casesOf(names.map(name)))], index);
}

/** The value of a tensor that has but one. */
export function single(role: string, { shape }: Tensor): Expression {
  return read(
    role,
    shape.map(() => 0),
  );
}
