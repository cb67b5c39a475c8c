/** MEAN, by its definition: q = clamp(requantize(sum(x) - n * z_input) + z_output), with the multiplier divided by n. */
import { F, halfAway, halfEven, type Multiplier } from './arithmetic.ts';
import { eachValue, type Slot, type Step, VariantModel } from './hypothesis.ts';
import { minus, type NodeCase, scaleOf } from './node_case.ts';
import { clampSlot, layoutSlot, outputOf, zeroPointSlot } from './output_slots.ts';

export function meanModel(node: NodeCase): VariantModel | undefined {
  const [input, axes] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !axes || !from || !to || node.target === 'real') return undefined;
  const rank = input.shape.length;
  const reduced = new Set(Array.from(axes.data as ArrayLike<number>, (axis) => (Number(axis) + rank) % rank));
  const kept = input.shape.flatMap((_, d) => (reduced.has(d) ? [] : [d]));
  const n = input.data.length / Math.max(node.output.data.length, 1);
  const offset = meanOffsetSlot(from.zero, n);
  const strides = input.shape.map((_, d) => input.shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const groups = groupsOf(input.shape, kept, strides);
  const sums: Step = {
    slots: [offset],
    run(pick, _, positions) {
      const way = pick(offset);
      return Float64Array.from(positions, (position) => {
        let sum = 0;
        for (const i of groups[Math.max(position, 0)]!) sum += way.read(Number(input.data[i]!));
        return way.finish(sum);
      });
    },
  };
  const scales = { input: from.scale, output: to.scale };
  const multiplier = meanMultiplierSlot(scales, n);
  const rounding = meanRoundingSlot();
  const requantize: Step = {
    slots: [multiplier, rounding],
    run(pick, before) {
      const apply = pick(rounding)(pick(multiplier), n);
      return before.map((sum) => apply(sum));
    },
  };
  const limits = { active: to.type, type: to.type, zero: to.zero, activation: 'NONE' };
  return new VariantModel(
    [
      sums,
      requantize,
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    layoutSlot(node),
  );
}

/** For each output, the inputs that it is the mean of. */
function groupsOf(shape: readonly number[], kept: readonly number[], strides: readonly number[]): number[][] {
  const groups: number[][] = [];
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    const to = kept.reduce((at, d) => at * shape[d]! + (Math.floor(i / strides[d]!) % shape[d]!), 0);
    (groups[to] ??= []).push(i);
  }
  return groups;
}

interface MeanOffset {
  read(x: number): number;
  finish(sum: number): number;
}

function meanOffsetSlot(zero: number, n: number): Slot<MeanOffset> {
  return {
    stage: 'sum and zero point of the input',
    line: `sum of ${minus('x', zero)}`,
    right: { read: (x) => x, finish: (sum) => sum - n * zero },
    wrong: [
      {
        id: 'input-zero-point-missing',
        title: 'zero point of the input not subtracted',
        explanation: 'Each of the n values carries the zero point.',
        theirs: 'sum of x',
        way: { read: (x) => x, finish: (sum) => sum },
      },
      {
        id: 'input-zero-point-once',
        title: 'zero point of the input subtracted once from the sum',
        explanation: `Each of the ${n} values carries it.`,
        theirs: 'sum(x) - z_input',
        way: { read: (x) => x, finish: (sum) => sum - zero },
      },
      {
        id: 'input-zero-point-added',
        title: 'zero point of the input added instead of subtracted',
        explanation: 'TFLite adds an offset that is minus the zero point.',
        theirs: `sum of (x + (${zero}))`,
        way: { read: (x) => x, finish: (sum) => sum + n * zero },
      },
      {
        id: 'input-read-unsigned',
        title: 'input read as unsigned',
        explanation: 'int8 values below 0 become 256 more.',
        theirs: 'uint8_t',
        way: { read: (x) => x & 0xff, finish: (sum) => sum - n * zero },
      },
    ],
  };
}

function meanMultiplierSlot({ input, output }: { input: number; output: number }, n: number): Slot<Multiplier> {
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
        theirs: 'M = 1 / n',
        way: of(1),
      },
      {
        id: 'multiplier-inverse',
        title: 'multiplier upside down',
        explanation: 'M = s_input / s_output.',
        theirs: 'M = s_output / s_input / n',
        way: of(output / input),
      },
      {
        id: 'mean-not-divided',
        title: 'sum not divided by the number of values',
        explanation: 'The operator is MEAN.',
        theirs: 'M = s_input / s_output',
        way: of((input / output) * n),
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

function meanRoundingSlot(): Slot<MeanRounding> {
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
        theirs: 'roundTiesToEven(float32(sum) * float32(M)), in one rounding',
        way: (multiplier, n) => {
          const scale = F(multiplier.float32 / n);
          return (sum) => halfEven(F(sum) * scale);
        },
      },
      {
        id: 'single-rounding',
        title: 'rounded once, where TFLite rounds twice',
        explanation: 'The product is shifted and rounded in one step, as in a build with TFLITE_SINGLE_ROUNDING=1.',
        theirs: 'floor((sum * m + 2^(30 - shift)) / 2^(31 - shift))',
        way: (multiplier, n) => {
          const { m, shift } = meanMultiplier(multiplier, n);
          const bits = BigInt(31 - shift);
          return (sum) => Number((BigInt(sum) * m + (1n << (bits - 1n))) >> bits);
        },
      },
      {
        id: 'mean-in-float64',
        title: 'mean in real numbers, halves away from zero',
        explanation: 'TFLite multiplies by an int32 multiplier that is divided by n.',
        theirs: 'round(sum * M)',
        way:
          ({ real }, n) =>
          (sum) =>
            halfAway((sum * real) / n),
      },
      {
        id: 'mean-half-even',
        title: 'mean in real numbers, halves to even',
        explanation: "NumPy's round.",
        theirs: 'rint(sum * M)',
        way:
          ({ real }, n) =>
          (sum) =>
            halfEven((sum * real) / n),
      },
      {
        id: 'mean-truncated',
        title: 'mean truncated',
        explanation: 'A cast to int drops the fraction.',
        theirs: '(int)(sum * M)',
        way:
          ({ real }, n) =>
          (sum) =>
            Math.trunc((sum * real) / n),
      },
      {
        id: 'mean-floored',
        title: 'mean rounded down',
        explanation: 'Rounding is missing.',
        theirs: 'floor(sum * M)',
        way:
          ({ real }, n) =>
          (sum) =>
            Math.floor((sum * real) / n),
      },
      {
        id: 'mean-divided-first',
        title: 'divided by n in integers before the requantization',
        explanation: 'The quotient is rounded to an integer too early: TFLite puts 1 / n into the multiplier.',
        theirs: 'requantize(sum / n)',
        way:
          ({ real }, n) =>
          (sum) =>
            halfAway(Math.trunc(sum / n) * real),
      },
      {
        id: 'mean-divided-first-rounded',
        title: 'divided by n and rounded before the requantization',
        explanation: 'The quotient is rounded to an integer too early: TFLite puts 1 / n into the multiplier.',
        theirs: 'requantize(round(sum / n))',
        way:
          ({ real }, n) =>
          (sum) =>
            halfAway(halfAway(sum / n) * real),
      },
    ],
  };
}
