import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const pairs = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length / 2, 2], data });
const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });
const of = (shape: number[], data?: number[]): TensorLiteral => ({
  dtype: 'int8',
  shape,
  data: data ?? Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
});

describe.each(kernelSets)('$name', ({ set }) => {
  const run = (op: string, inputs: TensorLiteral[], options = {}, output: Partial<TensorLiteral> = {}) =>
    runOperator({ op, options, inputs, outputs: [{ dtype: 'int8', shape: [], ...output }] }, set)[0];

  test.each([
    {
      what: 'one block',
      input: of([1, 2, 2, 1]),
      block: list(2, 2),
      edges: pairs(0, 0, 0, 0),
      shape: [4, 1, 1, 1],
      data: [1, 2, 3, 4],
    },
    {
      what: 'two batches',
      input: of([2, 1, 2, 1]),
      block: list(1, 2),
      edges: pairs(0, 0, 0, 0),
      shape: [4, 1, 1, 1],
      data: [1, 3, 2, 4],
    },
    {
      what: 'padding',
      input: of([1, 1, 2, 1]),
      block: list(1, 2),
      edges: pairs(0, 1, 1, 1),
      shape: [2, 2, 2, 1],
      data: [0, 2, 0, 0, 1, 0, 0, 0],
    },
    {
      what: 'one spatial dimension',
      input: of([1, 4, 2]),
      block: list(2),
      edges: pairs(0, 0),
      shape: [2, 2, 2],
      data: [1, 2, 5, 6, 3, 4, 7, 8],
    },
    {
      what: 'negative padding crops',
      input: of([1, 1, 3, 1]),
      block: list(1, 2),
      edges: pairs(0, 0, -1, 0),
      shape: [2, 1, 1, 1],
      data: [2, 3],
    },
  ])('SPACE_TO_BATCH_ND: $what', ({ input, block, edges, shape, data }) => {
    expect(run('SPACE_TO_BATCH_ND', [input, block, edges])).toEqual({ shape, data });
    const constants = [block, edges].map((literal) => ({ ...literal, constant: true }));
    expect(run('SPACE_TO_BATCH_ND', [input, ...constants])).toEqual({ shape, data });
  });

  test('SPACE_TO_BATCH_ND crops and pads at once, as TFLite does', () => {
    const { data } = run('SPACE_TO_BATCH_ND', [of([1, 3, 4, 1]), list(2, 2), pairs(2, -1, -1, 1)])!;
    expect(data).toEqual([0, 0, 2, 4, 0, 0, 3, 0, 0, 0, 6, 8, 0, 0, 7, 0]);
  });

  test('SPACE_TO_BATCH_ND pads with the zero point', () => {
    const q = { scale: 1, zeroPoint: -7 };
    const input = { ...of([1, 1, 1, 1], [5]), ...q };
    expect(run('SPACE_TO_BATCH_ND', [input, list(1, 2), pairs(0, 0, 0, 1)], {}, q)?.data).toEqual([5, -7]);
  });

  test.each([
    { what: 'what does not fall into blocks', block: list(2, 2), edges: pairs(0, 0, 0, 1) },
    { what: 'an empty block', block: list(0, 1), edges: pairs(0, 0, 0, 0) },
    {
      what: 'blocks beyond all limits',
      block: list(2 ** 31 - 1, 2 ** 31 - 1),
      edges: pairs(2 ** 31 - 3, 0, 2 ** 31 - 3, 0),
    },
    { what: 'a block of another rank', block: list(2), edges: pairs(0, 0) },
    { what: 'too few paddings', block: list(2, 2), edges: pairs(0, 0) },
    { what: 'another scale', block: list(2, 2), edges: pairs(0, 0, 0, 0), output: { scale: 2 } },
  ])('SPACE_TO_BATCH_ND refuses $what', ({ block, edges, output }) => {
    expect(() => run('SPACE_TO_BATCH_ND', [of([1, 2, 2, 1]), block, edges], {}, output)).toThrow(
      /SPACE_TO_BATCH_ND \(node 0\)/,
    );
  });

  test('SPACE_TO_BATCH_ND refuses 2 dimensions', () => {
    expect(() => run('SPACE_TO_BATCH_ND', [of([2, 2]), list(), { ...pairs(), shape: [0, 2] }])).toThrow(/dimensions/);
  });

  test.each([
    {
      what: 'one block',
      input: of([4, 1, 1, 1]),
      block: list(2, 2),
      edges: pairs(0, 0, 0, 0),
      shape: [1, 2, 2, 1],
      data: [1, 2, 3, 4],
    },
    {
      what: 'two batches',
      input: of([4, 1, 1, 1]),
      block: list(1, 2),
      edges: pairs(0, 0, 0, 0),
      shape: [2, 1, 2, 1],
      data: [1, 3, 2, 4],
    },
    {
      what: 'crops',
      input: of([2, 2, 2, 1]),
      block: list(1, 2),
      edges: pairs(0, 1, 1, 1),
      shape: [1, 1, 2, 1],
      data: [5, 2],
    },
    {
      what: 'one spatial dimension',
      input: of([2, 2, 2]),
      block: list(2),
      edges: pairs(0, 0),
      shape: [1, 4, 2],
      data: [1, 2, 5, 6, 3, 4, 7, 8],
    },
    {
      what: 'crops that leave nothing',
      input: of([2, 1, 1, 1]),
      block: list(1, 2),
      edges: pairs(0, 1, 0, 0),
      shape: [1, 0, 2, 1],
      data: [],
    },
  ])('BATCH_TO_SPACE_ND: $what', ({ input, block, edges, shape, data }) => {
    expect(run('BATCH_TO_SPACE_ND', [input, block, edges])).toEqual({ shape, data });
  });

  test.each([
    { what: 'batches that do not fill blocks', block: list(3, 1), edges: pairs(0, 0, 0, 0) },
    { what: 'a negative crop', block: list(2, 2), edges: pairs(-1, 0, 0, 0) },
    { what: 'crops of more than there is', block: list(2, 2), edges: pairs(0, 3, 0, 0) },
    { what: 'an empty block', block: list(0, 2), edges: pairs(0, 0, 0, 0) },
  ])('BATCH_TO_SPACE_ND refuses $what', ({ block, edges }) => {
    expect(() => run('BATCH_TO_SPACE_ND', [of([4, 1, 1, 1]), block, edges])).toThrow(/BATCH_TO_SPACE_ND \(node 0\)/);
  });

  test('SPACE_TO_DEPTH and back', () => {
    const space = of([1, 2, 4, 1]); // 1 2 3 4, 5 6 7 8
    const depth = { shape: [1, 1, 2, 4], data: [1, 2, 5, 6, 3, 4, 7, 8] };
    expect(run('SPACE_TO_DEPTH', [space], { blockSize: 2 })).toEqual(depth);
    expect(run('DEPTH_TO_SPACE', [of(depth.shape, depth.data)], { blockSize: 2 })).toEqual({
      shape: space.shape,
      data: space.data,
    });
  });

  test.each([
    { op: 'SPACE_TO_DEPTH', shape: [1, 2, 3, 1], blockSize: 2 },
    { op: 'SPACE_TO_DEPTH', shape: [1, 2, 2, 1], blockSize: 0 },
    { op: 'SPACE_TO_DEPTH', shape: [2, 2, 1], blockSize: 1 },
    { op: 'DEPTH_TO_SPACE', shape: [1, 1, 1, 2], blockSize: 2 },
    { op: 'DEPTH_TO_SPACE', shape: [1, 1, 1, 4], blockSize: -2 },
  ])('$op refuses $shape in blocks of $blockSize', ({ op, shape, blockSize }) => {
    expect(() => run(op, [of(shape)], { blockSize })).toThrow(new RegExp(`${op} \\(node 0\\)`));
  });
});
