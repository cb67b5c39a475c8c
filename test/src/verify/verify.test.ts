import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { InputError, UnsupportedError } from '../../../kernels/errors.ts';
import type { NpyArray, NpyData } from '../../../src/io/npz.ts';
import { type Golden, verifyModel } from '../../../src/verify/verify.ts';
import { reshapeModel, smallModel } from '../small_models.ts';

const int8 = { type: 'INT8', shape: [1, 2, 2], scale: 0.5 } as const;
const model = reshapeModel(int8);
/** Two runs of it. */
const input = int8Array([2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const output = int8Array([2, 1, 4], [1, 2, 3, 4, 5, 6, 7, 8]);

function int8Array(shape: number[], values: number[]): NpyArray {
  return { dtype: 'int8', shape, data: Int8Array.from(values) };
}

function golden(arrays: Record<string, NpyArray>, checksums: [number, number][] = []): Golden {
  return {
    arrays: new Map(Object.entries({ input_0: input, output_0: output, ...arrays })),
    checksums: new Map(checksums),
  };
}

test('equal', () => {
  expect(verifyModel(model, golden({}))).toEqual({
    kernels: 'simd',
    runs: 2,
    values: 8,
    different: 0,
    maxDifference: 0,
    firstTensor: null,
  });
});

test('what differs is counted, and who wrote it', () => {
  const wrong = int8Array([2, 1, 4], [1, 2, 3, 4, 5, 6, 9, -8]);
  expect(verifyModel(model, golden({ output_0: wrong }))).toMatchObject({
    values: 8,
    different: 2,
    maxDifference: 16,
    firstTensor: { index: 1, name: 'list', node: 0, op: 'RESHAPE' },
  });
});

describe('intermediate tensors of run 0', () => {
  // input -> RESHAPE -> middle -> RESHAPE -> output
  const twice = smallModel({
    tensors: [int8, { ...int8, name: 'middle', shape: [4] }, { ...int8, shape: [1, 4] }],
    nodes: [
      { op: 'RESHAPE', inputs: [0], outputs: [1], options: ['ReshapeOptions', { newShape: [4] }] },
      { op: 'RESHAPE', inputs: [1], outputs: [2], options: ['ReshapeOptions', { newShape: [1, 4] }] },
    ],
    inputs: [0],
    outputs: [2],
  });
  const first = int8Array([4], [1, 2, 3, 4]);
  const firstWrong = int8Array([4], [1, 2, 3, 5]);
  const checksum = crc32(Uint8Array.of(1, 2, 3, 4));

  test.each<[string, Golden, number, number]>([
    ['by index', golden({ tensor_1: first }), 12, 0],
    ['by name', golden({ middle: first }), 12, 0],
    ['by checksum', golden({}, [[1, checksum]]), 12, 0],
    ['by index, wrong', golden({ tensor_1: firstWrong }), 12, 1],
    ['by name, wrong', golden({ middle: firstWrong }), 12, 1],
    ['by checksum, wrong', golden({}, [[1, checksum ^ 1]]), 12, 1],
    ['values go before checksums', golden({ tensor_1: first }, [[1, 0]]), 12, 0],
    ['a checksum of a tensor that nothing writes', golden({}, [[9, 0]]), 8, 0],
  ])('%s', (_, recorded, values, different) => {
    const result = verifyModel(twice, recorded);
    expect(result).toMatchObject({ values, different });
    if (different > 0) expect(result.firstTensor).toMatchObject({ index: 1, node: 0 });
  });
});

describe('shapes', () => {
  const dynamic = smallModel({
    tensors: [
      { ...int8, shape: [1, 2], shapeSignature: [-1, 2] },
      { ...int8, shape: [1, 2], shapeSignature: [-1, 2] },
    ],
    nodes: [{ op: 'RESHAPE', inputs: [0], outputs: [1], options: ['ReshapeOptions', { newShape: [-1, 2] }] }],
    inputs: [0],
    outputs: [1],
  });
  const of = (shape: number[]) => int8Array(shape, [1, 2, 3, 4, 5, 6]);

  test('a dynamic input is resized to what was recorded', () => {
    const recorded = golden({ input_0: of([1, 3, 2]), output_0: of([1, 3, 2]) });
    expect(verifyModel(dynamic, recorded)).toMatchObject({ runs: 1, values: 6, different: 0 });
  });

  test('an output of another shape differs in all its values', () => {
    const recorded = golden({ input_0: of([1, 3, 2]), output_0: of([1, 2, 3]) });
    expect(verifyModel(dynamic, recorded)).toMatchObject({
      different: 6,
      firstTensor: { index: 1, shape: { expected: [2, 3], found: [3, 2] } },
    });
  });

  test.each<[string, Uint8Array, Record<string, NpyArray>]>([
    ['a fixed input', model, { input_0: int8Array([1, 1, 3, 2], [1, 2, 3, 4, 5, 6]) }],
    ['a fixed dimension', dynamic, { input_0: int8Array([2, 2, 3], new Array(12).fill(0)) }],
    ['another rank', dynamic, { input_0: int8Array([2, 6], new Array(12).fill(0)) }],
    ['no runs', model, { input_0: int8Array([0, 1, 2, 2], []), output_0: int8Array([0, 1, 4], []) }],
    ['a scalar', model, { input_0: int8Array([], [1]) }],
    ['unequal runs', model, { input_0: int8Array([1, 1, 2, 2], [1, 2, 3, 4]) }],
  ])('%s: InputError', (_, bytes, arrays) => {
    expect(() => verifyModel(bytes, golden(arrays))).toThrow(InputError);
  });
});

describe('other types', () => {
  const as = (dtype: string, data: NpyData, shape: number[]) => ({ dtype, shape, data });

  test('the same integers in another width', () => {
    const wide = {
      input_0: as('int64', BigInt64Array.from(input.data as Int8Array, BigInt), [2, 1, 2, 2]),
      output_0: as('int32', Int32Array.from(output.data as Int8Array), [2, 1, 4]),
    };
    expect(verifyModel(model, golden(wide))).toMatchObject({ values: 8, different: 0 });
  });

  test.each<[string, NpyData]>([
    ['too large', Int32Array.of(1, 2, 3, 4, 5, 6, 7, 128)],
    ['a fraction', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 7.5)],
    ['not a number', Float32Array.of(1, 2, 3, 4, 5, 6, 7, Number.NaN)],
    ['beyond all integers', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 1e300)],
    ['int64 beyond int8', BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n, 7n, 2n ** 62n)],
  ])('%s: InputError', (_, data) => {
    expect(() => verifyModel(model, golden({ output_0: as('other', data, [2, 1, 4]) }))).toThrow(InputError);
  });

  test('float outputs: the bits, so 0 is not -0, and NaN is NaN', () => {
    const float = { type: 'FLOAT32', shape: [1, 2] } as const;
    const recorded = (answers: number[]) => ({
      input_0: as('float32', Float32Array.of(-0, Number.NaN), [1, 1, 2]),
      output_0: as('float32', Float32Array.from(answers), [1, 1, 2]),
    });
    expect(verifyModel(reshapeModel(float), golden(recorded([-0, Number.NaN]))).different).toBe(0);
    expect(verifyModel(reshapeModel(float), golden(recorded([0, Number.NaN]))).different).toBe(1);
  });
});

test('a model that requant does not run', () => {
  const odd = smallModel({
    tensors: [int8, int8],
    nodes: [{ op: 'LSH_PROJECTION', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
  expect(() => verifyModel(odd, golden({}))).toThrow(UnsupportedError);
});

test('a golden file without the inputs', () => {
  const recorded = { arrays: new Map([['x', input]]), checksums: new Map() };
  expect(() => verifyModel(model, recorded)).toThrow("the golden file has no input_0, for tensor 0 't0'; it has x");
});
