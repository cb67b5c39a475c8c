/**
 * CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED of the optimized kernels beside the reference's, at sizes around
 * their blocks: 8 or 16 channels, 4 pixels, 2 or 4 values to a unit.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../kernels/kernel.ts';
import { Random } from '../fuzz/random.ts';
import {
  between,
  compareMany,
  compareWithReference,
  constant,
  drawTensor,
  drawZeroPoint,
  optimizedSets,
} from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

/** The ways of kernels/simd/assembly/requantize.ts. */
const NARROW = 0;
const NARROW_T = 1;
const WIDE = 2;
const EXACT = 3;
const DOUBLE = 4;
const HIGH = 5;
const LONG = 6;

/** Real multipliers, by their exponents, and the bits that biases have. */
interface Multipliers {
  readonly exponents: readonly [number, number];
  readonly biasBits: number;
}

interface Types {
  readonly input: 'int8' | 'uint8' | 'int16';
  readonly bias: 'int32' | 'int64';
}

type Draw<T> = (random: Random) => T;

interface Regime extends Multipliers {
  readonly ways: readonly number[];
}

const eightBits: Draw<Types> = (random) => ({ input: random.of(['int8', 'uint8']), bias: 'int32' });

const EIGHT_BITS: { readonly [what: string]: Regime } = {
  'of 2^-8 to 2^-2': { exponents: [-8, -2], biasBits: 14, ways: [NARROW] },
  'of 2^-11 to 2^-9': { exponents: [-11, -9], biasBits: 18, ways: [NARROW_T] },
  'from 2^-18 to 2^-1, and of 0': { exponents: [-18, -1], biasBits: 18, ways: [NARROW, NARROW_T, WIDE] },
  'of 1 and more': { exponents: [0, 12], biasBits: 8, ways: [EXACT] },
  'too small for any sum': { exponents: [-60, -34], biasBits: 25, ways: [NARROW] },
  'with sums that leave 30 bits': { exponents: [-30, -1], biasBits: 32, ways: [EXACT] },
};

/** int16 with int32 sums. */
const INT32: { readonly [what: string]: Regime } = {
  'of 2^-16 to 2^-3': { exponents: [-16, -3], biasBits: 24, ways: [WIDE] },
  'of 1/4 and more': { exponents: [-2, 6], biasBits: 16, ways: [EXACT] },
  'with sums that leave 30 bits': { exponents: [-30, -1], biasBits: 32, ways: [EXACT] },
};

/** int16 with int64 sums. */
const INT64: { readonly [what: string]: Regime } = {
  'of 2^-16 to 2^-1': { exponents: [-16, -1], biasBits: 28, ways: [HIGH] },
  'of 1 and more': { exponents: [1, 12], biasBits: 16, ways: [LONG] },
  'below 2^-17': { exponents: [-32, -18], biasBits: 40, ways: [LONG] },
  'too small for any sum': { exponents: [-60, -40], biasBits: 30, ways: [HIGH] },
};

const activations = ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'];

interface Channels {
  readonly channels: number;
  readonly dimension: number;
}

/** An input and a filter with scales and zero points for such multipliers, a bias for each channel, and the output. */
function drawProduct(
  random: Random,
  { exponents, biasBits }: Multipliers,
  { input, bias }: Types,
  inputShape: readonly number[],
  filterShape: readonly number[],
  { channels, dimension }: Channels,
) {
  const isUnsigned = input === 'uint8';
  const fraction = () => (random.once(4) ? 1 : 1 + random.below(2 ** 20) / 2 ** 20); // powers of 2 have halves to round
  const inputScale = fraction();
  const outputScale = random.once(2) ? inputScale : fraction();
  const scale = () => (fraction() * 2 ** between(random, ...exponents) * outputScale) / inputScale;
  const scales = !isUnsigned && random.once(2) ? Array.from({ length: channels }, scale) : scale();
  const biases = Array.from({ length: channels }, () => between(random, 0, 2 ** biasBits - 1) - 2 ** (biasBits - 1));
  const filter = drawTensor(random, isUnsigned ? 'uint8' : random.of(['int8', 'int8', 'int4']), filterShape);
  const zeroPoint = isUnsigned ? drawZeroPoint(random, input) : 0;
  return {
    inputs: [
      { ...drawTensor(random, input, inputShape), scale: inputScale, zeroPoint: drawZeroPoint(random, input) },
      constant({ ...filter, scale: scales, dimension, zeroPoint }),
      constant({ dtype: bias, shape: [channels], data: bias === 'int64' ? biases.map(BigInt) : biases }),
    ] as const,
    outputs: [{ dtype: input, shape: [], scale: outputScale, zeroPoint: drawZeroPoint(random, input) }],
  };
}

function drawFullyConnected(random: Random, multipliers: Multipliers, types: Types, profile: Profile) {
  const batches = random.of([1, 1, between(random, 2, 9)]);
  const channels = between(random, 1, 33);
  const depth = random.once(4) ? between(random, 250, 600) : between(random, 1, 33);
  const shapes = [
    [batches, depth],
    [channels, depth],
  ] as const;
  const { inputs, outputs } = drawProduct(random, multipliers, types, ...shapes, { channels, dimension: 0 });
  const options = {
    fusedActivationFunction: random.of(activations),
    weightsFormat: 'DEFAULT',
    keepNumDims: random.once(2),
    quantizedBiasType: 'FLOAT32',
  };
  const [input, filter, bias] = inputs;
  return {
    op: 'FULLY_CONNECTED',
    options,
    inputs: [input, filter, random.once(5) ? undefined : bias],
    outputs,
    profile,
  };
}

/** Along one dimension: input, filter, stride and dilation that go together. */
function drawWindow(random: Random, isPointwise: boolean) {
  const filter = isPointwise ? 1 : between(random, 1, 4);
  const dilation = random.of([1, 1, 2]);
  const size = (filter - 1) * dilation + between(random, 1, 5);
  return { filter, dilation, size, stride: between(random, 1, 3) };
}

function drawConvolution(
  random: Random,
  multipliers: Multipliers,
  types: Types,
  op: string,
  maxDepth: number,
): OperatorCase {
  if (op === 'TRANSPOSE_CONV') return drawTransposeConv(random, multipliers, types, maxDepth);
  const isDepthwise = op === 'DEPTHWISE_CONV_2D';
  const isPointwise = random.once(4);
  const rows = drawWindow(random, isPointwise);
  const columns = drawWindow(random, isPointwise);
  const groups = isDepthwise ? 1 : random.of([1, 1, 1, 2, 3]);
  const depthMultiplier = isDepthwise ? random.of([1, 1, 2, between(random, 2, 17)]) : 1;
  const filterDepth = random.once(4) ? 1 : between(random, 1, maxDepth);
  const depth = groups * filterDepth;
  const channels = isDepthwise ? depth * depthMultiplier : groups * between(random, 1, 33);
  const window = [rows.filter, columns.filter];
  const shapes = [
    [random.of([1, 1, 2]), rows.size, columns.size, depth],
    isDepthwise ? [1, ...window, channels] : [channels, ...window, filterDepth],
  ] as const;
  const dimension = isDepthwise ? 3 : 0;
  const options = {
    padding: random.of(['SAME', 'VALID']),
    strideH: rows.stride,
    strideW: columns.stride,
    dilationHFactor: rows.dilation,
    dilationWFactor: columns.dilation,
    depthMultiplier,
    fusedActivationFunction: random.of(activations),
    quantizedBiasType: 'FLOAT32',
  };
  return { op, options, ...drawProduct(random, multipliers, types, ...shapes, { channels, dimension }) };
}

/** Along one dimension of TRANSPOSE_CONV: the output, and what goes with it. */
function drawPhases(random: Random, padding: string) {
  const filter = between(random, 1, 5);
  const stride = between(random, 1, 4);
  const output = (padding === 'SAME' ? 0 : filter - 1) + between(random, 1, 9);
  const input = Math.ceil((padding === 'SAME' ? output : output - filter + 1) / stride);
  return { filter, stride, output, input };
}

function drawTransposeConv(random: Random, multipliers: Multipliers, types: Types, maxDepth: number): OperatorCase {
  const padding = random.of(['SAME', 'VALID']);
  const rows = drawPhases(random, padding);
  const columns = drawPhases(random, padding);
  const batches = random.of([1, 1, 2]);
  const depth = between(random, 1, maxDepth);
  const channels = between(random, 1, 33);
  const shapes = [
    [batches, rows.input, columns.input, depth],
    [channels, rows.filter, columns.filter, depth],
  ] as const;
  const { inputs, outputs } = drawProduct(random, multipliers, types, ...shapes, { channels, dimension: 0 });
  const [input, filter, bias] = inputs;
  const outputShape = [batches, rows.output, columns.output, channels];
  return {
    op: 'TRANSPOSE_CONV',
    options: {
      padding,
      strideH: rows.stride,
      strideW: columns.stride,
      fusedActivationFunction: random.of(activations),
      quantizedBiasType: 'FLOAT32',
    },
    inputs: [
      constant({ dtype: 'int32', shape: [4], data: outputShape }),
      { ...filter, dtype: types.input === 'uint8' ? 'uint8' : 'int8' },
      input,
      random.once(5) ? undefined : bias,
    ],
    outputs,
  };
}

interface RowSizes {
  readonly channels: number;
  readonly depth: number;
  readonly pixels: number;
  readonly taps: number;
  readonly input: Types['input'];
  readonly seed: number;
}

/** Over one row of pixels; a row of TRANSPOSE_CONV's output is as much longer as its strides say. */
function drawRow(
  op: string,
  { channels, depth, pixels, taps, input, seed }: RowSizes,
  more: object = {},
): OperatorCase {
  const random = new Random(seed);
  const options = {
    padding: 'SAME',
    strideH: 1,
    strideW: 1,
    dilationHFactor: 1,
    dilationWFactor: 1,
    depthMultiplier: 1,
    weightsFormat: 'DEFAULT',
    keepNumDims: false,
    fusedActivationFunction: random.of(activations),
    quantizedBiasType: 'FLOAT32',
    ...more,
  };
  const isDepthwise = op === 'DEPTHWISE_CONV_2D';
  const isTransposed = op === 'TRANSPOSE_CONV';
  const [image, weights] =
    op === 'FULLY_CONNECTED'
      ? [
          [pixels, depth],
          [channels, depth],
        ]
      : [
          [1, 1, pixels, isDepthwise ? channels : depth],
          isDepthwise ? [1, 1, taps, channels] : [channels, 1, taps, depth],
        ];
  const multipliers = { exponents: [-8, -2], biasBits: 14 } as const;
  const types = { input, bias: 'int32' } as const;
  const dimension = isDepthwise ? 3 : 0;
  const { inputs, outputs } = drawProduct(random, multipliers, types, image, weights, { channels, dimension });
  if (!isTransposed) return { op, options, inputs, outputs };
  const [values, filter, bias] = inputs;
  const shape = [1, options.strideH, pixels * options.strideW, channels];
  const filter8 = { ...filter, dtype: input === 'uint8' ? ('uint8' as const) : ('int8' as const) };
  return {
    op,
    options,
    inputs: [constant({ dtype: 'int32', shape: [4], data: shape }), filter8, values, bias],
    outputs,
  };
}

/** Sums of which the double product is next to a half: the filter is 0, and the bias is the sum. */
function drawHalves(random: Random): OperatorCase {
  const multipliers = { exponents: [-24, -2], biasBits: 1 } as const;
  const test = drawFullyConnected(random, multipliers, eightBits(random), 'tflite');
  const [input, filter] = test.inputs as [TensorLiteral, TensorLiteral];
  const scales = [filter.scale!].flat();
  const shape = [filter.shape[0]!];
  const data = Array.from({ length: shape[0]! }, (_, c) => {
    const scale = Math.fround(scales[scales.length === 1 ? 0 : c]!);
    const multiplier = (Math.fround(input.scale as number) * scale) / Math.fround(test.outputs[0]!.scale);
    return Math.round((between(random, -200, 200) + 0.5) / multiplier) + between(random, -1, 1);
  });
  const zeros = { ...filter, data: filter.data!.map(() => filter.zeroPoint as number) };
  return { ...test, inputs: [input, zeros, constant({ dtype: 'int32', shape, data })] };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  const operators = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED'];
  const cases = (table: { readonly [what: string]: Regime }) =>
    Object.entries(table).flatMap(([what, regime]) => operators.map((op) => ({ op, what, regime })));

  test.each(cases(EIGHT_BITS))('$op, multipliers $what', ({ op, regime }) => {
    const draw = (random: Random) =>
      op === 'FULLY_CONNECTED'
        ? drawFullyConnected(random, regime, eightBits(random), 'tflm')
        : drawConvolution(random, regime, eightBits(random), op, 33);
    compareMany(set, 100, draw, regime);
  });

  describe.each([
    { types: { input: 'int16', bias: 'int32' }, table: INT32 },
    { types: { input: 'int16', bias: 'int64' }, table: INT64 },
  ] as const)('int16 with sums of $types.bias', ({ types, table }) => {
    test.each(cases(table))('$op, multipliers $what', ({ op, regime }) => {
      if (op === 'FULLY_CONNECTED') {
        compareMany(set, 60, (random) => drawFullyConnected(random, regime, types, 'tflm'), {});
        compareMany(set, 60, (random) => drawFullyConnected(random, regime, types, 'tflite'), {});
      } else compareMany(set, 120, (random) => drawConvolution(random, regime, types, op, 33), regime);
    });
  });

  test('CONV_2D, int16, more products than an int32 holds the sum of', () => {
    const types = { input: 'int16', bias: 'int64' } as const;
    const multipliers = { exponents: [-16, -8], biasBits: 40 } as const;
    const ways = [LONG];
    compareMany(set, 60, (random) => drawConvolution(random, multipliers, types, 'CONV_2D', 400), { ways });
  });

  test.each(operators)('%s, sizes around the blocks', (op) => {
    const upTo = (max: number) => fc.integer({ min: 1, max });
    const sizes = fc.record({
      channels: upTo(17),
      depth: upTo(17),
      pixels: fc.oneof(upTo(9), fc.integer({ min: 15, max: 17 })),
      taps: upTo(4),
      input: fc.constantFrom('int8', 'uint8', 'int16'),
      seed: fc.noShrink(fc.integer()),
    });
    const property = fc.property(sizes, (given) => {
      expect(compareWithReference(drawRow(op, given), set).isTaken).toBe(true);
    });
    fc.assert(property, { seed: 20261125, numRuns: 300 });
  });

  test.each([
    { op: 'CONV_2D', what: 'far more padding than input', options: { dilationWFactor: 100 } },
    { op: 'TRANSPOSE_CONV', what: 'a stride of many phases', options: { strideH: 9, strideW: 8 } },
  ])('$op, $what: left to the reference', ({ op, options }) => {
    const sizes = { channels: 3, depth: 2, pixels: 2, taps: 3, input: 'int8' } as const;
    compareMany(set, 10, (random) => drawRow(op, { ...sizes, seed: random.below(2 ** 31) }, options), { taken: false });
  });

  test('FULLY_CONNECTED, tflite', () => {
    const multipliers = { exponents: [-30, -3], biasBits: 24 } as const;
    const ways = [DOUBLE];
    compareMany(set, 200, (random) => drawFullyConnected(random, multipliers, eightBits(random), 'tflite'), { ways });
  });

  test('FULLY_CONNECTED, tflite, any int32 sum', () => {
    const multipliers = { exponents: [-31, -3], biasBits: 32 } as const;
    const ways = [DOUBLE];
    compareMany(set, 200, (random) => drawFullyConnected(random, multipliers, eightBits(random), 'tflite'), { ways });
  });

  test('FULLY_CONNECTED, tflite, sums next to halves', () => {
    compareMany(set, 400, drawHalves, { ways: [DOUBLE] });
  });

  test.each([
    { what: 'of 1/2 and more', exponents: [-1, 20] },
    { what: 'below 2^-31', exponents: [-90, -32] },
  ] as const)('FULLY_CONNECTED, tflite, multipliers $what are left to the reference', ({ exponents }) => {
    const multipliers = { exponents, biasBits: 32 };
    const draw = (random: Random) => drawFullyConnected(random, multipliers, eightBits(random), 'tflite');
    compareMany(set, 50, draw, { taken: false });
  });
});
