/** MAXIMUM and MINIMUM: values as they are stored. */
import type * as reference from '../../../kernels/reference/index.ts';
import { call, read } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { type OperatorExplainer, type Quantized, repeated, valueByValue } from './operator_explainer.ts';

function explainer(fn: 'max' | 'min'): OperatorExplainer<Quantized<typeof reference.MAXIMUM>> {
  return {
    ofFloat: true,
    explain: (p) => ({
      expressions: valueByValue(step('output', call(fn, read('input1'), read('input2')))),
      notes: repeated(p),
    }),
  };
}

export const MAXIMUM = explainer('max');
export const MINIMUM = explainer('min');
