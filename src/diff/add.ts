/**
 * ADD, SUB of 8 bits, by their definition: both operands in steps of twice the larger scale / 2^20, their sum requantized.
 *   a' = round(high((a - z1) * 2^20 * m1)), b' alike; q = clamp(round(high((a' + b') * m)) + z_output)
 */
import { F, halfAway, type Multiplier, REQUANTIZE } from './arithmetic.ts';
import { eachValue, type Slot, type Step, VariantModel } from './hypothesis.ts';
import { type Offset, readingSlot } from './linear_slots.ts';
import { activationRange, minus, type NodeCase, type Operand, scaleOf } from './node_case.ts';
import { clampSlot, layoutSlot, outputOf, zeroPointSlot } from './output_slots.ts';

export interface Operands {
  readonly a: Operand;
  readonly b: Operand;
  /** Position in the output -> position in an operand, which may be broadcast. */
  at(operand: Operand, position: number): number;
}

export function operandsOf({ inputs, output }: NodeCase): Operands | undefined {
  const [a, b] = inputs;
  if (!a || !b) return undefined;
  const at = ({ shape, data }: Operand, position: number) => {
    if (data.length === output.data.length) return position;
    let [rest, from, stride] = [position, 0, 1];
    for (let d = 1; d <= output.shape.length; d++) {
      const dim = output.shape.at(-d)!;
      const own = d <= shape.length ? shape.at(-d)! : 1;
      if (own > 1) from += (rest % dim) * stride;
      stride *= own;
      rest = Math.floor(rest / dim);
    }
    return from;
  };
  return { a, b, at };
}

const LEFT = 20;

export function addModel(node: NodeCase): VariantModel | undefined {
  const operands = operandsOf(node);
  const to = outputOf(node);
  if (!operands || !to || to.type.max > 255 || node.target === 'real') return undefined;
  const { a, b, at } = operands;
  const [q1, q2] = [scaleOf(a), scaleOf(b)];
  if (!q1 || !q2) return undefined;
  const reading = readingSlot('input', a.dtype);
  const offset = operandOffsetSlot(q1.zero, q2.zero);
  const sum = sumSlot({ s1: q1.scale, s2: q2.scale, so: to.scale, sign: node.op === 'SUB' ? -1 : 1 });
  const step: Step = {
    slots: [reading, offset, sum],
    run(pick, _, positions) {
      const [read, subtract, add] = [pick(reading), pick(offset), pick(sum)];
      return Float64Array.from(positions, (position) => {
        if (position < 0) return 0;
        const x = subtract.a(read(Number(a.data[at(a, position)]!)), q1.zero);
        const y = subtract.b(read(Number(b.data[at(b, position)]!)), q2.zero);
        return add(x, y);
      });
    },
  };
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  return new VariantModel(
    [
      step,
      eachValue(zeroPointSlot(to.zero, q1.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    layoutSlot(node),
  );
}

interface OperandOffset {
  readonly a: Offset;
  readonly b: Offset;
}

export function operandOffsetSlot(z1: number, z2: number): Slot<OperandOffset> {
  const subtract: Offset = (x, z) => x - z;
  const keep: Offset = (x) => x;
  const add: Offset = (x, z) => x + z;
  return {
    stage: 'zero points of the inputs',
    line: `${minus('a', z1)}, ${minus('b', z2)}`,
    right: { a: subtract, b: subtract },
    wrong: [
      {
        id: 'input-zero-points-missing',
        title: 'zero points of the inputs not subtracted',
        explanation: 'Stored values were used as they are.',
        theirs: 'a, b',
        way: { a: keep, b: keep },
      },
      {
        id: 'input-zero-points-added',
        title: 'zero points of the inputs added instead of subtracted',
        explanation: 'TFLite adds offsets that are minus the zero points.',
        theirs: `a + (${z1}), b + (${z2})`,
        way: { a: add, b: add },
      },
      {
        id: 'zero-point-of-input-1-missing',
        title: 'zero point of the first input not subtracted',
        explanation: 'Each input has a zero point of its own.',
        theirs: `a, ${minus('b', z2)}`,
        way: { a: keep, b: subtract },
      },
      {
        id: 'zero-point-of-input-2-missing',
        title: 'zero point of the second input not subtracted',
        explanation: 'Each input has a zero point of its own.',
        theirs: `${minus('a', z1)}, b`,
        way: { a: subtract, b: keep },
      },
      {
        id: 'zero-points-swapped',
        title: 'zero points of the inputs swapped',
        explanation: 'Each input has a zero point of its own.',
        theirs: `${minus('a', z2)}, ${minus('b', z1)}`,
        way: { a: (x) => x - z2, b: (x) => x - z1 },
      },
      {
        id: 'zero-point-of-input-1-for-both',
        title: "the first input's zero point for both",
        explanation: 'Each input has a zero point of its own.',
        theirs: `${minus('a', z1)}, ${minus('b', z1)}`,
        way: { a: subtract, b: (x) => x - z1 },
      },
    ],
  };
}

interface SumScales {
  readonly s1: number;
  readonly s2: number;
  readonly so: number;
  readonly sign: 1 | -1;
}

/** (a - z1, b - z2) -> their sum in steps of the output. */
type Sum = (x: number, y: number) => number;

function sumSlot({ s1, s2, so, sign }: SumScales): Slot<Sum> {
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  const twice = 2 * Math.max(s1, s2);
  const total = twice / F(2 ** LEFT * so);
  const fixed = (way: keyof typeof REQUANTIZE, m1 = s1 / twice, m2 = s2 / twice, m = total): Sum => {
    const [first, second, last] = [m1, m2, m].map((real) => REQUANTIZE[way](of(real)));
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
        theirs: '((a - z1) * m1 + (b - z2) * m2 + 2^(shift - 1)) >> shift',
        way: xnnpackSum(s1, s2, so, sign),
      },
      {
        id: 'single-rounding',
        title: 'each multiplication rounded once, where TFLite rounds twice',
        explanation: 'As in a build with TFLITE_SINGLE_ROUNDING=1.',
        theirs: 'floor((x * m + 2^(30 - shift)) / 2^(31 - shift))',
        way: fixed('single'),
      },
      {
        id: 'sum-in-real-numbers',
        title: 'sum computed in real numbers',
        explanation: 'TFLite brings both operands to one scale in integers, which rounds each.',
        theirs: 'round((a_real + b_real) / s_output)',
        way: (x, y) => halfAway(real(x, y)),
      },
      {
        id: 'sum-truncated',
        title: 'sum truncated, not rounded',
        explanation: 'A cast to int drops the fraction.',
        theirs: '(int)((a_real + b_real) / s_output)',
        way: (x, y) => Math.trunc(real(x, y)),
      },
      {
        id: 'sum-floored',
        title: 'sum rounded down',
        explanation: 'Rounding is missing.',
        theirs: 'floor((a_real + b_real) / s_output)',
        way: (x, y) => Math.floor(real(x, y)),
      },
      {
        id: 'operands-rounded-first',
        title: 'each operand rounded to the scale of the output before the sum',
        explanation: 'Both are first brought to a scale that is 2^20 times finer.',
        theirs: 'round((a - z1) * s1 / s_output) + round((b - z2) * s2 / s_output)',
        way: (x, y) => halfAway((x * s1) / so) + sign * halfAway((y * s2) / so),
      },
      {
        id: 'operands-not-rescaled',
        title: 'stored values added without their scales',
        explanation: 'Inputs and output have scales of their own.',
        theirs: `(a - z1) ${op} (b - z2)`,
        way: (x, y) => x + sign * y,
      },
      {
        id: 'scales-swapped',
        title: 'scales of the inputs swapped',
        explanation: 'Each input has a scale of its own.',
        theirs: '(a - z1) * s2 + (b - z2) * s1',
        way: fixed('double', s2 / twice, s1 / twice),
      },
      {
        id: 'scale-of-input-1-for-both',
        title: "the first input's scale for both",
        explanation: 'Each input has a scale of its own.',
        theirs: '(a - z1) * s1 + (b - z2) * s1',
        way: fixed('double', s1 / twice, s1 / twice),
      },
      {
        id: 'left-shift-missing',
        title: 'operands not shifted to the left by 20',
        explanation: 'Each operand is rounded to whole steps: the 20 bits are there to keep the fraction.',
        theirs: "a' = round((a - z1) * s1 / (2 * max(s1, s2)))",
        way: (x, y) => halfAway(((halfAway((x * s1) / twice) + sign * halfAway((y * s2) / twice)) * twice) / so),
      },
      ...(sign < 0
        ? [
            {
              id: 'operands-swapped',
              title: 'operands swapped',
              explanation: 'SUB is the first input minus the second.',
              theirs: 'b - a',
              way: ((x, y) => fixed('double')(-x, -y)) satisfies Sum,
            },
            { id: 'sum-for-difference', title: 'sum instead of difference', explanation: 'The operator is SUB.', theirs: 'a + b', way: ((x, y) => fixed('double')(x, -y)) satisfies Sum }, // biome-ignore format: one line
          ]
        : []),
    ],
  };
}

function xnnpackSum(s1: number, s2: number, so: number, sign: 1 | -1): Sum {
  const [ra, rb] = [F(s1 / so), F(s2 / so)];
  const shift = 20 - Math.floor(Math.log2(Math.max(ra, rb)));
  const [ma, mb] = [Math.round(ra * 2 ** shift), sign * Math.round(rb * 2 ** shift)];
  return (x, y) => Math.floor((2 ** (shift - 1) + ma * x + mb * y) / 2 ** shift);
}
