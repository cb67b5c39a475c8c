/**
 * SOFTMAX of float32: output[i] = exp(beta * (input[i] - max)) / sum over j of exp(beta * (input[j] - max)), along the last
 * axis, the sum in the order of the values. LOG_SOFTMAX: input[i] - max - log(sum over j of exp(input[j] - max)).
 *
 * Equals: reference/softmax.h, log_softmax.h. Deviations: none.
 */
import { expf, logf } from '../float_math.ts';
import { type Eval, type Node, operator } from '../kernel.ts';

const F = Math.fround;
const LOWEST = F(-3.4028234663852886e38);

export function prepareSoftmaxFloat(node: Node) {
  const { beta } = node.options<{ beta: number }>();
  const input = node.input(0, 'float32');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  const output = node.output(0, input.shape, 'float32');
  return { kind: 'float' as const, input, output, depth: input.shape.at(-1)!, beta };
}

export function softmaxFloat({ input, output, depth, beta }: ReturnType<typeof prepareSoftmaxFloat>): Eval {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let from = 0; from < x.length; from += depth) softmaxRow(x, y, from, from + depth, beta);
  };
}

function softmaxRow(x: Float32Array, y: Float32Array, from: number, end: number, beta: number) {
  let max = LOWEST;
  for (let i = from; i < end; i++) if (x[i] > max) max = x[i]; // NaN is no maximum
  let sum = 0;
  for (let i = from; i < end; i++) {
    y[i] = expf(F(F(x[i] - max) * beta));
    sum = F(sum + y[i]);
  }
  for (let i = from; i < end; i++) y[i] /= sum;
}

function prepareLogSoftmax(node: Node) {
  const input = node.input(0, 'float32');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  return { kind: 'float' as const, input, output: node.output(0, input.shape, 'float32'), depth: input.shape.at(-1)! };
}

export const logSoftmaxFloat = operator(prepareLogSoftmax, ({ input, output, depth }): Eval => {
  const [x, y] = [input.data, output.data];
  return () => {
    for (let from = 0; from < x.length; from += depth) logSoftmaxRow(x, y, from, from + depth);
  };
});

function logSoftmaxRow(x: Float32Array, y: Float32Array, from: number, end: number) {
  let max = LOWEST;
  for (let i = from; i < end; i++) if (x[i] > max) max = x[i];
  let sum = 0;
  for (let i = from; i < end; i++) sum = F(sum + expf(F(x[i] - max)));
  const log = logf(sum);
  for (let i = from; i < end; i++) y[i] = F(x[i] - max) - log;
}
