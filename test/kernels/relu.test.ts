import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator } from './run_operator.ts';

const int8 = { dtype: 'int8', scale: 0.05, zeroPoint: -3, data: [-128, -20, -3, -2, 7, 50, 127] } as const;
const uint8 = { dtype: 'uint8', scale: 0.05, zeroPoint: 125, data: [0, 100, 125, 126, 140, 160, 255] } as const;
const int16 = { dtype: 'int16', scale: 0.001, data: [-32768, -1, 0, 1, 999, 6000, 32767] } as const;
const small = { dtype: 'int16', scale: 0.001, data: [-32768, -333, 0, 333, 32767] } as const;
const to = (scale: number, zeroPoint = 0) => ({ scale, zeroPoint });
const alpha = (alpha: number) => ({ alpha: Math.fround(alpha) });

describe.each(kernelSets)('RELU and its like, $name', ({ set }) => {
  // Values that TFLite's own kernels computed.
  test.each([
    ['RELU', {}, int8, to(0.04, 10), [10, 10, 10, 11, 23, 76, 127]],
    ['RELU', {}, uint8, to(0.1, 3), [3, 3, 3, 4, 11, 21, 68]],
    ['RELU', {}, int16, to(0.0007), [0, 0, 0, 1, 1427, 8571, 32767]],
    ['RELU6', {}, uint8, to(0.1, 3), [3, 3, 3, 4, 11, 21, 63]],
    ['RELU6', {}, int16, to(0.0007), [0, 0, 0, 1, 1427, 8571, 8571]],
    ['RELU_N1_TO_1', {}, int8, to(0.04, 10), [-15, -11, 10, 11, 23, 35, 35]],
    ['RELU_N1_TO_1', {}, uint8, to(0.1, 3), [0, 0, 3, 4, 11, 13, 13]], // -1 is below the range
    ['RELU_0_TO_1', {}, int8, to(0.04, 10), [10, 10, 10, 11, 23, 35, 35]],
    ['RELU_0_TO_1', {}, uint8, to(0.1, 3), [3, 3, 3, 4, 11, 13, 13]],
    ['LEAKY_RELU', alpha(0.2), int8, to(0.04, 10), [-22, 5, 10, 11, 23, 76, 127]],
    ['LEAKY_RELU', alpha(-0.3), uint8, to(0.1, 3), [22, 7, 3, 4, 11, 21, 68]], // the sign is taken out
    ['LEAKY_RELU', alpha(0.3), small, to(0.0007), [-14044, -143, 0, 476, 32767]],
  ] as const)('%s %o: %o', (op, options, input, output, expected) => {
    const shape = [1, input.data.length];
    const outputs = [{ dtype: input.dtype, shape: [], ...output }];
    expect(runOperator({ op, options, inputs: [{ shape, ...input }], outputs }, set)).toEqual([
      { shape, data: expected },
    ]);
  });

  // 5e-6 / 2e-6 is 2.5 in float32, a little less in double.
  test.each([
    ['RELU', [3, 5, 8, 0, 0], [2, 5, 7, 0, 0]],
    ['ABS', [3, 5, 8, 3, 8], [2, 5, 7, 2, 7]],
    ['LEAKY_RELU', [3, 5, 8, -1, -4], [2, 5, 7, -1, -4]],
  ])('the multipliers of %s are double in tflm', (op, tflite, tflm) => {
    const inputs = [{ dtype: 'int16', shape: [5], scale: 5e-6, data: [1, 2, 3, -1, -3] } as const];
    const outputs = [{ dtype: 'int16', shape: [], scale: 2e-6 } as const];
    const run = (profile: 'tflm' | 'tflite') =>
      runOperator({ op, options: alpha(0.5), inputs, outputs, profile }, set)[0]?.data;
    expect(run('tflite')).toEqual(tflite);
    expect(run('tflm')).toEqual(tflm);
  });

  test('RELU6 of tflm only clamps, to 6 in units of the input', () => {
    const inputs = [{ dtype: 'int8', shape: [4], scale: 0.1, zeroPoint: -3, data: [-100, -3, 57, 58] } as const];
    const outputs = [{ dtype: 'int8', shape: [], scale: 0.2, zeroPoint: 9 } as const];
    const run = (profile: 'tflm' | 'tflite') => runOperator({ op: 'RELU6', inputs, outputs, profile }, set)[0]?.data;
    expect(run('tflm')).toEqual([-3, -3, 57, 57]);
    expect(run('tflite')).toEqual([9, 9, 39, 39]);
  });

  const cases: (Omit<OperatorCase, 'outputs'> & { what: string; output: OperatorCase['outputs'][0] })[] = [
    { what: 'RELU_N1_TO_1 of int16', op: 'RELU_N1_TO_1', inputs: [{ shape: [7], ...int16 }], output: { ...int16, shape: [] } }, // biome-ignore format: a table
    { what: 'another type', op: 'RELU', inputs: [{ shape: [7], ...int8 }], output: { ...uint8, shape: [] } },
    { what: 'a zero point of int16', op: 'RELU', inputs: [{ shape: [7], ...int16, zeroPoint: 1 }], output: { ...int16, shape: [] } }, // biome-ignore format: a table
    { what: 'no scale', op: 'RELU', inputs: [{ shape: [7], ...int8 }], output: { dtype: 'int8', shape: [] } },
    { what: 'a scale of 0', op: 'LEAKY_RELU', options: alpha(1), inputs: [{ shape: [7], ...int8 }], output: { dtype: 'int8', shape: [], scale: 0 } }, // biome-ignore format: a table
  ];
  test.each(cases)('$what: refused', ({ op, options = {}, inputs, output }) => {
    expect(() => runOperator({ op, options, inputs, outputs: [output] }, set)).toThrow(/RELU.* \(node 0\)/);
  });
});
