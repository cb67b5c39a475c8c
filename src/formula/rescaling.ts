/**
 * A multiplication by a real number, done in integers, and what it is as an expression: the one place where the arithmetic of a
 * rescaling is written out.
 */
import { call, divided, type Expression, float64, floor, minus, named, plus, power, type Rescale, round, times } from './expression.ts'; // biome-ignore format: one line

export interface Rescaling {
  /** What is multiplied, as formulas name it. */
  readonly of: string;
  /** Bits by which it is shifted to the left before, so that a fraction survives. */
  readonly leftShift: number;
  /** From the scales to the real multiplier, which the last step is, in the order and the precision of the reference. */
  readonly steps: readonly DerivationStep[];
  readonly arithmetic: Arithmetic;
  /** One for each output channel, or one for all. */
  readonly multipliers: readonly Multiplier[];
}

export interface DerivationStep {
  readonly name: string;
  readonly formula: string;
  /** In which it is computed; after a float32 step, the value is rounded to float32. */
  readonly precision: 'float32' | 'float64' | 'integer';
  /** One for each output channel, or one for all. */
  readonly values: readonly number[];
}

/**
 * How x times the real multiplier becomes a whole number, with m the multiplier, s the shift:
 *
 *   double rounding       round(floor((x * 2^max(s, 0) * m + 2^30) / 2^31) / 2^max(-s, 0))
 *   single rounding       floor((x * m + 2^(30 - s)) / 2^(31 - s))
 *   reduced multiplier    floor((x * r + 2^(14 - s)) / 2^(15 - s)), r being m in 15 bits; x may be int64
 *   float64               round(x * real), the product in float64
 *   int16                 floor((x * r + 2^14) / 2^15), shifted by s; x is an int16: the operator writes it out
 */
export type Arithmetic = 'double rounding' | 'single rounding' | 'reduced multiplier' | 'float64' | 'int16';

/** real = multiplier * 2^(shift - 31), as near as that can be; a positive shift is to the left. */
export interface Multiplier {
  readonly real: number;
  /** null where the arithmetic is float64. */
  readonly multiplier: number | null;
  readonly shift: number | null;
  /** The multiplier, or the float64 itself, as C writes it. */
  readonly hex: string;
  /** The multiplier in 15 bits, where the arithmetic takes that. */
  readonly reduced: number | null;
}

/** The rescaling with one channel's numbers alone. */
export function ofChannel(rescaling: Rescaling, channel: number): Rescaling {
  const { multipliers } = rescaling;
  return multipliers.length === 1 ? rescaling : { ...rescaling, multipliers: [multipliers[channel]!] };
}

/** What a rescaling computes: the numbers themselves where there is one for all channels, else looked up by channel. */
export function expansion(
  { x, rescaling, channel, bound }: Rescale,
  { arithmetic, multipliers }: Rescaling,
): Expression {
  const numbers = (field: 'real' | 'multiplier' | 'reduced' | 'shift'): Expression => {
    const [first] = multipliers as [Multiplier];
    if (multipliers.length === 1) return { kind: 'number', value: first[field]! };
    return { kind: 'entry', array: { rescaling, field }, at: channel! };
  };
  const shifts = multipliers.map(({ shift }) => shift ?? 0);
  const isSame = shifts.every((shift) => shift === shifts[0]);
  /** n - shift, and what is known of it where all channels have one shift. */
  const less = (n: number) => (isSame ? n - shifts[0]! : minus(n, numbers('shift')));
  const wraps = multipliers.some(({ real }) => bound * Math.abs(real) * (1 + 2 ** -14) >= 2 ** 31);
  const int32 = (value: Expression, isWrapping: boolean) => (isWrapping ? call('int32', value) : value);
  switch (arithmetic) {
    case 'float64': {
      const rounded = round(named('product', float64(times(x, numbers('real')))));
      return named('rounded', wraps ? call('x86int32', rounded) : rounded);
    }
    case 'reduced multiplier': {
      const product = named('multiply', times(x, numbers('reduced')));
      return named('right shift', int32(floor(divided(plus(product, power(less(14))), power(less(15)))), wraps));
    }
    case 'single rounding': {
      const product = named('multiply', times(x, numbers('multiplier')));
      return named('right shift', int32(floor(divided(plus(product, power(less(30))), power(less(31)))), wraps));
    }
    case 'double rounding': {
      const most = Math.max(...shifts);
      const leftWraps = bound * 2 ** Math.max(most, 0) >= 2 ** 31;
      const left = power(isSame ? most : call('max', numbers('shift'), 0));
      const shifted = most <= 0 ? x : named('left shift', int32(times(x, left), leftWraps));
      const high = named('high multiply', floor(divided(plus(times(shifted, numbers('multiplier')), power(30)), power(31)))); // biome-ignore format: one line
      if (isSame) return most < 0 ? named('right shift', round(divided(high, power(-most)))) : high;
      const negated = minus(0, numbers('shift'));
      return named('right shift', round(divided(high, power(most <= 0 ? negated : call('max', negated, 0)))));
    }
    case 'int16':
      throw new Error('an int16 rescaling is written out by its operator');
  }
}

/** The same, where the multiplier and the shift are steps of the formula; `most` is the greatest that the shift can be. */
export function multiplied(
  x: Expression,
  { multiplier, shift, most }: { readonly multiplier: Expression; readonly shift: Expression; readonly most: number },
  singleRounding: boolean,
): Expression {
  if (singleRounding) {
    const product = named('multiply', times(x, multiplier));
    return named('right shift', floor(divided(plus(product, power(minus(30, shift))), power(minus(31, shift)))));
  }
  const shifted = most <= 0 ? x : named('left shift', times(x, power(call('max', shift, 0))));
  const high = named('high multiply', floor(divided(plus(times(shifted, multiplier), power(30)), power(31))));
  const negated = minus(0, shift);
  return named('right shift', round(divided(high, power(most <= 0 ? negated : call('max', negated, 0)))));
}
