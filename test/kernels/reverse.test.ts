import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });
const count = (...shape: number[]): TensorLiteral => ({
  dtype: 'int16',
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});

describe.each(kernelSets)('$name', ({ set }) => {
  const run = (op: string, inputs: TensorLiteral[], options = {}) =>
    runOperator({ op, options, inputs, outputs: [{ dtype: inputs[0]!.dtype, shape: [] }] }, set)[0];

  test.each([
    { axes: [0], shape: [2, 3], data: [3, 4, 5, 0, 1, 2] },
    { axes: [1], shape: [2, 3], data: [2, 1, 0, 5, 4, 3] },
    { axes: [-1], shape: [2, 3], data: [2, 1, 0, 5, 4, 3] },
    { axes: [1, 0], shape: [2, 3], data: [5, 4, 3, 2, 1, 0] },
    { axes: [], shape: [2, 3], data: [0, 1, 2, 3, 4, 5] },
    { axes: [0, 2], shape: [2, 2, 2], data: [5, 4, 7, 6, 1, 0, 3, 2] },
    { axes: [0], shape: [0, 2], data: [] },
  ])('REVERSE_V2 of $shape along $axes', ({ axes, shape, data }) => {
    expect(run('REVERSE_V2', [count(...shape), list(...axes)])).toEqual({ shape, data });
    expect(run('REVERSE_V2', [count(...shape), { ...list(...axes), constant: true }])).toEqual({ shape, data });
  });

  test.each([{ axes: [2] }, { axes: [-3] }, { axes: [1, -1] }])('REVERSE_V2 refuses axes $axes of 2', ({ axes }) => {
    expect(() => run('REVERSE_V2', [count(2, 3), list(...axes)])).toThrow(/REVERSE_V2 \(node 0\)/);
  });

  const sequence = (shape: number[], lengths: TensorLiteral, seqDim: number, batchDim: number) =>
    run('REVERSE_SEQUENCE', [count(...shape), lengths], { seqDim, batchDim });

  test.each([
    {
      what: 'time after batch',
      shape: [2, 4],
      lengths: list(3, 4),
      seqDim: 1,
      batchDim: 0,
      data: [2, 1, 0, 3, 7, 6, 5, 4],
    },
    { what: 'time before batch', shape: [3, 2], lengths: list(2, 3), seqDim: 0, batchDim: 1, data: [2, 5, 0, 3, 4, 1] },
    { what: 'lengths of 0 and 1', shape: [2, 2], lengths: list(0, 1), seqDim: 1, batchDim: 0, data: [0, 1, 2, 3] },
    { what: 'a negative length', shape: [1, 2], lengths: list(-5), seqDim: 1, batchDim: 0, data: [0, 1] },
    {
      what: 'dimensions around',
      shape: [2, 2, 1, 2],
      lengths: list(2),
      seqDim: 1,
      batchDim: 2,
      data: [2, 3, 0, 1, 6, 7, 4, 5],
    },
    {
      what: 'int64 lengths',
      shape: [1, 3],
      lengths: { dtype: 'int64' as const, shape: [1], data: [2n] },
      seqDim: 1,
      batchDim: 0,
      data: [1, 0, 2],
    },
  ])('REVERSE_SEQUENCE: $what', ({ shape, lengths, seqDim, batchDim, data }) => {
    expect(sequence(shape, lengths, seqDim, batchDim)).toEqual({ shape, data });
  });

  test('REVERSE_SEQUENCE: a length of more than there is', () => {
    expect(() => sequence([2, 2], list(2, 3), 1, 0)).toThrow(InputError);
  });

  test.each([
    { what: 'one dimension twice', lengths: list(1, 1), seqDim: 0, batchDim: 0 },
    { what: 'a negative dimension', lengths: list(1, 1), seqDim: -1, batchDim: 0 },
    { what: 'a dimension that is not there', lengths: list(1, 1), seqDim: 1, batchDim: 2 },
    { what: 'too few lengths', lengths: list(1), seqDim: 1, batchDim: 0 },
  ])('REVERSE_SEQUENCE refuses $what', ({ lengths, seqDim, batchDim }) => {
    expect(() => sequence([2, 3], lengths, seqDim, batchDim)).toThrow(/REVERSE_SEQUENCE \(node 0\)/);
  });
});
