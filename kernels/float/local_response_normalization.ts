/**
 * LOCAL_RESPONSE_NORMALIZATION: output[c] = input[c] * (bias + alpha * sum of input[i]^2)^-beta, i in c - radius..c + radius - 1, the
 * squares added up in order, in float32, the rest in double.
 *
 * Equals: LocalResponseNormalization of reference/reference_ops.h. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';

const F = Math.fround;

interface Options {
  radius: number;
  bias: number;
  alpha: number;
  beta: number;
}

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  node.require(input.shape.length === 4, `the input must have 4 dimensions, not ${input.shape.length}`);
  const { radius, bias, alpha, beta } = node.options<Options>();
  node.macs = input.size * Math.max(Math.min(2 * radius, input.shape[3]), 0);
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), radius, bias, alpha, beta };
}

function bind({ input, output, radius, bias, alpha, beta }: ReturnType<typeof prepare>): Eval {
  const [x, y] = [input.data, output.data];
  const depth = input.shape[3];
  return () => {
    for (let i = 0; i < x.length; i++) {
      const c = i % depth;
      const end = i - c + Math.min(depth, c + radius);
      let sum = 0;
      for (let k = i - c + Math.max(0, c - radius); k < end; k++) sum = F(sum + F(x[k] * x[k]));
      y[i] = x[i] * F((bias + alpha * sum) ** -beta); // all in double
    }
  };
}

export const LOCAL_RESPONSE_NORMALIZATION = operator(prepare, bind);
