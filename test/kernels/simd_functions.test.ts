/**
 * Tables, QUANTIZE, DEQUANTIZE and SOFTMAX of the optimized kernels beside the reference's, at lengths around their blocks of 8 and
 * 16 values, and around the 256 from which SOFTMAX makes a table.
 */
import { describe, test } from 'vitest';
import { sizeOf } from '../../kernels/tensor.ts';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, drawTensor, drawZeroPoint, optimizedSets } from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

const eightBits = ['int8', 'uint8'] as const;

/** In [1, 2), and 1 itself often: powers of 2 have halves to round. */
const fraction = (random: Random) => (random.once(4) ? 1 : 1.01 + random.below(2 ** 20) / 2 ** 20 / 1.02);

function drawLength(random: Random): number {
  return random.once(4) ? between(random, 250, 1100) : between(random, 1, 40);
}

/** Real values around what the output can hold: halves and their neighbours, what is no int32, and what is no number. */
function drawReals(random: Random, shape: readonly number[], scale: number): TensorLiteral {
  const special = [NaN, Infinity, -Infinity, 0, -0, 2 ** 31 * scale, -(2 ** 31) * scale, 3e38, -3e38, 1e-45];
  const word = new Int32Array(1);
  const float = new Float32Array(word.buffer);
  const value = () => {
    if (random.once(8)) return random.of(special);
    float[0] = (between(random, -300, 300) + random.of([0, 0.5, 0.25])) * scale;
    word[0]! += between(random, -2, 2); // the next float32, or the one after it
    return float[0]!;
  };
  return { dtype: 'float32', shape, data: Array.from({ length: sizeOf(shape) }, value) };
}

function drawQuantize(random: Random): OperatorCase {
  const dtype = random.of(eightBits);
  const scale = fraction(random) * 2 ** between(random, -8, 3);
  return {
    op: 'QUANTIZE',
    inputs: [drawReals(random, [drawLength(random)], Math.fround(scale))],
    outputs: [{ dtype, shape: [], scale, zeroPoint: drawZeroPoint(random, dtype) }],
  };
}

function drawDequantize(random: Random): OperatorCase {
  const dtype = random.of(eightBits);
  const scale = fraction(random) * 2 ** between(random, -140, 100);
  const zeroPoint = drawZeroPoint(random, dtype);
  return {
    op: 'DEQUANTIZE',
    inputs: [{ ...drawTensor(random, dtype, [drawLength(random)]), scale, zeroPoint }],
    outputs: [{ dtype: 'float32', shape: [] }],
  };
}

/** Operators that are a table, of the types that have it. */
const TABLES = [
  { ops: ['HARD_SWISH', 'LEAKY_RELU', 'RELU', 'RELU6', 'RELU_0_TO_1', 'RELU_N1_TO_1', 'TANH'], dtypes: eightBits },
  { ops: ['ABS', 'ELU', 'EXP', 'GELU', 'LOG', 'LOGISTIC'], dtypes: ['int8'] },
  { ops: ['QUANTIZE'], dtypes: eightBits },
] as const;

function drawTable(random: Random, op: string, dtype: 'int8' | 'uint8'): OperatorCase {
  const isSigmoid = op === 'LOGISTIC' || op === 'TANH';
  const input = { ...drawTensor(random, dtype, [drawLength(random)]), scale: 0.05 };
  return {
    op,
    options: { alpha: 0.3, approximate: random.once(2) },
    inputs: [{ ...input, zeroPoint: op === 'ABS' || op === 'LOG' ? -128 : drawZeroPoint(random, dtype) }],
    outputs: [
      isSigmoid
        ? { dtype, shape: [], scale: op === 'TANH' ? 1 / 128 : 1 / 256, zeroPoint: sigmoidZeroPoint(op, dtype) }
        : { dtype, shape: [], scale: op === 'ABS' ? 0.05 : 0.07, zeroPoint: drawZeroPoint(random, dtype) },
    ],
  };
}

function sigmoidZeroPoint(op: string, dtype: 'int8' | 'uint8'): number {
  return (op === 'TANH' ? 0 : -128) + (dtype === 'uint8' ? 128 : 0);
}

function drawSoftmax(random: Random, depth: number): OperatorCase {
  const dtype = random.of(eightBits);
  const shape = [between(random, 1, 3), depth];
  return {
    op: 'SOFTMAX',
    options: { beta: random.of([1, 0.5, 3]) },
    inputs: [
      {
        ...drawTensor(random, dtype, shape),
        scale: fraction(random) * 2 ** between(random, -12, 2),
        zeroPoint: drawZeroPoint(random, dtype),
      },
    ],
    outputs: [{ dtype, shape: [], scale: 1 / 256, zeroPoint: dtype === 'int8' ? -128 : 0 }],
  };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  test('QUANTIZE and DEQUANTIZE', () => {
    compareMany(set, 400, drawQuantize, {});
    compareMany(set, 200, drawDequantize, {});
  });

  const tables = TABLES.flatMap(({ ops, dtypes }) => ops.flatMap((op) => dtypes.map((dtype) => ({ op, dtype }))));
  test.each(tables)('$op of $dtype', ({ op, dtype }) => {
    compareMany(set, 40, (random) => drawTable(random, op, dtype), {});
  });

  test('SOFTMAX', () => {
    compareMany(set, 200, (random) => drawSoftmax(random, between(random, 1, 40)), {});
    compareMany(set, 100, (random) => drawSoftmax(random, between(random, 250, 280)), {});
    compareMany(set, 40, (random) => drawSoftmax(random, between(random, 500, 5000)), {});
  });
});
