/**
 * ADD, SUB, MUL and DIV of float32, as they occur between quantized nodes and behind them: one operation, rounded to
 * float32, and the clamp of a fused activation. MAXIMUM and MINIMUM, which have none.
 *
 * Equals: reference/add.h, sub.h, mul.h, div.h, maximum_minimum.h. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { clamp, prepareActivationFloat } from './activation.ts';

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
