/**
 * MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_PROD of float32, over the elements in the order in which they lie. NaN is no maximum and
 * no minimum.
 *
 * Equals: reference/reduce.h Mean, reduce.cc. Deviations: none.
 */
import { type Eval, type Node, type OperatorOf, operator } from '../kernel.ts';
import { prepareReduction, type Reduction, step } from '../shared/reduction.ts';
import type { FloatForm } from './with_float.ts';

const F = Math.fround;

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  return { kind: 'float' as const, input, ...prepareReduction(node, input) };
}

/** output = next(... next(init, first) ..., last), each result rounded to float32; divided by their number if it is a mean. */
function reduction(init: number, next: (acc: number, value: number) => number, isMean = false): OperatorOf<FloatForm> {
  return operator(prepare, ({ input, output, reduction, count }): Eval => {
    const [x, y] = [input.data, output.data];
    const divisor = isMean ? count : 1;
    return () => reduce(reduction, x, y, init, next, divisor);
  });
}

function reduce(
  { outputs, reduced, runs, runLength, runStride }: Reduction,
  x: Float32Array,
  y: Float32Array,
  init: number,
  next: (acc: number, value: number) => number,
  divisor: number,
) {
  for (let o = 0, start = 0; o < y.length; o++, start = step(outputs, start)) {
    let acc = init;
    for (let run = 0, from = start; run < runs; run++, from = step(reduced, from)) {
      for (let k = 0, i = from; k < runLength; k++, i += runStride) acc = F(next(acc, x[i]));
    }
    y[o] = acc / divisor;
  }
}

const add = (acc: number, value: number) => acc + value;
const LOWEST = F(-3.4028234663852886e38);

export const meanFloat = reduction(0, add, true);
export const sumFloat = reduction(0, add);
export const reduceMaxFloat = reduction(LOWEST, (acc, value) => (value > acc ? value : acc));
export const reduceMinFloat = reduction(-LOWEST, (acc, value) => (value < acc ? value : acc));
export const reduceProdFloat = reduction(1, (acc, value) => acc * value);
