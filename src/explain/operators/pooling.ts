/** AVERAGE_POOL_2D and MAX_POOL_2D: nothing is rescaled, and zero points cancel out. */
import { LimitError } from '../../../kernels/errors.ts';
import type { Node } from '../../../kernels/kernel.ts';
import { type Activation, roundHalfAway, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import type { Account, Clamp, Window } from '../explanation.ts';
import { flatIndex, type Place, Steps, type Tap } from '../value_trace.ts';
import { boundsOf } from './accumulator.ts';
import {
  clamped,
  clampOf,
  type OperatorAccount,
  over,
  type Quantized,
  tapsOf,
  windowOf,
} from './operator_explainer.ts';

interface Options {
  padding: string;
  fusedActivationFunction: Activation;
}

type Pooling = Quantized<typeof reference.MAX_POOL_2D>;

function windowAndClamp(p: Pooling, node: Node): { window: Window; clamp: Clamp } {
  const { padding, fusedActivationFunction: activation } = node.options<Options>();
  const { dtype, zeroPoint } = p.output;
  const scale = activation === 'NONE' ? 1 : p.output.scale; // without an activation, a tensor may go without a scale
  return { window: windowOf(p, padding), clamp: clampOf(activation, { dtype, scale, zeroPoint }, p) };
}

/** What is made of values stays among them: only an activation needs the clamp. */
function limited(value: string, clamp: Clamp): string {
  return clamp.activation === 'NONE' ? value : clamped(value, clamp);
}

/** The sum or the maximum over the window. */
function pool(kind: 'sum' | 'max', window: Window): string {
  const taps = tapsOf(window);
  return over(kind, taps.ranges, `input[b, ${taps.input}, c]`);
}

/** A window may be larger than its input without end: its taps are listed one by one. */
const MOST_TAPS = 2 ** 20;

/** The values of a window, those in the padding left out. */
function tapsAt({ window }: Account, { at, node }: Place, { shape, data }: Tensor): Tap[] {
  const [b, y, x, c] = at as [number, number, number, number];
  const { filter, stride, padding } = window!;
  if (filter[0] * filter[1] > MOST_TAPS) {
    throw new LimitError(`a window of ${filter[0]}x${filter[1]} has too many taps to trace: ${MOST_TAPS} are listed`, {
      op: node.op,
      node: node.index,
    });
  }
  const taps: Tap[] = [];
  for (let ky = 0; ky < filter[0]; ky++) {
    const row = y * stride[0] + ky - padding.top;
    for (let kx = 0; kx < filter[1]; kx++) {
      const column = x * stride[1] + kx - padding.left;
      const isInside = row >= 0 && row < shape[1]! && column >= 0 && column < shape[2]!;
      const value = isInside ? Number(data[flatIndex(shape, [b, row, column, c])]) : null;
      taps.push({ at: [b, row, column, c], value, term: value });
    }
  }
  return taps;
}

function valuesOf(taps: readonly Tap[]): number[] {
  return taps.flatMap(({ value }) => (value === null ? [] : [Number(value)]));
}

export const MAX_POOL_2D: OperatorAccount<Pooling> = {
  inputs: ['input'],
  explain(p, node) {
    const { window, clamp } = windowAndClamp(p, node);
    return { window, clamp, formulas: [`output[b, y, x, c] = ${limited(pool('max', window), clamp)}`] };
  },
  trace(account, place, { input }) {
    const taps = tapsAt(account, place, input);
    const values = valuesOf(taps);
    const steps = new Steps();
    const max = steps.add('maximum', `of ${values.length} values`, Math.max(...values));
    return { taps, value: steps.output(max, 0, account.clamp!), steps: steps.list };
  },
};

export const AVERAGE_POOL_2D: OperatorAccount<Quantized<typeof reference.AVERAGE_POOL_2D>> = {
  inputs: ['input'],
  explain(p, node) {
    const { window, clamp } = windowAndClamp(p, node);
    const { min, max } = typeRange(p.input.dtype);
    const terms = Math.min(p.filterHeight, p.inputHeight) * Math.min(p.filterWidth, p.inputWidth);
    const counts = Object.keys(p.divisors);
    const count = counts.length === 1 ? counts[0]! : 'count';
    return {
      window,
      clamp,
      formulas: [`acc = ${pool('sum', window)}`, `output[b, y, x, c] = ${limited(`round(acc / ${count})`, clamp)}`],
      accumulator: { type: 'int32', terms, ...boundsOf([terms * min], [terms * max]), from: 'types' },
      notes: counts.length > 1 ? [`count is what of the window lies inside of the input: ${counts.join(', ')}`] : [],
    };
  },
  trace(account, place, { input }) {
    const taps = tapsAt(account, place, input);
    const values = valuesOf(taps);
    const total = values.reduce((sum, value) => sum + value, 0);
    const steps = new Steps();
    steps.add('acc', `sum of ${values.length} values`, total);
    const average = steps.add('average', `round(${total} / ${values.length})`, roundHalfAway(total / values.length));
    return { taps, value: steps.output(average, 0, account.clamp!), steps: steps.list };
  },
};
