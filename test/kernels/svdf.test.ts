import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

const constant = (dtype: TensorLiteral['dtype'], shape: number[], data: number[]): TensorLiteral => ({
  dtype,
  shape,
  data,
  scale: 1,
  constant: true,
});

describe.each(kernelSets)('SVDF, $name', ({ set }) => {
  /** Two filters of one unit, or two units of one filter, over two steps; the state holds the steps 10, 20 and 30, 40. */
  const input: TensorLiteral = { dtype: 'int8', shape: [1, 2], data: [3, 5], scale: 1, zeroPoint: 2 };
  const feature = constant('int8', [2, 2], [1, 2, 10, -1]);
  const time = constant('int16', [2, 2], [1, 2, 1, -1]);
  const state: TensorLiteral = { dtype: 'int16', shape: [1, 4], data: [10, 20, 30, 40], scale: 1, variable: true };
  const bias = constant('int32', [1], [100]);
  const run = (
    inputs: (TensorLiteral | undefined)[],
    rank = 2,
    to: Partial<TensorLiteral> = {},
    profile: OperatorCase['profile'] = 'tflite',
  ) => {
    const output: TensorLiteral = { dtype: 'int8', shape: [], scale: 1, zeroPoint: -1, ...to };
    return runOperator({ op: 'SVDF', options: { rank }, inputs, outputs: [output], profile }, set)[0]!;
  };
  // The features are 1*1 + 2*3 = 7 and 10*1 - 3 = 7; the state becomes 20, 7, 40, 7; over time 20 + 14 = 34 and 40 - 7 = 33.

  test.each([
    { what: 'a unit of rank 2', rank: 2, bias: undefined, data: [34 + 33 - 1] },
    { what: 'two units of rank 1', rank: 1, bias: undefined, data: [34 - 1, 33 - 1] },
    { what: 'a bias, and the clamp to int8', rank: 2, bias, data: [127] },
  ])('$what', ({ rank, bias, data }) => {
    expect(run([input, feature, time, bias, state], rank)).toEqual({ shape: [1, data.length], data });
  });

  test('a state of int8 with a zero point is for profile tflm', () => {
    const narrow = { ...state, dtype: 'int8' as const, data: [11, 21, 31, 41], zeroPoint: 1 };
    const inputs = [input, feature, { ...time, dtype: 'int8' as const }, undefined, narrow];
    expect(run(inputs, 2, {}, 'tflm').data).toEqual([34 + 33 - 1]);
    expect(() => run(inputs)).toThrow(/it can be int16/);
  });

  test('the state saturates', () => {
    const loud = { ...feature, data: [127, 127, 0, 0], scale: 100 };
    expect(run([input, loud, time, undefined, state], 1, { scale: 1000 }).data).toEqual([65, -1]); // (20 + 2 * 32767) / 1000 - 1; 40 / 1000 - 1
  });

  test.each([
    { what: 'a state that is no variable', inputs: [input, feature, time, undefined, { ...state, variable: false }] },
    {
      what: 'a state of another size',
      inputs: [input, feature, time, undefined, { ...state, shape: [1, 2], data: [1, 2] }],
    },
    { what: 'filters of another size', inputs: [input, { ...feature, shape: [4, 1] }, time, undefined, state] },
    { what: 'a bias of another size', inputs: [input, feature, time, { ...bias, shape: [2], data: [1, 2] }, state] },
    { what: 'filters that make no units', inputs: [input, feature, time, undefined, state], rank: 3 },
    { what: 'rank 0', inputs: [input, feature, time, undefined, state], rank: 0 },
  ])('$what is refused', ({ inputs, rank }) => {
    expect(() => run(inputs, rank)).toThrow(/SVDF \(node 0\)/);
  });
});
