import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly number[] };
const VALUES = [-128, -20, 0, 10, 20, 127];
const int8 = (data: number[], shape = [data.length]): Literal => ({
  dtype: 'int8',
  shape,
  data,
  scale: 0.1,
  zeroPoint: -3,
});

describe.each(kernelSets)('L2_NORMALIZATION, $name', ({ set }) => {
  const normalize = (input: Literal, output: Partial<TensorLiteral> = {}, fusedActivationFunction = 'NONE') => {
    const outputs = [{ ...input, scale: 1 / 128, zeroPoint: input.dtype === 'int8' ? 0 : 128, ...output }];
    const test = { op: 'L2_NORMALIZATION', options: { fusedActivationFunction }, inputs: [input], outputs };
    return runOperator(test, set)[0]!;
  };

  // As TFLite computed them.
  test.each([
    { what: 'one row', input: int8(VALUES), data: [-87, -12, 2, 9, 16, 91] },
    { what: 'two rows', input: int8(VALUES, [2, 3]), data: [-127, -17, 3, 13, 22, 125] },
    { what: 'rows of one value', input: int8(VALUES, [6, 1]), data: [-128, -128, 127, 127, 127, 127] },
    { what: 'zeros', input: int8([-3, -3, -3]), data: [0, 0, 0] },
    { what: 'a sum of 1', input: int8([-3, -2, -3]), data: [0, 127, 0] },
    { what: 'a sum of 10', input: int8([-3, -4, -6]), data: [0, -40, -121] },
  ])('$what', ({ input, data }) => {
    expect(normalize(input)).toEqual({ shape: input.shape, data });
    const uint8 = { ...input, dtype: 'uint8' as const, data: input.data.map((value) => value + 128), zeroPoint: 125 };
    expect(normalize(uint8).data).toEqual(data.map((value) => value + 128));
  });

  test('of nothing', () => {
    expect(normalize(int8([], [3, 0]))).toEqual({ shape: [3, 0], data: [] });
  });

  test.each([
    { what: 'a scalar', input: int8([1], []), error: /dimension/ },
    { what: 'another scale', input: int8([1]), output: { scale: 1 / 64 }, error: /1\/128, 0/ },
    { what: 'another zero point', input: int8([1]), output: { zeroPoint: 1 }, error: /1\/128, 0/ },
    { what: 'an activation', input: int8([1]), activation: 'RELU', error: /RELU/ },
  ])('$what is refused', ({ input, output = {}, activation, error }) => {
    expect(() => normalize(input, output, activation)).toThrow(error);
  });
});
