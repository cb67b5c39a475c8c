/**
 * MUL: output = requantize((input1 - zeroPoint1) * (input2 - zeroPoint2)); without quantization: input1 * input2.
 * float32 is in float/arithmetic.ts.
 *
 * Equals: reference/mul.h, reference/integer_ops/mul.h. tflm: a multiplier in double. Deviations: none; int16 inputs with
 * an 8-bit output are not done.
 */
import { multiplyByQuantizedMultiplier, multiplyHigh64 } from '../fixed_point.ts';
import { arithmetic, multiplyFloat, prepareArithmetic } from '../float/arithmetic.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  activationRangeInt32,
  activationRangeInt64,
  convolutionMultiplier,
  mulMultiplier,
  type QuantizedType,
  quantizeMultiplier,
} from '../quantization.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { binary, binary64, prepareZeroPoints, storeClamped64 } from '../shared/elementwise.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareFitsInt16, prepareReach, prepareXnnpackMul, xnnpackMul } from './xnnpack/mul.ts';

interface Options {
  fusedActivationFunction: Activation;
}

function prepare(node: Node) {
  if (node.input(0).dtype === 'float32') return prepareArithmetic(node);
  const input1 = node.input(0, 'int8', 'uint8', 'int16', 'int32', 'int64');
  const input2 = node.input(1, input1.dtype);
  const broadcast = prepareBroadcast(node, input1, input2);
  const output = node.output(0, broadcast.shape, input1.dtype);
  const operands = { input1, input2, output, broadcast };
  const { fusedActivationFunction: activation } = node.options<Options>();
  if (isDelegated(node)) return prepareXnnpackMul(node, operands, activation);
  if (output.dtype === 'int64') return { kind: 'int64' as const, ...operands, ...activationRangeInt64(activation) };
  if (output.dtype === 'int32' || (output.dtype === 'int16' && !output.quantization)) {
    return { kind: 'int' as const, ...operands, ...activationRangeInt32(activation) };
  }
  const { scale, zeroPoint, dtype } = output as Tensor<QuantizedType>;
  prepareZeroPoints(node, input1, input2, output);
  const realMultiplier = node.isMicro ? convolutionMultiplier : mulMultiplier;
  if (dtype !== 'int16') {
    const product = prepareReach(input1) * prepareReach(input2);
    prepareFitsInt16(node, product * mulMultiplier(input1.scale, input2.scale, scale));
  }
  return {
    kind: 'quantized' as const,
    ...operands,
    input1Offset: 0 - input1.zeroPoint,
    input2Offset: 0 - input2.zeroPoint,
    outputOffset: zeroPoint,
    realMultiplier,
    ...quantizeMultiplier(realMultiplier(input1.scale, input2.scale, scale), node.singleRounding),
    ...activationRange(activation, scale, zeroPoint, dtype),
  };
}

export type PreparedMul = ReturnType<typeof prepare>;
export type Mul = Exclude<PreparedMul, { kind: 'xnnpack' }>;
type Quantized = Extract<Mul, { kind: 'quantized' }>;

function bind(p: PreparedMul): Eval {
  switch (p.kind) {
    case 'float':
      return arithmetic(p, multiplyFloat);
    case 'xnnpack':
      return xnnpackMul(p);
    case 'quantized':
      return p.output.dtype === 'int16' ? bind16(p) : bind8(p);
    case 'int': {
      const { activationMin, activationMax } = p;
      const unusedBits = p.output.dtype === 'int16' ? 16 : 0;
      return binary(p, (a, b) => {
        const product = (Math.imul(a, b) << unusedBits) >> unusedBits;
        return Math.min(Math.max(product, activationMin), activationMax);
      });
    }
    case 'int64':
      return binary64(p, (aHigh, aLow, bHigh, bLow, y, at) =>
        storeClamped64(multiplyHigh64(aHigh, aLow, bHigh, bLow), Math.imul(aLow, bLow), p, y, at),
      );
  }
}

// ---- int8 and uint8

function bind8(p: Quantized): Eval {
  const a = int8View(p.input1 as Tensor<'int8' | 'uint8'>);
  const b = int8View(p.input2 as Tensor<'int8' | 'uint8'>);
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const mask = byteMask(p.output.dtype);
  return forEachRow(p.broadcast, (to, from) => mul8(p, mask, a, b, output, p.broadcast, to, from));
}

function mul8(
  {
    input1Offset,
    input2Offset,
    multiplier,
    shift,
    singleRounding,
    outputOffset,
    activationMin,
    activationMax,
  }: Quantized,
  mask: number,
  a: Int8Array,
  b: Int8Array,
  output: Int8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    const product = Math.imul((a[i] & mask) + input1Offset, (b[j] & mask) + input2Offset);
    const scaled = multiplyByQuantizedMultiplier(product, multiplier, shift, singleRounding);
    output[k] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

// ---- int16: zero points are 0

function bind16(p: Quantized): Eval {
  const a = p.input1.data as Int16Array;
  const b = p.input2.data as Int16Array;
  const output = p.output.data as Int16Array;
  return forEachRow(p.broadcast, (to, from) => mul16(p, a, b, output, p.broadcast, to, from));
}

function mul16(
  { multiplier, shift, singleRounding, activationMin, activationMax }: Quantized,
  a: Int16Array,
  b: Int16Array,
  output: Int16Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    const scaled = multiplyByQuantizedMultiplier(Math.imul(a[i], b[j]), multiplier, shift, singleRounding);
    output[k] = Math.min(Math.max(scaled, activationMin), activationMax);
  }
}

export const MUL = operator(prepare, bind);
