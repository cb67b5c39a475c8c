/**
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of the optimized kernels beside the reference's, at sizes around their blocks:
 * 8 channels, 4 pixels, 2 or 4 values to a unit.
 */
import { describe, test } from 'vitest';
import type { Profile } from '../../kernels/kernel.ts';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, constant, drawTensor, drawZeroPoint, optimizedSets } from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

/** The ways of kernels/simd/assembly/requantize.ts. */
const NARROW = 0;
const NARROW_T = 1;
const WIDE = 2;
const EXACT = 3;
const DOUBLE = 4;

/** Real multipliers, by their exponents, and the bits that biases have. */
interface Multipliers {
  readonly exponents: readonly [number, number];
  readonly biasBits: number;
}

const MULTIPLIERS: { readonly [what: string]: Multipliers & { ways: readonly number[] } } = {
  'of 2^-8 to 2^-2': { exponents: [-8, -2], biasBits: 14, ways: [NARROW] },
  'of 2^-11 to 2^-9': { exponents: [-11, -9], biasBits: 18, ways: [NARROW_T] },
  'from 2^-18 to 2^-1, and of 0': { exponents: [-18, -1], biasBits: 18, ways: [NARROW, NARROW_T, WIDE] },
  'of 1 and more': { exponents: [0, 12], biasBits: 8, ways: [EXACT] },
  'too small for any sum': { exponents: [-60, -34], biasBits: 25, ways: [NARROW] },
  'with sums that leave 28 bits': { exponents: [-30, -1], biasBits: 32, ways: [EXACT] },
};

const activations = ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'];

type Activations8 = 'int8' | 'uint8';

interface Drawn {
  readonly channels: number;
  readonly filterDimension: number;
  readonly perChannel: boolean;
}

/** Scales and zero points for these multipliers, and a bias for each channel. */
function quantize(
  random: Random,
  { exponents, biasBits }: Multipliers,
  dtype: Activations8,
  input: TensorLiteral,
  filter: TensorLiteral,
  { channels, filterDimension, perChannel }: Drawn,
) {
  const isUnsigned = dtype === 'uint8';
  const fraction = () => (random.once(4) ? 1 : 1 + random.below(2 ** 20) / 2 ** 20); // powers of 2 have halves to round
  const inputScale = fraction();
  const outputScale = random.once(2) ? inputScale : fraction();
  const scale = () => (fraction() * 2 ** between(random, ...exponents) * outputScale) / inputScale;
  const scales = perChannel && !isUnsigned ? Array.from({ length: channels }, scale) : scale();
  const bias = Array.from({ length: channels }, () => between(random, 0, 2 ** biasBits - 1) - 2 ** (biasBits - 1));
  return {
    input: { ...input, scale: inputScale, zeroPoint: drawZeroPoint(random, dtype) },
    filter: constant({
      ...filter,
      scale: scales,
      dimension: filterDimension,
      zeroPoint: isUnsigned ? drawZeroPoint(random, dtype) : 0,
    }),
    bias: constant({ dtype: 'int32', shape: [channels], data: bias }),
    output: { dtype, shape: [], scale: outputScale, zeroPoint: drawZeroPoint(random, dtype) } as TensorLiteral,
  };
}

function drawFullyConnected(random: Random, multipliers: Multipliers, profile: Profile): OperatorCase {
  const dtype = random.of(['int8', 'uint8'] as const);
  const batches = random.of([1, 1, between(random, 2, 9)]);
  const channels = between(random, 1, 33);
  const depth = random.of([between(random, 1, 33), 200]);
  const filterType = dtype === 'int8' ? random.of(['int8', 'int8', 'int4'] as const) : 'uint8';
  const { input, filter, bias, output } = quantize(
    random,
    multipliers,
    dtype,
    drawTensor(random, dtype, [batches, depth]),
    drawTensor(random, filterType, [channels, depth]),
    { channels, filterDimension: 0, perChannel: random.once(2) },
  );
  return {
    op: 'FULLY_CONNECTED',
    options: {
      fusedActivationFunction: random.of(activations),
      weightsFormat: 'DEFAULT',
      keepNumDims: random.once(2),
      quantizedBiasType: 'FLOAT32',
    },
    inputs: [input, filter, random.once(5) ? undefined : bias],
    outputs: [output],
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

function drawConvolution(random: Random, multipliers: Multipliers, op: string, depths: readonly [number, number]) {
  const dtype = random.of(['int8', 'uint8'] as const);
  const filterType = dtype === 'int8' ? random.of(['int8', 'int8', 'int4'] as const) : 'uint8';
  const isDepthwise = op === 'DEPTHWISE_CONV_2D';
  const isPointwise = random.once(4);
  const rows = drawWindow(random, isPointwise);
  const columns = drawWindow(random, isPointwise);
  const depth = between(random, ...depths);
  const channels = isDepthwise ? depth : between(random, 1, 33);
  const window = [rows.filter, columns.filter];
  const filterShape = isDepthwise ? [1, ...window, channels] : [channels, ...window, depth];
  const { input, filter, bias, output } = quantize(
    random,
    multipliers,
    dtype,
    drawTensor(random, dtype, [random.of([1, 1, 2]), rows.size, columns.size, depth]),
    drawTensor(random, filterType, filterShape),
    { channels, filterDimension: isDepthwise ? 3 : 0, perChannel: random.once(2) },
  );
  const options = {
    padding: random.of(['SAME', 'VALID']),
    strideH: rows.stride,
    strideW: columns.stride,
    dilationHFactor: rows.dilation,
    dilationWFactor: columns.dilation,
    depthMultiplier: 1,
    fusedActivationFunction: random.of(activations),
    quantizedBiasType: 'FLOAT32',
  };
  return { op, options, inputs: [input, filter, bias], outputs: [output] };
}

/** Sums of which the double product is next to a half: the filter is 0, and the bias is the sum. */
function drawHalves(random: Random): OperatorCase {
  const multipliers = { exponents: [-24, -2], biasBits: 1 } as const;
  const test = drawFullyConnected(random, multipliers, 'tflite');
  const [input, filter] = test.inputs;
  const scales = [filter!.scale!].flat();
  const shape = [filter!.shape[0]!];
  const data = Array.from({ length: shape[0]! }, (_, c) => {
    const scale = Math.fround(scales[scales.length === 1 ? 0 : c]!);
    const multiplier = (Math.fround(input!.scale as number) * scale) / Math.fround(test.outputs[0]!.scale as number);
    return Math.round((between(random, -200, 200) + 0.5) / multiplier) + between(random, -1, 1);
  });
  const zeros = { ...filter!, data: filter!.data!.map(() => filter!.zeroPoint as number) };
  return { ...test, inputs: [input, zeros, constant({ dtype: 'int32', shape, data })] };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  describe.each(Object.entries(MULTIPLIERS))('multipliers %s', (_, multipliers) => {
    const { ways } = multipliers;
    test.each(['CONV_2D', 'DEPTHWISE_CONV_2D'])('%s', (op) => {
      compareMany(set, 200, (random) => drawConvolution(random, multipliers, op, [1, 33]), { ways });
    });

    test('FULLY_CONNECTED, tflm', () => {
      compareMany(set, 200, (random) => drawFullyConnected(random, multipliers, 'tflm'), { ways });
    });
  });

  test('FULLY_CONNECTED, tflite', () => {
    const multipliers = { exponents: [-30, -3], biasBits: 24 } as const;
    compareMany(set, 400, (random) => drawFullyConnected(random, multipliers, 'tflite'), { ways: [DOUBLE] });
  });

  test('FULLY_CONNECTED, tflite, any int32 sum', () => {
    const multipliers = { exponents: [-31, -3], biasBits: 32 } as const;
    compareMany(set, 200, (random) => drawFullyConnected(random, multipliers, 'tflite'), { ways: [DOUBLE] });
  });

  test('FULLY_CONNECTED, tflite, sums next to halves', () => {
    compareMany(set, 400, (random) => drawHalves(random), { ways: [DOUBLE] });
  });

  test.each([
    { what: 'of 1/2 and more', exponents: [-1, 20] },
    { what: 'below 2^-31', exponents: [-90, -32] },
  ] as const)('FULLY_CONNECTED, tflite, multipliers $what are left to the reference', ({ exponents }) => {
    const draw = (random: Random) => drawFullyConnected(random, { exponents, biasBits: 32 }, 'tflite');
    compareMany(set, 50, draw, { taken: false });
  });
});
