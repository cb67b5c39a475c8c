import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const rows = (dtype: TensorLiteral['dtype'], data: number[], more: object = {}): TensorLiteral => ({
  dtype,
  shape: [3, 2],
  data,
  scale: 0.5,
  ...more,
});

describe.each(kernelSets)('EMBEDDING_LOOKUP, $name', ({ set }) => {
  const look = (indices: number[], values: TensorLiteral, dtype: TensorLiteral['dtype']) => {
    const lookup: TensorLiteral = { dtype: 'int32', shape: [indices.length], data: indices };
    return runOperator({ op: 'EMBEDDING_LOOKUP', inputs: [lookup, values], outputs: [{ dtype, shape: [] }] }, set)[0]!;
  };
  const data = [1, -2, 3, -4, 5, -6];

  test('rows, in any order, as often as wanted', () => {
    expect(look([2, 0, 2], rows('int8', data), 'int8')).toEqual({ shape: [3, 2], data: [5, -6, 1, -2, 5, -6] });
  });

  test('rows of more dimensions', () => {
    expect(look([1], rows('int8', data, { shape: [3, 1, 2, 1] }), 'int8')).toEqual({
      shape: [1, 1, 2, 1],
      data: [3, -4],
    });
  });

  test.each([
    { what: 'one scale', values: rows('int8', data), data: [2.5, -3] },
    { what: 'a scale for each row', values: rows('int8', data, { scale: [1, 2, 0.25] }), data: [1.25, -1.5] },
    {
      what: 'uint8, of which TFLite reads the bytes as signed',
      values: rows('uint8', [0, 0, 0, 0, 255, 127]),
      data: [-0.5, 63.5],
    },
    { what: 'int4', values: rows('int4', data), data: [2.5, -3] },
  ])('to float32: $what', ({ values, data }) => {
    expect(look([2], values, 'float32')).toEqual({ shape: [1, 2], data });
  });

  test.each([
    { what: 'an index beyond the end', indices: [3], values: rows('int8', data), dtype: 'int8' },
    { what: 'a negative index', indices: [-1], values: rows('int8', data), dtype: 'int8' },
    { what: 'values of one dimension', indices: [0], values: rows('int8', data, { shape: [6] }), dtype: 'int8' },
    { what: 'a zero point, to float32', indices: [0], values: rows('int8', data, { zeroPoint: 1 }), dtype: 'float32' },
    { what: 'too few scales', indices: [0], values: rows('int8', data, { scale: [1, 2] }), dtype: 'float32' },
    { what: 'half bytes', indices: [0], values: rows('int4', [1, 2, 3], { shape: [3, 1] }), dtype: 'float32' },
    { what: 'int16 to float32', indices: [0], values: rows('int16', data), dtype: 'float32' },
  ] as const)('$what is refused', ({ indices, values, dtype }) => {
    expect(() => look([...indices], values, dtype)).toThrow(/EMBEDDING_LOOKUP \(node 0\)/);
  });
});
