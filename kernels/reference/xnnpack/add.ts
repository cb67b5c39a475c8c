/**
 * ADD, SUB in profile xnnpack: output = clamp(((multiplier1 * (input1 - zeroPoint1) + multiplier2 * (input2 - zeroPoint2) +
 * 2^(shift - 1)) >> shift) + outputZeroPoint), where multiplier = rint(scale / outputScale * 2^shift) and the larger of the
 * two has 21 bits; SUB's second is negated.
 *
 * Equals: XNNPACK's qs8-vadd and qu8-vadd kernels. Deviations: none.
 */
import type { Eval, Node } from '../../kernel.ts';
import { type Activation, activationRange, frexp, reluMultiplier, roundHalfEven } from '../../quantization.ts';
import { type Broadcast, forEachRow } from '../../shared/broadcast.ts';
import { int8View, type Tensor } from '../../tensor.ts';

type Bytes = Tensor<'int8' | 'uint8'>;

export function prepareXnnpackAdd(
  node: Node,
  operands: { input1: Tensor; input2: Tensor; output: Tensor; broadcast: Broadcast; sign: 1 | -1 },
  activation: Activation,
) {
  const [input1, input2, output] = [operands.input1, operands.input2, operands.output] as Bytes[];
  node.arithmetic = 'XNNPACK';
  const ratio1 = reluMultiplier(input1.scale, output.scale);
  const ratio2 = reluMultiplier(input2.scale, output.scale);
  const shift = 21 - frexp(Math.max(ratio1, ratio2)).exponent;
  const multiplier = (ratio: number) => roundHalfEven(ratio * 2 ** shift);
  return {
    kind: 'xnnpack' as const,
    ...operands,
    input1,
    input2,
    output,
    multiplier1: multiplier(ratio1),
    multiplier2: multiplier(ratio2) * operands.sign,
    shift,
    outputOffset: output.zeroPoint,
    ...activationRange(activation, output.scale, output.zeroPoint, output.dtype, roundHalfEven),
  };
}

type XnnpackAdd = ReturnType<typeof prepareXnnpackAdd>;

export function xnnpackAdd(p: XnnpackAdd): Eval {
  const [a, b, output] = [p.input1, p.input2, p.output].map(int8View);
  const table1 = products(p.input1, p.multiplier1, 1 << (p.shift - 1));
  const table2 = products(p.input2, p.multiplier2, 0);
  return forEachRow(p.broadcast, (to, from) => add(p, table1, a, table2, b, output, to, from));
}

/** (value - zeroPoint) * multiplier + rounding, by the value's raw byte. */
function products({ dtype, zeroPoint }: Bytes, multiplier: number, rounding: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    const value = dtype === 'int8' ? (byte << 24) >> 24 : byte;
    return (Math.imul(value - zeroPoint, multiplier) + rounding) | 0;
  });
}

function add(
  { shift, outputOffset, activationMin, activationMax, broadcast: { count, steps } }: XnnpackAdd,
  table1: Int32Array,
  a: Int8Array,
  table2: Int32Array,
  b: Int8Array,
  output: Int8Array,
  to: number,
  from: Int32Array,
) {
  const [step1, step2] = steps;
  for (let k = to, i = from[0], j = from[1]; k < to + count; k++, i += step1, j += step2) {
    const sum = (table1[a[i] & 0xff] + table2[b[j] & 0xff]) >> shift;
    output[k] = Math.min(Math.max((sum + outputOffset) | 0, activationMin), activationMax);
  }
}

// ---- int16, which the delegate leaves

/** How many of the values the optimized ADD does 16 at a time: where nothing is repeated, and so all are one row. */
export function prepareOptimizedCount(node: Node, dtype: string, { count, steps, rows }: Broadcast): number {
  if (node.profile !== 'xnnpack' || node.op !== 'ADD' || dtype !== 'int16') return 0;
  if (steps.includes(0) || rows !== 1 || count < 16) return 0;
  node.arithmetic = 'optimized';
  return count & -16;
}
