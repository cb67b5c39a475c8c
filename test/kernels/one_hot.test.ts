import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const of = (shape: number[], ...data: number[]): TensorLiteral => ({ dtype: 'int32', shape, data });

describe.each(kernelSets)('ONE_HOT, $name', ({ set }) => {
  const oneHot = (
    indices: TensorLiteral,
    depth: TensorLiteral,
    axis = -1,
    on: TensorLiteral = of([], 5),
    off: TensorLiteral = of([], 7),
  ) =>
    runOperator(
      {
        op: 'ONE_HOT',
        options: { axis },
        inputs: [indices, depth, on, off],
        outputs: [{ dtype: on.dtype, shape: [] }],
      },
      set,
    )[0];

  test.each([
    { what: 'the last axis', indices: of([2], 1, 0), depth: 3, shape: [2, 3], data: [7, 5, 7, 5, 7, 7] },
    { what: 'the first axis', indices: of([2], 1, 0), depth: 3, axis: 0, shape: [3, 2], data: [7, 5, 5, 7, 7, 7] },
    { what: 'an axis between', indices: of([1, 2], 1, 0), depth: 2, axis: 1, shape: [1, 2, 2], data: [7, 5, 5, 7] },
    { what: 'indices outside', indices: of([2], -1, 2), depth: 2, shape: [2, 2], data: [7, 7, 7, 7] },
    { what: 'a scalar', indices: of([], 1), depth: 2, shape: [2], data: [7, 5] },
    { what: 'no depth', indices: of([2], 1, 0), depth: 0, shape: [2, 0], data: [] },
  ])('$what', ({ indices, depth, axis, shape, data }) => {
    expect(oneHot(indices, of([], depth), axis)).toEqual({ shape, data });
    expect(oneHot(indices, { ...of([], depth), constant: true }, axis)).toEqual({ shape, data });
  });

  test('int64 indices count by their low half', () => {
    const indices: TensorLiteral = { dtype: 'int64', shape: [2], data: [1n, 2n ** 32n] };
    expect(oneHot(indices, of([], 2))?.data).toEqual([7, 5, 5, 7]);
  });

  test.each(['int8', 'uint8', 'bool', 'int16', 'float32'] as const)('%s', (dtype) => {
    const value = (data: number): TensorLiteral => ({ dtype, shape: [1], data: [data] });
    expect(oneHot(of([2], 1, 0), of([], 2), -1, value(1), value(0))?.data).toEqual([0, 1, 1, 0]);
  });

  test.each([
    { what: 'a negative depth', depth: of([], -1) },
    { what: 'two depths', depth: of([2], 1, 1) },
    { what: 'an axis that is not there', depth: of([], 2), axis: 2 },
    { what: 'an axis of -2', depth: of([], 2), axis: -2 },
    { what: 'two values', depth: of([], 2), on: of([2], 1, 1) },
    { what: 'values of two types', depth: of([], 2), on: { ...of([], 1), dtype: 'int8' as const } },
    { what: 'more than the memory', depth: of([], 2 ** 31 - 1) },
  ])('$what: refused', ({ depth, axis, on }) => {
    expect(() => oneHot(of([1], 0), depth, axis, on)).toThrow(/ONE_HOT \(node 0\)/);
  });
});
