/**
 * MEAN of float32: output = sum of the elements, added up in the order in which they lie, / their number.
 *
 * Equals: reference/reduce.h Mean. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { prepareReduction, step } from '../shared/reduction.ts';

const F = Math.fround;

export function prepareMeanFloat(node: Node) {
  const input = node.input(0, 'float32');
  return { kind: 'float' as const, input, ...prepareReduction(node, input) };
}

export function meanFloat({ input, output, reduction, count }: ReturnType<typeof prepareMeanFloat>): Eval {
  const { outputs, reduced, runs, runLength, runStride } = reduction;
  const [x, y] = [input.data, output.data];
  return () => {
    for (let o = 0, start = 0; o < y.length; o++, start = step(outputs, start)) {
      let sum = 0;
      for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
        for (let k = 0, i = from; k < runLength; k++, i += runStride) sum = F(sum + x[i]);
      }
      y[o] = sum / count;
    }
  };
}
