/**
 * LEAKY_RELU: output = requantize(x) if x >= 0, else requantize(alpha * x), where x = input - inputZeroPoint. float32 is in
 * float/elementwise.ts.
 *
 * Equals: reference/leaky_relu.h. tflm: multipliers in double. tflite-2.19 does not take the sign out of alpha's multiplier
 * before it is multiplied by and rounded; nor does optimized/integer_ops/leaky_relu.h, xnnpack's of int16. Deviations:
 * none.
 */
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { leakyReluFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  convolutionMultiplier,
  mulMultiplier,
  type QuantizedType,
  quantizeMultiplier,
  quantizeScale,
  reluMultiplier,
  table8,
  typeRange,
} from '../quantization.ts';
import { prepareZeroPoints, unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import type { Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareXnnpackRescale } from './xnnpack/table.ts';

interface Options {
  alpha: number;
}

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const output = node.output(0, input.shape, input.dtype);
  prepareZeroPoints(node, input, output);
  const { dtype } = input;
  const params = prepareParams(node, input, output);
  if (isDelegated(node)) {
    const [from, to] = [input, output] as Tensor<'int8' | 'uint8'>[];
    const table = prepareXnnpackRescale(node, from, to, node.options<Options>().alpha);
    return { input, output, table, params };
  }
  if (node.profile === 'xnnpack' && dtype === 'int16') node.arithmetic = 'optimized';
  const table = dtype === 'int16' ? undefined : table8(dtype, dtype, (value) => leakyRelu(value, params));
  return { input, output, table, params };
}

type Params = ReturnType<typeof prepareParams>;

function prepareParams(node: Node, input: Tensor, output: Tensor<QuantizedType>) {
  const { alpha } = node.options<Options>();
  const { isMicro, singleRounding } = node;
  const identityReal = isMicro ? quantizeScale : reluMultiplier;
  const alphaReal = isMicro ? convolutionMultiplier : mulMultiplier;
  const identity = quantizeMultiplier(identityReal(input.scale, output.scale), singleRounding);
  const below = quantizeMultiplier(alphaReal(input.scale, alpha, output.scale), singleRounding);
  const keepsSign = node.profile === 'tflite-2.19' || (node.profile === 'xnnpack' && output.dtype === 'int16');
  const alphaSign = below.multiplier < 0 && !keepsSign ? -1 : 1; // upstream takes it out, too
  return {
    alpha,
    identityReal,
    alphaReal,
    inputOffset: 0 - input.zeroPoint,
    outputOffset: output.zeroPoint,
    identityMultiplier: identity.multiplier,
    identityShift: identity.shift,
    alphaMultiplier: Math.imul(below.multiplier, alphaSign),
    alphaShift: below.shift,
    alphaSign,
    singleRounding,
    ...typeRange(output.dtype),
  };
}

function leakyRelu(value: number, p: Params): number {
  const x = (value + p.inputOffset) | 0;
  const scaled =
    x >= 0
      ? multiplyByQuantizedMultiplier(x, p.identityMultiplier, p.identityShift, p.singleRounding)
      : Math.imul(multiplyByQuantizedMultiplier(x, p.alphaMultiplier, p.alphaShift, p.singleRounding), p.alphaSign);
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.min), p.max);
}

function bind(p: ReturnType<typeof prepare>): Eval {
  const { input, output, table, params } = p;
  if (table) return lookup(input as Tensor<'int8' | 'uint8'>, table, output);
  return unary(input as Tensor<'int16'>, output, (value) => leakyRelu(value, params));
}

export const LEAKY_RELU = withFloat(operator(prepare, bind), leakyReluFloat);
