/** MAXIMUM and MINIMUM: values as they are stored. */
import type * as reference from '../../../kernels/reference/index.ts';
import { Steps } from '../value_trace.ts';
import { storedAt } from './elementwise.ts';
import { type OperatorAccount, type Quantized, repeated } from './operator_explainer.ts';

function account(fn: 'max' | 'min'): OperatorAccount<Quantized<typeof reference.MAXIMUM>> {
  return {
    ofFloat: true,
    inputs: ['input1', 'input2'],
    explain: (p) => ({ formulas: [`output = ${fn}(input1, input2)`], notes: repeated(p) }),
    trace(_, { at }, p) {
      const steps = new Steps();
      const a = storedAt(steps, 'input1', p.input1, at);
      const b = storedAt(steps, 'input2', p.input2, at);
      const value = steps.add(fn, `${fn}(${a}, ${b})`, (fn === 'max') === a > b ? a : b);
      return { taps: [], steps: steps.list, value };
    },
  };
}

export const MAXIMUM = account('max');
export const MINIMUM = account('min');
