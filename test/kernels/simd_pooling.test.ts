/**
 * AVERAGE_POOL_2D, MAX_POOL_2D and MEAN of the optimized kernels beside the reference's, at sizes around their blocks: 8 or 16
 * channels, 256 values to a sum of 16 bits.
 */
import { describe, test } from 'vitest';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, constant, drawTensor, drawZeroPoint, optimizedSets } from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

const types = ['int8', 'uint8'] as const;

interface Window {
  readonly filter: number;
  readonly size: number;
  readonly stride: number;
}

function drawPooling(random: Random, op: string, rows: Window, columns: Window, maxDepth: number): OperatorCase {
  const dtype = random.of(types);
  const depth = between(random, 1, maxDepth);
  const quantization = { scale: 0.05, zeroPoint: drawZeroPoint(random, dtype) };
  const input = drawTensor(random, dtype, [random.of([1, 1, 2]), rows.size, columns.size, depth]);
  return {
    op,
    options: {
      padding: random.of(['SAME', 'VALID']),
      strideH: rows.stride,
      strideW: columns.stride,
      filterHeight: rows.filter,
      filterWidth: columns.filter,
      fusedActivationFunction: random.of(['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1']),
    },
    inputs: [{ ...input, ...quantization }],
    outputs: [{ dtype, shape: [], ...quantization }],
  };
}

function drawWindow(random: Random): Window {
  const filter = between(random, 1, 5);
  return { filter, size: filter + between(random, 0, 6), stride: between(random, 1, 4) };
}

/** The whole image at once, of sides up to `max`. */
function drawGlobal(random: Random, max: number): Window {
  const size = between(random, 1, max);
  return { filter: size, size, stride: random.of([1, size]) };
}

/** What to reduce, and the shape of a tensor in which it lies before dimensions that stay. */
const REDUCTIONS = [
  { axes: [1, 2], rank: 4 },
  { axes: [-2, -3], rank: 4 },
  { axes: [0, 1], rank: 3 },
  { axes: [1], rank: 3 },
  { axes: [1], rank: 4 },
];

function drawMean(random: Random, exponents: readonly [number, number], maxSide: number): OperatorCase {
  const dtype = random.of(types);
  const { axes, rank } = random.of(REDUCTIONS);
  const shape = Array.from({ length: rank }, (_, i) =>
    i === rank - 1 ? between(random, 2, 33) : between(random, 2, maxSide),
  );
  const scale = (1 + random.below(2 ** 20) / 2 ** 20) * 2 ** between(random, ...exponents);
  const input: TensorLiteral = { ...drawTensor(random, dtype, shape), zeroPoint: drawZeroPoint(random, dtype), scale };
  return {
    op: 'MEAN',
    options: { keepDims: random.once(2) },
    inputs: [input, constant({ dtype: 'int32', shape: [axes.length], data: axes })],
    outputs: [{ dtype, shape: [], scale: 1, zeroPoint: drawZeroPoint(random, dtype) }],
  };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  describe.each(['AVERAGE_POOL_2D', 'MAX_POOL_2D'])('%s', (op) => {
    test('windows that overlap, leave gaps, and hang over the edge', () => {
      compareMany(set, 400, (random) => drawPooling(random, op, drawWindow(random), drawWindow(random), 50), {});
    });

    test('the whole image', () => {
      compareMany(set, 200, (random) => drawPooling(random, op, drawGlobal(random, 9), drawGlobal(random, 9), 33), {});
    });

    test('more values than 16 bits hold the sum of', () => {
      compareMany(set, 40, (random) => drawPooling(random, op, drawGlobal(random, 3), drawGlobal(random, 600), 9), {});
    });
  });

  /** The ways of kernels/simd/assembly/requantize.ts, by the exponents of multipliers that lead to them. */
  test.each([
    { what: 'narrow', exponents: [-4, -1], maxSide: 8, ways: [0] },
    { what: 'narrow, further to the right', exponents: [-1, 0], maxSide: 24, ways: [1] },
    { what: 'wide', exponents: [-12, -5], maxSide: 24, ways: [2] },
    { what: 'multipliers of 1 and more, and of 0', exponents: [-40, 8], maxSide: 4, ways: [0, 3] },
  ] as const)('MEAN: $what', ({ exponents, maxSide, ways }) => {
    compareMany(set, 100, (random) => drawMean(random, exponents, maxSide), { ways });
  });

  test.each([
    { what: 'the last dimension', shape: [2, 3, 4], axes: [2] },
    { what: 'all', shape: [2, 3, 4], axes: [0, 1, 2] },
    { what: 'dimensions apart', shape: [2, 3, 4, 5], axes: [0, 2] },
    { what: 'none', shape: [2, 3], axes: [] },
  ])('MEAN over $what is left to the reference', ({ shape, axes }) => {
    const draw = (random: Random): OperatorCase => ({
      op: 'MEAN',
      options: { keepDims: false },
      inputs: [drawTensor(random, 'int8', shape), constant({ dtype: 'int32', shape: [axes.length], data: axes })],
      outputs: [{ dtype: 'int8', shape: [], scale: 1 }],
    });
    compareMany(set, 5, draw, { taken: false });
  });
});
