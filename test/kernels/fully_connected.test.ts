import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

const options = {
  fusedActivationFunction: 'NONE',
  weightsFormat: 'DEFAULT',
  keepNumDims: false,
  quantizedBiasType: 'FLOAT32',
};
const constant = (literal: TensorLiteral): TensorLiteral => ({ ...literal, constant: true });
const unit = { scale: 1, zeroPoint: 0 };
const rows = (dtype: TensorLiteral['dtype'], ...data: number[][]): TensorLiteral => ({
  dtype,
  shape: [data.length, data[0]!.length],
  data: data.flat(),
  ...unit,
});
const output = (dtype: TensorLiteral['dtype'], scale = 1): TensorLiteral => ({ dtype, shape: [], scale });

describe.each(kernelSets)('FULLY_CONNECTED, $name', ({ set }) => {
  const run = (
    inputs: OperatorCase['inputs'],
    to: TensorLiteral,
    more: object = {},
    profile: OperatorCase['profile'] = 'tflite',
  ) =>
    runOperator({ op: 'FULLY_CONNECTED', options: { ...options, ...more }, inputs, outputs: [to], profile }, set)[0]!;

  /** As TFLite computed it. */
  const filter = { ...rows('int8', [10, -20, 30], [-40, 50, 127]), scale: 0.05 };
  const batch: TensorLiteral = {
    dtype: 'int8',
    shape: [2, 3],
    scale: 0.1,
    zeroPoint: 4,
    data: [1, -2, 3, 127, -128, 50],
  };
  const bias: TensorLiteral = { dtype: 'int32', shape: [2], data: [25, -30] };
  const to: TensorLiteral = { dtype: 'int8', shape: [], scale: 0.21, zeroPoint: -1 };
  const expected = { shape: [2, 2], data: [1, -9, 125, -128] };

  test('as TFLite computed it', () => {
    expect(run([batch, constant(filter), constant(bias)], to)).toEqual(expected);
  });

  test('with a filter and a bias that come when the graph runs', () => {
    expect(run([batch, filter, bias], to)).toEqual(expected);
  });

  test('the input is cut into rows of the filter, whatever its shape', () => {
    expect(run([{ ...batch, shape: [1, 3, 2] }, filter, bias], to)).toEqual(expected);
    expect(run([{ ...batch, shape: [1, 2, 3] }, filter, bias], to, { keepNumDims: true })).toEqual({
      ...expected,
      shape: [1, 2, 2],
    });
  });

  test.each([
    {
      what: 'uint8, both zero points',
      input: { ...rows('uint8', [255, 0]), zeroPoint: 128 },
      weights: { ...rows('uint8', [131, 130]), zeroPoint: 128 },
      to: 'int16',
      data: [125],
    },
    {
      what: 'int8 with a zero point in the filter',
      input: rows('int8', [3, 4]),
      weights: { ...rows('int8', [11, 12]), zeroPoint: 10 },
      to: 'int8',
      data: [11],
    },
    {
      what: 'a scale for each channel: the zero points are not looked at',
      input: rows('int8', [3]),
      weights: { ...rows('int8', [11], [12]), scale: [1, 2], zeroPoint: [10, 10] },
      to: 'int8',
      data: [33, 72],
    },
    { what: 'int4', input: rows('int8', [3, 4]), weights: rows('int4', [7, -8]), to: 'int8', data: [-11] },
    { what: 'int2', input: rows('int16', [300, 400]), weights: rows('int2', [1, -2]), to: 'int16', data: [-500] },
    {
      what: 'int16 times int16',
      input: rows('int16', [-32768, 255]),
      weights: { ...rows('int16', [-32768, -3]), scale: 2 ** -16 },
      to: 'int16',
      data: [16384],
    },
  ] as const)('$what', ({ input, weights, to, data }) => {
    expect(run([input, constant(weights)], output(to)).data).toEqual(data);
  });

  test('an int32 bias of int16: sums wrap; an int64 bias: they do not', () => {
    const input = rows('int16', [1]);
    const weights = rows('int8', [1]);
    const narrow: TensorLiteral = { dtype: 'int32', shape: [1], data: [2 ** 31 - 1] };
    const wide: TensorLiteral = { dtype: 'int64', shape: [1], data: [2n ** 31n - 1n] };
    expect(run([input, weights, narrow], output('int16', 2 ** 17)).data).toEqual([-16384]);
    expect(run([input, weights, wide], output('int16', 2 ** 17)).data).toEqual([16384]);
  });

  test('int16 times int16 with an int32 bias', () => {
    const bias: TensorLiteral = { dtype: 'int32', shape: [2], data: [-7, 2 ** 31 - 1] };
    const result = run([rows('int16', [32767]), rows('int16', [32767], [32767]), bias], output('int16', 2 ** 17));
    expect(result.data).toEqual([8191, 24576]); // 8191.49995 and 24575.5
  });

  test.each([
    { what: 'a filter of three dimensions', inputs: [batch, { ...filter, shape: [2, 3, 1] }], more: {} },
    { what: 'an empty filter', inputs: [batch, { dtype: 'int8', shape: [2, 0], data: [], ...unit }], more: {} },
    {
      what: 'keep_num_dims with another depth',
      inputs: [{ ...batch, shape: [3, 2] }, filter],
      more: { keepNumDims: true },
    },
    { what: 'a bias of the wrong size', inputs: [batch, filter, { ...bias, shape: [1], data: [1] }], more: {} },
    { what: 'a fused TANH', inputs: [batch, filter], more: { fusedActivationFunction: 'TANH' } },
    { what: 'shuffled weights', inputs: [batch, filter], more: { weightsFormat: 'SHUFFLED4x16INT8' } },
    {
      what: 'uint8 with scales for each channel',
      inputs: [rows('uint8', [1]), { ...rows('uint8', [1], [1]), scale: [1, 2] }],
      more: {},
    },
  ])('$what is refused', ({ inputs, more }) => {
    expect(() => run(inputs as TensorLiteral[], output(inputs[0]!.dtype as 'int8'), more)).toThrow(
      /FULLY_CONNECTED|scales/,
    );
  });
});
