/**
 * SOFTMAX, LOGISTIC, TANH: what others compute in real numbers in place of TFLite's fixed point and tables. The right way
 * is here what ran.
 */
import { halfAway, halfEven } from './arithmetic.ts';
import { eachValue, type Positions, type Slot, type Step, type Values, VariantModel } from './hypothesis.ts';
import { type NodeCase, scaleOf } from './node_case.ts';
import { clampSlot, layoutSlot, outputOf, zeroPointSlot } from './output_slots.ts';

/** The output without its zero point. */
type Compute = (positions: Positions) => Values;

export function activationModel(node: NodeCase): VariantModel | undefined {
  const [input] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !from || !to || node.target === 'real') return undefined;
  const { data } = node.output;
  const right: Compute = (positions) =>
    Float64Array.from(positions, (position) => Number(data[Math.max(position, 0)]!) - to.zero);
  const x = Float64Array.from(input.data as ArrayLike<number>);
  const slot = node.op === 'SOFTMAX' ? softmaxSlot(node, x, from, to.scale, right) : functionSlot(node, x, from, to.scale, right); // biome-ignore format: one line
  const step: Step = { slots: [slot], run: (pick, _, positions) => pick(slot)(positions) };
  const limits = { active: to.type, type: to.type, zero: to.zero, activation: 'NONE' };
  return new VariantModel(
    [
      step,
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    layoutSlot(node),
  );
}

interface Quantized {
  readonly scale: number;
  readonly zero: number;
}

function softmaxSlot(
  node: NodeCase,
  x: Values,
  { scale, zero }: Quantized,
  outputScale: number,
  right: Compute,
): Slot<Compute> {
  // biome-ignore format: one line
  const { shape } = node.output;
  const beta = Number(node.options.beta);
  const depth = shape.at(-1) ?? 1;
  interface Way {
    readonly round?: (y: number) => number;
    readonly scale?: number;
    readonly beta?: number;
    readonly base?: number;
    readonly outputScale?: number;
    readonly row?: 'all' | 'single' | 'unnormalized';
    readonly read?: (q: number) => number;
  }
  const of = (way: Way): Compute => {
    const { round = halfAway, read = (q) => q - zero } = way;
    const factor = (way.beta ?? beta) * (way.scale ?? scale) * Math.log(way.base ?? Math.E);
    return (positions) =>
      Float64Array.from(positions, (position) => {
        const at = Math.max(position, 0);
        const start = way.row === 'all' ? 0 : at - (at % depth);
        const row = x.subarray(start, way.row === 'all' ? x.length : start + depth).map(read);
        const most = row.reduce((a, b) => Math.max(a, b));
        const exps = row.map((value) => Math.exp((value - most) * factor));
        const own = exps[at - start]!;
        const sum = exps.reduce((a, b) => a + b, 0);
        const logistic = 1 / (1 + Math.exp(-row[at - start]! * factor));
        const real = way.row === 'single' ? logistic : way.row === 'unnormalized' ? own : own / sum;
        return round(real / (way.outputScale ?? outputScale));
      });
  };
  return {
    stage: 'softmax',
    line: `exp(${beta === 1 ? '' : `${beta} * `}s_input * (x - max)) / sum, in fixed point`,
    right,
    wrong: [
      {
        id: 'softmax-in-real-numbers',
        title: 'softmax computed in real numbers',
        explanation: "TFLite's reference computes in fixed point; its optimized kernels, and most others, in float.",
        theirs: 'round(exp(s_input * (x - max)) / sum / s_output)',
        way: of({}),
      },
      {
        id: 'softmax-truncated',
        title: 'softmax in real numbers, truncated',
        explanation: 'A cast to int drops the fraction.',
        theirs: '(int)(softmax / s_output)',
        way: of({ round: Math.trunc }),
      },
      {
        id: 'softmax-half-even',
        title: 'softmax in real numbers, halves to even',
        explanation: "NumPy's round.",
        theirs: 'rint(softmax / s_output)',
        way: of({ round: halfEven }),
      },
      {
        id: 'softmax-times-255',
        title: 'softmax scaled to 255',
        explanation: `The scale of the output is ${outputScale}, not 1 / 255.`,
        theirs: 'round(softmax * 255)',
        way: of({ outputScale: 1 / 255 }),
      },
      {
        id: 'softmax-without-input-scale',
        title: 'softmax of the stored values, without the scale of the input',
        explanation: 'exp of stored values: multiply by the scale of the input first.',
        theirs: 'exp(x - max)',
        way: of({ scale: 1 }),
      },
      {
        id: 'softmax-base-2',
        title: 'softmax with powers of 2',
        explanation: "CMSIS's first softmax had 2^x in place of e^x.",
        theirs: '2^(s_input * (x - max))',
        way: of({ base: 2 }),
      },
      {
        id: 'softmax-unsigned',
        title: 'input read as unsigned',
        explanation: 'int8 values below 0 become 256 more.',
        theirs: 'uint8_t',
        way: of({ read: (q) => q & 0xff }),
      },
      {
        id: 'softmax-over-all',
        title: 'softmax over all values',
        explanation: 'It goes over the last dimension alone.',
        theirs: 'sum over all',
        way: of({ row: 'all' }),
      },
      {
        id: 'softmax-not-normalized',
        title: 'not divided by the sum',
        explanation: 'softmax = exp / sum of exp.',
        theirs: 'exp(s_input * (x - max))',
        way: of({ row: 'unnormalized' }),
      },
      {
        id: 'logistic-for-softmax',
        title: 'LOGISTIC of each value instead of SOFTMAX',
        explanation: 'The operator is SOFTMAX.',
        theirs: '1 / (1 + exp(-real))',
        way: of({ row: 'single' }),
      },
      ...(beta === 1
        ? []
        : [
            {
              id: 'softmax-without-beta',
              title: 'beta left out',
              explanation: `The node has beta = ${beta}.`,
              theirs: 'exp(s_input * (x - max))',
              way: of({ beta: 1 }),
            },
          ]),
    ],
  };
}

const FUNCTIONS: { readonly [op: string]: (x: number) => number } = {
  LOGISTIC: (x) => 1 / (1 + Math.exp(-x)),
  TANH: Math.tanh,
};

function functionSlot(
  { op }: NodeCase,
  x: Values,
  { scale, zero }: Quantized,
  outputScale: number,
  right: Compute,
): Slot<Compute> {
  // biome-ignore format: one line
  const own = FUNCTIONS[op]!;
  const other = op === 'TANH' ? 'LOGISTIC' : 'TANH';
  const of =
    (real: (q: number) => number, round = halfAway): Compute =>
    (positions) =>
      Float64Array.from(positions, (position) => round(real(x[Math.max(position, 0)]!) / outputScale));
  const input = (q: number) => scale * (q - zero);
  return {
    stage: 'function',
    line: `round(${op.toLowerCase()}(s_input * (x - z_input)) / s_output)`,
    right,
    wrong: [
      {
        id: 'function-in-real-numbers',
        title: 'computed in float64',
        explanation: 'TFLite computes a table in float32, TensorFlow Lite Micro fixed-point numbers.',
        theirs: `round(${op.toLowerCase()}(real) / s_output), in float64`,
        way: of((q) => own(input(q))),
      },
      {
        id: 'function-truncated',
        title: 'truncated, not rounded',
        explanation: 'A cast to int drops the fraction.',
        theirs: `(int)(${op.toLowerCase()}(real) / s_output)`,
        way: of((q) => own(input(q)), Math.trunc),
      },
      {
        id: 'input-zero-point-missing',
        title: 'zero point of the input not subtracted',
        explanation: 'The function is one of real numbers: scale * (x - zero point).',
        theirs: `${op.toLowerCase()}(s_input * x)`,
        way: of((q) => own(scale * q)),
      },
      {
        id: 'input-zero-point-added',
        title: 'zero point of the input added instead of subtracted',
        explanation: 'The function is one of real numbers: scale * (x - zero point).',
        theirs: `${op.toLowerCase()}(s_input * (x + z_input))`,
        way: of((q) => own(scale * (q + zero))),
      },
      {
        id: 'input-scale-missing',
        title: 'scale of the input left out',
        explanation: 'The function is one of real numbers: scale * (x - zero point).',
        theirs: `${op.toLowerCase()}(x - z_input)`,
        way: of((q) => own(q - zero)),
      },
      {
        id: 'input-read-unsigned',
        title: 'input read as unsigned',
        explanation: 'int8 values below 0 become 256 more.',
        theirs: 'uint8_t',
        way: of((q) => own(input(q & 0xff))),
      },
      {
        id: 'other-function',
        title: `${other} instead of ${op}`,
        explanation: `The operator is ${op}.`,
        theirs: `${other.toLowerCase()}(real)`,
        way: of((q) => FUNCTIONS[other]!(input(q))),
      },
      ...(op === 'LOGISTIC'
        ? [
            {
              id: 'hard-sigmoid',
              title: 'hard sigmoid instead of LOGISTIC',
              explanation: 'A straight line between 0 and 1 is an approximation.',
              theirs: 'min(max(0.2 * real + 0.5, 0), 1)',
              way: of((q) => Math.min(Math.max(0.2 * input(q) + 0.5, 0), 1)),
            },
          ]
        : []),
    ],
  };
}
