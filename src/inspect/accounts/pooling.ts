/** AVERAGE_POOL_2D and MAX_POOL_2D: nothing is rescaled, and zero points cancel out. */
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import { type Activation, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Clamp, Window } from '../explanation.ts';
import { clamped, clampOf, type Explains, over, tapsOf, windowOf } from './account.ts';
import { boundsOf } from './accumulator.ts';

interface Options {
  padding: string;
  fusedActivationFunction: Activation;
}

type Pooling = Prepared<typeof reference.MAX_POOL_2D>;

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

export const MAX_POOL_2D: Explains<Pooling> = {
  inputs: ['input'],
  explain(p, node) {
    const { window, clamp } = windowAndClamp(p, node);
    return { window, clamp, formulas: [`output[b, y, x, c] = ${limited(pool('max', window), clamp)}`] };
  },
};

export const AVERAGE_POOL_2D: Explains<Prepared<typeof reference.AVERAGE_POOL_2D>> = {
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
};
