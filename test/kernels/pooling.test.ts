import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const options = {
  padding: 'VALID',
  strideH: 1,
  strideW: 1,
  filterHeight: 2,
  filterWidth: 2,
  fusedActivationFunction: 'NONE',
};
const quantized = { scale: 0.1, zeroPoint: 3 };
const image = { shape: [1, 3, 3, 1], data: [-5, -4, 3, 9, -7, 0, 1, 2, -128], ...quantized };

describe.each(kernelSets)('AVERAGE_POOL_2D and MAX_POOL_2D, $name', ({ set }) => {
  const pool = (op: string, input: Omit<TensorLiteral, 'dtype'>, dtype: TensorLiteral['dtype'], more: object = {}) => {
    const { data: _, ...output } = { ...input, dtype };
    const inputs = [{ ...input, dtype }];
    return runOperator({ op, options: { ...options, ...more }, inputs, outputs: [output] }, set)[0]!;
  };

  test('averages, as TFLite computed them', () => {
    expect(pool('AVERAGE_POOL_2D', image, 'int8', { padding: 'SAME' })).toEqual({
      shape: [1, 3, 3, 1],
      data: [-2, -2, 2, 1, -33, -64, 2, -63, -128],
    });
  });

  test('maxima, as TFLite computed them', () => {
    const more = { padding: 'SAME', strideH: 2, strideW: 2, fusedActivationFunction: 'RELU' };
    expect(pool('MAX_POOL_2D', image, 'int8', more)).toEqual({ shape: [1, 2, 2, 1], data: [9, 3, 3, 3] });
  });

  const row = (...data: number[]) => ({ shape: [1, 1, data.length, 1], data });
  const pair = { filterHeight: 1, filterWidth: 2 };

  test.each([
    { what: 'halves are rounded away from zero', dtype: 'int8', input: row(1, 2, -3, -4), data: [2, -1, -4] },
    { what: 'bytes of uint8 are unsigned', dtype: 'uint8', input: row(255, 254, 0, 1), data: [255, 127, 1] },
    { what: 'int16 at its ends', dtype: 'int16', input: row(32767, 32767, -32768, -32768), data: [32767, -1, -32768] },
  ] as const)('AVERAGE_POOL_2D: $what', ({ dtype, input, data }) => {
    expect(pool('AVERAGE_POOL_2D', input, dtype, pair).data).toEqual(data);
  });

  test.each([
    { what: 'negative values', dtype: 'int8', input: row(-128, -128, -5, -6), data: [-128, -5, -5] },
    { what: 'bytes of uint8 are unsigned', dtype: 'uint8', input: row(255, 1, 0, 128), data: [255, 1, 128] },
    { what: 'int16 at its ends', dtype: 'int16', input: row(32767, -32768, -32768, 0), data: [32767, -32768, 0] },
  ] as const)('MAX_POOL_2D: $what', ({ dtype, input, data }) => {
    expect(pool('MAX_POOL_2D', input, dtype, pair).data).toEqual(data);
  });

  test('channels and batches stay apart', () => {
    const input = { shape: [2, 1, 2, 2], data: [1, 20, 3, 40, -1, -20, -3, -40] };
    expect(pool('MAX_POOL_2D', input, 'int8', pair).data).toEqual([3, 40, -1, -20]);
    expect(pool('AVERAGE_POOL_2D', input, 'int8', pair).data).toEqual([2, 30, -2, -30]);
  });

  test('elements outside the image are not counted', () => {
    const more = { padding: 'SAME', filterHeight: 3, filterWidth: 5 };
    expect(pool('AVERAGE_POOL_2D', row(10, 20, 60, 0, 0), 'int8', more).data).toEqual([30, 23, 18, 20, 20]);
  });

  test('RELU6 clamps to 6 in units of the output', () => {
    const input = { ...row(-20, -20, 50, 50, 100, 100), scale: 0.125, zeroPoint: -8 };
    const more = { ...pair, strideW: 2, fusedActivationFunction: 'RELU6' };
    expect(pool('AVERAGE_POOL_2D', input, 'int8', more).data).toEqual([-8, 40, 40]);
    expect(pool('MAX_POOL_2D', input, 'int8', more).data).toEqual([-8, 40, 40]);
  });

  test('of an empty image nothing is pooled', () => {
    const input = { shape: [2 ** 20, 0, 3, 1], data: [] };
    expect(pool('MAX_POOL_2D', input, 'int8', { padding: 'SAME' })).toEqual({ shape: [2 ** 20, 0, 3, 1], data: [] });
    expect(pool('AVERAGE_POOL_2D', input, 'int8', { padding: 'SAME' }).data).toEqual([]);
  });

  test.each([
    { what: 'a stride of 0', more: { strideW: 0 }, error: /stride/ },
    { what: 'an empty window', more: { filterHeight: 0 }, error: /window/ },
    { what: 'a window that does not fit', more: { filterWidth: 5 }, error: /does not fit/ },
    { what: 'an activation without a scale', more: { fusedActivationFunction: 'RELU' }, error: /no scale/ },
  ])('$what is refused', ({ more, error }) => {
    const input = { shape: [1, 3, 3, 1], data: image.data };
    for (const op of ['AVERAGE_POOL_2D', 'MAX_POOL_2D']) expect(() => pool(op, input, 'int8', more)).toThrow(error);
  });

  test('windows beyond the limits are refused before a divisor is prepared for each size', () => {
    const more = { padding: 'SAME', filterHeight: 4096, filterWidth: 4096 };
    const input = { shape: [1, 8192, 8192, 1] };
    for (const op of ['AVERAGE_POOL_2D', 'MAX_POOL_2D'])
      expect(() => pool(op, input, 'int8', more)).toThrow(/limits.macs/);
  }, 1000);

  test('an input of 3 dimensions is refused', () => {
    expect(() => pool('MAX_POOL_2D', { shape: [3, 3, 1], data: image.data }, 'int8')).toThrow(/4 dimensions/);
  });
});
