/** MEAN and SUM: the sum, less the zero points, rescaled; the mean's multiplier divides by the number of values, too. */
import type { Node } from '../../../kernels/kernel.ts';
import { meanMultiplier, quantizeMultiplier, quantizeScale, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { agree, derive, hex, rescaling, roundingOf, scaleOf } from '../derivation.ts';
import type { Account, Rescaling, Step } from '../explanation.ts';
import { exact, flatIndex, type Place, Steps, type Tap, unflatten, type ValueTrace } from '../value_trace.ts';
import { boundsOf } from './accumulator.ts';
import { type OperatorAccount, plus, type Quantized, requantized, typeClamp } from './operator_explainer.ts';

type Sum = Quantized<typeof reference.MEAN>;
type Rescaled = Extract<Sum, { kind: 'quantized' }>;

function account(p: Sum, node: Node, isMean: boolean): Partial<Account> {
  if (p.kind === 'empty') return { formulas: ['output = 0'], notes: ['there is nothing to add up'] };
  const axes = node.inputs[1]?.known ? [`along axes ${node.inputs[1].data.join(', ')}`] : [];
  if (p.kind === 'quantized') return quantized(p, isMean, axes);
  const sum = `sum{k < ${p.count}} input[k]`;
  return {
    formulas: isMean ? [`acc = ${sum}`, `output = truncate(acc / ${p.count})`] : [`output = ${sum}`],
    constants: { count: p.count },
    notes: axes,
  };
}

function quantized(p: Rescaled, isMean: boolean, axes: readonly string[]): Partial<Account> {
  const { input, output, count, inputOffset, outputOffset } = p;
  const steps = derive(quantizeScale, scaleOf('input', input.scale), scaleOf('output', output.scale));
  const scaling = isMean ? meanRescaling(steps[0]!, p) : rescaling('acc', steps, [p]);
  const type = typeRange(input.dtype);
  const range = boundsOf([count * type.min + inputOffset], [count * type.max + inputOffset]);
  const asUint8 = p.valueMask === 0xff;
  const clamp = typeClamp(asUint8 ? 'uint8' : output.dtype);
  return {
    formulas: [
      `acc = ${plus(`sum{k < ${count}} input[k]`, inputOffset)}`,
      ...requantized('acc', scaling, range.bound, outputOffset, clamp),
    ],
    offsets: { input: 0 - input.zeroPoint, output: outputOffset },
    accumulator: { type: 'int32', terms: count, ...range, from: 'types' },
    rescalings: [scaling],
    clamp,
    constants: { count },
    notes: [
      ...axes,
      ...(inputOffset === 0 ? [] : [`the input's offset is added once, ${count} times: ${inputOffset}`]),
      ...(asUint8 ? ['a defect of the reference: it reads and writes int8 as if it were uint8'] : []),
    ],
  };
}

/** The multiplier of the two scales, divided by the number of values, with as many bits as there is room for. */
function meanRescaling(scale: Step, { count, multiplier, shift, singleRounding }: Rescaled): Rescaling {
  const ratio = scale.values[0]!;
  const whole = quantizeMultiplier(ratio, singleRounding);
  const divided = meanMultiplier(whole, count);
  agree(divided.multiplier === multiplier && divided.shift === shift, 'MEAN');
  const extra = whole.shift - shift;
  const integer = (name: string, formula: string, value: number): Step => {
    return { name, formula, precision: 'integer', values: [value] };
  };
  return {
    of: 'acc',
    leftShift: 0,
    steps: [
      { ...scale, name: 'ratio' },
      integer('whole', 'multiplier of ratio', whole.multiplier),
      integer('wholeShift', 'shift of ratio', whole.shift),
      integer('extra', `min(floor(log2(${count})), 32, 31 + wholeShift)`, extra),
      integer('multiplier', `floor(whole * 2^extra / ${count})`, multiplier),
      integer('shift', 'wholeShift - extra', shift),
      { name: 'real', formula: `ratio / ${count}`, precision: 'float64', values: [ratio / count] },
    ],
    arithmetic: roundingOf(singleRounding),
    multipliers: [{ real: ratio / count, multiplier, shift, hex: hex(multiplier), reduced: null }],
  };
}

/** The values along the reduced axes, in their order. */
function tapsAt({ node, output, at }: Place, input: Tensor): Tap[] {
  const { keepDims } = node.options<{ keepDims: boolean }>();
  const { shape, data } = input;
  const axes = new Set(
    Array.from(node.inputs[1]!.data as Int32Array, (axis) => (axis < 0 ? axis + shape.length : axis)),
  );
  const kept = shape.flatMap((_, d) => (axes.has(d) ? [] : [d]));
  const fixed = new Map(kept.map((d, i) => [d, at[keepDims ? d : i]!]));
  const sizes = shape.map((dim, d) => (fixed.has(d) ? 1 : dim));
  return Array.from({ length: input.size / output.size }, (_, k) => {
    const place = unflatten(sizes, k).map((i, d) => fixed.get(d) ?? i);
    const value = data[flatIndex(shape, place)]!;
    return { at: place, value, term: value };
  });
}

function trace(account: Account, place: Place, p: Sum, isMean: boolean): ValueTrace {
  const steps = new Steps();
  if (p.kind === 'empty') {
    const value = steps.add('empty', 'there is nothing to add up', p.output.dtype === 'int64' ? 0n : 0);
    return { taps: [], steps: steps.list, value };
  }
  const taps = tapsAt(place, p.input);
  if (p.kind === 'integer') return traceIntegers(steps, taps, p, isMean);
  const { valueMask, inputOffset, outputOffset } = p;
  const asUint8 = valueMask === 0xff;
  const total = taps.reduce((sum, { value }) => sum + (Number(value) & valueMask), 0);
  steps.add('sum', `sum of ${taps.length} values${asUint8 ? ', read as uint8' : ''}`, total);
  const scaled = steps.rescale(steps.offset('acc', total, inputOffset), account.rescalings[0]!);
  const value = steps.output(scaled, outputOffset, account.clamp!);
  if (asUint8) steps.add('as int8', `the 8 bits of ${value}`, (value << 24) >> 24);
  return { taps, steps: steps.list, value: steps.list.at(-1)!.value };
}

function traceIntegers(
  steps: Steps,
  taps: readonly Tap[],
  { input, count }: Extract<Sum, { kind: 'integer' }>,
  isMean: boolean,
): ValueTrace {
  const isWide = input.dtype === 'int64';
  const typed = (value: bigint) => (isWide ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value)));
  const total = taps.reduce((sum, { value }) => sum + BigInt(value!), 0n);
  steps.add('sum', `sum of ${taps.length} values`, exact(total));
  const value = isMean
    ? steps.add('mean', `truncate(${total} / ${count})`, typed(total / BigInt(count)))
    : steps.add('wrapped', `${input.dtype}(${total})`, typed(total));
  return { taps, steps: steps.list, value };
}

const INPUTS = ['input', 'axes'];

export const MEAN: OperatorAccount<Sum> = {
  inputs: INPUTS,
  explain: (p, node) => account(p, node, true),
  trace: (account, place, p) => trace(account, place, p, true),
};

export const SUM: OperatorAccount<Sum> = {
  inputs: INPUTS,
  explain: (p, node) => account(p, node, false),
  trace: (account, place, p) => trace(account, place, p, false),
};
