import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

const MAX = 3.4028234663852886e38;

/** What a case does not say otherwise. */
const options = {
  padding: 'SAME',
  strideH: 1,
  strideW: 1,
  dilationHFactor: 1,
  dilationWFactor: 1,
  depthMultiplier: 1,
  filterHeight: 1,
  filterWidth: 1,
  fusedActivationFunction: 'NONE',
  weightsFormat: 'DEFAULT',
  keepNumDims: false,
};

const outputs: readonly TensorLiteral[] = [{ dtype: 'float32', shape: [] }];
const float = (shape: number[], data: readonly number[]): TensorLiteral => ({ dtype: 'float32', shape, data });
const list = (...data: number[]) => float([data.length], data);
const range = (shape: number[], from: number, step = 0.1) =>
  float(
    shape,
    Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, (_, i) => from + i * step),
  );
const image = range([1, 3, 3, 2], -0.85);

/** Answers that TFLite's reference kernels gave. */
const fromTFLite: readonly (Required<Pick<OperatorCase, 'op' | 'options' | 'inputs'>> & {
  what: string;
  shape: number[];
  data: number[];
})[] = [
  {
    what: 'CONV_2D of 5 channels, stride 2, RELU6',
    op: 'CONV_2D',
    options: { ...options, strideH: 2, strideW: 2, fusedActivationFunction: 'RELU6' },
    inputs: [image, range([5, 2, 2, 2], -1.9), range([5], -0.2)],
    shape: [1, 2, 2, 5],
    data: [
      5.340000152587891, 2.880000114440918, 0.4200000464916229, 0, 0, 0.7099998593330383, 0.49000003933906555,
      0.27000001072883606, 0.049999989569187164, 0, 0, 0, 0, 1.4499999284744263, 3.1500000953674316, 0, 0, 0,
      0.9850000739097595, 2.365000009536743,
    ],
  },
  {
    what: 'CONV_2D of 2 groups, dilation 2',
    op: 'CONV_2D',
    options: { ...options, dilationHFactor: 2, dilationWFactor: 2 },
    inputs: [image, range([4, 2, 2, 1], -0.75), range([4], -0.2)],
    shape: [1, 3, 3, 4],
    data: [
      -0.17750000953674316, -0.09750000387430191, 0.017500000074505806, 0.13750000298023224, -0.12999999523162842,
      -0.07000000029802322, 0.04999999701976776, 0.1899999976158142, -0.17249999940395355, -0.0925000011920929,
      0.012500000186264515, 0.13249999284744263, -0.02500005066394806, 0.03499998897314072, 0.14499998092651367,
      0.2849999666213989, 0.2000000923871994, 0.2200000286102295, 0.3199999928474426, 0.5000000596046448,
      -0.015000030398368835, 0.04499997943639755, 0.13499999046325684, 0.2749999463558197, -0.16750000417232513,
      -0.08749999850988388, 0.007500000298023224, 0.1274999976158142, -0.11000000685453415, -0.05000000447034836,
      0.030000001192092896, 0.17000000178813934, -0.16249999403953552, -0.08250000327825546, 0.002500000176951289,
      0.12250000238418579,
    ],
  },
  {
    what: 'DEPTHWISE_CONV_2D, depth multiplier 2, RELU',
    op: 'DEPTHWISE_CONV_2D',
    options: { ...options, strideW: 2, depthMultiplier: 2, fusedActivationFunction: 'RELU' },
    inputs: [image, range([1, 2, 2, 4], -0.75), range([4], -0.2)],
    shape: [1, 3, 2, 4],
    data: [
      0.6300000548362732, 0.550000011920929, 0.49000003933906555, 0.44999995827674866, 0.14499996602535248,
      0.2150000035762787, 0.2549999952316284, 0.3449999988079071, 0.26999998092651367, 0.429999977350235,
      0.60999995470047, 0.8100000023841858, 0, 0, 0.07500000298023224, 0.2850000262260437, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
  },
  {
    what: 'FULLY_CONNECTED without bias, all dimensions kept, RELU_N1_TO_1',
    op: 'FULLY_CONNECTED',
    options: { ...options, keepNumDims: true, fusedActivationFunction: 'RELU_N1_TO_1' },
    inputs: [range([2, 2, 3], -0.85), range([5, 3], -0.75)],
    shape: [2, 2, 5],
    data: [
      1, 0.8075000047683716, 0.13250002264976501, -0.5425000190734863, -1, 0.8975000381469727, 0.4925000071525574,
      0.08750000596046448, -0.3174999952316284, -0.7224999666213989, 0.3125, 0.17749999463558197, 0.042500000447034836,
      -0.0925000011920929, -0.22749999165534973, -0.27250000834465027, -0.13750000298023224, -0.002500000409781933,
      0.13249999284744263, 0.26749998331069946,
    ],
  },
  {
    what: 'AVERAGE_POOL_2D, windows that hang over the edge',
    op: 'AVERAGE_POOL_2D',
    options: { ...options, strideW: 2, filterWidth: 2, filterHeight: 3 },
    inputs: [image],
    shape: [1, 3, 2, 2],
    data: [
      -0.44999998807907104, -0.3499999940395355, -0.14999999105930328, -0.04999999701976776, -0.14999999105930328,
      -0.05000000074505806, 0.15000000596046448, 0.25, 0.15000000596046448, 0.2499999850988388, 0.44999998807907104,
      0.550000011920929,
    ],
  },
  {
    what: 'MAX_POOL_2D, RELU',
    op: 'MAX_POOL_2D',
    options: { ...options, padding: 'VALID', filterWidth: 2, filterHeight: 3, fusedActivationFunction: 'RELU' },
    inputs: [image],
    shape: [1, 1, 2, 2],
    data: [0.550000011920929, 0.6499999761581421, 0.75, 0.8500000238418579],
  },
  {
    what: 'MAX_POOL_2D, where NaN is no maximum, and -Infinity less than all',
    op: 'MAX_POOL_2D',
    options: { ...options, padding: 'VALID', strideW: 2, filterWidth: 2 },
    inputs: [float([1, 1, 6, 1], [NaN, 1, NaN, NaN, -Infinity, -Infinity])],
    shape: [1, 1, 3, 1],
    data: [1, -MAX, -MAX],
  },
];

describe.each(kernelSets)('layers of float32, $name', ({ set }) => {
  test.each(fromTFLite)('$what', ({ op, options, inputs, shape, data }) => {
    expect(runOperator({ op, options, inputs, outputs }, set)).toEqual([{ shape, data }]);
  });

  const dot = (input: TensorLiteral, weights: number[], bias: number, fusedActivationFunction = 'NONE') => {
    const inputs = [input, float([1, weights.length], weights), list(bias)];
    const test = { op: 'FULLY_CONNECTED', options: { ...options, fusedActivationFunction }, inputs, outputs };
    return runOperator(test, set)[0]!.data[0];
  };

  test('products are added from the first to the last, the bias at the end, each sum rounded', () => {
    expect(dot(list(2 ** 24, 1, 1), [1, 1, 1], 0)).toBe(2 ** 24); // 2^24 + 1 is no float32
    expect(dot(list(1, 1, 2 ** 24), [1, 1, 1], 0)).toBe(2 ** 24 + 2);
    expect(dot(list(2 ** 24, 0, 0), [1, 1, 1], 1)).toBe(2 ** 24);
  });

  test('a product is rounded before it is added', () => {
    expect(dot(list(4097, 1), [4097, -(2 ** 24 + 2 ** 13)], 0)).toBe(0); // 4097^2 is 1 more
  });

  test('the clamp leaves NaN, and makes the greatest finite value of infinity', () => {
    expect(dot(list(1), [Infinity], 0)).toBe(MAX);
    expect(dot(list(-1), [Infinity], 0)).toBe(-MAX);
    expect(dot(list(0), [Infinity], 0, 'RELU6')).toBe(NaN);
    expect(dot(list(-0), [1], -0, 'RELU')).toBe(0); // added to 0, it is none
  });

  const conv = (filter: TensorLiteral, ...bias: TensorLiteral[]) =>
    runOperator({ op: 'CONV_2D', options, inputs: [image, filter, ...bias], outputs }, set);
  const filter = range([2, 1, 1, 2], 0);
  const bias = list(1, 2);

  test.each([
    { what: 'a layer with weights of int16', filter: { ...filter, dtype: 'int16', scale: 1, constant: true }, bias: [bias], error: "tensor 1 't1', is int16; it can be float32, int8, uint8, int4" }, // biome-ignore format: a table
    { what: 'no bias', filter, bias: [], error: 'there is no bias' },
    { what: 'a bias of integers', filter, bias: [{ ...bias, dtype: 'int32' }], error: 'is int32; it can be float32' },
    { what: 'a bias of another size', filter, bias: [list(1)], error: 'the bias has 1 values for 2 channels' },
    { what: 'channels that fall into no groups', filter: range([2, 1, 1, 3], 0), bias: [bias], error: 'groups of 3' },
  ] as const)('$what is refused', ({ filter, bias, error }) => {
    expect(() => conv(filter, ...bias)).toThrow(error);
  });

  test('weights that are computed when the model runs', () => {
    expect(conv(filter, bias)[0]!.shape).toEqual([1, 3, 3, 2]);
  });
});
