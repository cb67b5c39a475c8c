/** Operators that reduce dimensions: MEAN, SUM, REDUCE_MAX and its kin, ARG_MAX, ARG_MIN. */
import type { Node } from '../../../kernels/kernel.ts';
import { meanMultiplier, quantizeMultiplier, quantizeScale, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, divided, type Expression, type Fold, name, number, over, plus, type Read, read, type Term } from '../../formula/expression.ts'; // biome-ignore format: one line
import { type Formula, indicesOf, type Step, step } from '../../formula/formula.ts';
import type { DerivationStep, Rescaling } from '../../formula/rescaling.ts';
import { agree, derive, hex, rescaling, roundingOf, scaleOf } from '../derivation.ts';
import { boundsOf } from './accumulator.ts';
import { dimensionNames, type Explained, formula, type OperatorExplainer, type Quantized, requantized, typeClamp } from './operator_explainer.ts'; // biome-ignore format: one line

// ---- what is reduced

interface Reduced {
  /** The values that an output is made of run over these. */
  readonly ranges: Readonly<Record<string, number>>;
  readonly input: Read;
  readonly of: (...steps: Step[]) => Formula[];
}

/** The axes are input 1's values: negative ones count from the end. */
function reduced(node: Node, { shape }: Tensor, keepDims: boolean): Reduced {
  const axes = new Set(
    Array.from(node.inputs[1]!.data as ArrayLike<number | bigint>, (axis) => (Number(axis) + shape.length) % Math.max(shape.length, 1)), // biome-ignore format: one line
  );
  const outputShape = node.outputs[0]!.shape;
  const names = dimensionNames(outputShape.length);
  const ranges: Record<string, number> = {};
  let left = 0;
  const at = shape.map((dim, d): Term => {
    if (!axes.has(d)) return name(names[left++]!);
    if (keepDims) left++;
    if (dim === 1) return 0;
    ranges[`k${d}`] = dim;
    return name(`k${d}`);
  });
  return {
    ranges,
    input: read('input', at),
    of: (...steps) => [formula(indicesOf(names, outputShape), steps)],
  };
}

function ofNode(node: Node): Reduced {
  return reduced(node, node.inputs[0]!, node.options<{ keepDims: boolean }>().keepDims);
}

// ---- MEAN, SUM

type Sum = Quantized<typeof reference.MEAN>;
type Rescaled = Extract<Sum, { kind: 'quantized' }>;

function sumOrMean(p: Sum, node: Node, isMean: boolean): Explained {
  if (p.kind === 'empty') {
    const names = dimensionNames(p.output.shape.length);
    const nothing = formula(indicesOf(names, p.output.shape), [step('output', number(0))]);
    return { expressions: [nothing], notes: ['there is nothing to add up'] };
  }
  const { ranges, input, of } = ofNode(node);
  if (p.kind === 'quantized') return quantizedSum(p, isMean, { ranges, input, of });
  const sum = over('sum', ranges, input);
  const type = p.input.dtype;
  return {
    expressions: isMean
      ? of(step('acc', sum, 'int64'), step('output', call('truncate', divided(name('acc'), p.count))))
      : of(step('output', call(type, sum))),
    constants: { count: p.count },
  };
}

function quantizedSum(p: Rescaled, isMean: boolean, { ranges, input, of }: Reduced): Explained {
  const { count, inputOffset, outputOffset } = p;
  const steps = derive(quantizeScale, scaleOf('input', p.input.scale), scaleOf('output', p.output.scale));
  const scaling = isMean ? meanRescaling(steps[0]!, p) : rescaling('acc', steps, [p]);
  const type = typeRange(p.input.dtype);
  const range = boundsOf([count * type.min + inputOffset], [count * type.max + inputOffset]);
  const asUint8 = p.valueMask === 0xff;
  const clamp = typeClamp(asUint8 ? 'uint8' : p.output.dtype);
  const sum = over('sum', ranges, asUint8 ? call('uint8', input) : input);
  const results = requantized(name('acc'), { rescaling: scaling, bound: range.bound }, outputOffset, clamp);
  const last = results.at(-1)!;
  const stored = asUint8 ? step(last.name, call('int8', last.cases[0]!.value)) : last;
  return {
    expressions: of(step('acc', plus(sum, inputOffset)), ...results.slice(0, -1), stored),
    offsets: { input: 0 - p.input.zeroPoint, output: outputOffset },
    accumulator: { type: 'int32', terms: count, ...range, from: 'types' },
    rescalings: [scaling],
    clamp,
    constants: { count },
    notes: [
      ...(inputOffset === 0 ? [] : [`the input's offset is added once, ${count} times: ${inputOffset}`]),
      ...(asUint8 ? ['a defect of the reference: it reads and writes int8 as if it were uint8'] : []),
    ],
  };
}

/** The multiplier of the two scales, divided by the number of values, with as many bits as there is room for. */
function meanRescaling(scale: DerivationStep, { count, multiplier, shift, singleRounding }: Rescaled): Rescaling {
  const ratio = scale.values[0]!;
  const whole = quantizeMultiplier(ratio, singleRounding);
  const divisions = meanMultiplier(whole, count);
  agree(divisions.multiplier === multiplier && divisions.shift === shift, 'MEAN');
  const extra = whole.shift - shift;
  const integer = (name: string, formula: string, value: number): DerivationStep => {
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

export const MEAN: OperatorExplainer<Sum> = { explain: (p, node) => sumOrMean(p, node, true) };
export const SUM: OperatorExplainer<Sum> = { explain: (p, node) => sumOrMean(p, node, false) };

// ---- REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL, REDUCE_PROD

type Reduce = { readonly input: Tensor; readonly output: Tensor; readonly count: number };

/** `empty` is what becomes of no values. */
function reducer(result: (values: (fold: Fold) => Expression, dtype: string) => Expression, empty: number | null) {
  const explainer: OperatorExplainer<Reduce & { readonly requantization?: unknown }> = {
    explain(p, node) {
      if (p.requantization !== undefined)
        return { notes: ['each product is rescaled before the next: a loop, no formula'] };
      const { ranges, input, of } = ofNode(node);
      if (p.count === 0 && empty === null) return { notes: ['there are no values'] };
      if (p.count === 0) return { expressions: of(step('output', number(empty!))), notes: ['there are no values'] };
      return {
        expressions: of(
          step(
            'output',
            result((fold) => over(fold, ranges, input), p.output.dtype),
          ),
        ),
      };
    },
  };
  return explainer;
}

export const REDUCE_MAX = reducer((values) => values('max'), null);
export const REDUCE_MIN = reducer((values) => values('min'), null);
export const REDUCE_ANY = reducer((values) => values('max'), 0);
export const REDUCE_ALL = reducer((values) => values('min'), 1);
export const REDUCE_PROD = reducer((values, dtype) => call(dtype, values('product')), 1);

// ---- ARG_MAX, ARG_MIN

function arg(fold: 'argmax' | 'argmin'): OperatorExplainer<unknown> {
  return {
    explain(_, node) {
      const { ranges, input, of } = reduced(node, node.inputs[0]!, false);
      const isScalar = Object.keys(ranges).length === 0;
      return {
        expressions: of(step('output', isScalar ? number(0) : over(fold, ranges, input))),
        notes: ['of equal values, the first'],
      };
    },
  };
}

export const ARG_MAX = arg('argmax');
export const ARG_MIN = arg('argmin');
