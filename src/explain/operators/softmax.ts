/** SOFTMAX: differences to the greatest value, rescaled; their exponentials; each divided by the sum of all. */
import {
  expOnNegativeValues,
  getReciprocal,
  lookup16,
  roundingDivideByPOT,
  saturatingAdd,
} from '../../../kernels/fixed_point.ts';
import { softmaxInputRadius, softmaxMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { derive, type Quantity, rescaling, scaleOf, step } from '../derivation.ts';
import type { Account, Rescaling } from '../explanation.ts';
import { Steps, sum, type Tap, type ValueTrace, valueAt } from '../value_trace.ts';
import { type OperatorAccount, plus, type Quantized, rescaled, typeClamp } from './operator_explainer.ts';

type Softmax = Quantized<typeof reference.SOFTMAX>;
type Softmax8 = Extract<Softmax, { kind: 'int8' }>;
type Softmax16 = Extract<Softmax, { kind: 'int16' }>;

export const SOFTMAX: OperatorAccount<Softmax> = {
  inputs: ['input'],
  explain: (p) => (p.kind === 'int8' ? fixedPoint(p) : byTables(p)),
  trace: (account, { at }, p) => (p.kind === 'int8' ? traceFixedPoint(account, at, p) : traceTables(account, at, p)),
};

function betaOf(beta: number): Quantity {
  return { name: 'beta', values: [beta] };
}

function fixedPoint(p: Softmax8): Partial<Account> {
  const { input, output, depth, shift, outputBits, min } = p;
  const operands = [betaOf(p.beta), scaleOf('input', input.scale)];
  const steps = [
    step(
      'real',
      `min(beta * input.scale * 2^26, 2^${p.singleRounding ? 30 : 31} - 1)`,
      'float64',
      operands,
      (beta, scale) => softmaxMultiplier(beta!, scale!, p.singleRounding),
    ),
  ];
  const scaling = rescaling('difference', steps, [p]);
  const radius = softmaxInputRadius(shift);
  return {
    formulas: [
      `difference[i] = input[i] - max{j < ${depth}} input[j]`,
      `e[i] = exp(${rescaled('difference[i]', scaling, 0)})`,
      `total = sum{j < ${depth}} round(e[j] / 2^12)`,
      'z = leadingZeros(total)',
      'reciprocal = 2^62 / (total * 2^z)',
      `output[i] = ${plus(`round(floor((reciprocal * e[i] + 2^30) / 2^31) / 2^(${43 - outputBits} - z))`, min)}`,
    ],
    offsets: { output: min },
    rescalings: [scaling],
    clamp: typeClamp(output.dtype),
    constants: { diffMin: 0 - radius },
    notes: [
      'exp takes 26 bits of fraction and gives 31; it and the reciprocal are computed in fixed point',
      `a difference below ${-radius} counts as nothing`,
      'along the last dimension; the zero point of the input cancels out',
    ],
  };
}

function byTables(p: Softmax16): Partial<Account> {
  const { input, depth } = p;
  const steps = derive(p.realMultiplier, betaOf(p.beta), scaleOf('input', input.scale));
  const scaling = rescaling('difference', steps, [p]);
  return {
    formulas: [
      `difference[i] = input[i] - max{j < ${depth}} input[j]`,
      `e[i] = expTable(min(max(${rescaled('difference[i]', scaling, 0)} + 32767, -32768), 32767))`,
      `total = sum{j < ${depth}} e[j]`,
      'z = leadingZeros(total)',
      'reciprocal = reciprocalTable(min(floor((total * 2^(z - 1) + 2^13) / 2^14) - 98304, 32767))',
      'output[i] = min(max(floor((e[i] * reciprocal + 2^(30 - z)) / 2^(31 - z)), 0), 32767)',
    ],
    offsets: { input: 0, output: 0 },
    rescalings: [scaling],
    notes: ['both tables have 513 entries over the range of int16, and are interpolated', 'along the last dimension'],
  };
}

// ---- traces

/** The values of a row, and the exponential of each difference to the greatest, as the kernel has it. */
function rowOf(input: Tensor, at: readonly number[], exp: (difference: number) => number) {
  const row = at.slice(0, -1);
  const values = Array.from({ length: input.shape.at(-1)! }, (_, j) => Number(valueAt(input, [...row, j])));
  const max = Math.max(...values);
  const exps = values.map((value) => exp(value - max));
  return { values, max, exps, placeOf: (j: number) => [...row, j] };
}

/** The value at a place, and how far it is below the greatest. */
function difference(steps: Steps, at: readonly number[], values: readonly number[], max: number): number {
  const value = steps.add('input', `input[${at.join(', ')}]`, values[at.at(-1)!]!);
  steps.add('maximum', `of ${values.length} values`, max);
  return steps.add('difference', sum(value, -max), value - max);
}

function traceFixedPoint(account: Account, at: readonly number[], p: Softmax8): ValueTrace {
  const { values, max, exps, placeOf } = rowOf(p.input, at, (below) => p.exps[-below]!);
  const terms = exps.map((exp) => roundingDivideByPOT(exp, 12));
  const taps = values.map((value, j): Tap => ({ at: placeOf(j), value, term: terms[j]! }));
  const steps = new Steps();
  const below = difference(steps, at, values, max);
  let e = 0;
  if (below < account.constants.diffMin!) steps.add('exp', `${below} is too far below`, e);
  else {
    const x = steps.rescale(below, account.rescalings[0]!);
    e = steps.add('exp', `exp(${x})`, expOnNegativeValues(x, 5));
  }
  const total = terms.reduce(saturatingAdd, 0);
  steps.add('total', 'sum of round(exp / 2^12)', total);
  const z = steps.add('z', `leadingZeros(${total})`, Math.clz32(total));
  const exponent = 43 - p.outputBits - z;
  if (exponent > 31) return { taps, value: steps.add('lowest', 'the sum is 512 or more', p.min), steps: steps.list };
  const reciprocal = steps.add('reciprocal', `2^62 / (${total} * 2^${z})`, getReciprocal(total));
  const high = steps.highMultiply(reciprocal, e);
  const shifted = steps.add('right shift', `round(${high} / 2^${exponent})`, roundingDivideByPOT(high, exponent));
  return { taps, value: steps.output(shifted, p.min, account.clamp!), steps: steps.list };
}

function traceTables(account: Account, at: readonly number[], p: Softmax16): ValueTrace {
  const [scaling] = account.rescalings as [Rescaling];
  const entryOf = (scaled: number) => Math.min(Math.max(scaled + 32767, -32768), 32767);
  const { values, max, exps, placeOf } = rowOf(p.input, at, (below) =>
    lookup16(p.expLut, entryOf(new Steps().rescale(below, scaling))),
  );
  const taps = values.map((value, j): Tap => ({ at: placeOf(j), value, term: exps[j]! }));
  const steps = new Steps();
  const entry = entryOf(steps.rescale(difference(steps, at, values, max), scaling));
  const e = steps.add('exp', `expTable(${entry})`, lookup16(p.expLut, entry));
  const total = steps.add('total', `sum of ${exps.length} exp`, exps.reduce(saturatingAdd, 0));
  const z = steps.add('z', `leadingZeros(${total})`, Math.clz32(total));
  const normalized = Math.floor((total * 2 ** (z - 1) + 2 ** 13) / 2 ** 14);
  steps.add('normalized', `floor((${total} * 2^${z - 1} + 2^13) / 2^14)`, normalized);
  const place = Math.min(normalized - 98304, 32767);
  const reciprocal = steps.add('reciprocal', `reciprocalTable(${place})`, lookup16(p.reciprocalLut, place));
  const shifted = Math.floor((e * reciprocal + 2 ** (30 - z)) / 2 ** (31 - z));
  steps.add('right shift', `floor((${e} * ${reciprocal} + 2^${30 - z}) / 2^${31 - z})`, shifted);
  const value = steps.add('clamp', `min(max(${shifted}, 0), 32767)`, Math.min(Math.max(shifted, 0), 32767));
  return { taps, value, steps: steps.list };
}
