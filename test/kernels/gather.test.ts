import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const count = (...shape: number[]): TensorLiteral => ({
  dtype: 'int8',
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});
const at = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int32', shape, data });

describe.each(kernelSets)('GATHER, $name', ({ set }) => {
  const gather = (input: TensorLiteral, indices: TensorLiteral, axis = 0, batchDims = 0) =>
    runOperator(
      { op: 'GATHER', options: { axis, batchDims }, inputs: [input, indices], outputs: [{ dtype: 'int8', shape: [] }] },
      set,
    )[0];

  test.each([
    { what: 'rows', from: [3, 2], indices: at([2], [2, 0]), shape: [2, 2], data: [4, 5, 0, 1] },
    { what: 'one row', from: [3, 2], indices: at([], [1]), shape: [2], data: [2, 3] },
    { what: 'columns', from: [2, 3], indices: at([2], [2, 0]), axis: 1, shape: [2, 2], data: [2, 0, 5, 3] },
    { what: 'columns, from the end', from: [2, 3], indices: at([1], [1]), axis: -1, shape: [2, 1], data: [1, 4] },
    {
      what: 'indices of two dimensions',
      from: [3],
      indices: at([2, 2], [0, 1, 2, 0]),
      shape: [2, 2],
      data: [0, 1, 2, 0],
    },
    {
      what: 'each batch its own',
      from: [2, 3],
      indices: at([2, 1], [2, 0]),
      axis: 1,
      batchDims: 1,
      shape: [2, 1],
      data: [2, 3],
    },
    {
      what: 'the same, counted from the end',
      from: [2, 3],
      indices: at([2, 1], [2, 0]),
      axis: 1,
      batchDims: -1,
      shape: [2, 1],
      data: [2, 3],
    },
    {
      what: 'batch, outer and inner',
      from: [2, 2, 2, 2],
      indices: at([2, 1], [1, 0]),
      axis: 2,
      batchDims: 1,
      shape: [2, 2, 1, 2],
      data: [2, 3, 6, 7, 8, 9, 12, 13],
    },
    { what: 'no indices', from: [3, 2], indices: at([0], []), shape: [0, 2], data: [] },
  ])('$what', ({ from, indices, axis, batchDims, shape, data }) => {
    expect(gather(count(...from), indices, axis, batchDims)).toEqual({ shape, data });
  });

  test('int16 and int64 indices', () => {
    expect(gather(count(3), { ...at([2], [2, 1]), dtype: 'int16' })?.data).toEqual([2, 1]);
    expect(gather(count(3), { dtype: 'int64', shape: [2], data: [2n, 1n] })?.data).toEqual([2, 1]);
  });

  test.each([
    { indices: at([1], [3]) },
    { indices: at([1], [-1]) },
    { indices: { dtype: 'int64' as const, shape: [1], data: [2n ** 32n] } }, // of which the low half is 0
    { indices: { dtype: 'int64' as const, shape: [1], data: [-(2n ** 32n)] } },
  ])('$indices.data is outside of 3', ({ indices }) => {
    expect(() => gather(count(3), indices)).toThrow(InputError);
    expect(() => gather(count(3), indices)).toThrow(/GATHER \(node 0\)/);
  });

  test.each([
    { what: 'an axis that is not there', axis: 2 },
    { what: 'more batch dimensions than the axis leaves', axis: 0, batchDims: 1 },
    { what: 'batches of another size', axis: 1, batchDims: 1 },
    { what: 'too many batch dimensions', axis: 1, batchDims: -2 },
  ])('$what is refused', ({ axis, batchDims }) => {
    expect(() => gather(count(2, 3), at([3], [0, 0, 0]), axis, batchDims)).toThrow(/GATHER \(node 0\)/);
  });
});

describe.each(kernelSets)('GATHER_ND, $name', ({ set }) => {
  const gather = (input: TensorLiteral, indices: TensorLiteral) =>
    runOperator({ op: 'GATHER_ND', inputs: [input, indices], outputs: [{ dtype: 'int8', shape: [] }] }, set)[0];

  test.each([
    { what: 'elements', indices: at([2, 2], [1, 2, 0, 1]), shape: [2], data: [5, 1] },
    { what: 'one element', indices: at([2], [1, 0]), shape: [], data: [3] },
    { what: 'rows', indices: at([2, 1], [1, 0]), shape: [2, 3], data: [3, 4, 5, 0, 1, 2] },
    { what: 'all, twice', indices: at([2, 0], []), shape: [2, 2, 3], data: [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5] },
    { what: 'nothing', indices: at([0, 2], []), shape: [0], data: [] },
  ])('$what', ({ indices, shape, data }) => {
    expect(gather(count(2, 3), indices)).toEqual({ shape, data });
  });

  test.each([{ index: [2, 0] }, { index: [0, 3] }, { index: [-1, 0] }])('$index is outside of [2, 3]', ({ index }) => {
    expect(() => gather(count(2, 3), at([2], index))).toThrow(InputError);
  });

  test('anything is outside of an empty tensor', () => {
    expect(() => gather(count(0, 3), at([1], [0]))).toThrow(InputError);
  });

  test.each([{ indices: at([3], [0, 0, 0]) }, { indices: at([], [0]) }])('$indices.shape is refused', ({ indices }) => {
    expect(() => gather(count(2, 3), indices)).toThrow(/GATHER_ND \(node 0\)/);
  });
});
