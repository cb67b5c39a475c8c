/**
 * MEAN, SUM in profile xnnpack, where the delegate takes them: output = clamp(rint(float32(float32(float32(sum) * scale) + zero))), the sum of the stored
 * values, scale = float32(inputScale / outputScale), of MEAN times float32(1 / n), and
 * zero = float32(outputZeroPoint - float32(float32(n * inputZeroPoint) * scale)).
 *
 * SUM that it leaves: round(float32(float32(float32(sum) * scale) + zero)) + outputZeroPoint, halves away from zero, and
 * zero = float32(float32(-inputZeroPoint * scale) * n).
 * MEAN of int8 and uint8 along both axes of images, which stay as dimensions, that it leaves: 16 channels at a time
 * multiplyByQuantizedMultiplier(sum), halved up, the rest as the reference does; less inputZeroPoint in units of the output.
 *
 * Equals: XNNPACK's reduction of 8-bit sums; optimized/reduce.h QuantizedMeanOrSum; optimized/integer_ops/mean.h and
 * optimized_ops.h Mean. Deviations: none.
 *
 * No step of it falls where the sum rises: prepare finds the least sum of each value of the output, eval where a sum lies
 * between them.
 */
import { multiplyByPositiveMultiplier, multiplyByQuantizedMultiplierHalfUp } from '../../fixed_point.ts';
import type { Eval, Node } from '../../kernel.ts';
import {
  type QuantizedType,
  quantizeMultiplier,
  reluMultiplier,
  roundHalfAway,
  roundHalfEven,
  typeRange,
} from '../../quantization.ts';
import { type Reduction, reduce } from '../../shared/reduction.ts';
import type { Tensor } from '../../tensor.ts';

const F = Math.fround;

interface Reduced {
  readonly input: Tensor<QuantizedType>;
  readonly output: Tensor<QuantizedType>;
  readonly reduction: Reduction;
  readonly count: number;
}

export function prepareXnnpackMean(node: Node, reduced: Reduced) {
  node.arithmetic = 'XNNPACK';
  const { input, output, count, reduction } = reduced;
  const ratio = reluMultiplier(input.scale, output.scale);
  const scale = node.op === 'MEAN' ? F(ratio * F(1 / count)) : ratio;
  const zero = F(output.zeroPoint - F(F(count * input.zeroPoint) * scale));
  const thresholds = prepareThresholds(reduced, (sum) => roundHalfEven(F(F(F(sum) * scale) + zero)));
  return { kind: 'xnnpack' as const, input, output, reduction, count, ...thresholds };
}

export function prepareOptimizedSum(node: Node, reduced: Reduced) {
  node.arithmetic = 'optimized';
  const { input, output, count, reduction } = reduced;
  const scale = reluMultiplier(input.scale, output.scale);
  const zero = F(F(-input.zeroPoint * scale) * count);
  const answer = (sum: number) => roundHalfAway(F(F(F(sum) * scale) + zero)) + output.zeroPoint;
  return { kind: 'xnnpack' as const, input, output, reduction, count, ...prepareThresholds(reduced, answer) };
}

/** For each value of the output but the least, the least sum that gives it. */
function prepareThresholds({ input, output, count }: Reduced, answer: (sum: number) => number) {
  const { min, max } = typeRange(output.dtype);
  const sums = typeRange(input.dtype);
  const thresholds = Int32Array.from({ length: max - min }, (_, i) =>
    prepareLeast(sums.min * count, sums.max * count, (sum) => answer(sum) > min + i),
  );
  return { thresholds, min };
}

/** The least integer in low..high of which this is true, as it is of all above; high + 1 where it is of none. */
function prepareLeast(low: number, high: number, isTrue: (sum: number) => boolean): number {
  let end = high + 1;
  while (low < end) {
    const middle = Math.floor((low + end) / 2);
    if (isTrue(middle)) end = middle;
    else low = middle + 1;
  }
  return end;
}

type XnnpackMean = ReturnType<typeof prepareXnnpackMean>;

export function xnnpackMean({ reduction, input, output, thresholds, min }: XnnpackMean): Eval {
  return reduce(reduction, input, output, {
    init: 0,
    next: (acc, value) => (acc + value) | 0,
    finish: (acc) => min + countBelow(thresholds, acc),
  });
}

/** How many of the ascending thresholds, 255 or 65535, are not above. */
function countBelow(thresholds: Int32Array, sum: number): number {
  let count = 0;
  for (let step = (thresholds.length + 1) >> 1; step > 0; step >>= 1)
    if (thresholds[count + step - 1] <= sum) count += step;
  return count;
}

// ---- MEAN along both axes of images

/** Which the optimized kernel knows by its shape: 4 dimensions, of which 1 and 2 become 1. */
export function isImageMean(node: Node, { dtype, shape }: Tensor): boolean {
  if (dtype === 'int16' || shape.length !== 4 || !node.options<{ keepDims: boolean }>().keepDims) return false;
  const axes = node.values(1, 'int32').map((axis) => (axis < 0 ? axis + 4 : axis));
  return axes.length === 2 && axes.includes(1) && axes.includes(2);
}

export function prepareImageMean(node: Node, reduced: Reduced) {
  node.arithmetic = 'optimized';
  const { input, output, count } = reduced;
  const zero = F(F(input.zeroPoint * input.scale) / output.scale);
  const depth = input.shape[3];
  return {
    kind: 'image' as const,
    ...reduced,
    ...quantizeMultiplier(F(input.scale / F(count * output.scale)), false),
    bias: output.zeroPoint - Math.trunc(F(zero + (zero > 0 ? 0.5 : -0.5))),
    depth,
    whole: depth & -16,
    ...typeRange(output.dtype),
  };
}

export function imageMean(p: ReturnType<typeof prepareImageMean>): Eval {
  const { reduction, input, output, multiplier, shift, bias, depth, whole, min, max } = p;
  let channel = 0;
  return reduce(reduction, input, output, {
    init: 0,
    next: (acc, value) => (acc + value) | 0,
    finish: (acc) => {
      const multiply = channel < whole ? multiplyByQuantizedMultiplierHalfUp : multiplyByPositiveMultiplier;
      channel = channel + 1 === depth ? 0 : channel + 1;
      return Math.min(Math.max((multiply(acc, multiplier, shift) + bias) | 0, min), max);
    },
  });
}
