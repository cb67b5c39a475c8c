/** MUL of int8, uint8 and int16: see assembly/mul.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { PreparedMul } from '../reference/mul.ts';
import { flipOf, flippedZeroPoint, hasPlainZeroPoints } from './bytes.ts';
import type { SimdMemory } from './memory.ts';
import { prepareOperands } from './operands.ts';

/** The right shifts that the module does: of products of 8 bits, and of 16 bits. */
const SHIFTS8 = [3, 17] as const;
const SHIFTS16 = [1, 30] as const;

export function MUL(p: PreparedMul, node: Node) {
  if (p.kind !== 'quantized' || node.singleRounding) return undefined;
  const { input1, input2, output } = p;
  const is16Bit = output.dtype === 'int16';
  const right = 0 - p.shift;
  const [least, most] = is16Bit ? SHIFTS16 : SHIFTS8;
  if (right < least || right > most || !(is16Bit || hasPlainZeroPoints(input1, input2, output))) return undefined;
  const operands = prepareOperands(node, p);
  if (!operands) return undefined;
  const { count, chunk } = operands;
  const [first, second] = operands.operands;
  const flip = flipOf(output);
  const shared = {
    input1: first.tensor,
    advance1: first.advance,
    input2: second.tensor,
    advance2: second.advance,
    output,
    count,
    chunk,
    multiplier: p.multiplier,
    right,
    activationMin: p.activationMin + flip,
    activationMax: p.activationMax + flip,
  };
  return (memory: SimdMemory): Eval => {
    const kernel = is16Bit
      ? memory.bind('mul16', shared)
      : memory.bind('mul8', {
          ...shared,
          offset1: 0 - flippedZeroPoint(input1),
          offset2: 0 - flippedZeroPoint(input2),
          flip,
          outputOffset: p.outputOffset + flip,
        });
    return operands.bind(memory, kernel);
  };
}
