import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

describe.each(kernelSets)('WHERE and UNIQUE, $name', ({ set }) => {
  const where = (input: TensorLiteral) =>
    runOperator({ op: 'WHERE', inputs: [input], outputs: [{ dtype: 'int64', shape: [] }] }, set)[0]!;
  const unique = (input: TensorLiteral, idxOutType: 'int32' | 'int64' = 'int32') => {
    const outputs: TensorLiteral[] = [
      { dtype: input.dtype, shape: [] },
      { dtype: idxOutType, shape: [] },
    ];
    return runOperator({ op: 'UNIQUE', options: { idxOutType }, inputs: [input], outputs }, set);
  };

  test.each(['bool', 'int8', 'uint8', 'int32', 'int64'] as const)('WHERE of %s', (dtype) => {
    for (const constant of [true, false]) {
      const data = [0, 1, 0, 1, 1, 0].map((x) => (dtype === 'int64' ? BigInt(x) : x));
      expect(where({ dtype, shape: [2, 3], data, constant })).toEqual({
        shape: [3, 2],
        data: [0n, 1n, 1n, 0n, 1n, 1n],
      });
    }
  });

  test.each([
    { what: 'dimensions of 1', shape: [1, 2, 1, 2], data: [0, 0, 1, -1], expected: [0n, 1n, 0n, 0n, 0n, 1n, 0n, 1n] },
    { what: 'a scalar', shape: [], data: [5], expected: [] },
    { what: 'zeros', shape: [3], data: [0, 0, 0], expected: [] },
    { what: 'nothing', shape: [2, 0], data: [], expected: [] },
  ])('WHERE of $what', ({ shape, data, expected }) => {
    const count = data.filter((value) => value !== 0).length;
    expect(where({ dtype: 'int8', shape, data })).toEqual({ shape: [count, shape.length], data: expected });
  });

  test('WHERE of int64 looks at both halves', () => {
    expect(where({ dtype: 'int64', shape: [3], data: [2n ** 32n, 0n, 1n] }).data).toEqual([0n, 2n]);
  });

  test.each(['int8', 'uint8', 'int16', 'int32', 'int64'] as const)('UNIQUE of %s', (dtype) => {
    const numbers = (...data: number[]) => data.map((x) => (dtype === 'int64' ? BigInt(x) : x));
    for (const constant of [true, false]) {
      const input: TensorLiteral = { dtype, shape: [6], data: numbers(7, 1, 7, 100, 1, 0), constant };
      expect(unique(input)).toEqual([
        { shape: [4], data: numbers(7, 1, 100, 0) },
        { shape: [6], data: [0, 1, 0, 2, 1, 3] },
      ]);
      expect(unique(input, 'int64')[1]!.data).toEqual([0n, 1n, 0n, 2n, 1n, 3n]);
    }
  });

  test('UNIQUE tells apart int64 that are the same float64', () => {
    const data = [2n ** 53n, 2n ** 53n + 1n, 2n ** 53n];
    expect(unique({ dtype: 'int64', shape: [3], data })).toEqual([
      { shape: [2], data: [2n ** 53n, 2n ** 53n + 1n] },
      { shape: [3], data: [0, 1, 0] },
    ]);
  });

  test('UNIQUE of nothing', () => {
    expect(unique({ dtype: 'int8', shape: [0], data: [] })).toEqual([
      { shape: [0], data: [] },
      { shape: [0], data: [] },
    ]);
  });

  test('more values than prepare should read are refused', () => {
    const shape = [2 ** 24 + 1];
    expect(() => where({ dtype: 'bool', shape })).toThrow(/more values than the 16777216/);
    expect(() => unique({ dtype: 'int8', shape })).toThrow(/more values than the 16777216/);
  });

  test('UNIQUE of two dimensions is refused, and WHERE of int16', () => {
    expect(() => unique({ dtype: 'int8', shape: [1, 1], data: [1] })).toThrow(/1 dimension/);
    expect(() => where({ dtype: 'int16', shape: [1], data: [1] })).toThrow(/int16/);
  });
});
