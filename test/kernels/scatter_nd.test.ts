import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });
const at = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int32', shape, data });

describe.each(kernelSets)('SCATTER_ND, $name', ({ set }) => {
  const scatter = (indices: TensorLiteral, updates: TensorLiteral, shape: TensorLiteral) =>
    runOperator(
      { op: 'SCATTER_ND', inputs: [indices, updates, shape], outputs: [{ dtype: updates.dtype, shape: [] }] },
      set,
    )[0];

  test.each([
    { what: 'elements', indices: at([2, 1], [3, 1]), updates: at([2], [5, 6]), to: list(4), data: [0, 6, 0, 5] },
    {
      what: 'elements of two dimensions',
      indices: at([2, 2], [1, 0, 0, 1]),
      updates: at([2], [5, 6]),
      to: list(2, 2),
      data: [0, 6, 5, 0],
    },
    { what: 'rows', indices: at([1, 1], [1]), updates: at([1, 2], [5, 6]), to: list(2, 2), data: [0, 0, 5, 6] },
    { what: 'one place twice', indices: at([2, 1], [1, 1]), updates: at([2], [5, 6]), to: list(2), data: [0, 11] },
    {
      what: 'everywhere, twice',
      indices: at([2, 0], []),
      updates: at([2, 2], [1, 2, 3, 4]),
      to: list(2),
      data: [4, 6],
    },
    { what: 'nothing', indices: at([0, 1], []), updates: at([0], []), to: list(2), data: [0, 0] },
  ])('$what', ({ indices, updates, to, data }) => {
    for (const constant of [true, false]) {
      expect(scatter(indices, updates, { ...to, constant })).toEqual({ shape: to.data, data });
    }
  });

  test.each<{ dtype: TensorLiteral['dtype']; a: number | bigint; b: number | bigint; sum: number | bigint }>([
    { dtype: 'int8', a: 100, b: 100, sum: -56 },
    { dtype: 'uint8', a: 200, b: 100, sum: 44 },
    { dtype: 'bool', a: 1, b: 1, sum: 1 },
    { dtype: 'int32', a: 2 ** 31 - 1, b: 1, sum: -(2 ** 31) },
    { dtype: 'int64', a: 2n ** 63n - 1n, b: 1n, sum: -(2n ** 63n) },
    { dtype: 'int64', a: 2n ** 32n - 1n, b: 1n, sum: 2n ** 32n }, // a carry
  ])('$dtype: $a + $b is $sum', ({ dtype, a, b, sum }) => {
    expect(scatter(at([2, 1], [0, 0]), { dtype, shape: [2], data: [a, b] }, list(1))?.data).toEqual([sum]);
  });

  test.each([{ index: [2, 0] }, { index: [0, 2] }, { index: [-1, 0] }])('$index is outside of [2, 2]', ({ index }) => {
    expect(() => scatter(at([1, 2], index), at([1], [5]), list(2, 2))).toThrow(InputError);
  });

  test.each([
    { what: 'updates of another number', indices: at([2, 1], [0, 0]), updates: at([1], [5]), to: list(4) },
    { what: 'updates of another shape', indices: at([1, 1], [0]), updates: at([1, 3], [5, 6, 7]), to: list(2, 2) },
    { what: 'more indices than dimensions', indices: at([1, 2], [0, 0]), updates: at([1], [5]), to: list(4) },
    { what: 'a negative size', indices: at([1, 1], [0]), updates: at([1], [5]), to: list(-4) },
  ])('$what: refused', ({ indices, updates, to }) => {
    expect(() => scatter(indices, updates, to)).toThrow(/SCATTER_ND \(node 0\)/);
  });
});
