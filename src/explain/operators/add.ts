/** ADD and SUB: both inputs brought to one scale, added there, and rescaled to the output's. */
import { roundingDivideByPOT } from '../../../kernels/fixed_point.ts';
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Scaling } from '../../../kernels/shared/rescale.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { deriveAdd, rescaling } from '../derivation.ts';
import type { Account, Rescaling } from '../explanation.ts';
import { type Place, Steps, sum, type ValueTrace } from '../value_trace.ts';
import { operandAt, traceUnscaled } from './elementwise.ts';
import {
  clamped,
  clampOf,
  type OperatorAccount,
  plus,
  plusInBrackets,
  repeated,
  rescaled,
  unscaledAccount,
} from './operator_explainer.ts';

type Add = Prepared<typeof reference.ADD>;
type General = Extract<Add, { kind: 'general' }>;

function explain(p: Add, node: Node): Partial<Account> {
  const sign = p.sign > 0 ? '+' : '-';
  switch (p.kind) {
    case 'general':
      return general(p, node, sign);
    case 'powers of two': {
      const clamp = clampOf(activationOf(node), p.output, p);
      const shifted = (input: string, shift: number) => (shift === 0 ? input : `round(${input} / 2^${shift})`);
      const sum = `${shifted('input1', p.shift1)} ${sign} ${shifted('input2', p.shift2)}`;
      return {
        formulas: [`output = ${clamped(sum, clamp)}`],
        clamp,
        notes: ['all scales are powers of two: inputs are shifted, not multiplied', ...repeated(p)],
      };
    }
    default:
      return unscaledAccount(`input1 ${sign} input2`, p, activationOf(node));
  }
}

function activationOf(node: Node): Activation {
  return node.options<{ fusedActivationFunction: Activation }>().fusedActivationFunction;
}

function general(p: General, node: Node, sign: string): Partial<Account> {
  const { input1, input2, output, scaling1, scaling2, outputOffset } = p;
  const { leftShift } = scaling1;
  const steps = deriveAdd(input1.scale, input2.scale, output.scale, leftShift);
  const of = (name: string, { offset }: Scaling) => `${plusInBrackets(name, offset)} * 2^${leftShift}`;
  const rescaling1 = rescaling('input1', steps.input1, [scaling1], leftShift);
  const rescaling2 = rescaling('input2', steps.input2, [scaling2], leftShift);
  const rescalingOut = rescaling('a + b', steps.output, [p]);
  const clamp = clampOf(activationOf(node), output, p);
  return {
    formulas: [
      ...smallerThanOne('a', of('input1', scaling1), rescaling1),
      ...smallerThanOne('b', of('input2', scaling2), rescaling2),
      ...smallerThanOne('scaled', `(a ${sign} b)`, rescalingOut),
      `output = ${clamped(plus('scaled', outputOffset), clamp)}`,
    ],
    offsets: { input1: scaling1.offset, input2: scaling2.offset, output: outputOffset },
    rescalings: [rescaling1, rescaling2, rescalingOut],
    clamp,
    notes: repeated(p),
  };
}

/**
 * x rescaled, under a name. The reference takes the multiplier to be below 1: it shifts to the right by -shift bits, which
 * for a shift above 0 means by 32 - shift, rounded up.
 */
function smallerThanOne(name: string, x: string, rescaling: Rescaling): string[] {
  const { multiplier, shift } = rescaling.multipliers[0]!;
  if (rescaling.arithmetic !== 'double rounding' || shift! <= 0) return [`${name} = ${rescaled(x, rescaling, 0)}`];
  return [
    `high = floor((${x} * ${multiplier} + 2^30) / 2^31)`,
    `${name} = floor(high / 2^${32 - shift!}) + 1 where high >= 0`,
    `${name} = floor(high / 2^${32 - shift!}) where high < 0`,
  ];
}

// ---- traces

function trace(account: Account, { at }: Place, p: Add): ValueTrace {
  const steps = new Steps();
  switch (p.kind) {
    case 'general': {
      const [rescaling1, rescaling2, rescalingOut] = account.rescalings as [Rescaling, Rescaling, Rescaling];
      const a = operand(steps, 'input1', p.input1, at, p.scaling1, rescaling1);
      const b = operand(steps, 'input2', p.input2, at, p.scaling2, rescaling2);
      const total = steps.add(p.sign > 0 ? 'a + b' : 'a - b', sum(a, p.sign * b), (a + p.sign * b) | 0);
      const scaled = steps.rescaleSmallerThanOne(total, rescalingOut);
      return { taps: [], value: steps.output(scaled, p.outputOffset, account.clamp!), steps: steps.list };
    }
    case 'powers of two': {
      const a = shifted(steps, 'input1', p.input1, at, p.shift1);
      const b = shifted(steps, 'input2', p.input2, at, p.shift2);
      const total = steps.add('sum', sum(a, p.sign * b), a + p.sign * b);
      return { taps: [], value: steps.output(total, 0, account.clamp!), steps: steps.list };
    }
    default:
      return traceUnscaled(p, steps, at, p.sign > 0 ? '+' : '-');
  }
}

/** An operand with its offset, shifted to the left and rescaled. */
function operand(
  steps: Steps,
  role: string,
  input: Tensor,
  at: readonly number[],
  { offset, leftShift }: Scaling,
  rescaling: Rescaling,
): number {
  const x = steps.offset('offset', operandAt(steps, role, input, at), offset);
  return steps.rescaleSmallerThanOne(steps.add('left shift', `${x} * 2^${leftShift}`, x << leftShift), rescaling);
}

function shifted(steps: Steps, role: string, input: Tensor, at: readonly number[], shift: number): number {
  const x = operandAt(steps, role, input, at);
  return shift === 0 ? x : steps.add('right shift', `round(${x} / 2^${shift})`, roundingDivideByPOT(x, shift));
}

const account: OperatorAccount<Add> = { ofFloat: true, inputs: ['input1', 'input2'], explain, trace };

export const ADD = account;
export const SUB = account;
