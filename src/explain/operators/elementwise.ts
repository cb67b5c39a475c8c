/** What the explainers share of operators on numbers without scales. */
import { type Activation, type ActivationRange64, activationRangeInt32 } from '../../../kernels/quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, clamp, type Expression, number } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { type Explained, LIMITS, repeated, valueByValue } from './operator_explainer.ts';

/** What prepare makes of operands that have no scales. */
export type Unscaled = { readonly input1: Tensor; readonly input2: Tensor; readonly output: Tensor } & (
  | { readonly kind: 'float' | 'int'; readonly activationMin: number; readonly activationMax: number }
  | ({ readonly kind: 'int64' } & ActivationRange64)
);

/** The result in the output's type: float32(...) rounds, int32(...) wraps; and limited by the activation. */
export function unscaled(result: Expression, p: Unscaled, activation: Activation): Explained {
  const { dtype } = p.output;
  const typed = call(dtype, result);
  return { expressions: valueByValue(step('output', limited(typed, p, activation))), notes: repeated(p) };
}

function limited(x: Expression, p: Unscaled, activation: Activation): Expression {
  if (p.kind === 'float') return clamp(x, p.activationMin, p.activationMax); // infinities are limited, too
  const { activationMin, activationMax } = p.kind === 'int64' ? activationRangeInt32(activation) : p;
  const [low, high] = LIMITS[activation] ?? [null, null];
  const hasLow = low !== null && low === activationMin;
  const hasHigh = high !== null && high === activationMax;
  if (hasLow && hasHigh) return clamp(x, low, high);
  return hasLow ? call('max', x, number(low)) : hasHigh ? call('min', x, number(high)) : x;
}
