/**
 * RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1: output = clamp(requantize(input - inputZeroPoint)), as operators of their own,
 * which move the input to the output's scale. (Fused into another operator, they only clamp.) float32 is in
 * float/elementwise.ts.
 *
 * Equals: reference_ops.h ReluX. tflm: a multiplier in double; RELU6 only clamps, in units of the input. Deviations:
 * none.
 */
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { clampFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  type QuantizedType,
  quantizeMultiplier,
  quantizeScale,
  reluMultiplier,
  table8,
} from '../quantization.ts';
import { prepareZeroPoints, unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import type { Tensor } from '../tensor.ts';

function relu(activation: Activation | 'RELU_0_TO_1') {
  const integer = operator((node) => prepare(node, activation), bind);
  return withFloat(integer, clampFloat(activation));
}

function prepare(node: Node, activation: Activation | 'RELU_0_TO_1') {
  const int16 = activation === 'RELU' || activation === 'RELU6' ? (['int16'] as const) : []; // upstream has no others
  const input = node.input(0, 'int8', 'uint8', ...int16);
  const output = node.output(0, input.shape, input.dtype);
  prepareZeroPoints(node, input, output);
  const { dtype } = input;
  const params = prepareParams(node, activation, input, output);
  const table = dtype === 'int16' ? undefined : table8(dtype, dtype, (value) => requantize(value, params));
  return { input, output, table, params };
}

type Params = ReturnType<typeof prepareParams>;

function prepareParams(
  node: Node,
  activation: Activation | 'RELU_0_TO_1',
  input: Tensor,
  output: Tensor<QuantizedType>,
) {
  const clampOnly = node.isMicro && activation === 'RELU6';
  const { scale, zeroPoint } = clampOnly ? input : output;
  const realMultiplier = node.isMicro ? quantizeScale : reluMultiplier;
  return {
    clampOnly,
    inputOffset: 0 - input.zeroPoint,
    outputOffset: output.zeroPoint,
    realMultiplier,
    ...quantizeMultiplier(realMultiplier(input.scale, output.scale), node.singleRounding),
    ...activationRange(activation, scale, zeroPoint, output.dtype),
  };
}

function requantize(value: number, p: Params): number {
  return Math.min(Math.max(p.clampOnly ? value : rescale(value, p), p.activationMin), p.activationMax);
}

function rescale(value: number, { inputOffset, multiplier, shift, singleRounding, outputOffset }: Params): number {
  const scaled = multiplyByQuantizedMultiplier((value + inputOffset) | 0, multiplier, shift, singleRounding);
  return (scaled + outputOffset) | 0;
}

function bind(p: ReturnType<typeof prepare>): Eval {
  const { input, output, table, params } = p;
  if (table) return lookup(input as Tensor<'int8' | 'uint8'>, table, output);
  return unary(input as Tensor<'int16'>, output, (value) => requantize(value, params));
}

export const RELU = relu('RELU');
export const RELU6 = relu('RELU6');
export const RELU_N1_TO_1 = relu('RELU_N1_TO_1');
export const RELU_0_TO_1 = relu('RELU_0_TO_1');
