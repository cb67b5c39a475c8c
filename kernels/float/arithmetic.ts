/**
 * ADD, SUB, MUL and DIV of float32, as they occur between quantized nodes and behind them: one operation, rounded to
 * float32, and the clamp of a fused activation. What has none: MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, PRELU, FLOOR_DIV,
 * FLOOR_MOD, POW, and the comparisons.
 *
 * Equals: reference/add.h, sub.h, mul.h, div.h, maximum_minimum.h, prelu.h, floor_mod.h, comparisons.h; squared_difference.cc,
 * floor_div.cc, pow.cc. Deviations: none.
 */
import { InputError } from '../errors.ts';
import { powf } from '../float_math.ts';
import { type Eval, type Node, type OperatorOf, operator } from '../kernel.ts';
import { roundHalfAway } from '../quantization.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { isSameShape } from '../tensor.ts';
import { clamp, MAX, prepareActivationFloat } from './activation.ts';
import type { FloatForm } from './with_float.ts';

export function prepareArithmetic(node: Node) {
  return { ...preparePair(node), ...prepareActivationFloat(node) };
}

/** Without a clamp. */
export function preparePair(node: Node) {
  const input1 = node.input(0, 'float32');
  const input2 = node.input(1, 'float32');
  const broadcast = prepareBroadcast(node, input1, input2);
  const output = node.output(0, broadcast.shape, 'float32');
  return {
    kind: 'float' as const,
    input1,
    input2,
    output,
    broadcast,
    activationMin: -Infinity,
    activationMax: Infinity,
  };
}

type Arithmetic = ReturnType<typeof prepareArithmetic>;

/** fn: of two float32, which are exact in double; the result is rounded here. */
export function arithmetic(p: Arithmetic, fn: (a: number, b: number) => number): Eval {
  const [a, b, y] = [p.input1.data, p.input2.data, p.output.data];
  return forEachRow(p.broadcast, (to, from) => row(p, fn, a, b, y, p.broadcast, to, from));
}

/** The operations, for `arithmetic`. */
export const addFloat = (a: number, b: number) => a + b;
export const subtractFloat = (a: number, b: number) => a - b;
export const multiplyFloat = (a: number, b: number) => a * b;

/** Zero divisors are no error here: they give infinities, which are clamped, or NaN. */
export const divideFloat = (a: number, b: number) => a / b;

/** Where one is NaN, or both are 0, the second. */
export const maximumFloat = (a: number, b: number) => (a > b ? a : b);
export const minimumFloat = (a: number, b: number) => (a < b ? a : b);

function row(
  { activationMin, activationMax }: Arithmetic,
  fn: (a: number, b: number) => number,
  a: Float32Array,
  b: Float32Array,
  y: Float32Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = clamp(Math.fround(fn(a[i], b[j])), activationMin, activationMax);
  }
}

// ---- operators without an activation

type BinaryFunction = (a: number, b: number) => number;

/** output = fn(input1, input2), rounded to float32. */
function binaryFloat(fn: BinaryFunction): OperatorOf<FloatForm> {
  return operator(preparePair, (p) => arithmetic(p, fn));
}

const F = Math.fround;

export const preluFloat = binaryFloat((x, alpha) => (x >= 0 ? x : x * alpha));

export const squaredDifferenceFloat = binaryFloat((a, b) => {
  const difference = F(a - b);
  return difference * difference;
});

/** The remainder has the divisor's sign. */
export const floorModFloat = binaryFloat((a, b) => {
  const remainder = a % b;
  return remainder !== 0 && b < 0 !== remainder < 0 ? remainder + b : remainder;
});

export const floorDivFloat: OperatorOf<FloatForm> = operator(
  (node) => ({ ...preparePair(node), node }),
  (p) => {
    const run = arithmetic(p, (a, b) => Math.floor(F(a / b)));
    const divisors = p.input2.data;
    return () => {
      const i = divisors.indexOf(0);
      if (i >= 0) throw new InputError(`${p.node}: value ${i} of ${p.input2} is 0, and a divisor`, p.node.place);
      run();
    };
  },
);

/** Where shapes differ, one exponent that is a whole number from 1 on is a product of powers, each clamped to what is finite. */
const powFloat: OperatorOf<FloatForm> = operator(
  (node) => preparePair(node),
  (p) => {
    const exponents = p.input2.data;
    const isOne = exponents.length === 1 && !isSameShape(p.input1.shape, p.input2.shape);
    let whole = 0;
    const run = arithmetic(p, (base, exponent) => (whole > 0 ? wholePower(base, whole) : powf(base, exponent)));
    return () => {
      const rounded = roundHalfAway(exponents[0]);
      whole = isOne && rounded >= 1 && Math.abs(F(exponents[0] - rounded)) < EPSILON ? rounded : 0;
      run();
    };
  },
);

const EPSILON = F(1e-5);

function wholePower(base: number, exponent: number): number {
  if (exponent === 1) return base;
  const root = wholePower(base, Math.trunc(exponent / 2));
  const even = clamp(F(root * root), -MAX, MAX);
  return exponent % 2 === 1 ? clamp(F(base * even), -MAX, MAX) : even;
}

export const POW = powFloat;

// ---- ADD_N

/** The sum of all inputs, from the first to the last, clamped to what is finite; not in tflm. */
export const addNFloat = operator(
  (node: Node) => {
    node.require(node.inputs.length >= 2, 'there must be two inputs at least');
    const inputs = node.inputs.map((_, i) => node.input(i, 'float32'));
    const { shape } = inputs[0];
    for (const input of inputs) {
      node.require(isSameShape(input.shape, shape), `inputs of shapes [${shape}] and [${input.shape}] cannot be added`);
    }
    const max = node.isMicro ? Infinity : MAX;
    return { kind: 'float' as const, inputs, output: node.output(0, shape, 'float32'), max };
  },
  ({ inputs, output, max }): Eval => {
    const [first, ...others] = inputs.map((input) => input.data);
    const sum = output.data;
    return () => {
      sum.set(first);
      for (const values of others)
        for (let i = 0; i < sum.length; i++) sum[i] = clamp(F(sum[i] + values[i]), -max, max);
    };
  },
);

// ---- comparisons

/** output, a bool, = fn(input1, input2). */
export function comparisonFloat(fn: (a: number, b: number) => number): OperatorOf<FloatForm> {
  return operator(prepareComparison, (p) => {
    const [a, b, y] = [p.input1.data, p.input2.data, p.output.data];
    return forEachRow(p.broadcast, (to, from) => compareRow(fn, a, b, y, p.broadcast, to, from));
  });
}

function prepareComparison(node: Node) {
  const input1 = node.input(0, 'float32');
  const input2 = node.input(1, 'float32');
  const broadcast = prepareBroadcast(node, input1, input2);
  const output = node.output(0, broadcast.shape, 'bool');
  return { kind: 'float' as const, input1, input2, output, broadcast };
}

function compareRow(
  fn: (a: number, b: number) => number,
  a: Float32Array,
  b: Float32Array,
  y: Uint8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) y[k] = fn(a[i], b[j]);
}
