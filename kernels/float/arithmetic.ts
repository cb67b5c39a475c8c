/**
 * ADD, SUB, MUL, DIV and SQRT of float32, as they occur between quantized nodes and behind them: one operation, rounded to
 * float32, and the clamp of a fused activation, which makes the greatest finite value of infinity even where there is none.
 *
 * Equals: reference/add.h, sub.h, mul.h, div.h; elementwise.cc. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import type { Activation } from '../quantization.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../reference/broadcast.ts';

const MAX = Math.fround(3.4028234663852886e38);

/** By activation: the least and the greatest value. */
const RANGES: { readonly [activation: string]: readonly [number, number] } = {
  RELU: [0, MAX],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
};

export function prepareArithmetic(node: Node) {
  const input1 = node.input(0, 'float32');
  const input2 = node.input(1, 'float32');
  const broadcast = prepareBroadcast(node, input1, input2);
  const output = node.output(0, broadcast.shape, 'float32');
  const { fusedActivationFunction } = node.options<{ fusedActivationFunction: Activation }>();
  const [activationMin, activationMax] = RANGES[fusedActivationFunction] ?? [-MAX, MAX];
  return { kind: 'float' as const, input1, input2, output, broadcast, activationMin, activationMax };
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
    const value = Math.fround(fn(a[i], b[j]));
    y[k] = value < activationMin ? activationMin : value > activationMax ? activationMax : value; // NaN and -0 remain
  }
}

export function prepareSqrtFloat(node: Node) {
  const input = node.input(0, 'float32');
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32') };
}

export function sqrtFloat({ input, output }: ReturnType<typeof prepareSqrtFloat>): Eval {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let i = 0; i < x.length; i++) y[i] = Math.sqrt(x[i]);
  };
}
