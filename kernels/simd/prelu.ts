/** PRELU of int8 and uint8: see assembly/prelu.ts. */

import type { FloatForm } from '../float/with_float.ts';
import type { Eval, Node } from '../kernel.ts';
import type { Prelu } from '../reference/prelu.ts';
import { flipOf, flippedZeroPoint, hasPlainZeroPoints } from './bytes.ts';
import type { SimdMemory } from './memory.ts';
import { prepareOperands } from './operands.ts';

/** An x of 9 bits can be doubled as often in 16. */
const MAX_LEFT = 7;

export function PRELU(p: Prelu | FloatForm, node: Node) {
  if ('kind' in p) return undefined;
  const { input, alpha, output, shift1, shift2 } = p;
  if (input.dtype === 'int16' || node.singleRounding) return undefined;
  if (Math.max(shift1, shift2) > MAX_LEFT || !hasPlainZeroPoints(input, alpha, output)) return undefined;
  const operands = prepareOperands(node, { input1: input, input2: alpha, output, broadcast: p.broadcast });
  if (!operands) return undefined;
  const [first, second] = operands.operands;
  const { count, chunk } = operands;
  const flip = flipOf(output);
  return (memory: SimdMemory): Eval =>
    operands.bind(
      memory,
      memory.bind('prelu8', {
        input: first.tensor,
        inputAdvance: first.advance,
        inputOffset: 0 - flippedZeroPoint(input),
        alpha: second.tensor,
        alphaAdvance: second.advance,
        alphaOffset: 0 - flippedZeroPoint(alpha),
        flip,
        output,
        count,
        chunk,
        factor1: 2 ** Math.max(shift1, 0),
        multiplier1: p.multiplier1,
        right1: Math.max(0 - shift1, 0),
        factor2: 2 ** Math.max(shift2, 0),
        multiplier2: p.multiplier2,
        right2: Math.max(0 - shift2, 0),
        outputOffset: p.outputOffset + flip,
      }),
    );
}
