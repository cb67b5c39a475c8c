/**
 * PRELU: output = requantize(x) if x >= 0, else requantize(x * (alpha - alphaZeroPoint)), where x = input - inputZeroPoint
 * and alpha is broadcast. int16 goes with an int8 alpha.
 *
 * Equals: reference/prelu.h. tflm: multipliers in double. Deviations: none.
 */
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { preluFloat } from '../float/arithmetic.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  convolutionMultiplier,
  mulMultiplier,
  quantizeMultiplier,
  quantizeScale,
  reluMultiplier,
  typeRange,
} from '../quantization.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { byteMask, int8View, isSameShape, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const alpha = node.input(1, input.dtype === 'uint8' ? 'uint8' : 'int8');
  const broadcast = prepareBroadcast(node, input, alpha);
  node.require(
    isSameShape(broadcast.shape, input.shape),
    `alpha of shape [${alpha.shape}] does not go with an input of [${input.shape}]`,
  );
  const output = node.output(0, input.shape, input.dtype);
  const { isMicro, singleRounding } = node;
  const positive = quantizeMultiplier(
    (isMicro ? quantizeScale : reluMultiplier)(input.scale, output.scale),
    singleRounding,
  );
  const negative = quantizeMultiplier(
    (isMicro ? convolutionMultiplier : mulMultiplier)(input.scale, alpha.scale, output.scale),
    singleRounding,
  );
  return {
    input,
    alpha,
    output,
    broadcast,
    inputOffset: 0 - input.zeroPoint,
    alphaOffset: 0 - alpha.zeroPoint,
    outputOffset: output.zeroPoint,
    multiplier1: positive.multiplier,
    shift1: positive.shift,
    multiplier2: negative.multiplier,
    shift2: negative.shift,
    singleRounding,
    ...typeRange(output.dtype),
  };
}

export type Prelu = ReturnType<typeof prepare>;

function prelu(value: number, alpha: number, p: Prelu): number {
  const x = (value + p.inputOffset) | 0;
  const scaled =
    x >= 0
      ? multiplyByQuantizedMultiplier(x, p.multiplier1, p.shift1, p.singleRounding)
      : multiplyByQuantizedMultiplier(Math.imul(x, alpha + p.alphaOffset), p.multiplier2, p.shift2, p.singleRounding);
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.min), p.max);
}

function bind(p: Prelu): Eval {
  const alpha = int8View(p.alpha);
  if (p.input.dtype === 'int16') {
    const [x, y] = [p.input.data as Int16Array, p.output.data as Int16Array];
    return forEachRow(p.broadcast, (to, from) => prelu16(p, x, alpha, y, p.broadcast, to, from));
  }
  const [x, y] = [p.input, p.output].map((tensor) => int8View(tensor as Tensor<'int8' | 'uint8'>));
  const mask = byteMask(p.input.dtype);
  return forEachRow(p.broadcast, (to, from) => prelu8(p, mask, x, alpha, y, p.broadcast, to, from));
}

function prelu8(
  p: Prelu,
  mask: number,
  x: Int8Array,
  alpha: Int8Array,
  y: Int8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = prelu(x[i] & mask, alpha[j] & mask, p);
  }
}

function prelu16(
  p: Prelu,
  x: Int16Array,
  alpha: Int8Array,
  y: Int16Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    y[k] = prelu(x[i], alpha[j], p);
  }
}

export const PRELU = withFloat(operator(prepare, bind), preluFloat);
