/** ADD_N: the sum of all inputs, from the first to the last. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, clamp, type Expression, float32, plus, read } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { type OperatorExplainer, valueByValue } from './operator_explainer.ts';

export const ADD_N: OperatorExplainer<Prepared<typeof reference.ADD_N>> = {
  ofFloat: true,
  explain: (p, node) => {
    const [first, ...others] = node.inputs.map((_, i): Expression => read(`input${i}`));
    if (!('kind' in p)) {
      return { expressions: valueByValue(step('output', call('int32', others.reduce(plus, first!)))) };
    }
    const added = (a: Expression, b: Expression) => {
      const rounded = float32(plus(a, b));
      return p.max === Infinity ? rounded : clamp(rounded, -p.max, p.max);
    };
    return { expressions: valueByValue(step('output', others.reduce(added, first!))) };
  },
};
