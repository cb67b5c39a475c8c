/**
 * Functions of one value of float32: ABS, COS, EXP, HARD_SWISH, LEAKY_RELU, LOGISTIC, NEG, RELU and its kin, SIN, SQUARE,
 * SQRT, TANH and more.
 *
 * Equals: reference/logistic.h, tanh.h, hard_swish.h, leaky_relu.h, neg.h; exp.cc, elementwise.cc, activations.cc.
 * Deviations: none.
 */
import { cosf, expf, expm1f, logf, sinf, tanhf } from '../float_math.ts';
import { type Eval, type Node, type OperatorOf, operator } from '../kernel.ts';
import type { Activation } from '../quantization.ts';
import type { Tensor } from '../tensor.ts';
import { clamp } from './activation.ts';
import type { FloatForm } from './with_float.ts';

const F = Math.fround;

/** Of a float32; the result is rounded to one. */
export type UnaryFunction = (x: number) => number;

interface UnaryFloat extends FloatForm {
  readonly input: Tensor<'float32'>;
  readonly output: Tensor<'float32'>;
  readonly fn: UnaryFunction;
}

/** output[i] = fn(input[i]). */
export function unaryFloat(fn: UnaryFunction): OperatorOf<FloatForm> {
  return unaryFloatOf(() => fn);
}

/** The same with a function that depends on the node's options or profile. */
export function unaryFloatOf(prepareFunction: (node: Node) => UnaryFunction): OperatorOf<FloatForm> {
  return operator((node): UnaryFloat => {
    const input = node.input(0, 'float32');
    return { kind: 'float', input, output: node.output(0, input.shape, 'float32'), fn: prepareFunction(node) };
  }, bind);
}

function bind({ input, output, fn }: UnaryFloat): Eval {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let i = 0; i < x.length; i++) y[i] = fn(x[i]);
  };
}

export const CEIL = unaryFloat(Math.ceil);
export const COS = unaryFloat(cosf);
export const FLOOR = unaryFloat(Math.floor);
export const SIN = unaryFloat(sinf);
export const SQUARE = unaryFloat((x) => x * x);

/** Halves to even; -0, where it would be, is 0. */
export const ROUND = unaryFloat((x) => {
  const floor = Math.floor(x);
  const rest = F(x - floor);
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : F(floor + 1);
});

export const absFloat = unaryFloat(Math.abs);
export const eluFloat = unaryFloat((x) => (x < 0 ? expm1f(x) : x));
export const logFloat = unaryFloat(logf);

export const rsqrtFloat = unaryFloat((x) => 1 / F(Math.sqrt(x)));

/** Never -0; in tflite-2.19, NaN gives 0. */
export const signFloat = unaryFloatOf((node) => {
  const ofNaN = node.profile === 'tflite-2.19' ? 0 : NaN;
  return (x) => (Number.isNaN(x) ? ofNaN : Math.sign(x) + 0);
});

export const tanhFloat = unaryFloat(tanhf);
export const expFloat = unaryFloat(expf);
export const sqrtFloat = unaryFloat(Math.sqrt);
export const negFloat = unaryFloat((x) => -x);

/** Beyond about 16.6, it is 1; below -9, 1 + exp(-x) would lose what exp(x) keeps. */
export const logisticFloat = unaryFloat((x) => {
  if (x > 16.619047164916992) return 1;
  return x < -9 ? expf(x) : 1 / F(1 + expf(-x));
});

export const hardSwishFloat = unaryFloat((x) => {
  const shifted = F(x + 3);
  return F(x * (shifted > 0 ? Math.min(shifted, 6) : 0)) / 6; // NaN times 0 is NaN
});

export const leakyReluFloat = unaryFloatOf((node) => {
  const { alpha } = node.options<{ alpha: number }>();
  return (x) => (x > 0 ? x : x * alpha);
});

/** RELU and its kin; RELU6 in tflite-2.19 is max(0, x) of C++, which makes 0 of NaN, and of -0. */
export function clampFloat(activation: Activation | 'RELU_0_TO_1') {
  const [min, max] = CLAMPS[activation]!;
  return unaryFloatOf((node) => {
    if (activation === 'RELU6' && node.profile === 'tflite-2.19') return (x) => (x > 0 ? Math.min(x, 6) : 0);
    return (x) => clamp(x, min, max);
  });
}

const CLAMPS: { readonly [activation: string]: readonly [number, number] } = {
  RELU: [0, Infinity],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
  RELU_0_TO_1: [0, 1],
};
