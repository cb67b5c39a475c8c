/** SOFTMAX, LOGISTIC, TANH: what others compute in place of fixed point and tables. */
import { F, halfAway, halfEven } from '../arithmetic.ts';
import type { Hypothesis, Positions, Slot, Values } from '../hypothesis.ts';
import type { NodeCase } from '../node_case.ts';

/** The output without its zero point. */
export type Compute = (positions: Positions) => Values;

interface Quantized {
  readonly scale: number;
  readonly zero: number;
}

// ---- SOFTMAX

/** Softmax in real numbers: what of it is otherwise. */
interface Softmax {
  readonly round?: (y: number) => number;
  readonly scale?: number;
  readonly beta?: number;
  readonly base?: number;
  readonly outputScale?: number;
  readonly row?: 'all' | 'single' | 'unnormalized';
  readonly read?: (q: number) => number;
  readonly float32?: boolean;
}

export function softmaxSlot(
  { output: { shape }, options }: NodeCase,
  x: Values,
  { scale, zero }: Quantized,
  outputScale: number,
  right: Compute,
): Slot<Compute> {
  const beta = Number(options.beta);
  const depth = shape.at(-1) ?? 1;
  const of = (softmax: Softmax): Compute => {
    const { round = halfAway, read = (q) => q - zero } = softmax;
    const factor = (softmax.beta ?? beta) * (softmax.scale ?? scale) * Math.log(softmax.base ?? Math.E);
    const exp = softmax.float32 ? (y: number) => F(Math.exp(F(F(factor) * y))) : (y: number) => Math.exp(factor * y);
    const add = softmax.float32 ? (a: number, b: number) => F(a + b) : (a: number, b: number) => a + b;
    return (positions) =>
      Float64Array.from(positions, (position) => {
        const at = Math.max(position, 0);
        const start = softmax.row === 'all' ? 0 : at - (at % depth);
        const row = x.subarray(start, softmax.row === 'all' ? x.length : start + depth).map(read);
        const most = row.reduce((a, b) => Math.max(a, b));
        const exps = row.map((value) => exp(value - most));
        const own = exps[at - start]!;
        const sum = exps.reduce(add, 0);
        const logistic = 1 / (1 + Math.exp(-row[at - start]! * factor));
        const real = softmax.row === 'single' ? logistic : softmax.row === 'unnormalized' ? own : own / sum;
        const result = softmax.float32 ? F(F(real) / F(softmax.outputScale ?? outputScale)) : real / (softmax.outputScale ?? outputScale); // biome-ignore format: one line
        return round(result);
      });
  };
  return {
    stage: 'softmax',
    line: `exp(${beta === 1 ? '' : `${beta} * `}s_input * (x - max)) / sum, in fixed point`,
    right,
    wrong: softmaxMistakes(outputScale, beta, shape, zero).map(({ softmax, ...hypothesis }) => ({
      ...hypothesis,
      instead: of(softmax),
    })),
  };
}

function softmaxMistakes(
  outputScale: number,
  beta: number,
  shape: readonly number[],
  zero: number,
): readonly (Hypothesis & { readonly softmax: Softmax })[] {
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return [
    ...softmaxInReals(outputScale),
    {
      id: 'softmax-without-input-scale',
      title: 'softmax of the stored values, without the scale of the input',
      explanation: 'exp of stored values: multiply by the scale of the input first.',
      candidate: 'exp(x - max)',
      softmax: { scale: 1 },
    },
    {
      id: 'softmax-base-2',
      title: 'softmax with powers of 2',
      explanation: "CMSIS's first softmax had 2^x in place of e^x.",
      candidate: '2^(s_input * (x - max))',
      softmax: { base: 2 },
    },
    {
      id: 'softmax-unsigned',
      title: 'input read as unsigned',
      explanation: 'int8 values below 0 become 256 more.',
      candidate: 'uint8_t',
      softmax: { read: (q) => (q & 0xff) - zero },
    },
    ...(rows > 1
      ? [
          {
            id: 'softmax-over-all',
            title: 'softmax over all values',
            explanation: 'It goes over the last dimension alone.',
            candidate: 'sum over all',
            softmax: { row: 'all' as const },
          },
        ]
      : []),
    {
      id: 'softmax-not-normalized',
      title: 'not divided by the sum',
      explanation: 'softmax = exp / sum of exp.',
      candidate: 'exp(s_input * (x - max))',
      softmax: { row: 'unnormalized' },
    },
    {
      id: 'logistic-for-softmax',
      title: 'LOGISTIC of each value instead of SOFTMAX',
      explanation: 'The operator is SOFTMAX.',
      candidate: '1 / (1 + exp(-real))',
      softmax: { row: 'single', read: (q) => q - zero },
    },
    ...(beta === 1
      ? []
      : [
          {
            id: 'softmax-without-beta',
            title: 'beta left out',
            explanation: `The node has beta = ${beta}.`,
            candidate: 'exp(s_input * (x - max))',
            softmax: { beta: 1 },
          },
        ]),
  ];
}

function softmaxInReals(outputScale: number): readonly (Hypothesis & { readonly softmax: Softmax })[] {
  return [
    {
      id: 'softmax-in-real-numbers',
      title: 'softmax computed in real numbers',
      explanation: "TFLite's reference computes in fixed point; its optimized kernels, and most others, in float.",
      candidate: 'round(exp(s_input * (x - max)) / sum / s_output)',
      softmax: {},
    },
    {
      id: 'softmax-in-float32',
      title: 'softmax computed in float32',
      explanation:
        "expf, its sum and the quotients are rounded to float32; TFLite's reference computes in fixed point.",
      candidate: 'round(expf(s_input * (x - max)) / sum / s_output)',
      softmax: { float32: true },
    },
    {
      id: 'softmax-truncated',
      title: 'softmax in real numbers, truncated',
      explanation: 'A cast to int drops the fraction.',
      candidate: '(int)(softmax / s_output)',
      softmax: { round: Math.trunc },
    },
    {
      id: 'softmax-half-even',
      title: 'softmax in real numbers, halves to even',
      explanation: "NumPy's round.",
      candidate: 'rint(softmax / s_output)',
      softmax: { round: halfEven },
    },
    ...(outputScale === 1 / 255
      ? []
      : [
          {
            id: 'softmax-times-255',
            title: 'softmax scaled to 255',
            explanation: `The scale of the output is ${outputScale}, not 1 / 255.`,
            candidate: 'round(softmax * 255)',
            softmax: { outputScale: 1 / 255 },
          },
        ]),
  ];
}

// ---- functions of one value

/** The functions themselves, on real numbers. */
function functionOf(op: string, alpha = 0): (x: number) => number {
  const functions: { readonly [op: string]: (x: number) => number } = {
    LOGISTIC: (x) => 1 / (1 + Math.exp(-x)),
    TANH: Math.tanh,
    HARD_SWISH: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    RELU: (x) => Math.max(x, 0),
    RELU6: (x) => Math.min(Math.max(x, 0), 6),
    RELU_N1_TO_1: (x) => Math.min(Math.max(x, -1), 1),
    RELU_0_TO_1: (x) => Math.min(Math.max(x, 0), 1),
    LEAKY_RELU: (x) => (x < 0 ? alpha * x : x),
  };
  return functions[op]!;
}

type Real = (q: number) => number;

/** `real`: which real number a stored value becomes; `round`: how the output does. */
interface FunctionMistake extends Hypothesis {
  readonly real: Real;
  readonly round?: (y: number) => number;
}

export function functionSlot(
  { op, output, options }: NodeCase,
  x: Values,
  input: Quantized,
  outputScale: number,
  right: Compute,
): Slot<Compute> {
  const of = ({ real, round = halfAway }: FunctionMistake): Compute => {
    return (positions) => Float64Array.from(positions, (p) => round(real(x[Math.max(p, 0)]!) / outputScale));
  };
  const name = op.toLowerCase();
  const alpha = Number(options.alpha ?? 0);
  const own = functionOf(op, alpha);
  const real: Real = (q) => own(input.scale * (q - input.zero));
  const mistakes = [
    ...precisionMistakes(name, real, output.dtype),
    ...inputMistakes(name, own, input),
    ...(OTHER[op] ?? []).map((other) => otherFunction(op, other, functionOf(other), input)),
    ...approximations(op, input, alpha),
  ];
  return {
    stage: 'function',
    line: `round(${name}(s_input * (x - z_input)) / s_output)`,
    right,
    wrong: mistakes.map((mistake) => {
      const { id, title, explanation, candidate } = mistake;
      return { id, title, explanation, candidate, instead: of(mistake) };
    }),
  };
}

function precisionMistakes(name: string, real: Real, dtype: string): FunctionMistake[] {
  return [
    {
      id: 'function-in-real-numbers',
      title: 'computed in float64',
      explanation: 'TFLite computes a table in float32 or fixed-point numbers.',
      candidate: `round(${name}(real) / s_output), in float64`,
      real,
    },
    {
      id: 'function-half-even',
      title: 'computed in real numbers, halves to even',
      explanation: "NumPy's round; TFLite's are away from zero.",
      candidate: `rint(${name}(real) / s_output)`,
      real,
      round: halfEven,
    },
    {
      id: 'function-truncated',
      title: 'truncated, not rounded',
      explanation: 'A cast to int drops the fraction.',
      candidate: `(int)(${name}(real) / s_output)`,
      real,
      round: Math.trunc,
    },
    {
      id: 'function-floored',
      title: 'rounded down',
      explanation: 'Rounding is missing.',
      candidate: `floor(${name}(real) / s_output)`,
      real,
      round: Math.floor,
    },
    ...(dtype === 'int16' ? [] : tableMistakes(real)),
  ];
}

/** A table of 256 values, read at the place beside. */
function tableMistakes(real: Real): FunctionMistake[] {
  return [
    {
      id: 'table-one-later',
      title: 'table read one entry too far',
      explanation: 'The index into the table is off by one.',
      candidate: 'table[x + 1]',
      real: (q) => real(q + 1),
    },
    {
      id: 'table-one-earlier',
      title: 'table read one entry too early',
      explanation: 'The index into the table is off by one.',
      candidate: 'table[x - 1]',
      real: (q) => real(q - 1),
    },
  ];
}

function inputMistakes(name: string, own: Real, { scale, zero }: Quantized): FunctionMistake[] {
  const zeroPoint: FunctionMistake[] = [
    {
      id: 'input-zero-point-missing',
      title: 'zero point of the input not subtracted',
      explanation: 'The function is one of real numbers: scale * (x - zero point).',
      candidate: `${name}(s_input * x)`,
      real: (q) => own(scale * q),
    },
    {
      id: 'input-zero-point-added',
      title: 'zero point of the input added instead of subtracted',
      explanation: 'The function is one of real numbers: scale * (x - zero point).',
      candidate: `${name}(s_input * (x + z_input))`,
      real: (q) => own(scale * (q + zero)),
    },
  ];
  return [
    ...(zero === 0 ? [] : zeroPoint),
    {
      id: 'input-scale-missing',
      title: 'scale of the input left out',
      explanation: 'The function is one of real numbers: scale * (x - zero point).',
      candidate: `${name}(x - z_input)`,
      real: (q) => own(q - zero),
    },
    {
      id: 'input-read-unsigned',
      title: 'input read as unsigned',
      explanation: 'int8 values below 0 become 256 more.',
      candidate: 'uint8_t',
      real: (q) => own(scale * ((q & 0xff) - zero)),
    },
  ];
}

/** What an operator is taken for. */
const OTHER: { readonly [op: string]: readonly string[] } = {
  LOGISTIC: ['TANH'],
  TANH: ['LOGISTIC'],
  HARD_SWISH: ['RELU', 'RELU6'],
  RELU: ['RELU6'],
  RELU6: ['RELU'],
  RELU_N1_TO_1: ['RELU', 'RELU6'],
  RELU_0_TO_1: ['RELU', 'RELU6'],
  LEAKY_RELU: ['RELU'],
};

function otherFunction(op: string, other: string, own: Real, { scale, zero }: Quantized): FunctionMistake {
  return {
    id: `${other.toLowerCase().replaceAll('_', '-')}-for-${op.toLowerCase().replaceAll('_', '-')}`,
    title: `${other} instead of ${op}`,
    explanation: `The operator is ${op}.`,
    candidate: `${other.toLowerCase()}(real)`,
    real: (q) => own(scale * (q - zero)),
  };
}

function approximations(op: string, { scale, zero }: Quantized, alpha: number): FunctionMistake[] {
  if (op === 'LOGISTIC') {
    return [
      {
        id: 'hard-sigmoid',
        title: 'hard sigmoid instead of LOGISTIC',
        explanation: 'A straight line between 0 and 1 is an approximation.',
        candidate: 'min(max(0.2 * real + 0.5, 0), 1)',
        real: (q) => Math.min(Math.max(0.2 * scale * (q - zero) + 0.5, 0), 1),
      },
    ];
  }
  if (op === 'HARD_SWISH') {
    return [
      {
        id: 'swish-for-hard-swish',
        title: 'swish instead of HARD_SWISH',
        explanation: 'x * sigmoid(x) is what HARD_SWISH approximates.',
        candidate: 'real / (1 + exp(-real))',
        real: (q) => (scale * (q - zero)) / (1 + Math.exp(-scale * (q - zero))),
      },
    ];
  }
  if (op === 'LEAKY_RELU') {
    return [
      {
        id: 'alpha-for-all',
        title: 'alpha for values above 0 too',
        explanation: 'Only values below the zero point are multiplied by alpha.',
        candidate: 'alpha * real',
        real: (q) => alpha * scale * (q - zero),
      },
      {
        id: 'alpha-at-stored-zero',
        title: 'alpha for stored values below 0',
        explanation: `Real 0 is stored as ${zero}.`,
        candidate: 'x < 0 ? alpha * real : real',
        real: (q) => (q < 0 ? alpha : 1) * scale * (q - zero),
      },
    ];
  }
  if (!op.startsWith('RELU') || zero === 0) return [];
  return [
    {
      id: 'relu-at-stored-zero',
      title: `${op} applied to the stored value`,
      explanation: `Real 0 is stored as ${zero}: comparing the stored value with 0 cuts it elsewhere.`,
      candidate: 'max(x, 0)',
      real: (q) => functionOf(op)(scale * (Math.max(q, 0) - zero)),
    },
  ];
}
