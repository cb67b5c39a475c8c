/**
 * What moves values, of the optimized kernels beside the reference's: at runs of bytes around 4, 8,
 * 16 and 512, where the module's copies change.
 */
import { describe, test } from 'vitest';
import { elementSize, sizeOf } from '../../kernels/tensor.ts';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, constant, drawZeroPoint, optimizedSets } from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

const eightBits = ['int8', 'uint8'] as const;
const types = [...eightBits, 'int16', 'int32', 'int64'] as const;

/** Values of which every byte is another. */
function drawBytes(random: Random, dtype: (typeof types)[number], shape: readonly number[]): TensorLiteral {
  const bits = 8 * elementSize(dtype);
  const low = () => between(random, -(2 ** 31), 2 ** 31 - 1);
  const value = (): number | bigint =>
    bits === 64 ? (BigInt(low()) << 32n) | BigInt(low() >>> 0) : (low() << (32 - bits)) >> (32 - bits);
  const data = Array.from({ length: sizeOf(shape) }, value);
  return { dtype, shape, data: dtype === 'uint8' ? data.map((byte) => Number(byte) & 0xff) : data };
}

const list = (...data: number[]) => constant({ dtype: 'int32', shape: [data.length], data });
const pairs = (rows: readonly (readonly number[])[]) =>
  constant({ dtype: 'int32', shape: [rows.length, 2], data: rows.flat() });

/** Small dimensions, but for the last one, which sometimes is much larger. */
function drawShape(random: Random, rank: number): number[] {
  const last = random.once(5) ? between(random, 500, 530) : between(random, 1, 40);
  return Array.from({ length: rank }, (_, d) => (d === rank - 1 ? last : between(random, 1, 4)));
}

function shuffle(random: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

type Draw = (random: Random, input: TensorLiteral) => Partial<OperatorCase> & { readonly parts?: number };

/** Operators of one input of four dimensions: what comes with it. */
const MOVES: { readonly [op: string]: Draw } = {
  BATCH_TO_SPACE_ND(random, input) {
    const block = [between(random, 1, 3), between(random, 1, 3)];
    const shape = input.shape.with(0, sizeOf(block) * between(random, 1, 2));
    const crops = block.map((size, d) => [random.below(2), random.below(size * shape[d + 1]! - 1)]);
    const fits = crops.every(([before, after], d) => before! + after! <= block[d]! * shape[d + 1]!);
    const edges = pairs(fits ? crops : [[0, 0], [0, 0]]); // biome-ignore format: a table
    return { inputs: [drawBytes(random, input.dtype as 'int8', shape), list(...block), edges] };
  },
  BROADCAST_TO(random, input) {
    const shape = input.shape.map((dim) => (random.once(2) ? 1 : dim));
    return { inputs: [drawBytes(random, input.dtype as 'int8', shape), list(2, ...input.shape)] };
  },
  DEPTH_TO_SPACE(random, input) {
    const blockSize = between(random, 1, 4);
    const shape = input.shape.with(3, blockSize ** 2 * between(random, 1, 20));
    return { inputs: [drawBytes(random, input.dtype as 'int8', shape)], options: { blockSize } };
  },
  MIRROR_PAD(random, input) {
    const mode = random.of(['REFLECT', 'SYMMETRIC']);
    const most = (dim: number) => dim - (mode === 'REFLECT' ? 1 : 0);
    const edges = input.shape.map((dim) => [between(random, 0, most(dim)), between(random, 0, most(dim))]);
    return { inputs: [input, pairs(edges)], options: { mode } };
  },
  PACK(random, input) {
    const valuesCount = between(random, 1, 4);
    const others = Array.from({ length: valuesCount - 1 }, () => drawBytes(random, input.dtype as 'int8', input.shape));
    return { inputs: [input, ...others], options: { valuesCount, axis: random.below(5) } };
  },
  PAD(random, input) {
    return { inputs: [input, pairs(input.shape.map(() => [random.below(3), random.below(3)]))] };
  },
  PADV2(random, input) {
    const value = drawBytes(random, input.dtype as 'int8', [1]);
    const edges = pairs(input.shape.map((_, d) => [random.below(2), random.below(d === 3 ? 40 : 2)]));
    return { inputs: [input, edges, random.once(2) ? value : constant(value)] };
  },
  REVERSE_V2(random, input) {
    return { inputs: [input, list(random.below(4))] };
  },
  SLICE(random, input) {
    const begin = input.shape.map((dim) => random.below(dim));
    const size = input.shape.map((dim, d) => between(random, 1, dim - begin[d]!));
    return { inputs: [input, list(...begin), list(...size)] };
  },
  SPACE_TO_BATCH_ND(random, input) {
    const block = [between(random, 1, 3), between(random, 1, 3)];
    const edges = block.map((size, d) => {
      const before = random.below(2);
      return [before, size - ((input.shape[d + 1]! + before) % size)];
    });
    return { inputs: [input, list(...block), pairs(edges)] };
  },
  SPACE_TO_DEPTH(random, input) {
    const blockSize = between(random, 1, 3);
    const shape = input.shape.map((dim, d) => (d === 1 || d === 2 ? dim * blockSize : dim));
    return { inputs: [drawBytes(random, input.dtype as 'int8', shape)], options: { blockSize } };
  },
  SPLIT(random, input) {
    const [axis, parts] = [random.below(4), between(random, 1, 3)];
    const shape = input.shape.with(axis, input.shape[axis]! * parts);
    const whole = drawBytes(random, input.dtype as 'int8', shape);
    return { inputs: [list(axis), whole], options: { numSplits: parts }, parts };
  },
  SPLIT_V(random, input) {
    const [axis, sizes] = [random.below(4), [between(random, 0, 5), between(random, 1, 20)]];
    const shape = input.shape.with(axis, sizes[0]! + sizes[1]!);
    const whole = drawBytes(random, input.dtype as 'int8', shape);
    return { inputs: [whole, list(...sizes), list(axis)], options: { numSplits: 2 }, parts: 2 };
  },
  STRIDED_SLICE(random, input) {
    const steps = input.shape.map(() => random.of([1, 1, 2, 3, -1]));
    const options = { beginMask: 15, endMask: 15, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0, offset: false };
    const zeros = list(0, 0, 0, 0);
    return { inputs: [input, zeros, zeros, list(...steps)], options };
  },
  TILE(random, input) {
    return { inputs: [input, list(...input.shape.map(() => random.of([1, 1, 2, 3])))] };
  },
  TRANSPOSE(random, input) {
    return { inputs: [input, list(...shuffle(random, 4))] };
  },
  UNPACK(random, input) {
    const [axis, num] = [random.below(4), between(random, 1, 4)];
    const whole = drawBytes(random, input.dtype as 'int8', input.shape.with(axis, num));
    return { inputs: [whole], options: { axis, num }, parts: num };
  },
};

function drawMove(random: Random, op: string): OperatorCase {
  const dtype = random.of(types);
  const { inputs = [], options, parts = 1 } = MOVES[op]!(random, drawBytes(random, dtype, drawShape(random, 4)));
  const outputs = Array.from({ length: parts }, (): TensorLiteral => ({ dtype, shape: [] }));
  return { op, inputs, outputs, ...(options ? { options } : {}) };
}

function drawConcatenation(random: Random): OperatorCase {
  const dtype = random.of(types);
  const shape = drawShape(random, 3);
  const axis = random.below(3);
  const quantization = () => ({ scale: random.of([1, 1.5, 0.7]), zeroPoint: drawZeroPoint(random, 'uint8') });
  const inputs = Array.from({ length: between(random, 1, 4) }, (_, i) => {
    const literal = drawBytes(random, dtype, shape.with(axis, between(random, 1, shape[axis]!)));
    const tensor = dtype === 'uint8' ? { ...literal, ...quantization() } : literal;
    return i > 0 && random.once(4) ? constant(tensor) : tensor;
  });
  return {
    op: 'CONCATENATION',
    options: { axis, fusedActivationFunction: 'NONE' },
    inputs,
    outputs: [{ dtype, shape: [], ...(dtype === 'uint8' ? quantization() : {}) }],
  };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  test.each(Object.keys(MOVES))('%s', (op) => {
    compareMany(set, 60, (random) => drawMove(random, op), {});
  });

  test('CONCATENATION', () => {
    compareMany(set, 300, drawConcatenation, {});
  });
});
