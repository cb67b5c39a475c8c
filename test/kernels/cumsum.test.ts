import { describe, expect, test } from 'vitest';
import type { Profile } from '../../kernels/kernel.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly (number | bigint)[] };
const vector = (dtype: TensorLiteral['dtype'], ...data: (number | bigint)[]): Literal => ({
  dtype,
  shape: [data.length],
  data,
});
interface How {
  exclusive?: boolean;
  reverse?: boolean;
  profile?: Profile;
  output?: TensorLiteral;
}

const axisOf = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data, constant: true });

describe.each(kernelSets)('CUMSUM, $name', ({ set }) => {
  const cumsum = (input: Literal, axis: TensorLiteral, { profile = 'tflite', output = input, ...how }: How = {}) => {
    const options = { exclusive: false, reverse: false, ...how };
    return runOperator({ op: 'CUMSUM', options, inputs: [input, axis], outputs: [output], profile }, set)[0]!;
  };

  test.each([
    { how: {}, data: [1, 3, 7, 15] },
    { how: { exclusive: true }, data: [0, 1, 3, 7] },
    { how: { reverse: true }, data: [15, 14, 12, 8] },
    { how: { exclusive: true, reverse: true }, data: [14, 12, 8, 0] },
  ])('$how', ({ how, data }) => {
    expect(cumsum(vector('int32', 1, 2, 4, 8), axisOf(0), how).data).toEqual(data);
    expect(cumsum(vector('int64', 1n, 2n, 4n, 8n), axisOf(-1), how).data).toEqual(data.map(BigInt));
  });

  test.each(['int32', 'int64'] as const)('axes of %s', (dtype) => {
    const cube: Literal = {
      dtype,
      shape: [2, 2, 2],
      data: [1, 2, 3, 4, 5, 6, 7, 8].map((x) => (dtype === 'int64' ? BigInt(x) : x)),
    };
    const numbers = (...how: Parameters<typeof cumsum>) => cumsum(...how).data.map(Number);
    expect(numbers(cube, axisOf(0))).toEqual([1, 2, 3, 4, 6, 8, 10, 12]);
    expect(numbers(cube, axisOf(1))).toEqual([1, 2, 4, 6, 5, 6, 12, 14]);
    expect(numbers(cube, axisOf(1), { reverse: true })).toEqual([4, 6, 3, 4, 12, 14, 7, 8]);
    expect(numbers(cube, axisOf(2))).toEqual([1, 3, 3, 7, 5, 11, 7, 15]);
  });

  test('sums carry and wrap', () => {
    expect(cumsum(vector('int32', 2 ** 31 - 1, 1), axisOf(0)).data).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect(cumsum(vector('int64', 2n ** 32n - 1n, 1n, -1n), axisOf(0)).data).toEqual([
      2n ** 32n - 1n,
      2n ** 32n,
      2n ** 32n - 1n,
    ]);
    expect(cumsum(vector('int64', 2n ** 63n - 1n, 1n), axisOf(0)).data).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
  });

  // As TFLite Micro computed them.
  test.each([
    { how: {}, data: [-6, -5, -70, -8, -5, -10] },
    { how: { exclusive: true }, data: [-6, -6, -5, -70, -8, -5] },
    { how: { reverse: true }, data: [-10, -10, -11, 55, -7, -11] },
    { how: { exclusive: true, reverse: true }, data: [-10, -11, 55, -7, -11, -6] },
  ])('int8 in profile tflm, $how', ({ how, data }) => {
    const input: Literal = { ...vector('int8', 3, 5, -128, 127, 10, -7), scale: 0.5, zeroPoint: 3 };
    const output = { ...input, scale: 1, zeroPoint: -4 };
    expect(cumsum(input, axisOf(0), { ...how, output, profile: 'tflm' }).data).toEqual(data);
    expect(() => cumsum(input, axisOf(0), { ...how, output })).toThrow(/int8/);
  });

  test('of nothing', () => {
    const input: Literal = { dtype: 'int32', shape: [2 ** 20, 0, 2], data: [] };
    for (const axis of [0, 1, 2]) expect(cumsum(input, axisOf(axis))).toEqual({ shape: input.shape, data: [] });
  });

  test.each([
    { what: 'an axis that is not there', input: vector('int32', 1), axis: axisOf(1), error: /no axis 1/ },
    { what: 'a scalar', input: { ...vector('int32', 1), shape: [] }, axis: axisOf(0), error: /no axis 0/ },
    { what: 'two axes', input: vector('int32', 1), axis: axisOf(0, 0), error: /2 values/ },
  ])('$what is refused', ({ input, axis, error }) => {
    expect(() => cumsum(input, axis)).toThrow(error);
  });
});
