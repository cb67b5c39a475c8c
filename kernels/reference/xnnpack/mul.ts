/**
 * MUL in profile xnnpack: output = clamp(rint(float32(float32((input1 - zeroPoint1) * (input2 - zeroPoint2)) * scale)) +
 * outputZeroPoint), scale = float32(float32(scale1 * scale2) / outputScale).
 *
 * Equals: XNNPACK's qs8-vmul and qu8-vmul kernels with float32 requantization. Deviations: none.
 */
import { multiplyByFloat } from '../../fixed_point.ts';
import type { Eval, Node } from '../../kernel.ts';
import {
  type Activation,
  activationRange,
  floatMultiplier,
  mulMultiplier,
  type QuantizedType,
  roundHalfEven,
  typeRange,
} from '../../quantization.ts';
import { type Broadcast, forEachRow } from '../../shared/broadcast.ts';
import { byteMask, int8View, type Tensor } from '../../tensor.ts';

type Bytes = Tensor<'int8' | 'uint8'>;

export function prepareXnnpackMul(
  node: Node,
  operands: { input1: Tensor; input2: Tensor; output: Tensor; broadcast: Broadcast },
  activation: Activation,
) {
  const [input1, input2, output] = [operands.input1, operands.input2, operands.output] as Bytes[];
  node.arithmetic = 'XNNPACK';
  return {
    kind: 'xnnpack' as const,
    ...operands,
    input1,
    input2,
    output,
    input1Offset: 0 - input1.zeroPoint,
    input2Offset: 0 - input2.zeroPoint,
    outputOffset: output.zeroPoint,
    ...floatMultiplier(mulMultiplier(input1.scale, input2.scale, output.scale)),
    ...activationRange(activation, output.scale, output.zeroPoint, output.dtype, roundHalfEven),
  };
}

type XnnpackMul = ReturnType<typeof prepareXnnpackMul>;

export function xnnpackMul(p: XnnpackMul): Eval {
  const [a, b, output] = [p.input1, p.input2, p.output].map(int8View);
  const mask = byteMask(p.output.dtype);
  return forEachRow(p.broadcast, (to, from) => multiply(p, mask, a, b, output, to, from));
}

function multiply(
  p: XnnpackMul,
  mask: number,
  a: Int8Array,
  b: Int8Array,
  output: Int8Array,
  to: number,
  from: Int32Array,
) {
  const { input1Offset, input2Offset, multiplier, shift, outputOffset, activationMin, activationMax } = p;
  const { count, steps } = p.broadcast;
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    const product = Math.imul((a[i] & mask) + input1Offset, (b[j] & mask) + input2Offset);
    const scaled = multiplyByFloat(product, multiplier, shift);
    output[k] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

// ---- what the delegate leaves

/** The largest |value - zeroPoint|. */
export function prepareReach({ dtype, zeroPoint }: Tensor): number {
  const { min, max } = typeRange(dtype as QuantizedType);
  return Math.max(zeroPoint - min, max - zeroPoint);
}

/**
 * The optimized kernels of 8-bit ADD and MUL narrow what they have rescaled to int16, some of it without a limit. Which values
 * wrap is not worked out: nodes that may get there are refused, but for those of less than the 16 values that are done at a time.
 */
export function prepareFitsInt16(node: Node, largest: number): void {
  if (node.profile !== 'xnnpack' || largest < 32767 - 255 || node.outputs[0].size < 16) return;
  node.unsupported(
    'the XNNPACK delegate leaves it, and rescaled values leave int16: what TFLite makes of them is not done',
  );
}
