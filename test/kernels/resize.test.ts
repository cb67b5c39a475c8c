import { describe, expect, test } from 'vitest';
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type DType = TensorLiteral['dtype'];
const ASYMMETRIC = { alignCorners: false, halfPixelCenters: false };
const ALIGN = { alignCorners: true, halfPixelCenters: false };
const HALF_PIXEL = { alignCorners: false, halfPixelCenters: true };
const BOTH = { alignCorners: true, halfPixelCenters: true };

describe.each(kernelSets)('RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR, $name', ({ set }) => {
  const resize = (
    op: string,
    dtype: DType,
    shape: number[],
    data: readonly number[],
    size: number[],
    options: object = ASYMMETRIC,
    constant = true,
    profile: Profile = 'tflite',
  ) => {
    const inputs: TensorLiteral[] = [
      { dtype, shape, data },
      { dtype: 'int32', shape: [size.length], data: size, constant },
    ];
    return runOperator({ op, options, inputs, outputs: [{ dtype, shape: [] }], profile }, set)[0]!;
  };

  // 2x2 to 3x4, as TFLite computed it.
  test.each([
    { dtype: 'int8', options: ASYMMETRIC, data: [-128, -1, 127, 127, -36, -1, 35, 35, 10, -1, -11, -11] },
    { dtype: 'int8', options: ALIGN, data: [-128, -43, 42, 127, -59, -20, 19, 58, 10, 3, -4, -11] },
    { dtype: 'int8', options: HALF_PIXEL, data: [-128, -64, 63, 127, -59, -30, 29, 58, 10, 5, -6, -11] },
    { dtype: 'uint8', options: ASYMMETRIC, data: [0, 128, 255, 255, 92, 128, 163, 163, 138, 128, 117, 117] },
    { dtype: 'uint8', options: ALIGN, data: [0, 85, 170, 255, 69, 108, 147, 186, 138, 131, 124, 117] },
    { dtype: 'uint8', options: HALF_PIXEL, data: [0, 64, 191, 255, 69, 98, 157, 186, 138, 133, 122, 117] },
    {
      dtype: 'int16',
      options: ASYMMETRIC,
      data: [-32768, -1, 32767, 32767, -10245, -1, 10244, 10244, 1000, -1, -1001, -1001],
    },
    {
      dtype: 'int16', // a scale of 341/1024 does not quite reach the last pixel
      options: ALIGN,
      data: [-32768, -10944, 10879, 32703, -15884, -5305, 5273, 15852, 1000, 334, -333, -999],
    },
    {
      dtype: 'int16',
      options: HALF_PIXEL,
      data: [-32768, -16384, 16383, 32767, -15884, -7942, 7941, 15883, 1000, 500, -501, -1001],
    },
  ] as const)('bilinear $dtype, $options', ({ dtype, options, data }) => {
    const input = { int8: [-128, 127, 10, -11], uint8: [0, 255, 138, 117], int16: [-32768, 32767, 1000, -1001] }[dtype];
    expect(resize('RESIZE_BILINEAR', dtype, [1, 2, 2, 1], input, [3, 4], options)).toEqual({
      shape: [1, 3, 4, 1],
      data,
    });
  });

  test('halves are rounded away from zero, with single rounding up', () => {
    const twice = (data: number[], profile: Profile) =>
      resize('RESIZE_BILINEAR', 'int8', [1, 1, 2, 1], data, [1, 4], ASYMMETRIC, true, profile).data;
    expect(twice([-3, -4], 'tflite')).toEqual([-3, -4, -4, -4]);
    expect(twice([-3, -4], 'tflm')).toEqual([-3, -4, -4, -4]);
    expect(twice([-3, -4], 'single-rounding')).toEqual([-3, -3, -4, -4]);
    for (const profile of PROFILES) expect(twice([3, 4], profile)).toEqual([3, 4, 4, 4]);
    expect(resize('RESIZE_BILINEAR', 'int16', [1, 1, 2, 1], [-3, -4], [1, 4]).data).toEqual([-3, -4, -4, -4]);
  });

  test.each(['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'])('%s keeps batches and channels apart', (op) => {
    const data = [1, -1, 2, -2, 3, -3, 4, -4];
    expect(resize(op, 'int8', [2, 2, 1, 2], data, [2, 2], HALF_PIXEL)).toEqual({
      shape: [2, 2, 2, 2],
      data: [1, -1, 1, -1, 2, -2, 2, -2, 3, -3, 3, -3, 4, -4, 4, -4],
    });
  });

  test('a scale that is rounded up leads beyond the edge, where the last pixel is read', () => {
    const { data } = resize('RESIZE_BILINEAR', 'int8', [1, 1, 3, 1], [1, 2, 3], [1, 6000]); // 3 * 1024 / 6000 = 0.512
    expect(data.slice(-3000)).toEqual(Array(3000).fill(3));
  });

  // [1, 2, 3, 4, 5] in one row, as TFLite computed it.
  test.each([
    { size: 8, options: ASYMMETRIC, data: [1, 1, 2, 2, 3, 4, 4, 5] },
    { size: 3, options: ASYMMETRIC, data: [1, 2, 4] },
    { size: 8, options: ALIGN, data: [1, 2, 2, 3, 3, 4, 4, 5] },
    { size: 3, options: ALIGN, data: [1, 3, 5] },
    { size: 8, options: HALF_PIXEL, data: [1, 1, 2, 3, 3, 4, 5, 5] },
    { size: 3, options: HALF_PIXEL, data: [1, 3, 5] },
    { size: 8, options: BOTH, data: [1, 2, 2, 3, 4, 4, 5, 5] },
  ])('nearest neighbor, 5 to $size, $options', ({ size, options, data }) => {
    for (const dtype of ['int8', 'int16', 'float32'] as const) {
      for (const constant of [true, false]) {
        const result = resize(
          'RESIZE_NEAREST_NEIGHBOR',
          dtype,
          [1, 1, 5, 1],
          [1, 2, 3, 4, 5],
          [1, size],
          options,
          constant,
        );
        expect(result).toEqual({ shape: [1, 1, size, 1], data });
      }
    }
  });

  test.each(['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'])('%s of no channels', (op) => {
    expect(resize(op, 'int8', [1, 2, 2, 0], [], [2 ** 10, 2 ** 10])).toEqual({
      shape: [1, 2 ** 10, 2 ** 10, 0],
      data: [],
    });
  });

  test.each([
    { what: 'an empty image', shape: [1, 0, 1, 1], size: [2, 2], error: /\[1,0,1,1\] cannot be resized/ },
    { what: 'three sizes', shape: [1, 1, 1, 1], size: [2, 2, 2], error: /3 values/ },
    { what: 'three dimensions', shape: [1, 1, 1], size: [2, 2], error: /4 dimensions/ },
    { what: 'a negative size', shape: [1, 1, 1, 1], size: [2, -2], error: /shape \[1,2,-2,1\]/ },
    { what: 'an image too large', shape: [1, 1, 1, 1], size: [2 ** 20, 1], error: /larger than 1048575/ },
    { what: 'a size beyond the limits', shape: [1, 1, 1, 1], size: [2 ** 30, 2 ** 30], error: /limits/ },
  ])('$what is refused', ({ shape, size, error }) => {
    const data = shape.includes(0) ? [] : [1];
    for (const op of ['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR']) {
      expect(() => resize(op, 'int8', shape, data, size)).toThrow(error);
    }
  });

  test('RESIZE_BILINEAR refuses a size of 0, and two options that exclude each other', () => {
    expect(() => resize('RESIZE_BILINEAR', 'int8', [1, 1, 1, 1], [1], [0, 1])).toThrow(/positive/);
    expect(() => resize('RESIZE_BILINEAR', 'int8', [1, 1, 1, 1], [1], [1, 1], BOTH)).toThrow(/exclude/);
  });
});
