/** Requantization as everybody does it: TFLite's ways and others', each written as its formula. */
export const F = Math.fround;

/** A real multiplier, and what it is where every product and quotient on the way to it is rounded to float32. */
export interface Multiplier {
  readonly real: number;
  readonly float32: number;
}

/** Turns a multiplier into the function that applies it to sums. */
export type Requantize = (multiplier: Multiplier) => (x: number) => number;

/** real = m * 2^(shift - 31), m an int32 from 2^30 on. */
export function fixedPoint(real: number): { m: number; shift: number } {
  let [fraction, shift] = [real, 0];
  if (!(real > 0 && real < Infinity)) return { m: 0, shift: 0 };
  for (; fraction >= 1; fraction /= 2) shift++;
  for (; fraction < 0.5; fraction *= 2) shift--;
  const m = Math.round(fraction * 2 ** 31);
  if (m === 2 ** 31) return { m: 2 ** 30, shift: shift + 1 };
  return shift < -31 ? { m: 0, shift: 0 } : { m, shift };
}

/** floor(x * m / 2^bits + rounding), exactly where x is an integer. */
export function scaled(x: number, m: number, bits: number, rounding: 0 | 0.5): number {
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
export function rounded(h: number, e: number): number {
  if (e <= 0) return h * 2 ** -e;
  return Math.sign(h) * Math.floor((Math.abs(h) + 2 ** (e - 1)) / 2 ** e) + 0;
}

/** The high multiply, rounded: floor((x * m + 2^30) / 2^31), after a shift to the left where the multiplier is above 1. */
export function highMultiply(x: number, m: number, shift: number): number {
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

/** The reference's own roundings: which of them a node has depends on operator, type and profile. */
export type ExpectedRounding = keyof typeof REQUANTIZE;
