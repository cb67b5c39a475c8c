import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const data = [1, -2, 3, -4, 5, -6];
const input: TensorLiteral = { dtype: 'int8', shape: [2, 3], data };
const shape = (...values: number[]): TensorLiteral => ({ dtype: 'int32', shape: [values.length], data: values });

describe.each(kernelSets)('RESHAPE, $name', ({ set }) => {
  const reshape = (inputs: TensorLiteral[], newShape?: number[]) =>
    runOperator({ op: 'RESHAPE', options: { newShape }, inputs, outputs: [{ ...inputs[0]!, shape: [] }] }, set)[0];

  test.each([
    { what: 'a constant shape', inputs: [input, { ...shape(3, 2), constant: true }], expected: [3, 2] },
    { what: 'a shape that is known only when the graph runs', inputs: [input, shape(1, 6)], expected: [1, 6] },
    { what: 'the shape in the options', inputs: [input], newShape: [6], expected: [6] },
    { what: '-1 stands for what is left', inputs: [input], newShape: [3, -1], expected: [3, 2] },
    { what: 'an input wins over the options', inputs: [input, shape(6)], newShape: [1, 6], expected: [6] },
    { what: 'unless it is no list', inputs: [input, { ...shape(6), shape: [] }], newShape: [1, 6], expected: [1, 6] },
  ])('$what', ({ inputs, newShape, expected }) => {
    expect(reshape(inputs, newShape)).toEqual({ shape: expected, data });
  });

  test('a scalar, as old converters wrote it', () => {
    expect(reshape([{ dtype: 'int8', shape: [1], data: [7] }], [0])).toEqual({ shape: [], data: [7] });
  });

  test.each([
    { what: 'nothing left', from: [0, 3], newShape: [-1, 3], expected: [0, 3] },
    { what: 'what is left beside the zeros', from: [0, 3], newShape: [0, -1], expected: [0, 3] },
    { what: 'zeros alone', from: [2, 0], newShape: [0], expected: [0] },
  ])('an empty tensor: $what', ({ from, newShape, expected }) => {
    const empty: TensorLiteral = { dtype: 'int8', shape: from, data: [] };
    expect(reshape([empty, { ...shape(...newShape), constant: true }])).toEqual({ shape: expected, data: [] });
  });

  test('64-bit values', () => {
    const wide: TensorLiteral = { dtype: 'int64', shape: [2], data: [2n ** 62n, -(2n ** 63n)] };
    expect(reshape([wide], [2, 1])?.data).toEqual(wide.data);
  });

  test.each([
    { what: 'the wrong size', newShape: [4] },
    { what: '-1 that leaves a fraction', newShape: [4, -1] },
    { what: 'two times -1', newShape: [-1, -1] },
    { what: 'a negative size', newShape: [-2, -3] },
  ])('$what is refused', ({ newShape }) => {
    expect(() => reshape([input], newShape)).toThrow(/RESHAPE \(node 0\)/);
  });
});
