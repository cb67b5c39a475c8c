/** MEAN: its sum, its multiplier, its rounding. */
import { F, halfAway, halfEven, type Multiplier } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';
import { minus } from '../node_case.ts';

interface MeanOffset {
  read(x: number): number;
  finish(sum: number): number;
}

export function meanOffsetSlot(zero: number, n: number): Slot<MeanOffset> {
  return {
    stage: 'sum and zero point of the input',
    line: `sum of ${minus('x', zero)}`,
    right: { read: (x) => x, finish: (sum) => sum - n * zero },
    wrong: [
      {
        id: 'input-zero-point-missing',
        title: 'zero point of the input not subtracted',
        explanation: 'Each of the n values carries the zero point.',
        candidate: 'sum of x',
        instead: { read: (x) => x, finish: (sum) => sum },
      },
      {
        id: 'input-zero-point-once',
        title: 'zero point of the input subtracted once from the sum',
        explanation: `Each of the ${n} values carries it.`,
        candidate: 'sum(x) - z_input',
        instead: { read: (x) => x, finish: (sum) => sum - zero },
      },
      {
        id: 'input-zero-point-added',
        title: 'zero point of the input added instead of subtracted',
        explanation: 'TFLite adds an offset that is minus the zero point.',
        candidate: `sum of (x + (${zero}))`,
        instead: { read: (x) => x, finish: (sum) => sum + n * zero },
      },
      {
        id: 'input-read-unsigned',
        title: 'input read as unsigned',
        explanation: 'int8 values below 0 become 256 more.',
        candidate: 'uint8_t',
        instead: { read: (x) => x & 0xff, finish: (sum) => sum - n * zero },
      },
    ],
  };
}

export function meanMultiplierSlot({ input, output }: { input: number; output: number }, n: number): Slot<Multiplier> {
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  return {
    stage: 'multiplier',
    line: `M = s_input / s_output / n = ${input / output / n}, n = ${n}`,
    right: of(input / output),
    wrong: [
      {
        id: 'mean-not-requantized',
        title: 'mean not brought to the scale of the output',
        explanation: 'Input and output have scales of their own.',
        candidate: 'M = 1 / n',
        instead: of(1),
      },
      {
        id: 'multiplier-inverse',
        title: 'multiplier upside down',
        explanation: 'M = s_input / s_output.',
        candidate: 'M = s_output / s_input / n',
        instead: of(output / input),
      },
      {
        id: 'mean-not-divided',
        title: 'sum not divided by the number of values',
        explanation: 'The operator is MEAN.',
        candidate: 'M = s_input / s_output',
        instead: of((input / output) * n),
      },
    ],
  };
}

type MeanRounding = (multiplier: Multiplier, n: number) => (sum: number) => number;

/** 2^shift * m / 2^31 as an int32 m and a shift. */
function fixed(real: number): { m: bigint; shift: number } {
  let [fraction, shift] = [real, 0];
  for (; fraction >= 1; fraction /= 2) shift++;
  for (; fraction < 0.5; fraction *= 2) shift--;
  return { m: BigInt(Math.round(fraction * 2 ** 31)), shift };
}

/** TFLite divides the int32 multiplier by n, with as many bits more as n has, and truncates it. */
function meanMultiplier({ real }: Multiplier, n: number): { m: bigint; shift: number } {
  const { m, shift } = fixed(real);
  const bits = Math.min(Math.floor(Math.log2(n)), 32, 31 + shift);
  return { m: (m << BigInt(bits)) / BigInt(n), shift: shift - bits };
}

const divided = (x: bigint, bits: number) => {
  if (bits <= 0) return x << BigInt(-bits);
  const half = 1n << BigInt(bits - 1);
  return x < 0n ? -((-x + half) >> BigInt(bits)) : (x + half) >> BigInt(bits);
};

export function meanRoundingSlot(): Slot<MeanRounding> {
  const high = (sum: number, m: bigint) => (BigInt(sum) * m + (1n << 30n)) >> 31n;
  return {
    stage: 'rounding and shift',
    line: 'round(floor((sum * m + 2^30) / 2^31) / 2^-shift), m divided by n in integers',
    right: (multiplier, n) => {
      const { m, shift } = meanMultiplier(multiplier, n);
      return (sum) => Number(divided(high(sum * 2 ** Math.max(shift, 0), m), -Math.min(shift, 0)));
    },
    wrong: [
      {
        id: 'xnnpack',
        title: "XNNPACK's requantization: with a float32 multiplier, halves to even",
        explanation:
          "What Python's Interpreter(model) computes by default. Record with the reference kernels to get TFLite's integers.",
        candidate: 'roundTiesToEven(float32(sum) * float32(M)), in one rounding',
        instead: (multiplier, n) => {
          const scale = F(multiplier.float32 / n);
          return (sum) => halfEven(F(sum) * scale);
        },
      },
      {
        id: 'single-rounding',
        title: 'rounded once, where TFLite rounds twice',
        explanation: 'The product is shifted and rounded in one step, as in a build with TFLITE_SINGLE_ROUNDING=1.',
        candidate: 'floor((sum * m + 2^(30 - shift)) / 2^(31 - shift))',
        instead: (multiplier, n) => {
          const { m, shift } = meanMultiplier(multiplier, n);
          const bits = BigInt(31 - shift);
          return (sum) => Number((BigInt(sum) * m + (1n << (bits - 1n))) >> bits);
        },
      },
      {
        id: 'mean-in-float64',
        title: 'mean in real numbers, halves away from zero',
        explanation: 'TFLite multiplies by an int32 multiplier that is divided by n.',
        candidate: 'round(sum * M)',
        instead:
          ({ real }, n) =>
          (sum) =>
            halfAway((sum * real) / n),
      },
      {
        id: 'mean-half-even',
        title: 'mean in real numbers, halves to even',
        explanation: "NumPy's round.",
        candidate: 'rint(sum * M)',
        instead:
          ({ real }, n) =>
          (sum) =>
            halfEven((sum * real) / n),
      },
      {
        id: 'mean-truncated',
        title: 'mean truncated',
        explanation: 'A cast to int drops the fraction.',
        candidate: '(int)(sum * M)',
        instead:
          ({ real }, n) =>
          (sum) =>
            Math.trunc((sum * real) / n),
      },
      {
        id: 'mean-floored',
        title: 'mean rounded down',
        explanation: 'Rounding is missing.',
        candidate: 'floor(sum * M)',
        instead:
          ({ real }, n) =>
          (sum) =>
            Math.floor((sum * real) / n),
      },
      {
        id: 'mean-divided-first',
        title: 'divided by n in integers before the requantization',
        explanation: 'The quotient is rounded to an integer too early: TFLite puts 1 / n into the multiplier.',
        candidate: 'requantize(sum / n)',
        instead:
          ({ real }, n) =>
          (sum) =>
            halfAway(Math.trunc(sum / n) * real),
      },
      {
        id: 'mean-divided-first-rounded',
        title: 'divided by n and rounded before the requantization',
        explanation: 'The quotient is rounded to an integer too early: TFLite puts 1 / n into the multiplier.',
        candidate: 'requantize(round(sum / n))',
        instead:
          ({ real }, n) =>
          (sum) =>
            halfAway(halfAway(sum / n) * real),
      },
    ],
  };
}
