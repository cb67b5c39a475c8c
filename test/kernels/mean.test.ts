import { describe, expect, test } from 'vitest';
import type { Profile } from '../../kernels/kernel.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly (number | bigint)[] };
const vector = (dtype: TensorLiteral['dtype'], ...data: (number | bigint)[]): Literal => ({
  dtype,
  shape: [data.length],
  data,
});
const exact = { scale: 1, zeroPoint: 0 };
const MIN64 = -(2n ** 63n);

describe.each(kernelSets)('MEAN and SUM, $name', ({ set }) => {
  const reduce = (
    op: string,
    input: Literal,
    axes: number[],
    { keepDims = false, profile = 'tflite', constant = true, ...output }: Partial<TensorLiteral> & Options = {},
  ) => {
    const axis: TensorLiteral = { dtype: 'int32', shape: [axes.length], data: axes, constant };
    const { data: _, ...like } = input;
    const test = { op, options: { keepDims }, inputs: [input, axis], outputs: [{ ...like, ...output }], profile };
    return runOperator(test, set)[0]!;
  };
  interface Options {
    keepDims?: boolean;
    profile?: Profile;
  }

  test('a mean, as TFLite computed it', () => {
    const data = [1, -2, 3, -4, 50, 60, -70, 80, 127, -128, 9, 10];
    const input: Literal = { dtype: 'int8', shape: [1, 2, 3, 2], data, scale: 0.1, zeroPoint: -5 };
    const output = { scale: 0.07, zeroPoint: 3 };
    expect(reduce('MEAN', input, [1, 2], output)).toEqual({ shape: [1, 2], data: [39, 14] });
    expect(reduce('MEAN', input, [1, 2], { ...output, constant: false })).toEqual({ shape: [1, 2], data: [39, 14] });
    expect(reduce('MEAN', input, [1, 2], { ...output, keepDims: true }).shape).toEqual([1, 1, 1, 2]);
    expect(reduce('MEAN', input, [1, 2], { ...output, profile: 'tflm' }).data).toEqual([39, 14]);
  });

  const cube: Literal = { dtype: 'int32', shape: [2, 3, 2], data: [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60] };

  test.each([
    { what: 'the first axis', axes: [0], shape: [3, 2], data: [11, 22, 33, 44, 55, 66] },
    { what: 'the middle axis', axes: [1], shape: [2, 2], data: [9, 12, 90, 120] },
    { what: 'the last axis', axes: [2], shape: [2, 3], data: [3, 7, 11, 30, 70, 110] },
    { what: 'axes around one that is left', axes: [2, 0], shape: [3], data: [33, 77, 121] },
    { what: 'negative axes', axes: [-1, -3], shape: [3], data: [33, 77, 121] },
    { what: 'an axis named twice', axes: [1, -2, 1], shape: [2, 2], data: [9, 12, 90, 120] },
    { what: 'all axes', axes: [0, 1, 2], shape: [], data: [231] },
    { what: 'no axis', axes: [], shape: [2, 3, 2], data: cube.data },
  ])('SUM over $what', ({ axes, shape, data }) => {
    expect(reduce('SUM', cube, axes)).toEqual({ shape, data });
  });

  test.each([
    { what: 'int8: no rounding beyond the multiplier', input: { ...vector('int8', 1, 2), ...exact }, data: [2] },
    { what: 'uint8: bytes are unsigned', input: { ...vector('uint8', 255, 253), ...exact }, data: [254] },
    { what: 'int16 at its ends', input: { ...vector('int16', 32767, 32767, 32767), ...exact }, data: [32767] },
    { what: 'int32: truncated', input: vector('int32', -3, -4), data: [-3] },
    { what: 'int32: the sum leaves int32', input: vector('int32', 2147483647, 2147483645), data: [2147483646] },
    { what: 'int32 at its lower end', input: vector('int32', -(2 ** 31), -(2 ** 31)), data: [-(2 ** 31)] },
    { what: 'int64: truncated', input: vector('int64', -3n, -4n, -3n), data: [-3n] },
    { what: 'int64: above 2^32', input: vector('int64', 2n ** 40n + 1n, 5n, 0n), data: [(2n ** 40n + 6n) / 3n] },
    { what: 'int64: the least value', input: vector('int64', MIN64), data: [MIN64] },
    { what: 'int64: the sum wraps', input: vector('int64', MIN64, -1n), data: [(2n ** 63n - 1n) / 2n] },
  ])('MEAN of $what', ({ input, data }) => {
    expect(reduce('MEAN', input, [0])).toEqual({ shape: [], data });
  });

  test.each([
    { what: 'int32 wraps', input: vector('int32', 2147483647, 1), data: [-(2 ** 31)] },
    { what: 'int64 carries', input: vector('int64', 2n ** 32n - 1n, 1n, -(2n ** 40n)), data: [2n ** 32n - 2n ** 40n] },
    { what: 'int64 wraps', input: vector('int64', MIN64, -1n), data: [2n ** 63n - 1n] },
    { what: 'uint8 saturates', input: { ...vector('uint8', 200, 100), ...exact }, data: [255] },
    { what: 'int16', input: { ...vector('int16', 20000, -30000, 5), ...exact }, data: [-9995] },
  ])('SUM of $what', ({ input, data }) => {
    expect(reduce('SUM', input, [0]).data).toEqual(data);
  });

  test('SUM of int8 is right in tflm; in tflite bytes are read and written as uint8', () => {
    const input: Literal = { ...vector('int8', -1, 3), scale: 1, zeroPoint: -2 };
    // (-1 + 2) + (3 + 2) - 2, and (255 + 2) + (3 + 2) - 2 = 260, saturated to 255, which is the byte of -1
    expect(reduce('SUM', input, [0], { profile: 'tflm' }).data).toEqual([4]);
    expect(reduce('SUM', input, [0]).data).toEqual([-1]);
  });

  test.each(['int8', 'uint8', 'int16', 'int32'] as const)(
    'of no values of %s, mean and sum are stored as 0',
    (dtype) => {
      const input: Literal = { dtype, shape: [2, 0], data: [], ...exact, zeroPoint: dtype === 'int16' ? 0 : 7 };
      for (const op of ['MEAN', 'SUM']) expect(reduce(op, input, [1])).toEqual({ shape: [2], data: [0, 0] });
    },
  );

  test('of no values of int64', () => {
    const input: Literal = { dtype: 'int64', shape: [0, 2], data: [] };
    for (const op of ['MEAN', 'SUM']) expect(reduce(op, input, [0])).toEqual({ shape: [2], data: [0n, 0n] });
  });

  test('a scalar', () => {
    const input: Literal = { dtype: 'int32', shape: [], data: [-7] };
    for (const op of ['MEAN', 'SUM']) expect(reduce(op, input, [0])).toEqual({ shape: [], data: [-7] });
  });

  test('a huge reduced dimension beside one of 0 costs nothing', () => {
    const input: Literal = { dtype: 'int32', shape: [2 ** 30, 0, 2 ** 30], data: [] };
    expect(reduce('SUM', input, [0, 2])).toEqual({ shape: [0], data: [] });
  });

  test.each([
    { what: 'an axis that is not there', input: cube, axes: [3], error: /no axis 3 in 3/ },
    { what: 'a negative axis that is not there', input: cube, axes: [-4], error: /no axis -4/ },
    { what: 'a quantized input without a scale', input: vector('int8', 1), axes: [0], error: /no scale/ },
    {
      what: 'int16 with a zero point',
      input: { ...vector('int16', 1), scale: 1, zeroPoint: 1 },
      axes: [0],
      error: /zero points/,
    },
  ])('$what is refused', ({ input, axes, error }) => {
    for (const op of ['MEAN', 'SUM']) expect(() => reduce(op, input, axes)).toThrow(error);
  });
});
