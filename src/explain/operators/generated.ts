/** Operators whose values come from shapes and single numbers: FILL, ONE_HOT, RANGE, ZEROS_LIKE, SHAPE, RANK, BROADCAST_ARGS. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, condition, type Expression, number, plus, read, times } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { type Cases, type OperatorExplainer, output, single, valueByValue } from './operator_explainer.ts';

export const FILL: OperatorExplainer<Prepared<typeof reference.FILL>> = {
  explain: ({ value }) => ({ expressions: valueByValue(step('output', single('value', value))) }),
};

export const ZEROS_LIKE: OperatorExplainer<unknown> = {
  explain: () => ({ expressions: valueByValue(step('output', number(0))) }),
};

export const ONE_HOT: OperatorExplainer<Prepared<typeof reference.ONE_HOT>> = {
  explain: ({ indices, on, off, axis, output: target }) => {
    const isWide = indices.dtype === 'int64';
    const cases = (at: Expression[]): Cases => {
      const index = read('indices', at.toSpliced(axis, 1));
      const isOn = condition(at[axis]!, '=', isWide ? call('int32', index) : index);
      return [[single('on', on), isOn], [single('off', off)]];
    };
    return {
      expressions: [output(target, cases)],
      notes: [
        `the new dimension is ${axis}`,
        ...(isWide ? ['of the indices, which are int64, the low 32 bits count'] : []),
      ],
    };
  },
};

export const RANGE: OperatorExplainer<Prepared<typeof reference.RANGE>> = {
  explain: ({ output: target }, node) => {
    const [start, , delta] = node.inputs;
    return {
      expressions: [output(target, ([i]) => [[plus(single('start', start!), times(single('delta', delta!), i!))]])],
    };
  },
};

const LISTED: OperatorExplainer<{ readonly values: readonly number[] }> = {
  explain: ({ values }, node) => {
    const [target] = node.outputs;
    if (target!.shape.length === 0) return { expressions: valueByValue(step('output', number(values[0]!))) };
    if (values.length === 0) return { notes: ['the input has no dimensions, and the output no values'] };
    return {
      expressions: [output(target!, ([i]) => values.map((value, d) => [number(value), condition(i!, '=', d)]))],
    };
  },
};

export const SHAPE = LISTED;
export const RANK = LISTED;

export const BROADCAST_ARGS: OperatorExplainer<Prepared<typeof reference.BROADCAST_ARGS>> = {
  explain: ({ shape1, shape2, output: target }) => {
    const isWide = target.dtype === 'int64';
    const [missing1, missing2] = [target.size - shape1.size, target.size - shape2.size];
    const cases = ([i]: Expression[]): Cases => {
      const dim = (role: string, missing: number) => {
        const value = read(role, [plus(i!, -missing)]);
        return isWide ? call('int32', value) : value;
      };
      const [dim1, dim2] = [dim('shape1', missing1), dim('shape2', missing2)];
      return [
        ...(missing1 > 0 ? ([[dim2, condition(i!, '<', missing1)]] as const) : []),
        ...(missing2 > 0 ? ([[dim1, condition(i!, '<', missing2)]] as const) : []),
        [dim2, condition(dim1, '=', 1)],
        [dim1],
      ];
    };
    return {
      expressions: [output(target, cases)],
      notes: [
        'dimensions that differ, neither being 1, are an error',
        ...(isWide ? ['of the dimensions, which are int64, the low 32 bits count'] : []),
      ],
    };
  },
};
