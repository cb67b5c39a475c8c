/**
 * L2_NORMALIZATION: output = x / sqrt(sum of x^2) along the last axis, for x = input - inputZeroPoint, in steps of 1/128.
 * float32 is in float/l2_normalization.ts.
 *
 * Equals: reference/l2normalization.h (uint8), reference/integer_ops/l2normalization.h (int8). Deviations: none.
 */
import {
  invSqrtMultiplier,
  invSqrtShift,
  multiplyByQuantizedMultiplier,
  multiplyByQuantizedMultiplierSmallerThanOneExp,
} from '../fixed_point.ts';
import { l2NormalizationFloat, prepareL2NormalizationFloat } from '../float/l2_normalization.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import type { Activation } from '../quantization.ts';
import { int8View } from '../tensor.ts';

interface Options {
  fusedActivationFunction: Activation;
}

function prepare(node: Node) {
  const { fusedActivationFunction } = node.options<Options>();
  if (fusedActivationFunction !== 'NONE') node.unsupported(`TFLite does not fuse it with ${fusedActivationFunction}`);
  if (node.input(0).dtype === 'float32') return prepareL2NormalizationFloat(node);
  const input = node.input(0, 'int8', 'uint8');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  const output = node.output(0, input.shape, input.dtype);
  const zeroPoint = output.dtype === 'int8' ? 0 : 128;
  node.require(
    output.scale === 1 / 128 && output.zeroPoint === zeroPoint,
    `the output is quantized by (${output.scale}, ${output.zeroPoint}); it must be by (1/128, ${zeroPoint})`,
  );
  return {
    kind: 'integer' as const,
    input,
    output,
    depth: input.shape.at(-1)!,
    inputOffset: 0 - input.zeroPoint,
    singleRounding: node.singleRounding,
  };
}

type L2Normalization = Extract<ReturnType<typeof prepare>, { kind: 'integer' }>;

function bind(p: ReturnType<typeof prepare>): Eval {
  if (p.kind === 'float') return l2NormalizationFloat(p);
  const input = int8View(p.input);
  const output = int8View(p.output);
  return p.input.dtype === 'int8' ? () => evalInt8(p, input, output) : () => evalUint8(p, input, output);
}

function evalInt8({ depth, inputOffset, singleRounding }: L2Normalization, input: Int8Array, output: Int8Array) {
  for (let from = 0; from < input.length; from += depth) {
    const end = from + depth;
    let acc = 0;
    for (let i = from; i < end; i++) acc = (acc + Math.imul(input[i] + inputOffset, input[i] + inputOffset)) | 0;
    const multiplier = invSqrtMultiplier(acc);
    const shift = (invSqrtShift(acc) + 7) | 0;
    for (let i = from; i < end; i++) {
      const value = multiplyByQuantizedMultiplier(input[i] + inputOffset, multiplier, shift, singleRounding);
      output[i] = Math.min(Math.max(value, -128), 127);
    }
  }
}

/** Other than int8: scaled by 128 before the product. */
function evalUint8({ depth, inputOffset, singleRounding }: L2Normalization, input: Int8Array, output: Int8Array) {
  for (let from = 0; from < input.length; from += depth) {
    const end = from + depth;
    let acc = 0;
    for (let i = from; i < end; i++) {
      const x = (input[i] & 0xff) + inputOffset;
      acc = (acc + Math.imul(x, x)) | 0;
    }
    const multiplier = invSqrtMultiplier(acc);
    const shift = invSqrtShift(acc);
    for (let i = from; i < end; i++) {
      const x = ((input[i] & 0xff) + inputOffset) << 7;
      const value = multiplyByQuantizedMultiplierSmallerThanOneExp(x, multiplier, shift, singleRounding);
      output[i] = Math.min(Math.max((128 + value) | 0, 0), 255);
    }
  }
}

export const L2_NORMALIZATION = operator(prepare, bind);
