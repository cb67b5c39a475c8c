import { describe, expect, test } from 'vitest';
import type { Profile } from '../../kernels/kernel.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = TensorLiteral & { data: readonly number[] };
const INT8 = { dtype: 'int8', scale: 1 / 256, zeroPoint: -128 } as const;
const UINT8 = { dtype: 'uint8', scale: 1 / 256 } as const;
const INT16 = { dtype: 'int16', scale: 1 / 32768 } as const;
const WIDE = { dtype: 'int16', scale: 1 / 65536, zeroPoint: -32768 } as const;

const int8 = (...data: number[]): Literal => ({ dtype: 'int8', shape: [data.length], data, scale: 0.1, zeroPoint: 5 });
const int16 = (...data: number[]): Literal => ({ dtype: 'int16', shape: [data.length], data, scale: 0.0005 });

describe.each(kernelSets)('SOFTMAX, $name', ({ set }) => {
  const softmax = (
    input: Literal,
    output: Omit<TensorLiteral, 'shape'>,
    { beta = 1, profile = 'tflite' }: { beta?: number | undefined; profile?: Profile } = {},
  ) => {
    const outputs = [{ ...output, shape: input.shape }];
    return runOperator({ op: 'SOFTMAX', options: { beta }, inputs: [input], outputs, profile }, set)[0]!;
  };

  // As TFLite computed them.
  test.each([
    { what: 'int8', input: int8(-128, -20, 0, 10, 20, 25), output: INT8, data: [-128, -127, -117, -98, -47, 5] },
    {
      what: 'uint8',
      input: { ...int8(0, 108, 128, 138, 148, 153), dtype: 'uint8' as const },
      output: UINT8,
      data: [0, 1, 11, 30, 81, 133],
    },
    {
      what: 'uint8 to int16',
      input: { ...int8(0, 108, 128, 138, 148, 153), dtype: 'uint8' as const },
      output: WIDE,
      data: [-32768, -32389, -29970, -25163, -12096, 1315],
    },
    {
      what: 'int8 to int16, two rows, beta 2',
      input: { ...int8(-128, 127, 126, 0, 1, 2), shape: [2, 3], scale: 0.5 },
      output: WIDE,
      beta: 2,
      data: [-32768, 15143, -15143, -26868, -16729, 10829],
    },
    {
      what: 'int16',
      input: int16(-32768, -2000, 0, 1000, 2000, 2500),
      output: INT16,
      data: [1, 1307, 3552, 5856, 9655, 12397],
    },
    { what: '511 equal values', input: int8(...Array(511).fill(3)), output: INT8, data: Array(511).fill(-127) },
    { what: 'a single value', input: int8(-7), output: INT8, data: [127] },
  ])('$what', ({ input, output, beta, data }) => {
    expect(softmax(input, output, { beta }).data).toEqual(data);
  });

  test('the tables of int16 are in double in tflite, in float32 in tflm', () => {
    const input = { ...int16(6242, 17525), scale: 0.0001026631289278157 };
    expect(softmax(input, INT16, { profile: 'tflite' }).data).toEqual([7831, 24936]);
    expect(softmax(input, INT16, { profile: 'tflm' }).data).toEqual([7831, 24935]);
  });

  test('a sum of 512, at which TFLite aborts, leaves nothing of 8 bits', () => {
    expect(new Set(softmax(int8(...Array(512).fill(3)), INT8).data)).toEqual(new Set([-128]));
    expect(new Set(softmax(int8(...Array(10000).fill(3)), INT8).data)).toEqual(new Set([-128]));
  });

  test('of nothing', () => {
    expect(softmax({ ...int8(), shape: [3, 0] }, INT8)).toEqual({ shape: [3, 0], data: [] });
  });

  test.each([
    { what: 'a scalar', input: { ...int8(1), shape: [] }, output: INT8, error: /dimension/ },
    { what: 'beta 0', input: int8(1), output: INT8, beta: 0, error: /beta is 0/ },
    { what: 'beta NaN', input: int8(1), output: INT8, beta: Number.NaN, error: /beta/ },
    { what: 'an input without a scale', input: { dtype: 'int8', shape: [1], data: [1] }, output: INT8, error: /scale/ },
    { what: 'int16 with a zero point', input: { ...int16(1), zeroPoint: 1 }, output: INT16, error: /zero point/ },
    { what: 'another scale of int8', input: int8(1), output: { ...INT8, scale: 1 / 128 }, error: /1\/256, -128/ },
    { what: 'another zero point of int8', input: int8(1), output: { ...INT8, zeroPoint: 0 }, error: /1\/256, -128/ },
    { what: 'another scale of int16', input: int16(1), output: WIDE, error: /1\/32768, 0/ },
    { what: 'int8 to uint8', input: int8(1), output: UINT8, error: /uint8/ },
  ] as const)('$what is refused', ({ input, output, error, ...options }) => {
    expect(() => softmax(input as Literal, output, options)).toThrow(error);
  });
});
