/**
 * GELU of float32: output = input / 2 * erfc(-input / sqrt(2)), or approximately input / 2 *
 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))).
 *
 * Equals: reference/gelu.h Gelu, which is Eigen's: the last size % 4 values, which fill no vector, have another exp inside of erfc.
 * Deviations: none.
 */
import { expf } from '../float_math.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { erfcEigen, expEigen, tanhEigen } from './eigen.ts';

const F = Math.fround;
const [CUBIC, FACTOR, ROOT] = Float32Array.of(0.044715, Math.sqrt(2 / Math.PI), -Math.SQRT1_2);

function prepare(node: Node) {
  const { approximate } = node.options<{ approximate: boolean }>();
  const input = node.input(0, 'float32');
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), approximate };
}

function bind({ input, output, approximate }: ReturnType<typeof prepare>): Eval {
  const [x, y] = [input.data, output.data];
  return approximate ? () => geluApproximate(x, y) : () => gelu(x, y);
}

function gelu(x: Float32Array, y: Float32Array) {
  const vectors = x.length & ~3;
  for (let i = 0; i < x.length; i++) {
    y[i] = F(0.5 * x[i]) * erfcEigen(F(x[i] * ROOT), i < vectors ? expEigen : expf);
  }
}

function geluApproximate(x: Float32Array, y: Float32Array) {
  for (let i = 0; i < x.length; i++) {
    const cube = F(F(x[i] * x[i]) * x[i]);
    y[i] = F(0.5 * x[i]) * F(1 + tanhEigen(F(FACTOR * F(x[i] + F(CUBIC * cube)))));
  }
}

export const geluFloat = operator(prepare, bind);
