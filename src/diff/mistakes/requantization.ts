/** Other ways to requantize than the reference's: roundings, shifts, types. */
import {
  type ExpectedRounding,
  F,
  fixedPoint,
  halfAway,
  halfEven,
  highMultiply,
  REQUANTIZE,
  type Requantize,
  rounded,
  scaled,
  wrap32,
} from '../arithmetic.ts';
import type { Hypothesis, Slot } from '../hypothesis.ts';
import type { NodeCase } from '../node_case.ts';

type RequantizeHypothesis = Hypothesis & { readonly instead: Requantize };

export function roundingSlot(own: ExpectedRounding, target: NodeCase['target']): Slot<Requantize> {
  return {
    stage: 'rounding and shift',
    line: REQUANTIZE_LINES[own],
    right: REQUANTIZE[own],
    wrong: otherRequantizations(own, target),
  };
}

const REQUANTIZE_LINES: { readonly [rounding in ExpectedRounding]: string } = {
  double: 'round(floor((acc * m + 2^30) / 2^31) / 2^-shift), halves away from zero',
  single: 'floor((acc * m + 2^(30 - shift)) / 2^(31 - shift))',
  float64: 'round(float64(acc) * M), halves away from zero',
  reduced: 'floor((acc * m16 + 2^(14 - shift)) / 2^(15 - shift)), m16 = (m + 2^15) >> 16',
};

const OWN: { readonly [rounding in ExpectedRounding]: Omit<Hypothesis, 'candidate'> } = {
  double: {
    id: 'double-rounding',
    title: "requantized by gemmlowp's multiplier and shift, rounded twice",
    explanation:
      'A high multiply that rounds, then a right shift that rounds: what TFLite does in convolutions, TensorFlow Lite Micro everywhere, and TFLite in FULLY_CONNECTED up to 2.19.',
  },
  single: {
    id: 'single-rounding',
    title: 'rounded once, where TFLite rounds twice',
    explanation: 'The product is shifted and rounded in one step, as in a build with TFLITE_SINGLE_ROUNDING=1.',
  },
  float64: {
    id: 'requantized-in-float64',
    title: 'requantized in float64, halves away from zero',
    explanation:
      "As TFLite's reference FULLY_CONNECTED from 2.20 on; convolutions use the int32 multiplier and its shift.",
  },
  reduced: {
    id: 'multiplier-in-16-bits',
    title: 'multiplied by 16 bits of the multiplier',
    explanation: "The multiplier of TFLite's int16 activations, (m + 2^15) >> 16; this node has the 32-bit one.",
  },
};

/** Every other way to requantize than `own`; `exact` leaves out those that make sense only where the output is real. */
function otherRequantizations(own: ExpectedRounding, target: 'quantized' | 'real'): RequantizeHypothesis[] {
  const ways = Object.keys(REQUANTIZE) as ExpectedRounding[];
  return [
    ...ways.filter((way) => way !== own).map((way) => ({ ...OWN[way], candidate: REQUANTIZE_LINES[way], instead: REQUANTIZE[way] })), // biome-ignore format: one line
    ...OTHERS.filter(({ id }) => target === 'real' || id !== 'not-rounded'),
  ];
}

const OTHERS: readonly RequantizeHypothesis[] = [
  {
    id: 'multiplier-truncated-to-16-bits',
    title: 'multiplied by the upper 16 bits of the multiplier, truncated',
    explanation: "TFLite's 16-bit multipliers are rounded, and this node's has 32 bits.",
    candidate: 'floor((acc * (m >> 16) + 2^(14 - shift)) / 2^(15 - shift))',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => scaled(x, Math.floor(m / 0x10000), 15 - shift, 0.5);
    },
  },
  {
    id: 'xnnpack',
    title: "XNNPACK's requantization: in float32, halves to even",
    explanation:
      "What Python's Interpreter(model) computes by default: its delegate multiplies in float32 and rounds halves to even. Record with the reference kernels to get TFLite's integers.",
    candidate: 'roundTiesToEven(float32(acc) * float32(s_input * s_filter / s_output))',
    instead: (multiplier) => (x) => halfEven(F(F(x) * multiplier.float32)),
  },
  {
    id: 'optimized-kernels',
    title: "shifted as TFLite's optimized kernels do: halves up",
    explanation: 'The high multiply rounds as in the reference, then the shift adds 2^(e - 1) whatever the sign.',
    candidate: '(high + 2^(e - 1)) >> e, e = -shift',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      const e = -Math.min(shift, 0);
      return (x) => Math.floor((highMultiply(x, m, shift) + (e > 0 ? 2 ** (e - 1) : 0)) / 2 ** e);
    },
  },
  {
    id: 'requantized-in-float32',
    title: 'requantized in float32, halves away from zero',
    explanation: 'A float32 has 24 bits: sums and multiplier are rounded before the product is.',
    candidate: 'roundf((float)acc * (float)M)',
    instead: (multiplier) => (x) => halfAway(F(F(x) * multiplier.float32)),
  },
  {
    id: 'half-to-even',
    title: 'requantized in float64, halves to even',
    explanation: "NumPy's round and C's rint round halves to even; TFLite rounds them away from zero.",
    candidate: 'rint(acc * M)',
    instead: (multiplier) => (x) => halfEven(x * multiplier.real),
  },
  {
    id: 'half-up',
    title: 'requantized in float64, halves up',
    explanation: "floor(y + 0.5), and JavaScript's Math.round, send -2.5 to -2; TFLite rounds halves away from zero.",
    candidate: 'floor(acc * M + 0.5)',
    instead: (multiplier) => (x) => Math.floor(x * multiplier.real + 0.5),
  },
  {
    id: 'shift-without-rounding',
    title: 'shifted to the right without rounding',
    explanation: 'A right shift rounds down: add half of 2^(31 - shift) first, or round in two steps as TFLite does.',
    candidate: '(acc * m) >> (31 - shift)',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => scaled(x, m, 31 - shift, 0);
    },
  },
  {
    id: 'truncated',
    title: 'truncated, not rounded',
    explanation: 'A cast to int drops the fraction, towards zero.',
    candidate: '(int)(acc * M)',
    instead: (multiplier) => (x) => Math.trunc(x * multiplier.real),
  },
  {
    id: 'floored',
    title: 'rounded down in real numbers',
    explanation: 'Rounding is missing: the fraction is dropped, towards minus infinity.',
    candidate: 'floor(acc * M)',
    instead: (multiplier) => (x) => Math.floor(x * multiplier.real),
  },
  {
    id: 'high-multiply-not-rounded',
    title: 'high multiply without rounding',
    explanation: 'The 2^30 is missing that rounds the product before its upper half is taken.',
    candidate: '(acc * m) >> 31, then the rounding shift',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(scaled(shift > 0 ? wrap32(x * 2 ** shift) : x, m, 31, 0), -Math.min(shift, 0));
    },
  },
  {
    id: 'right-shift-not-rounded',
    title: 'right shift without rounding after the high multiply',
    explanation: 'The high multiply rounds, the shift after it rounds down.',
    candidate: 'high >> -shift',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => Math.floor(highMultiply(x, m, shift) / 2 ** -Math.min(shift, 0));
    },
  },
  {
    id: 'product-not-doubled',
    title: 'upper half of the product, not doubled',
    explanation: 'The high multiply is a doubling one: it drops 31 bits of the product, not 32. Results are half.',
    candidate: '(acc * m + 2^31) >> 32',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(scaled(shift > 0 ? wrap32(x * 2 ** shift) : x, m, 32, 0.5), -Math.min(shift, 0));
    },
  },
  {
    id: 'shift-sign',
    title: 'shifted to the left where it goes to the right',
    explanation: 'A shift above 0 is to the left in TFLite; some libraries count the other way round.',
    candidate: 'high << -shift',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      const e = -shift;
      return (x) => (e >= 0 ? wrap32(highMultiply(x, m, 0) * 2 ** e) : rounded(highMultiply(x, m, 0), -e));
    },
  },
  {
    id: 'no-shift',
    title: 'shift left out',
    explanation: 'The high multiply is used as it is, without the shift that goes with the multiplier.',
    candidate: 'high = (acc * m + 2^30) >> 31, and no shift',
    instead: ({ real }) => {
      const { m } = fixedPoint(real);
      return (x) => scaled(x, m, 31, 0.5);
    },
  },
  {
    id: 'shift-one-less',
    title: 'shifted by one too few',
    explanation: 'Results are double: m stands for a number from 1/2 to 1, in 31 bits.',
    candidate: 'round(high / 2^(-shift - 1))',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(highMultiply(x, m, shift), -Math.min(shift + 1, 0));
    },
  },
  {
    id: 'shift-one-more',
    title: 'shifted by one too many',
    explanation: 'Results are half: m stands for a number from 1/2 to 1, in 31 bits.',
    candidate: 'round(high / 2^(-shift + 1))',
    instead: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(highMultiply(x, m, shift), -Math.min(shift - 1, 0));
    },
  },
  {
    id: 'not-rounded',
    title: 'not rounded at all',
    explanation: 'The sum is multiplied and used as a real number; the output of this operator is an integer.',
    candidate: 'acc * M',
    instead: (multiplier) => (x) => x * multiplier.real,
  },
];
