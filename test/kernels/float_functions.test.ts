import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

const float = (data: readonly number[], shape = [data.length]): TensorLiteral => ({ dtype: 'float32', shape, data });
const int32 = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data, constant: true });
const range = (shape: number[], from: number, step: number, count: number) =>
  float(
    Array.from({ length: count }, (_, i) => from + i * step),
    shape,
  );

describe.each(kernelSets)('functions of float32, $name', ({ set }) => {
  const run = (op: string, inputs: OperatorCase['inputs'], options = {}) =>
    runOperator({ op, options, inputs, outputs: [{ dtype: 'float32', shape: [] }] }, set)[0]!;

  // Values that TFLite's own kernels computed.
  test.each([
    ['LOGISTIC', [0, -0, 1, -1], [0.5, 0.5, 0.7310585975646973, 0.2689414322376251]],
    ['LOGISTIC', [16.619047164916992, 16.61905], [0.9999998807907104, 1]], // where 1 begins
    ['LOGISTIC', [-9, -9.000001, -50, -110], [0.00012339458044152707, 0.0001234096853295341, 1.9287498933537385e-22, 0]], // biome-ignore format: a table
    ['LOGISTIC', [NaN, Infinity, -Infinity], [NaN, 1, 0]],
    ['TANH', [0, -0, 1, -0.3, 1e-5], [0, -0, 0.7615941762924194, -0.2913126051425934, 9.999999747378752e-6]],
    ['TANH', [9, -22, NaN, Infinity], [0.9999999403953552, -1, NaN, 1]],
    ['EXP', [0, 1, -1, -100], [1, 2.7182817459106445, 0.3678794503211975, 3.783505853677006e-44]],
    ['EXP', [32.564632415771484, 90, NaN, -Infinity], [138880149880832, Infinity, NaN, 0]],
    ['HARD_SWISH', [0, -0, 1, -1, -3, -2.9], [0, -0, 0.6666666865348816, -0.3333333432674408, -0, -0.04833328723907471]], // biome-ignore format: a table
    ['HARD_SWISH', [3, 4, NaN, Infinity, -Infinity], [3, 4, NaN, Infinity, NaN]],
    ['RELU', [-1, -0, 1e30, NaN, Infinity, -Infinity], [0, -0, 1.0000000150474662e30, NaN, Infinity, 0]],
    ['RELU6', [-1, -0, 5.5, 7, NaN, Infinity], [0, -0, 5.5, 6, NaN, 6]],
    ['RELU_N1_TO_1', [-2, -0, 0.5, 7, NaN, Infinity], [-1, -0, 0.5, 1, NaN, 1]],
    ['RELU_0_TO_1', [-2, -0, 0.5, 7, NaN, Infinity], [0, -0, 0.5, 1, NaN, 1]],
  ] as const)('%s of %s', (op, x, expected) => expect(run(op, [float(x)]).data).toEqual(expected));

  test('LEAKY_RELU', () => {
    const { data } = run('LEAKY_RELU', [float([0, -0, 1, -1, NaN, -Infinity])], { alpha: Math.fround(0.1) });
    expect(data).toEqual([0, -0, 1, -0.10000000149011612, NaN, -Infinity]);
  });

  test('MAXIMUM and MINIMUM: of NaN, and of two zeros, the second', () => {
    const inputs = [float([1, NaN, 1, 0, -0, Infinity]), float([2, 1, NaN, -0, 0, 1])];
    expect(run('MAXIMUM', inputs).data).toEqual([2, 1, NaN, -0, 0, Infinity]);
    expect(run('MINIMUM', inputs).data).toEqual([1, 1, NaN, -0, 0, 1]);
  });

  test.each([
    [
      [0.1, -2, 3.7, 0.1],
      [0.06821970641613007, 0.01568545214831829, 0.84787517786026, 0.06821970641613007],
    ],
    [
      [100, -100, 99.5, 0],
      [0.5866175889968872, 0, 0.4133824110031128, 2.33206888496922e-31],
    ],
    [
      [-Infinity, 0, -0, 1e-40],
      [0, 0.3333333432674408, 0.3333333432674408, 0.3333333432674408],
    ],
    [
      [NaN, 1, 2, 3],
      [NaN, NaN, NaN, NaN],
    ],
    [
      [Infinity, 1, 2, 3],
      [NaN, NaN, NaN, NaN],
    ],
  ])('SOFTMAX of %s', (x, expected) => {
    const twice = run('SOFTMAX', [float([...x, ...x], [2, x.length])], { beta: Math.fround(0.7) });
    expect(twice).toEqual({ shape: [2, x.length], data: [...expected, ...expected] });
  });

  test('L2_NORMALIZATION: a root below 1e-6 counts as 1e-6', () => {
    const x = [1, 2, 3, 1e-8, 0, -0, NaN, 1, 1, Infinity, 1, -1];
    expect(run('L2_NORMALIZATION', [float(x, [4, 3])], { fusedActivationFunction: 'NONE' }).data).toEqual([
      0.26726123690605164, 0.5345224738121033, 0.8017836809158325, 0.009999999776482582, 0, -0, NaN, NaN, NaN, NaN, 0, -0,
    ]); // biome-ignore format: rows of three
  });

  test('MEAN', () => {
    const mean = run('MEAN', [range([2, 3, 2], -0.85, 0.1, 12), int32(1)], { keepDims: true });
    expect(mean).toEqual({
      shape: [2, 1, 2],
      data: [-0.6500000357627869, -0.550000011920929, -0.05000000074505806, 0.04999999701976776],
    });
    expect(run('MEAN', [float([2 ** 24, 1, 1, 1]), int32(0)]).data).toEqual([2 ** 22]); // added up in order
    expect(run('MEAN', [float([], [2, 0]), int32(1)]).data).toEqual([NaN, NaN]);
  });

  test.each([
    [{}, [-0.8500000238418579, -0.6499999761581421, -0.550000011920929, -0.44999998807907104, -0.25, -0.14999999105930328, -0.25, -0.04999999329447746, 0.04999999701976776]], // biome-ignore format: a table
    [{ alignCorners: true }, [-0.8500000238418579, -0.7000000476837158, -0.550000011920929, -0.550000011920929, -0.40000003576278687, -0.25, -0.25, -0.10000000149011612, 0.05000000074505806]], // biome-ignore format: a table
    [{ halfPixelCenters: true }, [-0.8499999642372131, -0.699999988079071, -0.5499999523162842, -0.550000011920929, -0.40000003576278687, -0.2500000298023224, -0.25, -0.10000000149011612, 0.05000000074505806]], // biome-ignore format: a table
  ])('RESIZE_BILINEAR %o', (options, data) => {
    const resized = run('RESIZE_BILINEAR', [range([1, 2, 2, 1], -0.85, 0.3, 4), int32(3, 3)], options);
    expect(resized).toEqual({ shape: [1, 3, 3, 1], data });
  });
});
