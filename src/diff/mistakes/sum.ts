/** ADD and SUB of 8 bits: how two operands of different scales become a sum. */
import { F, halfAway, type Multiplier, REQUANTIZE } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';

const LEFT = 20;

export interface SumScales {
  readonly s1: number;
  readonly s2: number;
  readonly so: number;
  readonly sign: 1 | -1;
}

/** (a - z1, b - z2) -> their sum in steps of the output. */
export type Sum = (x: number, y: number) => number;

export function sumSlot({ s1, s2, so, sign }: SumScales): Slot<Sum> {
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  const twice = 2 * Math.max(s1, s2);
  const total = twice / F(2 ** LEFT * so);
  const fixed = (rounding: keyof typeof REQUANTIZE, m1 = s1 / twice, m2 = s2 / twice, m = total): Sum => {
    const [first, second, last] = [m1, m2, m].map((real) => REQUANTIZE[rounding](of(real)));
    return (x, y) => last!(first!(x * 2 ** LEFT) + sign * second!(y * 2 ** LEFT));
  };
  const real = (x: number, y: number) => (x * s1 + sign * y * s2) / so;
  const op = sign > 0 ? '+' : '-';
  return {
    stage: 'sum',
    line: `round((a' ${op} b') * M), a' = round((a - z1) * 2^20 * s1 / ${twice}), b' alike`,
    right: fixed('double'),
    wrong: [
      {
        id: 'xnnpack',
        title: "XNNPACK's sum",
        explanation:
          "What Python's Interpreter(model) computes by default: its delegate multiplies each operand once and shifts the sum once. Record with the reference kernels to get TFLite's integers.",
        candidate: '((a - z1) * m1 + (b - z2) * m2 + 2^(shift - 1)) >> shift',
        instead: xnnpackSum(s1, s2, so, sign),
      },
      {
        id: 'single-rounding',
        title: 'each multiplication rounded once, where TFLite rounds twice',
        explanation: 'As in a build with TFLITE_SINGLE_ROUNDING=1.',
        candidate: 'floor((x * m + 2^(30 - shift)) / 2^(31 - shift))',
        instead: fixed('single'),
      },
      {
        id: 'sum-in-real-numbers',
        title: 'sum computed in real numbers',
        explanation: 'TFLite brings both operands to one scale in integers, which rounds each.',
        candidate: 'round((a_real + b_real) / s_output)',
        instead: (x, y) => halfAway(real(x, y)),
      },
      {
        id: 'sum-truncated',
        title: 'sum truncated, not rounded',
        explanation: 'A cast to int drops the fraction.',
        candidate: '(int)((a_real + b_real) / s_output)',
        instead: (x, y) => Math.trunc(real(x, y)),
      },
      {
        id: 'sum-floored',
        title: 'sum rounded down',
        explanation: 'Rounding is missing.',
        candidate: 'floor((a_real + b_real) / s_output)',
        instead: (x, y) => Math.floor(real(x, y)),
      },
      {
        id: 'operands-rounded-first',
        title: 'each operand rounded to the scale of the output before the sum',
        explanation: 'Both are first brought to a scale that is 2^20 times finer.',
        candidate: 'round((a - z1) * s1 / s_output) + round((b - z2) * s2 / s_output)',
        instead: (x, y) => halfAway((x * s1) / so) + sign * halfAway((y * s2) / so),
      },
      {
        id: 'operands-not-rescaled',
        title: 'stored values added without their scales',
        explanation: 'Inputs and output have scales of their own.',
        candidate: `(a - z1) ${op} (b - z2)`,
        instead: (x, y) => x + sign * y,
      },
      {
        id: 'scales-swapped',
        title: 'scales of the inputs swapped',
        explanation: 'Each input has a scale of its own.',
        candidate: '(a - z1) * s2 + (b - z2) * s1',
        instead: fixed('double', s2 / twice, s1 / twice),
      },
      {
        id: 'scale-of-input-1-for-both',
        title: "the first input's scale for both",
        explanation: 'Each input has a scale of its own.',
        candidate: '(a - z1) * s1 + (b - z2) * s1',
        instead: fixed('double', s1 / twice, s1 / twice),
      },
      {
        id: 'left-shift-missing',
        title: 'operands not shifted to the left by 20',
        explanation: 'Each operand is rounded to whole steps: the 20 bits are there to keep the fraction.',
        candidate: "a' = round((a - z1) * s1 / (2 * max(s1, s2)))",
        instead: (x, y) => halfAway(((halfAway((x * s1) / twice) + sign * halfAway((y * s2) / twice)) * twice) / so),
      },
      {
        id: 'operands-rescaled-twice',
        title: 'the operands rescaled twice',
        explanation: 'Each was brought to the common scale once, when it was read, and again before the sum.',
        candidate: "a'' = round(a' * s1 / (2 * max(s1, s2)))",
        instead: rescaledTwice([s1, s2], so, sign, [true, true]),
      },
      {
        id: 'operand-1-rescaled-twice',
        title: 'the first operand rescaled twice',
        explanation: 'It was brought to the common scale once, when it was read, and again before the sum.',
        candidate: "a'' = round(a' * s1 / (2 * max(s1, s2)))",
        instead: rescaledTwice([s1, s2], so, sign, [true, false]),
      },
      {
        id: 'operand-2-rescaled-twice',
        title: 'the second operand rescaled twice',
        explanation: 'It was brought to the common scale once, when it was read, and again before the sum.',
        candidate: "b'' = round(b' * s2 / (2 * max(s1, s2)))",
        instead: rescaledTwice([s1, s2], so, sign, [false, true]),
      },
      ...(sign > 0 ? [{ id: 'difference-for-sum', title: 'difference instead of sum', explanation: 'The operator is ADD.', candidate: 'a - b', instead: ((x, y) => fixed('double')(x, -y)) satisfies Sum }] : []), // biome-ignore format: one line
      ...(sign < 0
        ? [
            {
              id: 'operands-swapped',
              title: 'operands swapped',
              explanation: 'SUB is the first input minus the second.',
              candidate: 'b - a',
              instead: ((x, y) => fixed('double')(-x, -y)) satisfies Sum,
            },
            { id: 'sum-for-difference', title: 'sum instead of difference', explanation: 'The operator is SUB.', candidate: 'a + b', instead: ((x, y) => fixed('double')(x, -y)) satisfies Sum }, // biome-ignore format: one line
          ]
        : []),
    ],
  };
}

function rescaledTwice(
  [s1, s2]: readonly [number, number],
  so: number,
  sign: 1 | -1,
  [first, second]: readonly [boolean, boolean],
): Sum {
  const twice = 2 * Math.max(s1, s2);
  const rescale = (real: number, again: boolean) => {
    const once = REQUANTIZE.double({ real, float32: F(real) });
    return again ? (x: number) => once(once(x)) : once;
  };
  const [a, b] = [rescale(s1 / twice, first), rescale(s2 / twice, second)];
  const total = twice / F(2 ** LEFT * so);
  const last = REQUANTIZE.double({ real: total, float32: F(total) });
  return (x, y) => last(a(x * 2 ** LEFT) + sign * b(y * 2 ** LEFT));
}

function xnnpackSum(s1: number, s2: number, so: number, sign: 1 | -1): Sum {
  const [ra, rb] = [F(s1 / so), F(s2 / so)];
  const shift = 20 - Math.floor(Math.log2(Math.max(ra, rb)));
  const [ma, mb] = [Math.round(ra * 2 ** shift), sign * Math.round(rb * 2 ** shift)];
  return (x, y) => Math.floor((2 ** (shift - 1) + ma * x + mb * y) / 2 ** shift);
}
