/**
 * GELU of float32: output = input / 2 * erfc(-input / sqrt(2)), or approximately input / 2 *
 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))).
 *
 * Equals: reference/gelu.h Gelu, which is Eigen's: the last size % 4 values, which fill no vector, have another exp inside of erfc.
 * tflite-2.19: by the C library's erfc, or an older tanh of Eigen's. Deviations: none.
 */
import { expf } from '../float_math.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { floatFunctions } from '../quantization.ts';
import { erfcEigen, expEigen, tanhEigen, tanhEigen219 } from './eigen.ts';

const F = Math.fround;
const [CUBIC, FACTOR, ROOT] = Float32Array.of(0.044715, Math.sqrt(2 / Math.PI), -Math.SQRT1_2);

function prepare(node: Node) {
  const { approximate } = node.options<{ approximate: boolean }>();
  const input = node.input(0, 'float32');
  const is219 = node.profile === 'tflite-2.19';
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), approximate, is219 };
}

function bind({ input, output, approximate, is219 }: ReturnType<typeof prepare>): Eval {
  const [x, y] = [input.data, output.data];
  if (is219 && !approximate) {
    return () => {
      for (let i = 0; i < x.length; i++) y[i] = floatFunctions.gelu(x[i]);
    };
  }
  return approximate ? () => geluApproximate(x, y, is219 ? tanhEigen219 : tanhEigen) : () => gelu(x, y);
}

function gelu(x: Float32Array, y: Float32Array) {
  const vectors = x.length & ~3;
  for (let i = 0; i < x.length; i++) {
    y[i] = F(0.5 * x[i]) * erfcEigen(F(x[i] * ROOT), i < vectors ? expEigen : expf);
  }
}

function geluApproximate(x: Float32Array, y: Float32Array, tanh: (x: number) => number) {
  for (let i = 0; i < x.length; i++) {
    const cube = F(F(x[i] * x[i]) * x[i]);
    y[i] = F(0.5 * x[i]) * F(1 + tanh(F(FACTOR * F(x[i] + F(CUBIC * cube)))));
  }
}

export const geluFloat = operator(prepare, bind);
