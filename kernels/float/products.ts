/** Sums of products in float32: what CONV_2D and FULLY_CONNECTED are made of, and what becomes of the sums. */
import type { Node } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import { clamp } from './activation.ts';

const F = Math.fround;

/** The type of addProducts, and of what adds up integers alike. */
export type AddProducts<X, W, S> = (
  input: X,
  from: number,
  depth: number,
  filter: W,
  at: number,
  stride: number,
  sums: S,
  to: number,
  count: number,
) => void;

/**
 * sums[to + o] += input[from + d] * filter[at + o * stride + d], for d in 0..depth - 1 in that order, each product and each
 * sum rounded; o in 0..count - 1. Four sums at a time: one would wait for the other's rounding.
 */
export function addProducts(
  input: Float32Array,
  from: number,
  depth: number,
  filter: Float32Array,
  at: number,
  stride: number,
  sums: Float32Array,
  to: number,
  count: number,
) {
  const end = from + depth;
  let o = 0;
  for (; o + 3 < count; o += 4) {
    let sum0 = sums[to + o];
    let sum1 = sums[to + o + 1];
    let sum2 = sums[to + o + 2];
    let sum3 = sums[to + o + 3];
    for (let i = from, f = at + o * stride; i < end; i++, f++) {
      const x = input[i];
      sum0 = F(sum0 + F(x * filter[f]));
      sum1 = F(sum1 + F(x * filter[f + stride]));
      sum2 = F(sum2 + F(x * filter[f + 2 * stride]));
      sum3 = F(sum3 + F(x * filter[f + 3 * stride]));
    }
    sums[to + o] = sum0;
    sums[to + o + 1] = sum1;
    sums[to + o + 2] = sum2;
    sums[to + o + 3] = sum3;
  }
  for (; o < count; o++) {
    let sum = sums[to + o];
    for (let i = from, f = at + o * stride; i < end; i++, f++) sum = F(sum + F(input[i] * filter[f]));
    sums[to + o] = sum;
  }
}

/** Added to each of the sums, if there is one. */
export function prepareBiasFloat(node: Node, channels: number, i = 2): Tensor<'float32'> | undefined {
  const bias = node.optionalInput(i, 'float32');
  node.require(!bias || bias.size === channels, `the bias has ${bias?.size} values for ${channels} channels`);
  return bias;
}

export interface Finish {
  readonly bias: Tensor<'float32'> | undefined;
  readonly activationMin: number;
  readonly activationMax: number;
}

/** output = clamp(output + bias), the bias being of the last dimension. */
export function finish({ bias, activationMin, activationMax }: Finish, output: Float32Array) {
  const biases = bias?.data;
  const channels = biases?.length ?? 1;
  for (let i = 0, c = 0; i < output.length; i++, c = c + 1 === channels ? 0 : c + 1) {
    output[i] = clamp(biases ? F(output[i] + biases[c]) : output[i], activationMin, activationMax);
  }
}
