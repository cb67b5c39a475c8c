import { describe, expect, test } from 'vitest';
import type { DType } from '../../kernels/tensor.ts';
import { kernelSets } from './run_operator.ts';
import { tensor, type Values, valuesOf } from './values.ts';

const X = [-1.9, 1e10, -1e30, NaN, 0.5, Infinity].map(Math.fround);

// Values that TFLite's own kernels computed.
// biome-ignore format: a table
const cases: [from: DType, Values, to: DType, Values][] = [
  ['int32', [-1, 200, -129, 2 ** 31 - 1], 'int8', [-1, -56, 127, -1]],
  ['int8', [-5, 127], 'uint8', [251, 127]],
  ['uint8', [200], 'int16', [200]],
  ['int4', [-8, 7], 'int32', [-8, 7]],
  ['int64', [-1n, 2n ** 32n + 5n, -(2n ** 63n)], 'int32', [-1, 5, 0]],
  ['int64', [300n, -1n], 'uint8', [44, 255]],
  ['int64', [300n, -1n], 'int64', [300n, -1n]],
  ['uint8', [200], 'int64', [200n]],
  ['int8', [-5, 5], 'int64', [-5n, 5n]],
  ['int32', [-1, 0, 256], 'bool', [1, 0, 1]],
  ['int64', [2n ** 32n, 0n, 1n], 'bool', [1, 0, 1]],
  ['float32', [0, -0, 0.25, NaN], 'bool', [0, 0, 1, 1]],
  ['bool', [1, 0], 'float32', [1, 0]],
  ['int32', [2 ** 24 + 1, 2 ** 24 + 3, -5], 'float32', [2 ** 24, 2 ** 24 + 4, -5]],
  ['int64', [2n ** 24n + 1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n], 'float32', [2 ** 24, 2 ** 53, -(2 ** 63), 2 ** 63]],
  // halfway between two float32, or the least bit to one side of it, which a double has not
  ['int64', [2n ** 54n + 2n ** 30n, 2n ** 54n + 2n ** 30n + 1n, -(2n ** 54n) - 2n ** 30n - 1n, 2n ** 54n + 2n ** 30n - 1n], 'float32', [2 ** 54, 2 ** 54 + 2 ** 31, -(2 ** 54) - 2 ** 31, 2 ** 54]],
  ['float32', X, 'int8', [-1, 127, -128, 127, 0, 127]],
  ['float32', X, 'uint8', [0, 255, 0, 255, 0, 255]],
  ['float32', X, 'int16', [-1, 32767, -32768, 32767, 0, 32767]],
  ['float32', X, 'int32', [-1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, 0, 2 ** 31 - 1]],
  ['float32', X, 'int64', [-1n, 10n ** 10n, -(2n ** 63n), 2n ** 63n - 1n, 0n, 2n ** 63n - 1n]],
  ['float32', [2 ** 40, -(2 ** 40), -(2 ** 32), -1], 'int64', [2n ** 40n, -(2n ** 40n), -(2n ** 32n), -1n]],
];

describe.each(kernelSets)('CAST, $name', ({ set }) => {
  test.each(cases)('%s %s to %s', (from, values, to, expected) => {
    expect(valuesOf({ op: 'CAST', inputs: [tensor(from, values)], out: [to] }, set)).toEqual(expected);
  });

  test('to int4 is refused', () => {
    expect(() => valuesOf({ op: 'CAST', inputs: [tensor('int8', [1])], out: ['int4'] }, set)).toThrow('CAST (node 0)');
  });
});
