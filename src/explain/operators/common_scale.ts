/** Inputs brought to a common scale: what ADD, SUB, SQUARED_DIFFERENCE and the comparisons begin with. */
import type { Scaling } from '../../../kernels/shared/rescale.ts';
import { condition, divided, type Expression, floor, name, named, plus, power, read, rescale, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, type Step, step } from '../../formula/formula.ts';
import type { Rescaling } from '../../formula/rescaling.ts';
import { offset } from './operator_explainer.ts';

/** An input with its offset, shifted to the left. */
export function shiftedLeft(role: string, { offset: zero, leftShift }: Scaling): Expression {
  return named('left shift', times(offset(read(role), zero), power(leftShift)));
}

/**
 * x rescaled, under a name. The reference takes the multiplier to be below 1: it shifts to the right by -shift bits, which
 * for a shift above 0 means by 32 - shift, rounded up.
 */
export function smallerThanOne(result: string, x: Expression, index: number, rescalings: readonly Rescaling[]): Step[] {
  const { arithmetic, multipliers } = rescalings[index]!;
  const { multiplier, shift } = multipliers[0]!;
  if (arithmetic !== 'double rounding' || shift! <= 0) return [step(result, rescale(x, index, 0))];
  const high = named('high multiply', floor(divided(plus(times(x, multiplier!), power(30)), power(31))));
  const low = named('right shift', floor(divided(name(`${result}High`), power(32 - shift!))));
  return [
    step(`${result}High`, high),
    either(
      result,
      [plus(low, 1), condition(name(`${result}High`), '>=', 0)],
      [low, condition(name(`${result}High`), '<', 0)],
    ),
  ];
}
