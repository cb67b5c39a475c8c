import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = TensorLiteral & { data: readonly number[] };
const vector = (dtype: TensorLiteral['dtype'], ...data: number[]): Literal => ({ dtype, shape: [data.length], data });
const axisOf = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data, constant: true });

describe.each(kernelSets)('ARG_MAX and ARG_MIN, $name', ({ set }) => {
  const arg = (op: string, input: Literal, axis: TensorLiteral | number, dtype: 'int32' | 'int64' = 'int32') => {
    const inputs = [input, typeof axis === 'number' ? axisOf(axis) : axis];
    const options = { outputType: dtype.toUpperCase() };
    return runOperator({ op, options, inputs, outputs: [{ dtype, shape: [] }] }, set)[0]!;
  };

  test.each([
    { what: 'int8', input: vector('int8', -3, 127, -128), max: 1, min: 2 },
    { what: 'the first of equal values', input: vector('int8', 1, 7, 1, 7), max: 1, min: 0 },
    { what: 'uint8: bytes are unsigned', input: vector('uint8', 127, 128, 0), max: 1, min: 2 },
    { what: 'int32 at its ends', input: vector('int32', 0, -(2 ** 31), 2 ** 31 - 1), max: 2, min: 1 },
    { what: 'bool', input: vector('bool', 0, 1, 1), max: 1, min: 0 },
    { what: 'a single value', input: vector('int8', -128), max: 0, min: 0 },
  ])('$what', ({ input, max, min }) => {
    expect(arg('ARG_MAX', input, 0)).toEqual({ shape: [], data: [max] });
    expect(arg('ARG_MIN', input, -1)).toEqual({ shape: [], data: [min] });
    expect(arg('ARG_MAX', input, 0, 'int64').data).toEqual([BigInt(max)]);
    expect(arg('ARG_MIN', input, 0, 'int64').data).toEqual([BigInt(min)]);
  });

  test.each(['int8', 'int32'] as const)('axes of %s', (dtype) => {
    const cube: Literal = { dtype, shape: [2, 3, 2], data: [1, 9, 2, 8, 3, 7, 4, 6, 5, 5, 6, 4] };
    expect(arg('ARG_MAX', cube, 0)).toEqual({ shape: [3, 2], data: [1, 0, 1, 0, 1, 0] });
    expect(arg('ARG_MAX', cube, 1)).toEqual({ shape: [2, 2], data: [2, 0, 2, 0] });
    expect(arg('ARG_MAX', cube, 2)).toEqual({ shape: [2, 3], data: [1, 1, 1, 1, 0, 0] });
    expect(arg('ARG_MIN', cube, -2, 'int64').data).toEqual([0n, 2n, 0n, 2n]);
  });

  test('an axis of int64, known only when the graph runs', () => {
    const axis: TensorLiteral = { dtype: 'int64', shape: [], data: [-1n] };
    expect(arg('ARG_MAX', { ...vector('int8', 1, 2, 4, 3), shape: [2, 2] }, axis).data).toEqual([1, 0]);
  });

  test('of nothing along another axis', () => {
    expect(arg('ARG_MAX', { dtype: 'int8', shape: [2 ** 20, 3, 0], data: [] }, 1)).toEqual({
      shape: [2 ** 20, 0],
      data: [],
    });
  });

  test.each([
    { what: 'an axis that is not there', input: vector('int8', 1), axis: 1, error: /no axis 1 in 1/ },
    { what: 'a negative axis that is not there', input: vector('int8', 1), axis: -2, error: /no axis -2/ },
    { what: 'a scalar', input: { ...vector('int8', 1), shape: [] }, axis: 0, error: /no axis 0 in 0/ },
    { what: 'an axis without values', input: vector('int8'), axis: 0, error: /no values/ },
    { what: 'two axes', input: vector('int8', 1), axis: axisOf(0, 0), error: /2 values/ },
    { what: 'int16', input: vector('int16', 1), axis: 0, error: /int16/ },
  ])('$what is refused', ({ input, axis, error }) => {
    for (const op of ['ARG_MAX', 'ARG_MIN']) expect(() => arg(op, input, axis)).toThrow(error);
  });
});
