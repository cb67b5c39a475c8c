/**
 * LOG_SOFTMAX: output[i] = input[i] - max - log(sum over j of exp(input[j] - max)), along the last axis, in steps of 1/16
 * below the output's greatest value.
 *
 * Equals: reference/log_softmax.h (uint8), reference/integer_ops/log_softmax.h (int8). Deviations: a sum that leaves
 * int32, beyond 4096 equal maxima, saturates.
 */
import {
  logForXGreaterThanOrEqualTo1,
  multiplyByQuantizedMultiplier,
  roundingDivideByPOT,
  saturatingAdd,
} from '../fixed_point.ts';
import { logSoftmaxBytes, prepareLogSoftmaxBytes } from '../float/log_softmax_bytes.ts';
import { logSoftmaxFloat } from '../float/softmax.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  logSoftmaxReverseMultiplier,
  quantizeMultiplier,
  softmaxInputRadius,
  softmaxMultiplier,
  typeRange,
} from '../quantization.ts';
import { byteMask, int8View } from '../tensor.ts';
import { prepareExps } from './softmax.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  const output = node.output(0, input.shape, input.dtype);
  const { min, max } = typeRange(output.dtype);
  node.require(
    output.scale === 1 / 16 && output.zeroPoint === max,
    `the output is quantized by (${output.scale}, ${output.zeroPoint}); it must be by (1/16, ${max})`,
  );
  if (node.profile === 'xnnpack') return prepareLogSoftmaxBytes(node, input, output);
  const { singleRounding } = node;
  const scale = quantizeMultiplier(softmaxMultiplier(1, input.scale, singleRounding), singleRounding);
  const reverse = quantizeMultiplier(logSoftmaxReverseMultiplier(scale), singleRounding);
  return {
    kind: 'integer' as const,
    input,
    output,
    depth: input.shape.at(-1)!,
    exps: prepareExps(scale),
    scale,
    reverse,
    diffMin: Math.max(-softmaxInputRadius(scale.shift), -256), // no difference is larger
    outputMin: min,
    outputMax: max,
  };
}

type LogSoftmax = Extract<ReturnType<typeof prepare>, { kind: 'integer' }>;

function bind(p: ReturnType<typeof prepare>): Eval {
  if (p.kind === 'float32 sum') return logSoftmaxBytes(p);
  const input = int8View(p.input);
  const output = int8View(p.output);
  const mask = byteMask(p.input.dtype);
  return () => evalLogSoftmax(p, input, mask, output);
}

function evalLogSoftmax(p: LogSoftmax, input: Int8Array, mask: number, output: Int8Array) {
  const { depth, exps, scale, reverse, diffMin, outputMin, outputMax } = p;
  const { singleRounding } = scale;
  for (let from = 0; from < input.length; from += depth) {
    const end = from + depth;
    let max = input[from] & mask;
    for (let i = from; i < end; i++) max = Math.max(max, input[i] & mask);
    let sum = 0; // Q(12)
    for (let i = from; i < end; i++) sum = saturatingAdd(sum, roundingDivideByPOT(exps[max - (input[i] & mask)], 12));
    const log = logForXGreaterThanOrEqualTo1(sum, 12, 5); // Q(5)
    const logAboveLeast = (log - 0x80000000) | 0;
    const leastDiff = multiplyByQuantizedMultiplier(logAboveLeast, reverse.multiplier, reverse.shift, singleRounding);
    const adjustedDiffMin = Math.max(diffMin - 1, leastDiff);
    for (let i = from; i < end; i++) {
      const diff = (input[i] & mask) - max;
      if (diff > adjustedDiffMin) {
        const scaled = multiplyByQuantizedMultiplier(diff, scale.multiplier, scale.shift, singleRounding); // Q(5)
        const value = roundingDivideByPOT((scaled - log) | 0, 22) + outputMax;
        output[i] = Math.min(Math.max(value, outputMin), outputMax);
      } else {
        output[i] = outputMin;
      }
    }
  }
}

export const LOG_SOFTMAX = withFloat(operator(prepare, bind), logSoftmaxFloat);
