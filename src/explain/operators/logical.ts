/** LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT, BITWISE_XOR, RIGHT_SHIFT; CAST; FAKE_QUANT. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, condition, divided, type Expression, float32, floor, minus, name, named, number, plus, power, read, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { type OperatorExplainer, repeated, valueByValue } from './operator_explainer.ts';

type Binary = Prepared<typeof reference.LOGICAL_AND> | Prepared<typeof reference.BITWISE_XOR>;

function binary(result: (a: Expression, b: Expression) => Expression): OperatorExplainer<Binary> {
  return {
    explain: (p) => ({
      expressions: valueByValue(step('output', result(read('input1'), read('input2')))),
      notes: repeated(p),
    }),
  };
}

export const LOGICAL_AND = binary((a, b) => call('min', a, b));
export const LOGICAL_OR = binary((a, b) => call('max', a, b));
export const BITWISE_XOR = binary((a, b) => call('xor', a, b));

export const LOGICAL_NOT: OperatorExplainer<unknown> = {
  explain: () => ({ expressions: valueByValue(step('output', minus(1, read('input')))) }),
};

export const RIGHT_SHIFT: OperatorExplainer<Prepared<typeof reference.RIGHT_SHIFT>> = {
  explain(p) {
    const shift = call('min', call('max', read('input2'), 0), p.maxShift);
    return {
      expressions: valueByValue(step('output', floor(divided(read('input1'), power(shift))))),
      notes: repeated(p),
    };
  },
};

export const CAST: OperatorExplainer<Prepared<typeof reference.CAST>> = {
  ofFloat: true,
  explain({ input, output }) {
    const x = read('input');
    const { dtype } = output;
    if (dtype === 'bool') {
      const cases = [[number(0), condition(x, '=', 0)] as const, [number(1), condition(x, '!=', 0)] as const];
      return { expressions: valueByValue(either('output', ...cases)) };
    }
    if (dtype === input.dtype) return { expressions: valueByValue(step('output', x)) };
    if (input.dtype === 'float32') {
      return {
        expressions: valueByValue(step('output', call(`saturate_${dtype}`, call('truncate', x)))),
        notes: ['what does not fit saturates, NaN becomes the highest value'],
      };
    }
    return { expressions: valueByValue(step('output', call(dtype, x))) };
  },
};

export const FAKE_QUANT: OperatorExplainer<Prepared<typeof reference.FAKE_QUANT>> = {
  ofFloat: true,
  explain({ scale, inverseScale, min, max }) {
    const shifted = float32(minus(call('min', call('max', read('input'), min), max), min));
    const quotient = float32(times(name('shifted'), inverseScale));
    return {
      expressions: valueByValue(
        step('shifted', shifted, 'float32'),
        step('rounded', floor(plus(quotient, 0.5)), 'float32'),
        step('output', float32(plus(named('product', float32(times(name('rounded'), scale))), min)), 'float32'),
      ),
    };
  },
};
