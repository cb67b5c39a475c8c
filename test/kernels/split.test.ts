import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const of = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int16', shape, data });

describe.each(kernelSets)('$name', ({ set }) => {
  const input = of([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
  const cut = (op: string, inputs: TensorLiteral[], numSplits: number, count: number) =>
    runOperator({ op, options: { numSplits }, inputs, outputs: Array.from({ length: count }, () => of([], [])) }, set);
  const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });

  describe('SPLIT', () => {
    const split = (axis: TensorLiteral, numSplits: number, outputs = numSplits) =>
      cut('SPLIT', [axis, input], numSplits, outputs);

    test.each([
      { what: 'the last axis', axis: { ...list(1), constant: true } },
      { what: 'an axis that is known only when the graph runs, from the end', axis: list(-1) },
    ])('$what', ({ axis }) => {
      expect(split(axis, 2)).toEqual([
        { shape: [2, 2], data: [1, 2, 5, 6] },
        { shape: [2, 2], data: [3, 4, 7, 8] },
      ]);
    });

    test('the first axis', () => {
      expect(split(list(0), 2).map(({ data }) => data)).toEqual([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]);
    });

    test.each([
      { what: 'parts that are not equal', axis: list(1), numSplits: 3 },
      { what: 'no parts', axis: list(1), numSplits: 0 },
      { what: 'a wrong number of outputs', axis: list(1), numSplits: 2, outputs: 4 },
      { what: 'an axis that is not there', axis: list(2), numSplits: 1 },
      { what: 'two axes', axis: list(0, 1), numSplits: 1 },
    ])('$what: refused', ({ axis, numSplits, outputs }) => {
      expect(() => split(axis, numSplits, outputs)).toThrow(/SPLIT \(node 0\)/);
    });
  });

  describe('SPLIT_V', () => {
    const split = (sizes: TensorLiteral, axis = 1, numSplits = sizes.shape[0]!) =>
      cut('SPLIT_V', [input, sizes, list(axis)], numSplits, numSplits);

    test.each([
      { what: 'sizes', sizes: list(1, 3) },
      { what: '-1 stands for what is left', sizes: list(1, -1) },
      { what: 'int64 sizes', sizes: { dtype: 'int64' as const, shape: [2], data: [1n, 3n] } },
    ])('$what', ({ sizes }) => {
      expect(split(sizes)).toEqual([
        { shape: [2, 1], data: [1, 5] },
        { shape: [2, 3], data: [2, 3, 4, 6, 7, 8] },
      ]);
    });

    test('-1 may leave nothing', () => {
      expect(split(list(4, -1))[1]).toEqual({ shape: [2, 0], data: [] });
    });

    test.each([
      { what: 'sizes that are too small', sizes: list(1, 2) },
      { what: 'sizes that are too large', sizes: list(5, -1) },
      { what: 'two times -1', sizes: list(-1, -1) },
      { what: 'a negative size', sizes: list(-2, 6) },
      { what: 'another number of sizes than of outputs', sizes: list(1, 3), numSplits: 3 },
    ])('$what: refused', ({ sizes, numSplits }) => {
      expect(() => split(sizes, 1, numSplits)).toThrow(/SPLIT_V \(node 0\)/);
    });
  });
});
