/**
 * L2_NORMALIZATION of float32: output = input / max(sqrt(sum of input^2), 1e-6) along the last axis, the squares added up in
 * order.
 *
 * Equals: reference/l2normalization.h. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';

const F = Math.fround;
const LEAST = F(1e-6);

export function prepareL2NormalizationFloat(node: Node) {
  const input = node.input(0, 'float32');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), depth: input.shape.at(-1)! };
}

export function l2NormalizationFloat({ input, output, depth }: ReturnType<typeof prepareL2NormalizationFloat>): Eval {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let from = 0; from < x.length; from += depth) {
      const end = from + depth;
      let sum = 0;
      for (let i = from; i < end; i++) sum = F(sum + F(x[i] * x[i]));
      const root = F(Math.sqrt(sum));
      const norm = root < LEAST ? LEAST : root; // NaN remains
      for (let i = from; i < end; i++) y[i] = x[i] / norm;
    }
  };
}
