import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly number[] };
const VALUES = [-128, -20, 0, 10, 20, 25];
const int8 = (data: number[], scale = 0.1, shape = [data.length]): Literal => ({
  dtype: 'int8',
  shape,
  data,
  scale,
  zeroPoint: 5,
});

describe.each(kernelSets)('LOG_SOFTMAX, $name', ({ set }) => {
  const logSoftmax = (input: Literal, output: Partial<TensorLiteral> = {}) => {
    const outputs = [{ ...input, scale: 1 / 16, zeroPoint: input.dtype === 'int8' ? 127 : 255, ...output }];
    return runOperator({ op: 'LOG_SOFTMAX', inputs: [input], outputs }, set)[0]!;
  };

  // As TFLite computed them.
  test.each([
    { what: 'one row', input: int8(VALUES), data: [-128, 45, 77, 93, 109, 117] },
    { what: 'two rows', input: int8(VALUES, 0.5, [2, 3]), data: [-128, -33, 127, 6, 86, 126] },
  ])('$what', ({ input, data }) => {
    expect(logSoftmax(input)).toEqual({ shape: input.shape, data });
    const uint8 = { ...input, dtype: 'uint8' as const, data: input.data.map((value) => value + 128) };
    expect(logSoftmax(uint8).data).toEqual(data.map((value) => value + 128));
  });

  test('a single value, and none', () => {
    expect(logSoftmax(int8([-7])).data).toEqual([127]);
    expect(logSoftmax(int8([], 0.1, [3, 0]))).toEqual({ shape: [3, 0], data: [] });
  });

  test('a scale so coarse that only the maximum is left', () => {
    expect(logSoftmax(int8([1, 2, 1], 100)).data).toEqual([-128, 127, -128]);
  });

  test('a sum beyond int32 does not wrap', () => {
    expect(new Set(logSoftmax(int8(Array(9000).fill(1))).data)).toEqual(new Set([-6])); // log(4096) = 8.32
  });

  test.each([
    { what: 'a scalar', input: int8([1], 1, []), output: {}, error: /dimension/ },
    { what: 'another scale', input: int8([1]), output: { scale: 1 / 8 }, error: /1\/16, 127/ },
    { what: 'another zero point', input: int8([1]), output: { zeroPoint: 0 }, error: /1\/16, 127/ },
    { what: 'an input without a scale', input: { dtype: 'int8', shape: [1], data: [1] }, output: {}, error: /scale/ },
    { what: 'int16', input: { ...int8([1]), dtype: 'int16' }, output: {}, error: /int16/ },
  ] as const)('$what is refused', ({ input, output, error }) => {
    expect(() => logSoftmax(input as Literal, output)).toThrow(error);
  });
});
