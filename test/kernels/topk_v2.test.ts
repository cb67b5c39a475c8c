import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly (number | bigint)[] };
const vector = (dtype: TensorLiteral['dtype'], ...data: (number | bigint)[]): Literal => ({
  dtype,
  shape: [data.length],
  data,
});
const kOf = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data, constant: true });

describe.each(kernelSets)('TOPK_V2, $name', ({ set }) => {
  const topK = (input: Literal, k: TensorLiteral | number, indices: 'int32' | 'int16' = 'int32') => {
    const { data: _, ...values } = input;
    const outputs: TensorLiteral[] = [values, { dtype: indices, shape: [] }];
    return runOperator({ op: 'TOPK_V2', inputs: [input, typeof k === 'number' ? kOf(k) : k], outputs }, set);
  };

  test.each([
    { what: 'int8', input: vector('int8', -3, 127, -128, 5), values: [127, 5, -3, -128], indices: [1, 3, 0, 2] },
    {
      what: 'uint8: bytes are unsigned',
      input: vector('uint8', 127, 128, 3),
      values: [128, 127, 3],
      indices: [1, 0, 2],
    },
    { what: 'int16', input: vector('int16', -32768, 32767, 0), values: [32767, 0, -32768], indices: [1, 2, 0] },
    {
      what: 'int32',
      input: vector('int32', 1, 2 ** 31 - 1, -(2 ** 31)),
      values: [2 ** 31 - 1, 1, -(2 ** 31)],
      indices: [1, 0, 2],
    },
    {
      what: 'int64: high halves first, low halves unsigned',
      input: vector('int64', 2n ** 31n, 2n ** 32n, -1n, 5n, -(2n ** 63n)),
      values: [2n ** 32n, 2n ** 31n, 5n, -1n, -(2n ** 63n)],
      indices: [1, 0, 3, 2, 4],
    },
    {
      what: 'of equal values the first first',
      input: vector('int8', 2, 7, 2, 7, 2),
      values: [7, 7, 2, 2, 2],
      indices: [1, 3, 0, 2, 4],
    },
  ])('$what', ({ input, values, indices }) => {
    for (let k = 0; k <= values.length; k++) {
      expect(topK(input, k)).toEqual([
        { shape: [k], data: values.slice(0, k) },
        { shape: [k], data: indices.slice(0, k) },
      ]);
    }
  });

  test('rows, indices of int16, k of int16 known only when the graph runs', () => {
    const input: Literal = { dtype: 'int8', shape: [2, 1, 3], data: [1, 3, 2, 6, 4, 5] };
    expect(topK(input, { dtype: 'int16', shape: [], data: [2] }, 'int16')).toEqual([
      { shape: [2, 1, 2], data: [3, 2, 6, 5] },
      { shape: [2, 1, 2], data: [1, 2, 0, 2] },
    ]);
  });

  test.each(['int32', 'int64'] as const)('many values of %s, against a sort', (dtype) => {
    const data = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 257) * 3 - 300); // with repetitions
    const order = data.map((_, i) => i).sort((a, b) => data[b]! - data[a]! || a - b);
    const input = vector(dtype, ...data.map((x) => (dtype === 'int64' ? BigInt(x) : x)));
    for (const k of [1, 2, 99, 999, 1000]) expect(topK(input, k)[1]!.data).toEqual(order.slice(0, k));
  });

  test('a negative k counts as 0', () => {
    expect(topK(vector('int8', 1, 2), -1)).toEqual([
      { shape: [0], data: [] },
      { shape: [0], data: [] },
    ]);
  });

  test.each([
    { what: 'more than a row has', input: vector('int8', 1, 2), k: 3, error: /k is 3/ },
    { what: 'two ks', input: vector('int8', 1, 2), k: kOf(1, 1), error: /2 values of k/ },
    { what: 'a scalar', input: { ...vector('int8', 1), shape: [] }, k: 0, error: /dimension/ },
  ])('$what is refused', ({ input, k, error }) => {
    expect(() => topK(input, k)).toThrow(error);
  });

  test('indices that do not fit int16 are refused', () => {
    expect(() => topK(vector('int8', ...Array(2 ** 15).fill(0)), 1, 'int16')).toThrow(/int16/);
  });
});
