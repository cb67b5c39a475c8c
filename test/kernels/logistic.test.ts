import { describe, expect, test } from 'vitest';
import type { DType } from '../../kernels/tensor.ts';
import { kernelSets, runOperator } from './run_operator.ts';

const X8 = [-128, -64, -32, -1, 0, 5, 32, 64, 127];
const XU8 = [0, 64, 127, 133, 160, 255];
const X16 = [-32768, -20000, -4096, -1, 0, 1, 4096, 20000, 32767];

describe.each(kernelSets)('LOGISTIC, TANH, HARD_SWISH, $name', ({ set }) => {
  const run = (
    op: string,
    dtype: DType,
    [scale, zeroPoint]: readonly [number, number],
    [outputScale, outputZeroPoint]: readonly [number, number],
    data: readonly number[],
    profile: 'tflite' | 'tflm' = 'tflite',
  ) => {
    const inputs = [{ dtype, shape: [data.length], scale, zeroPoint, data }];
    const outputs = [{ dtype, shape: [], scale: outputScale, zeroPoint: outputZeroPoint }];
    return runOperator({ op, inputs, outputs, profile }, set)[0]!.data;
  };

  // Values that TFLite's own kernels computed.
  test.each([
    ['LOGISTIC', 'int8', [0.05, 5], [2 ** -8, -128], X8, [-128, -120, -93, -19, -16, 0, 75, 115, 127]],
    ['LOGISTIC', 'uint8', [0.05, 133], [2 ** -8, 0], XU8, [0, 8, 109, 128, 203, 255]],
    ['LOGISTIC', 'int16', [2 ** -12, 0], [2 ** -15, 0], X16, [11, 247, 8812, 16382, 16384, 16386, 23956, 32521, 32757]],
    ['LOGISTIC', 'int16', [0.0003, 0], [2 ** -15, 0], X16, [2, 81, 7419, 16381, 16384, 16387, 25349, 32687, 32766]],
    ['TANH', 'int8', [0.05, 5], [2 ** -7, 0], X8, [-128, -128, -122, -37, -31, 0, 112, 127, 127]],
    ['TANH', 'uint8', [0.05, 133], [2 ** -7, 128], XU8, [0, 0, 91, 128, 240, 255]],
    ['TANH', 'int16', [0.0003, 0], [2 ** -15, 0], X16, [-32767, -32767, -27598, -11, 0, 11, 27598, 32767, 32767]],
    ['TANH', 'int16', [2 ** -11, 0], [2 ** -15, 0], X16, [-32767, -32767, -31589, -16, 0, 16, 31589, 32767, 32767]],
    ['HARD_SWISH', 'int8', [0.05, 5], [0.04, -110], X8, [-110, -110, -119, -113, -113, -110, -86, -37, 42]],
    ['HARD_SWISH', 'int8', [2 ** -16, 0], [20, 3], [-128, -1, 0, 1, 127], [2, 2, 4, 4, 4]], // a shift of more than 15 bits
    ['HARD_SWISH', 'uint8', [0.05, 133], [0.03, 20], [0, 64, 96, 127, 128, 133, 160, 192, 255], [20, 20, 8, 15, 16, 20, 53, 118, 223]], // biome-ignore format: a table
  ] as const)('%s %s', (op, dtype, input, output, data, expected) => {
    expect(run(op, dtype, input, output, data)).toEqual(expected);
  });

  // Values at which fixed point departs from float.
  test.each([
    ['LOGISTIC', [0.04913904890418053, -123], [2 ** -8, -128], -29, 125, 126],
    ['TANH', [0.011719273403286934, 42], [2 ** -7, 0], 41, -2, -1],
  ] as const)('%s of tflm is in fixed point', (op, input, output, value, tflm, tflite) => {
    expect(run(op, 'int8', input, output, [value], 'tflm')).toEqual([tflm]);
    expect(run(op, 'int8', input, output, [value])).toEqual([tflite]);
  });

  test.each([
    ['LOGISTIC', 'int16', [2 ** -12, 0], [2 ** -14, 0]],
    ['TANH', 'int16', [2 ** -12, 1], [2 ** -15, 0]],
    ['TANH', 'int32', [2 ** -12, 0], [2 ** -15, 0]],
    ['HARD_SWISH', 'int16', [2 ** -12, 0], [2 ** -15, 0]],
    ['HARD_SWISH', 'int8', [2, 0], [2 ** -8, 0]], // the multiplier 2^2 / 2^1 is above 1
  ] as const)('%s %s with %s and %s is refused', (op, dtype, input, output) => {
    expect(() => run(op, dtype, input, output, [0])).toThrow(`${op} (node 0)`);
  });
});
