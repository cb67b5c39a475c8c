import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });
const of = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int8', shape, data });

describe.each(kernelSets)('DYNAMIC_UPDATE_SLICE, $name', ({ set }) => {
  const update = (operand: TensorLiteral, slice: TensorLiteral, start: TensorLiteral) =>
    runOperator(
      { op: 'DYNAMIC_UPDATE_SLICE', inputs: [operand, slice, start], outputs: [{ dtype: 'int8', shape: [] }] },
      set,
    )[0]?.data;
  const operand = of([3, 2], [1, 2, 3, 4, 5, 6]);

  test.each([
    { what: 'inside', slice: of([1, 1], [9]), start: list(1, 1), data: [1, 2, 3, 9, 5, 6] },
    { what: 'whole rows', slice: of([1, 2], [8, 9]), start: list(2, 0), data: [1, 2, 3, 4, 8, 9] },
    { what: 'moved back from the ends', slice: of([2, 1], [8, 9]), start: list(5, 5), data: [1, 2, 3, 8, 5, 9] },
    { what: 'moved forth from before the start', slice: of([1, 1], [9]), start: list(-5, 0), data: [9, 2, 3, 4, 5, 6] },
    { what: 'all of it', slice: of([3, 2], [0, 0, 0, 0, 0, 0]), start: list(1, 1), data: [0, 0, 0, 0, 0, 0] },
    { what: 'nothing', slice: of([0, 2], []), start: list(1, 0), data: [1, 2, 3, 4, 5, 6] },
    {
      what: 'int64, beyond int32',
      slice: of([1, 1], [9]),
      start: { dtype: 'int64' as const, shape: [2], data: [2n ** 32n, -(2n ** 32n)] },
      data: [1, 2, 3, 4, 9, 6],
    },
  ])('$what', ({ slice, start, data }) => {
    expect(update(operand, slice, start)).toEqual(data);
  });

  test('a scalar', () => {
    expect(update(of([], [1]), of([], [2]), list())).toEqual([2]);
  });

  test.each([
    { what: 'an update that is too large', slice: of([1, 3], [1, 2, 3]), start: list(0, 0) },
    { what: 'an update of another rank', slice: of([1], [1]), start: list(0, 0) },
    { what: 'an update of another type', slice: list(1), start: list(0, 0) },
    { what: 'a start of another rank', slice: of([1, 1], [1]), start: list(0) },
  ])('$what is refused', ({ slice, start }) => {
    expect(() => update(operand, slice, start)).toThrow(/DYNAMIC_UPDATE_SLICE \(node 0\)/);
  });
});
