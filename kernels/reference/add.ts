/**
 * ADD, SUB: output = requantize(rescale1(input1 - zeroPoint1) ± rescale2(input2 - zeroPoint2)), where rescale brings both
 * inputs to one scale, twice the larger one, with leftShift more bits. int16 with power-of-two scales, if the options
 * say so: round(input1 / 2^n1) ± round(input2 / 2^n2), one of n1, n2 being 0. Without quantization: input1 ± input2.
 * float32 is in float/arithmetic.ts.
 *
 * tflm: ADD of int32 ignores its activation; int16 has no powers of two.
 *
 * Equals: reference/add.h, reference/sub.h, reference/integer_ops/add.h. Deviations: power-of-two ADD broadcasts, where
 * upstream ends the process; and so it does for ADD with a multiplier of 1 or above, which SUB, here as there, shifts by
 * a negative number (so does ADD here).
 */
import {
  addHigh,
  multiplyByQuantizedMultiplierSmallerThanOneExp,
  roundingDivideByPOT,
  subtractHigh,
} from '../fixed_point.ts';
import { addFloat, arithmetic, prepareArithmetic, subtractFloat } from '../float/arithmetic.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  activationRangeInt32,
  activationRangeInt64,
  addMultipliers,
  checkedLog2,
  type QuantizedType,
  quantizeMultiplier,
} from '../quantization.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { binary, binary64, prepareZeroPoints, storeClamped64 } from '../shared/elementwise.ts';
import { prepareScaling, rescale, rescaleOnce, rescaleTable } from '../shared/rescale.ts';
import { int8View, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareOptimizedCount, prepareXnnpackAdd, xnnpackAdd } from './xnnpack/add.ts';
import { prepareFitsInt16, prepareReach } from './xnnpack/mul.ts';

interface Options {
  fusedActivationFunction: Activation;
  potScaleInt16: boolean;
}

function prepareAdd(node: Node) {
  return prepare(node, 1);
}

function prepareSub(node: Node) {
  return prepare(node, -1);
}

function prepare(node: Node, sign: 1 | -1) {
  if (node.input(0).dtype === 'float32') return { ...prepareArithmetic(node), sign };
  const input1 = node.input(0, 'int8', 'uint8', 'int16', 'int32', 'int64');
  const input2 = node.input(1, input1.dtype);
  const broadcast = prepareBroadcast(node, input1, input2);
  const output = node.output(0, broadcast.shape, input1.dtype);
  const operands = { input1, input2, output, broadcast, sign };
  const { fusedActivationFunction: activation } = node.options<Options>();
  if (isDelegated(node)) return prepareXnnpackAdd(node, operands, activation);
  switch (output.dtype) {
    case 'int64':
      return { kind: 'int64' as const, ...operands, ...activationRangeInt64(activation) };
    case 'int16':
      // SUB has no such path: there, what has no scale is an error.
      if (input1.quantization || sign < 0) break;
      return { kind: 'int' as const, ...operands, ...activationRangeInt32(activation) };
    case 'int32': {
      const range = activationRangeInt32(sign > 0 && node.isMicro ? 'NONE' : activation);
      return { kind: 'int' as const, ...operands, ...range };
    }
  }
  const quantized = operands as typeof operands & Record<'input1' | 'input2' | 'output', Tensor<QuantizedType>>;
  const { scale, zeroPoint, dtype } = quantized.output;
  const range = activationRange(activation, scale, zeroPoint, dtype);
  prepareZeroPoints(node, input1, input2, output);
  if (dtype === 'int16') {
    const shifts = preparePowersOfTwo(node, input1, input2, output);
    if (shifts) return { kind: 'powers of two' as const, ...quantized, ...shifts, ...range };
  }
  const leftShift = dtype === 'int16' ? 15 : 20;
  if (dtype !== 'int16' && sign > 0) {
    const sum = prepareReach(input1) * input1.scale + prepareReach(input2) * input2.scale;
    prepareFitsInt16(node, sum / scale);
  }
  const real = addMultipliers(input1.scale, input2.scale, scale, leftShift);
  return {
    kind: 'general' as const,
    ...quantized,
    scaling1: prepareScaling(node, input1, real.input1, leftShift),
    scaling2: prepareScaling(node, input2, real.input2, leftShift),
    optimizedCount: prepareOptimizedCount(node, dtype, broadcast),
    outputOffset: zeroPoint,
    ...quantizeMultiplier(real.output, node.singleRounding),
    ...range,
  };
}

/** How far each input is shifted to the right, if all scales are powers of two and the option is set. */
function preparePowersOfTwo(node: Node, input1: Tensor, input2: Tensor, output: Tensor) {
  if (!node.options<Options>().potScaleInt16 || node.isMicro) return undefined;
  const [scale1, scale2, outputScale] = [input1, input2, output].map(({ scale }) => checkedLog2(scale));
  if (!(scale1.isPowerOfTwo && scale2.isPowerOfTwo && outputScale.isPowerOfTwo)) return undefined;
  const shift1 = outputScale.log2 - scale1.log2;
  const shift2 = outputScale.log2 - scale2.log2;
  node.require(
    Math.min(shift1, shift2) === 0 && Math.max(shift1, shift2) < 32,
    `of scales 2^${scale1.log2} and 2^${scale2.log2}, one must be the output's, 2^${outputScale.log2}, the other less`,
  );
  return { shift1, shift2 };
}

export type PreparedAdd = ReturnType<typeof prepare>;
export type Add = Exclude<PreparedAdd, { kind: 'xnnpack' }>;
type General = Extract<Add, { kind: 'general' }>;

function bind(p: PreparedAdd): Eval {
  switch (p.kind) {
    case 'float':
      return arithmetic(p, p.sign > 0 ? addFloat : subtractFloat);
    case 'xnnpack':
      return xnnpackAdd(p);
    case 'general':
      return p.output.dtype === 'int16' ? bind16(p) : bind8(p);
    case 'powers of two': {
      const { shift1, shift2, sign, activationMin, activationMax } = p;
      return binary(p, (a, b) => {
        const sum = roundingDivideByPOT(a, shift1) + Math.imul(sign, roundingDivideByPOT(b, shift2));
        return Math.min(Math.max(sum, activationMin), activationMax);
      });
    }
    case 'int': {
      const { sign, activationMin, activationMax } = p;
      const unusedBits = p.output.dtype === 'int16' ? 16 : 0;
      return binary(p, (a, b) => {
        const sum = ((a + Math.imul(sign, b)) << unusedBits) >> unusedBits;
        return Math.min(Math.max(sum, activationMin), activationMax);
      });
    }
    case 'int64':
      return p.sign > 0
        ? binary64(p, (aHigh, aLow, bHigh, bLow, y, at) =>
            storeClamped64(addHigh(aHigh, aLow, bHigh, bLow), (aLow + bLow) | 0, p, y, at),
          )
        : binary64(p, (aHigh, aLow, bHigh, bLow, y, at) =>
            storeClamped64(subtractHigh(aHigh, aLow, bHigh, bLow), (aLow - bLow) | 0, p, y, at),
          );
  }
}

// ---- int8 and uint8: both inputs rescaled by a table

function bind8(p: General): Eval {
  const a = int8View(p.input1 as Tensor<'int8' | 'uint8'>);
  const b = int8View(p.input2 as Tensor<'int8' | 'uint8'>);
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const table1 = rescaleTable(p.output.dtype, p.scaling1);
  const table2 = rescaleTable(p.output.dtype, p.scaling2).map((value) => Math.imul(p.sign, value));
  return forEachRow(p.broadcast, (to, from) => add8(p, table1, a, table2, b, output, p.broadcast, to, from));
}

function add8(
  { multiplier, shift, singleRounding, outputOffset, activationMin, activationMax }: General,
  table1: Int32Array,
  a: Int8Array,
  table2: Int32Array,
  b: Int8Array,
  output: Int8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    const sum = (table1[a[i] & 0xff] + table2[b[j] & 0xff]) | 0;
    const scaled = multiplyByQuantizedMultiplierSmallerThanOneExp(sum, multiplier, shift, singleRounding);
    output[k] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

// ---- int16: zero points are 0

function bind16(p: General): Eval {
  const a = p.input1.data as Int16Array;
  const b = p.input2.data as Int16Array;
  const output = p.output.data as Int16Array;
  return forEachRow(p.broadcast, (to, from) => {
    if (p.optimizedCount > 0) addOptimized16(p, a, b, output);
    add16(p, a, b, output, p.broadcast, to, from, p.optimizedCount);
  });
}

function add16(
  { scaling1, scaling2, sign, multiplier, shift, singleRounding, activationMin, activationMax }: General,
  a: Int16Array,
  b: Int16Array,
  output: Int16Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
  done: number,
) {
  const [step1, step2] = steps;
  for (let k = to + done, i = from[0] + done, j = from[1] + done; k < to + count; k++, i += step1, j += step2) {
    const scaled2 = Math.imul(sign, rescale(b[j], scaling2));
    const sum = (rescale(a[i], scaling1) + scaled2) | 0;
    const scaled = multiplyByQuantizedMultiplierSmallerThanOneExp(sum, multiplier, shift, singleRounding);
    output[k] = Math.min(Math.max(scaled, activationMin), activationMax);
  }
}

/** Profile xnnpack: the first values, which the optimized kernel does 16 at a time: inputs are rounded once. */
function addOptimized16(p: General, a: Int16Array, b: Int16Array, output: Int16Array) {
  const { scaling1, scaling2, sign, optimizedCount, multiplier, shift, activationMin, activationMax } = p;
  for (let i = 0; i < optimizedCount; i++) {
    const sum = (rescaleOnce(a[i], scaling1) + Math.imul(sign, rescaleOnce(b[i], scaling2))) | 0;
    const scaled = multiplyByQuantizedMultiplierSmallerThanOneExp(sum, multiplier, shift, false);
    output[i] = Math.min(Math.max(scaled, activationMin), activationMax);
  }
}

export const ADD = operator(prepareAdd, bind);
export const SUB = operator(prepareSub, bind);
