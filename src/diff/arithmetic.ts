/** Requantization as everybody does it: TFLite's ways and others', each written as its formula. */
import type { Hypothesis } from './hypothesis.ts';

export const F = Math.fround;

/** A real multiplier, and what it is where every product and quotient on the way to it is rounded to float32. */
export interface Multiplier {
  readonly real: number;
  readonly float32: number;
}

/** Turns a multiplier into the function that applies it to sums. */
export type Requantize = (multiplier: Multiplier) => (x: number) => number;

/** real = m * 2^(shift - 31), m an int32 from 2^30 on. */
function fixedPoint(real: number): { m: number; shift: number } {
  let [fraction, shift] = [real, 0];
  if (!(real > 0 && real < Infinity)) return { m: 0, shift: 0 };
  for (; fraction >= 1; fraction /= 2) shift++;
  for (; fraction < 0.5; fraction *= 2) shift--;
  const m = Math.round(fraction * 2 ** 31);
  if (m === 2 ** 31) return { m: 2 ** 30, shift: shift + 1 };
  return shift < -31 ? { m: 0, shift: 0 } : { m, shift };
}

/** floor(x * m / 2^bits + rounding), exactly where x is an integer. */
function scaled(x: number, m: number, bits: number, rounding: 0 | 0.5): number {
  const product = x * m;
  if (bits < 1) return Math.floor(product * 2 ** -bits);
  if (!Number.isInteger(x) || Math.abs(product) < 2 ** 52) {
    const half = rounding * 2 ** bits;
    if (half < 2 ** 52 || !Number.isInteger(x)) return Math.floor((product + half) / 2 ** bits);
  }
  const half = rounding === 0 ? 0n : 1n << BigInt(bits - 1);
  return Number((BigInt(x) * BigInt(m) + half) >> BigInt(bits));
}

export function halfAway(y: number): number {
  const integer = Math.trunc(y);
  const fraction = y - integer;
  return fraction >= 0.5 ? integer + 1 : fraction <= -0.5 ? integer - 1 : integer;
}

export function halfEven(y: number): number {
  const integer = Math.floor(y);
  const fraction = y - integer;
  if (fraction !== 0.5) return fraction < 0.5 ? integer : integer + 1;
  return integer % 2 === 0 ? integer : integer + 1;
}

/** h / 2^e, halves away from zero; e < 0 shifts to the left. */
function rounded(h: number, e: number): number {
  if (e <= 0) return h * 2 ** -e;
  return Math.sign(h) * Math.floor((Math.abs(h) + 2 ** (e - 1)) / 2 ** e) + 0;
}

/** The high multiply, rounded: floor((x * m + 2^30) / 2^31), after a shift to the left where the multiplier is above 1. */
function highMultiply(x: number, m: number, shift: number): number {
  return scaled(shift > 0 ? wrap32(x * 2 ** shift) : x, m, 31, 0.5);
}

export const wrap8 = (x: number) => (x << 24) >> 24;
export const wrap16 = (x: number) => (x << 16) >> 16;
/** Sums of integers only: others belong to an implementation that has no int32. */
export const wrap32 = (x: number) => (Number.isInteger(x) ? x | 0 : x);

/** TFLite's own ways. */
export const REQUANTIZE = {
  double: ({ real }) => {
    const { m, shift } = fixedPoint(real);
    return (x) => rounded(highMultiply(x, m, shift), -Math.min(shift, 0));
  },
  single: ({ real }) => {
    const { m, shift } = fixedPoint(real);
    return (x) => scaled(x, m, 31 - shift, 0.5);
  },
  float64: ({ real }) => {
    return (x) => halfAway(x * real);
  },
  reduced: ({ real }) => {
    const { m, shift } = fixedPoint(real);
    const short = m < 0x7fff0000 ? Math.floor((m + 0x8000) / 0x10000) : 0x7fff;
    return (x) => scaled(x, short, 15 - shift, 0.5);
  },
} satisfies { [name: string]: Requantize };

type Way = keyof typeof REQUANTIZE;

type RequantizeHypothesis = Hypothesis & { readonly way: Requantize };

export const REQUANTIZE_LINES: { readonly [way in Way]: string } = {
  double: 'round(floor((acc * m + 2^30) / 2^31) / 2^-shift), halves away from zero',
  single: 'floor((acc * m + 2^(30 - shift)) / 2^(31 - shift))',
  float64: 'round(float64(acc) * M), halves away from zero',
  reduced: 'floor((acc * m16 + 2^(14 - shift)) / 2^(15 - shift)), m16 = (m + 2^15) >> 16',
};

const OWN: { readonly [way in Way]: Omit<Hypothesis, 'theirs'> } = {
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
export function otherRequantizations(own: Way, target: 'quantized' | 'real'): RequantizeHypothesis[] {
  const ways = Object.keys(REQUANTIZE) as Way[];
  return [
    ...ways.filter((way) => way !== own).map((way) => ({ ...OWN[way], theirs: REQUANTIZE_LINES[way], way: REQUANTIZE[way] })), // biome-ignore format: one line
    ...OTHERS.filter(({ id }) => target === 'real' || id !== 'not-rounded'),
  ];
}

const OTHERS: readonly RequantizeHypothesis[] = [
  {
    id: 'xnnpack',
    title: "XNNPACK's requantization: in float32, halves to even",
    explanation:
      "What Python's Interpreter(model) computes by default: its delegate multiplies in float32 and rounds halves to even. Record with the reference kernels to get TFLite's integers.",
    theirs: 'roundTiesToEven(float32(acc) * float32(s_input * s_filter / s_output))',
    way: (multiplier) => (x) => halfEven(F(F(x) * multiplier.float32)),
  },
  {
    id: 'optimized-kernels',
    title: "shifted as TFLite's optimized kernels do: halves up",
    explanation: 'The high multiply rounds as in the reference, then the shift adds 2^(e - 1) whatever the sign.',
    theirs: '(high + 2^(e - 1)) >> e, e = -shift',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      const e = -Math.min(shift, 0);
      return (x) => Math.floor((highMultiply(x, m, shift) + (e > 0 ? 2 ** (e - 1) : 0)) / 2 ** e);
    },
  },
  {
    id: 'requantized-in-float32',
    title: 'requantized in float32, halves away from zero',
    explanation: 'A float32 has 24 bits: sums and multiplier are rounded before the product is.',
    theirs: 'roundf((float)acc * (float)M)',
    way: (multiplier) => (x) => halfAway(F(F(x) * multiplier.float32)),
  },
  {
    id: 'half-to-even',
    title: 'requantized in float64, halves to even',
    explanation: "NumPy's round and C's rint round halves to even; TFLite rounds them away from zero.",
    theirs: 'rint(acc * M)',
    way: (multiplier) => (x) => halfEven(x * multiplier.real),
  },
  {
    id: 'half-up',
    title: 'requantized in float64, halves up',
    explanation: "floor(y + 0.5), and JavaScript's Math.round, send -2.5 to -2; TFLite rounds halves away from zero.",
    theirs: 'floor(acc * M + 0.5)',
    way: (multiplier) => (x) => Math.floor(x * multiplier.real + 0.5),
  },
  {
    id: 'shift-without-rounding',
    title: 'shifted to the right without rounding',
    explanation: 'A right shift rounds down: add half of 2^(31 - shift) first, or round in two steps as TFLite does.',
    theirs: '(acc * m) >> (31 - shift)',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => scaled(x, m, 31 - shift, 0);
    },
  },
  {
    id: 'truncated',
    title: 'truncated, not rounded',
    explanation: 'A cast to int drops the fraction, towards zero.',
    theirs: '(int)(acc * M)',
    way: (multiplier) => (x) => Math.trunc(x * multiplier.real),
  },
  {
    id: 'floored',
    title: 'rounded down in real numbers',
    explanation: 'Rounding is missing: the fraction is dropped, towards minus infinity.',
    theirs: 'floor(acc * M)',
    way: (multiplier) => (x) => Math.floor(x * multiplier.real),
  },
  {
    id: 'high-multiply-not-rounded',
    title: 'high multiply without rounding',
    explanation: 'The 2^30 is missing that rounds the product before its upper half is taken.',
    theirs: '(acc * m) >> 31, then the rounding shift',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(scaled(shift > 0 ? wrap32(x * 2 ** shift) : x, m, 31, 0), -Math.min(shift, 0));
    },
  },
  {
    id: 'right-shift-not-rounded',
    title: 'right shift without rounding after the high multiply',
    explanation: 'The high multiply rounds, the shift after it rounds down.',
    theirs: 'high >> -shift',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => Math.floor(highMultiply(x, m, shift) / 2 ** -Math.min(shift, 0));
    },
  },
  {
    id: 'product-not-doubled',
    title: 'upper half of the product, not doubled',
    explanation: 'The high multiply is a doubling one: it drops 31 bits of the product, not 32. Results are half.',
    theirs: '(acc * m + 2^31) >> 32',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(scaled(shift > 0 ? wrap32(x * 2 ** shift) : x, m, 32, 0.5), -Math.min(shift, 0));
    },
  },
  {
    id: 'shift-sign',
    title: 'shifted to the left where it goes to the right',
    explanation: 'A shift above 0 is to the left in TFLite; some libraries count the other way round.',
    theirs: 'high << -shift',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      const e = -shift;
      return (x) => (e >= 0 ? wrap32(highMultiply(x, m, 0) * 2 ** e) : rounded(highMultiply(x, m, 0), -e));
    },
  },
  {
    id: 'no-shift',
    title: 'shift left out',
    explanation: 'The high multiply is used as it is, without the shift that goes with the multiplier.',
    theirs: 'high = (acc * m + 2^30) >> 31, and no shift',
    way: ({ real }) => {
      const { m } = fixedPoint(real);
      return (x) => scaled(x, m, 31, 0.5);
    },
  },
  {
    id: 'shift-one-less',
    title: 'shifted by one too few',
    explanation: 'Results are double: m stands for a number from 1/2 to 1, in 31 bits.',
    theirs: 'round(high / 2^(-shift - 1))',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(highMultiply(x, m, shift), -Math.min(shift + 1, 0));
    },
  },
  {
    id: 'shift-one-more',
    title: 'shifted by one too many',
    explanation: 'Results are half: m stands for a number from 1/2 to 1, in 31 bits.',
    theirs: 'round(high / 2^(-shift + 1))',
    way: ({ real }) => {
      const { m, shift } = fixedPoint(real);
      return (x) => rounded(highMultiply(x, m, shift), -Math.min(shift - 1, 0));
    },
  },
  {
    id: 'not-rounded',
    title: 'not rounded at all',
    explanation: 'The sum is multiplied and used as a real number; the output of this operator is an integer.',
    theirs: 'acc * M',
    way: (multiplier) => (x) => x * multiplier.real,
  },
];
