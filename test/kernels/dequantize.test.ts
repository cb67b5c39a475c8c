import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const float = (values: number[]) => values.map(Math.fround);

describe.each(kernelSets)('DEQUANTIZE, FAKE_QUANT, $name', ({ set }) => {
  const outputs: TensorLiteral[] = [{ dtype: 'float32', shape: [] }];

  // Values that TFLite's own kernels computed: they print as these decimals.
  test.each<TensorLiteral & { expected: number[] }>([
    { dtype: 'int8', shape: [5], scale: 0.1, zeroPoint: 3, data: [-128, -1, 0, 3, 127], expected: [-13.1, -0.4, -0.3, 0, 12.400001] }, // biome-ignore format: a table
    { dtype: 'int16', shape: [3], scale: 0.1, data: [-32768, 1, 32767], expected: [-3276.8, 0.1, 3276.7] },
    { dtype: 'uint8', shape: [2, 2], scale: [0.1, 0.7], zeroPoint: [3, 200], dimension: 1, data: [0, 255, 7, 8], expected: [-0.3, 38.5, 0.4, -134.4] }, // biome-ignore format: a table
    { dtype: 'int4', shape: [2, 2], scale: [0.5, 2], dimension: 0, data: [-8, 7, -1, 3], expected: [-4, 3.5, -2, 6] },
    { dtype: 'int8', shape: [0, 2], scale: [0.5, 2], dimension: 1, data: [], expected: [] },
  ])('DEQUANTIZE %o', ({ expected, ...input }) => {
    expect(runOperator({ op: 'DEQUANTIZE', inputs: [input], outputs }, set)).toEqual([
      { shape: input.shape, data: float(expected) },
    ]);
  });

  test('tflm takes the first scale for all channels', () => {
    const inputs: TensorLiteral[] = [{ dtype: 'int8', shape: [2], scale: [0.5, 0.25], dimension: 0, data: [4, 4] }];
    const run = (profile: 'tflite' | 'tflm') =>
      runOperator({ op: 'DEQUANTIZE', inputs, outputs, profile }, set)[0]?.data;
    expect(run('tflm')).toEqual([2, 2]);
    expect(run('tflite')).toEqual([2, 1]);
  });

  test.each<TensorLiteral>([
    { dtype: 'int8', shape: [2, 2] }, // no scale
    { dtype: 'int8', shape: [2, 2], scale: [1, 1], dimension: 2 }, // no such dimension
    { dtype: 'int8', shape: [2, 3], scale: [1, 1], dimension: 1 }, // 2 scales for 3 channels
    { dtype: 'int16', shape: [2, 2], scale: [1, 1], dimension: 1 }, // not for int16
    { dtype: 'int16', shape: [2, 2], scale: 1, zeroPoint: 1 },
    { dtype: 'int32', shape: [2, 2], scale: 1 },
  ])('DEQUANTIZE %o is refused', (input) => {
    expect(() => runOperator({ op: 'DEQUANTIZE', inputs: [input], outputs }, set)).toThrow('DEQUANTIZE (node 0)');
  });

  const fakeQuant = (options: object, data: number[]) =>
    runOperator({ op: 'FAKE_QUANT', options, inputs: [{ dtype: 'float32', shape: [data.length], data }], outputs }, set)[0]!.data; // biome-ignore format: a call

  test.each([
    // 0 is one of the values: halves go up, what is outside is clamped
    [{ min: 0, max: 3, numBits: 2 }, [-1, 0, 0.49, 0.5, 1.5, 2.4, 3.5, NaN], [0, 0, 0, 1, 2, 2, 3, 0]],
    // -1.2 to 1.8 is moved to -1 to 2, so that 0 is one of the values
    [{ min: -1.2, max: 1.8, numBits: 2 }, [-9, -0.6, -0.4, 0.4, 9], [-1, -1, 0, 0, 2]],
  ])('FAKE_QUANT %o', (options, data, expected) => {
    expect(fakeQuant({ narrowRange: false, ...options }, float(data))).toEqual(expected);
  });

  test.each([
    { min: 1, max: 3, numBits: 8 }, // no 0
    { min: 0, max: 0, numBits: 8 },
    { min: -Infinity, max: 0, numBits: 8 },
    { min: NaN, max: 1, numBits: 8 },
    { min: 0, max: 1e-45, numBits: 8 }, // its scale is 0
    { min: 0, max: 1, numBits: 17 },
    { min: 0, max: 1, numBits: 0 },
    { min: 0, max: 1, numBits: 8, narrowRange: true },
  ])('FAKE_QUANT %o is refused', (options) => {
    expect(() => fakeQuant({ narrowRange: false, ...options }, [0])).toThrow('FAKE_QUANT (node 0)');
  });
});
