/**
 * SUM: output = clamp(multiplyByQuantizedMultiplier(sum of (input - inputZeroPoint)) + outputZeroPoint).
 * MEAN: the same, with the division by the number of elements in the multiplier.
 * Of int32 and int64: SUM is the sum, which wraps, and MEAN is sum / number, truncated. MEAN of float32 and SUM of float32 are in
 * float/reduce.ts.
 *
 * Equals: reference/reduce.h, QuantizedMeanOrSum and Mean. The sum and the mean of nothing are stored as 0.
 * Deviations: SUM of int8 is as wrong in profile tflite as in TFLite's own reference kernel, which reads and writes int8
 * as uint8, and right in tflm. That kernel reads int16 as uint8 too, and leaves half of the output unwritten: int16 is
 * right in every profile.
 */
import { addHigh, foldHigh, multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { meanFloat, sumFloat } from '../float/reduce.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  meanMultiplier,
  type QuantizedMultiplier,
  type QuantizedType,
  quantizeMultiplier,
  quantizeScale,
  typeRange,
} from '../quantization.ts';
import { prepareReduction, type Reducer64, reduce, reduceInt64 } from '../shared/reduction.ts';
import { bytesOf, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import {
  imageMean,
  isImageMean,
  prepareImageMean,
  prepareOptimizedSum,
  prepareXnnpackMean,
  xnnpackMean,
} from './xnnpack/mean.ts';

function prepareMean(node: Node) {
  return prepare(node, meanMultiplier, false);
}

function prepareSum(node: Node) {
  return prepare(node, (multiplier) => multiplier, !node.isMicro && node.inputs[0]?.dtype === 'int8');
}

function prepare(
  node: Node,
  multiplier: (scale: QuantizedMultiplier, count: number) => QuantizedMultiplier,
  asUint8: boolean,
) {
  const input = node.input(0, 'int8', 'uint8', 'int16', 'int32', 'int64');
  const { output, reduction, count } = prepareReduction(node, input);
  if (count === 0) return { kind: 'empty' as const, output };
  if (input.dtype === 'int32' || input.dtype === 'int64') {
    return { kind: 'integer' as const, input: input as Tensor<'int32' | 'int64'>, output, reduction, count };
  }
  const quantized = {
    input: input as Tensor<QuantizedType>,
    output: output as Tensor<QuantizedType>,
    reduction,
    count,
  };
  if (isDelegated(node)) return prepareXnnpackMean(node, quantized);
  if (node.profile === 'xnnpack' && node.op === 'SUM') return prepareOptimizedSum(node, quantized);
  if (node.profile === 'xnnpack' && isImageMean(node, input)) return prepareImageMean(node, quantized);
  node.require(
    input.dtype !== 'int16' || (input.zeroPoint === 0 && output.zeroPoint === 0),
    'the zero points of int16 must be 0',
  );
  return {
    kind: 'quantized' as const,
    ...quantized,
    ...multiplier(quantizeMultiplier(quantizeScale(input.scale, output.scale), node.singleRounding), count),
    valueMask: asUint8 ? 0xff : -1,
    inputOffset: Math.imul(0 - input.zeroPoint, count),
    outputOffset: output.zeroPoint,
    ...typeRange(asUint8 ? 'uint8' : (input.dtype as QuantizedType)),
  };
}

export type Sum = ReturnType<typeof prepare>;

function bindMean(p: ReturnType<typeof prepareMean>): Eval {
  if (p.kind === 'empty') return zero(p.output);
  if (p.kind === 'xnnpack') return xnnpackMean(p);
  if (p.kind === 'image') return imageMean(p);
  if (p.kind === 'quantized') return quantized(p);
  const { input, output, reduction, count } = p;
  if (input.dtype === 'int64') {
    return reduceInt64(reduction, input as Tensor<'int64'>, output as Tensor<'int64'>, {
      ...sumInt64,
      finish: (acc) => divide64(acc, count),
    });
  }
  const sum = new Int32Array(2); // upstream's is int64 too
  return reduce(reduction, input as Tensor<'int32'>, output as Tensor<'int32'>, {
    init: 0,
    next: (_, value) => {
      sum[1] = foldHigh(sum[1], sum[0], value);
      sum[0] += value;
      return 0;
    },
    finish: () => {
      divide64(sum, count);
      const mean = sum[0];
      sum.fill(0);
      return mean;
    },
  });
}

function bindSum(p: Sum): Eval {
  if (p.kind === 'empty') return zero(p.output);
  if (p.kind === 'xnnpack') return xnnpackMean(p);
  if (p.kind === 'image') return imageMean(p);
  if (p.kind === 'quantized') return quantized(p);
  const { input, output, reduction } = p;
  return input.dtype === 'int64'
    ? reduceInt64(reduction, input as Tensor<'int64'>, output as Tensor<'int64'>, sumInt64)
    : reduce(reduction, input as Tensor<'int32'>, output as Tensor<'int32'>, {
        init: 0,
        next: (acc, value) => (acc + value) | 0,
      });
}

function quantized(p: Sum & { kind: 'quantized' }): Eval {
  const { multiplier, shift, singleRounding, valueMask, outputOffset, min, max } = p;
  return reduce(p.reduction, p.input, p.output, {
    init: p.inputOffset,
    next: (acc, value) => (acc + (value & valueMask)) | 0,
    finish: (acc) => {
      const scaled = multiplyByQuantizedMultiplier(acc, multiplier, shift, singleRounding);
      return Math.min(Math.max((scaled + outputOffset) | 0, min), max);
    },
  });
}

const sumInt64: Reducer64 = {
  init: (acc) => acc.fill(0),
  next: (acc, low, high) => {
    acc[1] = addHigh(acc[1], acc[0], high, low);
    acc[0] += low;
  },
};

function zero(output: Tensor): Eval {
  const bytes = bytesOf(output);
  return () => {
    bytes.fill(0);
  };
}

/** acc / n, truncated, in acc; n in 1..2^31 - 1. Long division bit by bit: once for an output, it takes no time. */
function divide64(acc: Int32Array, n: number) {
  const sign = acc[1] >> 31;
  negateIf(acc, sign);
  let remainder = 0;
  for (let bit = 63; bit >= 0; bit--) {
    const i = bit >> 5;
    const next = (acc[i] >>> (bit & 31)) & 1;
    const missing = (n - remainder - next) | 0; // 2 * remainder + next may leave int32
    if (remainder >= missing) {
      remainder = (remainder - missing) | 0;
      acc[i] |= 1 << (bit & 31);
    } else {
      remainder = ((remainder << 1) + next) | 0;
      acc[i] &= ~(1 << (bit & 31));
    }
  }
  negateIf(acc, sign);
}

/** -acc for a sign of -1, acc for 0. */
function negateIf(acc: Int32Array, sign: number) {
  acc[0] = ((acc[0] ^ sign) - sign) | 0;
  acc[1] = ((acc[1] ^ sign) + (acc[0] === 0 ? sign & 1 : 0)) | 0;
}

export const MEAN = withFloat(operator(prepareMean, bindMean), meanFloat);
export const SUM = withFloat(operator(prepareSum, bindSum), sumFloat);
