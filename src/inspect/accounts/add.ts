/** ADD and SUB: both inputs brought to one scale, added there, and rescaled to the output's. */
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Scaling } from '../../../kernels/reference/rescale.ts';
import { deriveAdd, rescaling } from '../derivation.ts';
import type { Account, Rescaling } from '../explanation.ts';
import {
  clamped,
  clampOf,
  type Explains,
  plus,
  plusInBrackets,
  repeated,
  rescaled,
  unscaledAccount,
} from './account.ts';

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
  const rescaling1 = rescaling('input1', steps.input1, 'double rounding', [scaling1], leftShift);
  const rescaling2 = rescaling('input2', steps.input2, 'double rounding', [scaling2], leftShift);
  const rescalingOut = rescaling('a + b', steps.output, 'double rounding', [p]);
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

const account: Explains<Add> = { inputs: ['input1', 'input2'], explain };

export const ADD = account;
export const SUB = account;
