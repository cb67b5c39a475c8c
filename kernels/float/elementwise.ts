/**
 * Functions of one value of float32: LOGISTIC, TANH, EXP, SQRT, HARD_SWISH, LEAKY_RELU, RELU, RELU6, RELU_N1_TO_1,
 * RELU_0_TO_1.
 *
 * Equals: reference/logistic.h, tanh.h, hard_swish.h, leaky_relu.h; exp.cc, elementwise.cc, activations.cc. Deviations:
 * none.
 */
import { expf, tanhf } from '../float_math.ts';
import type { Eval, Node } from '../kernel.ts';
import type { Activation } from '../quantization.ts';
import { clamp } from './activation.ts';

const F = Math.fround;

/** fn: of a float32; the result is rounded to one. */
export function prepareUnaryFloat(node: Node, fn: (x: number) => number) {
  const input = node.input(0, 'float32');
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), fn };
}

export function unaryFloat({ input, output, fn }: ReturnType<typeof prepareUnaryFloat>): Eval {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let i = 0; i < x.length; i++) y[i] = fn(x[i]);
  };
}

export const tanhFloat = tanhf;
export const expFloat = expf;
export const sqrtFloat = Math.sqrt;

/** Beyond about 16.6, it is 1; below -9, 1 + exp(-x) would lose what exp(x) keeps. */
export function logisticFloat(x: number): number {
  if (x > 16.619047164916992) return 1;
  return x < -9 ? expf(x) : 1 / F(1 + expf(-x));
}

export function hardSwishFloat(x: number): number {
  const shifted = F(x + 3);
  return F(x * (shifted > 0 ? Math.min(shifted, 6) : 0)) / 6; // NaN times 0 is NaN
}

export function leakyReluFloat(alpha: number) {
  return (x: number) => (x > 0 ? x : x * alpha);
}

/** The operators that only clamp. */
export function clampFloat(activation: Activation | 'RELU_0_TO_1') {
  const [min, max] = CLAMPS[activation]!;
  return (x: number) => clamp(x, min, max);
}

/** RELU6 in tflite-2.19: max(0, x) of C++, which makes 0 of NaN, and of -0. */
export function relu6Float219(x: number): number {
  return x > 0 ? Math.min(x, 6) : 0;
}

const CLAMPS: { readonly [activation: string]: readonly [number, number] } = {
  RELU: [0, Infinity],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
  RELU_0_TO_1: [0, 1],
};
