import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data, constant: true });
const late = (literal: TensorLiteral): TensorLiteral => ({ ...literal, constant: false });

describe.each(kernelSets)('SLICE, $name', ({ set }) => {
  const input: TensorLiteral = { dtype: 'uint8', shape: [2, 4], data: [1, 2, 3, 4, 5, 6, 7, 8] };
  const slice = (begin: TensorLiteral, size: TensorLiteral) =>
    runOperator({ op: 'SLICE', inputs: [input, begin, size], outputs: [{ dtype: 'uint8', shape: [] }] }, set)[0];

  test.each([
    { what: 'a box', begin: list(0, 1), size: list(2, 2), shape: [2, 2], data: [2, 3, 6, 7] },
    { what: '-1 takes what is left', begin: list(1, 2), size: list(-1, -1), shape: [1, 2], data: [7, 8] },
    {
      what: 'begin known only when the graph runs',
      begin: late(list(1, 0)),
      size: list(1, 1),
      shape: [1, 1],
      data: [5],
    },
    { what: 'nothing', begin: list(2, 0), size: list(-1, 4), shape: [0, 4], data: [] },
  ])('$what', ({ begin, size, shape, data }) => {
    expect(slice(begin, size)).toEqual({ shape, data });
  });

  test.each([
    { what: 'a negative begin', begin: list(-1, 0), size: list(1, 1) },
    { what: 'a begin after the end', begin: list(3, 0), size: list(-1, 1) },
    { what: 'a size that is too large', begin: list(1, 0), size: list(2, 1) },
    { what: 'a size of -2', begin: list(0, 0), size: list(-2, 1) },
    { what: 'too few values', begin: list(0), size: list(1) },
  ])('$what is refused', ({ begin, size }) => {
    expect(() => slice(begin, size)).toThrow(/SLICE \(node 0\)/);
  });
});

describe.each(kernelSets)('STRIDED_SLICE, $name', ({ set }) => {
  const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0, offset: false };
  const slice = (
    shape: number[],
    begin: number[],
    end: number[],
    step: number[],
    options: Partial<typeof none> = {},
    constant = true,
  ) => {
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    const inputs = [
      { dtype: 'int16' as const, shape, data },
      ...[begin, end, step].map((v) => ({ ...list(...v), constant })),
    ];
    const outputs = [{ dtype: 'int16' as const, shape: [] }];
    return runOperator({ op: 'STRIDED_SLICE', options: { ...none, ...options }, inputs, outputs }, set)[0]!;
  };

  // The comments say it as Python does; x = arange(n).
  test.each<[number[], number[], number[], object, number[]]>([
    [[1], [4], [1], {}, [1, 2, 3]], // x[1:4]
    [[0], [9], [2], {}, [0, 2, 4]], // x[0:9:2]: an end after the end
    [[-2], [6], [1], {}, [4, 5]], // x[-2:6]
    [[-9], [-1], [1], {}, [0, 1, 2, 3, 4]], // x[-9:-1]: a begin before the start
    [[4], [1], [-1], {}, [4, 3, 2]], // x[4:1:-1]
    [[9], [-9], [-2], {}, [5, 3, 1]], // x[9:-9:-2]
    [[3], [4], [1], { beginMask: 1 }, [0, 1, 2, 3]], // x[:4]
    [[3], [4], [1], { endMask: 1 }, [3, 4, 5]], // x[3:]
    [[3], [4], [-1], { beginMask: 1, endMask: 1 }, [5, 4, 3, 2, 1, 0]], // x[::-1]
    [[4], [2], [1], {}, []], // x[4:2]
    [[2], [2], [-1], {}, []], // x[2:2:-1]
    [[1], [3], [2], { offset: true }, [1, 3]], // x[1:1+3:2]
  ])('[%j:%j:%j] %j', (begin, end, step, options, data) => {
    expect(slice([6], begin, end, step, options)).toEqual({ shape: [data.length], data });
    expect(slice([6], begin, end, step, options, false)).toEqual({ shape: [data.length], data });
  });

  test.each([
    { what: 'x[1]', begin: [1], end: [2], step: [1], options: { shrinkAxisMask: 1 }, shape: [3], data: [3, 4, 5] },
    { what: 'x[-1]', begin: [-1], end: [0], step: [1], options: { shrinkAxisMask: 1 }, shape: [3], data: [3, 4, 5] },
    {
      what: 'x[:, 1]',
      begin: [0, 1],
      end: [0, 2],
      step: [1, 1],
      options: { beginMask: 1, endMask: 1, shrinkAxisMask: 2 },
      shape: [2],
      data: [1, 4],
    },
    {
      what: 'x[..., 1]',
      begin: [0, 1],
      end: [0, 2],
      step: [1, 1],
      options: { ellipsisMask: 1, shrinkAxisMask: 2 },
      shape: [2],
      data: [1, 4],
    },
    {
      what: 'x[1, ...]',
      begin: [1, 0],
      end: [2, 0],
      step: [1, 1],
      options: { ellipsisMask: 2, shrinkAxisMask: 1 },
      shape: [3],
      data: [3, 4, 5],
    },
    {
      what: 'x[:, newaxis, ::2]',
      begin: [0, 0, 0],
      end: [2, 0, 3],
      step: [1, 1, 2],
      options: { newAxisMask: 2 },
      shape: [2, 1, 2],
      data: [0, 2, 3, 5],
    },
    {
      what: 'x[newaxis, ..., 2]',
      begin: [0, 0, 2],
      end: [0, 0, 3],
      step: [1, 1, 1],
      options: { newAxisMask: 1, ellipsisMask: 2, shrinkAxisMask: 4 },
      shape: [1, 2],
      data: [2, 5],
    },
    { what: 'x[1:]', begin: [1], end: [2], step: [1], options: {}, shape: [1, 3], data: [3, 4, 5] },
    {
      what: 'x[:, ::-1]',
      begin: [0, 0],
      end: [0, 0],
      step: [1, -1],
      options: { beginMask: 3, endMask: 3 },
      shape: [2, 3],
      data: [2, 1, 0, 5, 4, 3],
    },
    { what: 'x[1, 2]', begin: [1, 2], end: [2, 3], step: [1, 1], options: { shrinkAxisMask: 3 }, shape: [], data: [5] },
  ])('$what of 2 rows', ({ begin, end, step, options, shape, data }) => {
    expect(slice([2, 3], begin, end, step, options)).toEqual({ shape, data });
  });

  test.each([
    {
      what: 'an ellipsis takes a dimension even where none is left',
      begin: [0, 1, 2],
      end: [0, 3, 4],
      mask: { ellipsisMask: 1 },
      shape: [4, 2],
      data: [1, 2, 6, 7, 11, 12, 16, 17],
    },
    {
      what: 'what is behind the last dimension does not count',
      begin: [1, 1, 2],
      end: [3, 2, 4],
      mask: {},
      shape: [2, 1],
      data: [6, 11],
    },
    {
      what: 'a new axis cannot be shrunk',
      begin: [0, 1],
      end: [0, 2],
      mask: { newAxisMask: 1, shrinkAxisMask: 1 },
      shape: [1, 1, 5],
      data: [5, 6, 7, 8, 9],
    },
    {
      what: 'an ellipsis is no new axis',
      begin: [0, 1],
      end: [0, 2],
      mask: { ellipsisMask: 1, newAxisMask: 1 },
      shape: [4, 1],
      data: [1, 6, 11, 16],
    },
    {
      what: 'a shrunk dimension from the start',
      begin: [3, 1],
      end: [4, 2],
      mask: { beginMask: 1, shrinkAxisMask: 1 },
      shape: [1],
      data: [1],
    },
  ])('as TFLite has it: $what', ({ begin, end, mask, shape, data }) => {
    expect(
      slice(
        [4, 5],
        begin,
        end,
        begin.map(() => 1),
        mask,
      ),
    ).toEqual({ shape, data }); // x = arange(20)
  });

  test('a scalar gets an axis', () => {
    expect(slice([], [0], [1], [1], { newAxisMask: 1 })).toEqual({ shape: [1], data: [0] });
  });

  test.each([
    { what: 'a stride of 0', begin: [0], end: [1], step: [0] },
    { what: 'the least int32 as a stride', begin: [0], end: [1], step: [-(2 ** 31)] },
    { what: 'an index after the end', begin: [6], end: [7], step: [1], options: { shrinkAxisMask: 1 } },
    {
      what: 'more entries than dimensions, with a new axis',
      begin: [0, 0, 0],
      end: [1, 1, 1],
      step: [1, 1, 1],
      options: { newAxisMask: 4, ellipsisMask: 1 },
    },
    { what: 'an offset that leads outside', begin: [4], end: [3], step: [1], options: { offset: true } },
    { what: 'lists of different lengths', begin: [0, 0], end: [1], step: [1] },
    { what: 'two ellipses', begin: [0, 0], end: [1, 1], step: [1, 1], options: { ellipsisMask: 3 } },
    { what: 'a new axis after the last entry', begin: [0], end: [1], step: [1], options: { newAxisMask: 2 } },
    {
      what: 'more entries than the masks have bits',
      begin: Array(40).fill(0),
      end: Array(40).fill(1),
      step: Array(40).fill(1),
    },
  ])('$what is refused', ({ begin, end, step, options }) => {
    expect(() => slice([6], begin, end, step, options)).toThrow(/STRIDED_SLICE \(node 0\)/);
  });
});
