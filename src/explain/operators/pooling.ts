/** AVERAGE_POOL_2D and MAX_POOL_2D: nothing is rescaled, and zero points cancel out. */
import type { Node } from '../../../kernels/kernel.ts';
import { type Activation, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { divided, type Expression, type Fold, name, named, over, read, round } from '../../formula/expression.ts';
import { indicesOf, step } from '../../formula/formula.ts';
import type { Clamp, Window } from '../explanation.ts';
import { boundsOf } from './accumulator.ts';
import { clamped, clampOf, formula, type OperatorExplainer, type Quantized, tapsOf, windowOf } from './operator_explainer.ts'; // biome-ignore format: one line

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
function limited(value: Expression, clamp: Clamp): Expression {
  return clamp.activation === 'NONE' ? value : clamped(value, clamp);
}

/** The sum, the maximum or the number of the values in the window. */
function pool(fold: Fold, window: Window): Expression {
  const taps = tapsOf(window);
  return over(fold, taps.ranges, read('input', [name('b'), ...taps.input, name('c')]));
}

const PIXELS = ['b', 'y', 'x', 'c'];

export const MAX_POOL_2D: OperatorExplainer<Pooling> = {
  explain(p, node) {
    const { window, clamp } = windowAndClamp(p, node);
    const output = step('output', limited(pool('max', window), clamp));
    return { window, clamp, expressions: [formula(indicesOf(PIXELS, p.output.shape), [output])] };
  },
};

export const AVERAGE_POOL_2D: OperatorExplainer<Quantized<typeof reference.AVERAGE_POOL_2D>> = {
  explain(p, node) {
    const { window, clamp } = windowAndClamp(p, node);
    const { min, max } = typeRange(p.input.dtype);
    const terms = Math.min(p.filterHeight, p.inputHeight) * Math.min(p.filterWidth, p.inputWidth);
    const counts = Object.keys(p.divisors).map(Number);
    const isSame = counts.length === 1;
    const average = named('average', round(divided(name('acc'), isSame ? counts[0]! : name('count'))));
    return {
      window,
      clamp,
      expressions: [
        formula(indicesOf(PIXELS, p.output.shape), [
          step('acc', pool('sum', window)),
          ...(isSame ? [] : [step('count', pool('count', window))]),
          step('output', limited(average, clamp)),
        ]),
      ],
      accumulator: { type: 'int32', terms, ...boundsOf([terms * min], [terms * max]), from: 'types' },
      notes: isSame ? [] : [`count is what of the window lies inside of the input: ${counts.join(', ')}`],
    };
  },
};
