/**
 * Operators of which each output value follows from one value of each input, and whose arithmetic is not told here: a trace
 * shows what went in and what came out.
 */
import { Steps, valueAt } from '../value_trace.ts';
import { storedAt } from './elementwise.ts';
import type { OperatorAccount } from './operator_explainer.ts';

function applied(...inputs: string[]): OperatorAccount<unknown> {
  return {
    ofFloat: true,
    inputs,
    explain: () => ({ notes: ['value by value; how an output value is computed is not told here'] }),
    trace(_, { node, output, at }) {
      const steps = new Steps();
      const values = inputs.map((role, i) => storedAt(steps, role, node.inputs[i]!, at));
      const value = steps.add('kernel', `${node.op}(${values.join(', ')})`, valueAt(output, at));
      return { taps: [], steps: steps.list, value };
    },
  };
}

const ONE = applied('input');
const TWO = applied('input1', 'input2');

export const ABS = ONE;
export const CAST = ONE;
export const FAKE_QUANT = ONE;
export const LOGICAL_NOT = ONE;
export const NEG = ONE;
export const RSQRT = ONE;
export const SIGN = ONE;
export const SQRT = ONE;

export const BITWISE_XOR = TWO;
export const DIV = TWO;
export const EQUAL = TWO;
export const FLOOR_DIV = TWO;
export const FLOOR_MOD = TWO;
export const GREATER = TWO;
export const GREATER_EQUAL = TWO;
export const LESS = TWO;
export const LESS_EQUAL = TWO;
export const LOGICAL_AND = TWO;
export const LOGICAL_OR = TWO;
export const NOT_EQUAL = TWO;
export const RIGHT_SHIFT = TWO;
export const SQUARED_DIFFERENCE = TWO;

export const PRELU = applied('input', 'alpha');
