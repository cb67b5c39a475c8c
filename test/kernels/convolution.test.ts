import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

/** What a case does not say otherwise. */
const options = {
  padding: 'VALID',
  strideH: 1,
  strideW: 1,
  dilationHFactor: 1,
  dilationWFactor: 1,
  depthMultiplier: 1,
  fusedActivationFunction: 'NONE',
  quantizedBiasType: 'FLOAT32',
};

const range = (from: number, step: number, count: number) => Array.from({ length: count }, (_, i) => from + i * step);
const constant = (literal: TensorLiteral): TensorLiteral => ({ ...literal, constant: true });
const bias = (...data: number[]) => constant({ dtype: 'int32', shape: [data.length], data });
const bias64 = (...data: bigint[]) => constant({ dtype: 'int64', shape: [data.length], data });

const image = (data: number[]): TensorLiteral => ({
  dtype: 'int8',
  shape: [1, 3, 3, 2],
  scale: 0.05,
  zeroPoint: -3,
  data,
});
const filterData = [1, -2, 3, 4, -5, 6, 7, -8, 127, -127, 64, -64, -32, 32, 16, -16];
const uint8FilterData = [132, 129, 134, 135, 126, 137, 138, 123, 255, 4, 195, 67, 99, 163, 147, 115];

/** Answers that TFLite's reference kernels gave. */
const fromTFLite: (OperatorCase & { what: string; shape: number[]; data: number[] })[] = [
  {
    what: 'CONV_2D of int8, per channel, SAME, stride 2',
    op: 'CONV_2D',
    options: { ...options, padding: 'SAME', strideH: 2, strideW: 2 },
    inputs: [
      image(range(-56, 7, 18)),
      constant({ dtype: 'int8', shape: [2, 2, 2, 2], scale: [0.02, 0.003], data: filterData }),
      bias(100, -2000),
    ],
    outputs: [{ dtype: 'int8', shape: [], scale: 0.021, zeroPoint: -7 }],
    shape: [1, 2, 2, 2],
    data: [-13, -30, 1, -26, 12, -31, -6, -28],
  },
  {
    what: 'CONV_2D of uint8, VALID, RELU6',
    op: 'CONV_2D',
    options: { ...options, fusedActivationFunction: 'RELU6' },
    inputs: [
      { dtype: 'uint8', shape: [1, 3, 3, 2], scale: 0.05, zeroPoint: 125, data: range(72, 7, 18) },
      constant({ dtype: 'uint8', shape: [2, 2, 2, 2], scale: 0.02, zeroPoint: 131, data: uint8FilterData }),
      bias(100, 2000),
    ],
    outputs: [{ dtype: 'uint8', shape: [], scale: 0.04, zeroPoint: 100 }],
    shape: [1, 2, 2, 2],
    data: [100, 123, 100, 122, 103, 120, 105, 119],
  },
  {
    what: 'CONV_2D of int16 with an int64 bias, per channel',
    op: 'CONV_2D',
    options,
    inputs: [
      { dtype: 'int16', shape: [1, 3, 3, 2], scale: 0.0005, data: range(-17416, 2177, 18) },
      constant({ dtype: 'int8', shape: [2, 2, 2, 2], scale: [0.02, 0.003], data: filterData }),
      bias64(5000000n, -700000n),
    ],
    outputs: [{ dtype: 'int16', shape: [], scale: 0.004 }],
    shape: [1, 2, 2, 2],
    data: [12304, -405, 12370, -405, 12500, -405, 12566, -405],
  },
  {
    what: 'DEPTHWISE_CONV_2D of int8, depth multiplier 2, dilation 2',
    op: 'DEPTHWISE_CONV_2D',
    options: { ...options, padding: 'SAME', dilationHFactor: 2, dilationWFactor: 2, depthMultiplier: 2 },
    inputs: [
      image(range(-56, 7, 18)),
      constant({
        dtype: 'int8',
        shape: [1, 2, 2, 4],
        scale: [0.01, 0.02, 0.005, 0.04],
        dimension: 3,
        data: [6, -12, 18, -24, 30, 36, -42, 48, -54, 60, 66, -72, 78, -84, 90, 96],
      }),
      bias(10, -20, 3000, 4),
    ],
    outputs: [{ dtype: 'int8', shape: [], scale: 0.3, zeroPoint: 5 }],
    shape: [1, 3, 3, 4],
    data: [
      5, 4, 8, 11, 8, -2, 9, 22, 5, 6, 8, 0, 9, -12, 13, 28, 8, -6, 14, 31, 1, 15, 10, -15, 5, 5, 7, 8, 6, 7, 7, 13, 5,
      5, 8, 3,
    ],
  },
];

/** Scales that make every sum its own answer. */
const unit = { scale: 1, zeroPoint: 0 };
const output = (dtype: TensorLiteral['dtype']): TensorLiteral => ({ dtype, shape: [], ...unit });
const row = (...data: number[]): TensorLiteral => ({ dtype: 'int8', shape: [1, 1, data.length, 1], data, ...unit });
const shapeOf = (...data: number[]) => constant({ dtype: 'int32', shape: [data.length], data });

describe.each(kernelSets)('the convolution family, $name', ({ set }) => {
  const run = (test: OperatorCase) => runOperator(test, set)[0]!;

  test.each(fromTFLite)('as TFLite computed it: $what', ({ shape, data, ...test }) => {
    expect(run(test)).toEqual({ shape, data });
  });

  test.each(
    fromTFLite.flatMap((test) => [
      { ...test, late: 1, which: 'a filter' },
      { ...test, late: 2, which: 'a bias' },
    ]),
  )('with $which that comes when the graph runs: $what', ({ shape, data, late, ...test }) => {
    const inputs = test.inputs.map((input, i) => (i === late ? { ...input!, constant: false } : input));
    expect(run({ ...test, inputs })).toEqual({ shape, data });
  });

  describe('CONV_2D', () => {
    const conv = (input: TensorLiteral, filter: TensorLiteral, more: object = {}, biases?: TensorLiteral) =>
      run({
        op: 'CONV_2D',
        options: { ...options, ...more },
        inputs: [input, constant(filter), biases ?? bias(...range(0, 0, filter.shape[0]!))],
        outputs: [output(input.dtype)],
      });
    const filter = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int8', shape, data, ...unit });

    test.each([
      { what: 'one pixel', input: row(3), taps: [2], data: [6] },
      { what: 'an odd number of pixels', input: row(1, 2, 3), taps: [2], data: [2, 4, 6] },
      {
        what: 'taps outside the image count nothing',
        input: row(1, 2, 3),
        taps: [1, 10, 100],
        more: { padding: 'SAME' },
        data: [127, 127, 32],
      },
      {
        what: 'an odd padding goes after the end',
        input: row(1, 2, 3),
        taps: [1, 10],
        more: { padding: 'SAME' },
        data: [21, 32, 3],
      },
      { what: 'dilation', input: row(1, 2, 3, 4), taps: [1, 10], more: { dilationWFactor: 2 }, data: [31, 42] },
      {
        what: 'a stride greater than the filter',
        input: row(1, 2, 3, 4, 5),
        taps: [7],
        more: { strideW: 3 },
        data: [7, 28],
      },
    ])('$what', ({ input, taps, more, data }) => {
      expect(conv(input, filter([1, 1, taps.length, 1], taps), more).data).toEqual(data);
    });

    test('five channels: more than a block of four', () => {
      const input = { ...row(1, 2, 3, 4), shape: [1, 1, 2, 2] };
      const result = conv(input, filter([5, 1, 1, 2], [1, 0, 0, 1, 1, 1, 2, -1, -1, -1]));
      expect(result.data).toEqual([1, 2, 3, 0, -3, 3, 4, 7, 2, -7]);
    });

    test('groups see only their channels', () => {
      const input = { ...row(1, 2, 3, 4), shape: [1, 1, 1, 4] };
      expect(conv(input, filter([4, 1, 1, 2], [1, 1, 1, -1, 10, 1, 1, 10])).data).toEqual([3, -1, 34, 43]);
    });

    test('int32 sums wrap', () => {
      const quarter = { ...filter([1, 1, 1, 1], [127]), scale: 0.25 };
      expect(conv(row(127), quarter, {}, bias(2 ** 31 - 1)).data).toEqual([-128]);
    });

    test('int64 sums do not: 1000 products of about 2^22', () => {
      const input: TensorLiteral = {
        dtype: 'int16',
        shape: [1, 1, 1, 1000],
        data: range(-32768, 0, 1000),
        scale: 2 ** -16,
      };
      const [filterScale, outputScale] = [2 ** -7, 1];
      const result = run({
        op: 'CONV_2D',
        options,
        inputs: [
          input,
          constant({ dtype: 'int8', shape: [1, 1, 1, 1000], data: range(-127, 0, 1000), scale: filterScale }),
          bias64(5n * 2n ** 23n),
        ],
        outputs: [{ dtype: 'int16', shape: [], scale: outputScale }],
      });
      expect(result.data).toEqual([501]); // (32768 * 127 * 1000 + 5 * 2^23) / 2^23 = 501.09
    });

    test.each([
      { what: 'no bias', inputs: [row(1), filter([1, 1, 1, 1], [1])] },
      { what: 'channels that make no groups', inputs: [row(1), filter([1, 1, 1, 2], [1, 1]), bias(0)] },
      { what: 'a bias of the wrong size', inputs: [row(1), filter([1, 1, 1, 1], [1]), bias(0, 0)] },
      {
        what: 'a filter that does not fit',
        inputs: [row(1), filter([1, 1, 3, 1], [1, 1, 1]), bias(0)],
        message: /fit/,
      },
      { what: 'a filter of no size', inputs: [row(1), filter([1, 0, 1, 1], []), bias(0)] },
      { what: 'a filter of no channels', inputs: [row(1), filter([0, 1, 1, 1], []), bias()] },
      { what: 'three dimensions', inputs: [{ ...row(1), shape: [1, 1, 1] }, filter([1, 1, 1, 1], [1]), bias(0)] },
      { what: 'a stride of 0', inputs: [row(1), filter([1, 1, 1, 1], [1]), bias(0)], more: { strideW: 0 } },
      {
        what: 'a zero point beyond int8',
        inputs: [{ ...row(1), zeroPoint: 1000 }, filter([1, 1, 1, 1], [1]), bias(0)],
      },
      {
        what: 'no scale',
        inputs: [{ ...row(1), scale: undefined }, filter([1, 1, 1, 1], [1]), bias(0)],
        message: /scale/,
      },
    ])('$what is refused', ({ inputs, more, message = /CONV_2D \(node 0\)/ }) => {
      const test = {
        op: 'CONV_2D',
        options: { ...options, ...more },
        inputs: inputs as TensorLiteral[],
        outputs: [output('int8')],
      };
      expect(() => run(test)).toThrow(message);
    });
  });

  describe('DEPTHWISE_CONV_2D', () => {
    const pixel = (...data: number[]): TensorLiteral => ({ ...row(...data), shape: [1, 1, 1, data.length] });
    const depthwise = (input: TensorLiteral, filter: TensorLiteral, more: object = {}) =>
      run({
        op: 'DEPTHWISE_CONV_2D',
        options: { ...options, ...more },
        inputs: [input, filter],
        outputs: [output(input.dtype)],
      });

    test('channels stay apart, and there may be no bias', () => {
      expect(depthwise(pixel(1, 2, 3), { ...pixel(10, 20, 30), constant: true }).data).toEqual([10, 40, 90]);
    });

    test('for 8-bit types the depth multiplier follows from the shapes', () => {
      expect(depthwise(pixel(1, 2), pixel(1, 10, 1, 10), { depthMultiplier: 7 }).data).toEqual([1, 10, 2, 20]);
    });

    test('for int16 the option must agree', () => {
      const input = { ...pixel(1, 2), dtype: 'int16' as const };
      expect(depthwise(input, pixel(1, 10, 1, 10), { depthMultiplier: 2 }).data).toEqual([1, 10, 2, 20]);
      expect(() => depthwise(input, pixel(1, 10, 1, 10), { depthMultiplier: 1 })).toThrow(/depth_multiplier is 1/);
    });

    test('int64 sums: 17 x 17 taps of about 2^22 are more than an int32', () => {
      const image: TensorLiteral = {
        dtype: 'int16',
        shape: [1, 17, 17, 1],
        data: range(32767, 0, 289),
        scale: 2 ** -16,
      };
      for (const shape of [
        [1, 17, 17, 1],
        [1, 289, 1, 1],
        [1, 1, 289, 1],
      ]) {
        const filter: TensorLiteral = { dtype: 'int8', shape, data: range(-128, 0, 289), scale: 2 ** -7 };
        const result = run({
          op: 'DEPTHWISE_CONV_2D',
          options,
          inputs: [{ ...image, shape }, filter, bias64(-(2n ** 30n))],
          outputs: [{ dtype: 'int16', shape: [], scale: 1 }],
        });
        expect(result.data).toEqual([-272]); // -(32767 * 128 * 289 + 2^30) / 2^23 = -272.496
      }
    });

    test.each([
      { what: 'more input than output channels', input: pixel(1, 2), filter: pixel(1) },
      { what: 'channels that are no multiple', input: pixel(1, 2), filter: pixel(1, 2, 3) },
      { what: 'no channels', input: pixel(), filter: pixel() },
      { what: 'a filter of two batches', input: pixel(1), filter: { ...pixel(1, 2), shape: [2, 1, 1, 1] } },
    ])('$what is refused', ({ input, filter }) => {
      expect(() => depthwise(input, filter)).toThrow(/DEPTHWISE_CONV_2D \(node 0\)/);
    });
  });

  describe('TRANSPOSE_CONV', () => {
    const transpose = (shape: TensorLiteral, filter: TensorLiteral, input: TensorLiteral, more: object = {}) =>
      run({
        op: 'TRANSPOSE_CONV',
        options: { ...options, ...more },
        inputs: [shape, constant(filter), input],
        outputs: [output(input.dtype)],
      });

    test.each([
      {
        what: 'stride 1: products overlap',
        shape: [1, 1, 4, 1],
        taps: [1, 10],
        input: row(1, 2, 3),
        data: [1, 12, 23, 30],
      },
      {
        what: 'stride 2',
        shape: [1, 1, 6, 1],
        taps: [1, 10],
        input: row(1, 2, 3),
        more: { strideW: 2 },
        data: [1, 10, 2, 20, 3, 30],
      },
      {
        what: 'a gap',
        shape: [1, 1, 5, 1],
        taps: [4],
        input: row(1, 2),
        more: { strideW: 3, padding: 'SAME' },
        data: [4, 0, 0, 8, 0],
      },
      {
        what: 'padding cuts off',
        shape: [1, 1, 2, 1],
        taps: [1, 10, 100],
        input: row(1, 2),
        more: { padding: 'SAME' },
        data: [12, 120],
      },
    ])('$what', ({ shape, taps, input, more, data }) => {
      const filter = { ...row(...taps), shape: [1, 1, taps.length, 1] };
      expect(transpose(shapeOf(...shape), filter, input, more)).toEqual({ shape, data });
      expect(transpose({ ...shapeOf(...shape), constant: false }, filter, input, more)).toEqual({ shape, data });
      const wide = { ...input, dtype: 'int16' as const };
      expect(transpose(shapeOf(...shape), filter, wide, more)).toEqual({ shape, data });
    });

    test('channels: each tap is a matrix', () => {
      const filter: TensorLiteral = { dtype: 'int8', shape: [2, 1, 2, 2], data: [1, 0, 0, 1, 1, 1, 2, -1], ...unit };
      const input = { ...row(5, 7), shape: [1, 1, 1, 2] };
      expect(transpose(shapeOf(1, 1, 2, 2), filter, input).data).toEqual([5, 12, 7, 3]);
    });

    test.each([
      { what: 'three dimensions', shape: [1, 1, 4] },
      { what: 'another batch', shape: [2, 1, 4, 1] },
      { what: 'another depth', shape: [1, 1, 4, 2] },
      { what: 'a size that the input does not come from', shape: [1, 1, 5, 1] },
      { what: 'no size', shape: [1, 0, 4, 1] },
      { what: 'a negative size', shape: [1, -1, 4, 1] },
    ])('an output shape of $what is refused', ({ shape }) => {
      expect(() => transpose(shapeOf(...shape), row(1, 10), row(1, 2, 3))).toThrow(/TRANSPOSE_CONV \(node 0\)/);
    });
  });

  test.each([
    { op: 'CONV_2D', filter: [1, 1, 1, 100] },
    { op: 'FULLY_CONNECTED', filter: [1, 100] },
  ])('the weights that $op packs count as memory', ({ op, filter }) => {
    const scaled = { dtype: 'int8' as const, scale: 1 };
    const data = range(0, 1, 100);
    const run = (tensorBytes: number) =>
      runOperator(
        {
          op,
          options: { ...options, weightsFormat: 'DEFAULT', keepNumDims: false },
          inputs: [{ ...scaled, shape: [1, 1, 1, 100], data }, constant({ ...scaled, shape: filter, data }), bias(0)],
          outputs: [{ ...scaled, shape: [] }],
          limits: { tensorBytes },
        },
        set,
      );
    // 368 for one eval, and 800 for 4 columns of 100, of which one is in use; or 300 and 1,600 for 8, and 200 for their scales
    expect(() => run(3000)).not.toThrow();
    expect(() => run(900)).toThrow(/limits.tensorBytes/);
  });
});
