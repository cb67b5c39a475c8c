import { describe, expect, test } from 'vitest';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

const tensor = (dtype: TensorLiteral['dtype'], shape: number[], data: number[], more: object = {}): TensorLiteral => ({
  dtype,
  shape,
  data,
  scale: 1,
  ...more,
});
const output = (dtype: TensorLiteral['dtype'], scale = 1, zeroPoint = 0): TensorLiteral => ({
  dtype,
  shape: [],
  scale,
  zeroPoint,
});

describe.each(kernelSets)('BATCH_MATMUL, $name', ({ set }) => {
  const multiply = (
    x: TensorLiteral,
    y: TensorLiteral,
    to: TensorLiteral,
    options: object = {},
    profile: OperatorCase['profile'] = 'tflite',
  ) => {
    const all = { adjX: false, adjY: false, ...options };
    return runOperator({ op: 'BATCH_MATMUL', options: all, inputs: [x, y], outputs: [to], profile }, set)[0]!;
  };

  const x = tensor('int8', [2, 3], [1, 2, 3, 4, 5, 6]);
  const y = tensor('int8', [3, 2], [1, 10, 2, 0, -3, 1]);
  const expected = { shape: [2, 2], data: [-4, 13, -4, 46] };

  test.each([
    { what: 'as they are', x, y, options: {} },
    { what: 'a constant y', x, y: { ...y, constant: true }, options: {} },
    { what: 'x by its columns', x: tensor('int8', [3, 2], [1, 4, 2, 5, 3, 6]), y, options: { adjX: true } },
    { what: 'y by its rows', x, y: tensor('int8', [2, 3], [1, 2, -3, 10, 0, 1]), options: { adjY: true } },
    {
      what: 'zero points',
      x: { ...x, zeroPoint: -1, data: [0, 1, 2, 3, 4, 5] },
      y: { ...y, zeroPoint: 1, data: [2, 11, 3, 1, -2, 2] },
      options: {},
    },
  ])('$what', ({ x, y, options }) => {
    expect(multiply(x, y, output('int8'), options)).toEqual(expected);
  });

  test('to int32 the stored values are multiplied, whatever the zero points', () => {
    const large = tensor('int8', [1, 2], [-128, 127], { zeroPoint: 9 });
    expect(multiply(large, { ...large, shape: [2, 1] }, output('int32')).data).toEqual([128 * 128 + 127 * 127]);
  });

  test('batches broadcast', () => {
    const left = tensor('int8', [2, 1, 1, 1], [2, 3]);
    const right = tensor('int8', [3, 1, 1], [1, 10, 20]);
    expect(multiply(left, right, output('int8'))).toEqual({ shape: [2, 3, 1, 1], data: [2, 20, 40, 3, 30, 60] });
  });

  test.each([
    { what: 'int16 times int8', y: tensor('int8', [300, 1], new Array(300).fill(-128)), scale: 2 ** 17, data: [9600] },
    {
      what: 'int16 times int16',
      y: tensor('int16', [300, 1], new Array(300).fill(-32768)),
      scale: 2 ** 25,
      data: [9600],
    },
    { what: 'odd bytes', y: tensor('int16', [300, 1], new Array(300).fill(255)), scale: 2 ** 17, data: [-19125] },
  ])('int64 sums of 300 products: $what', ({ y, scale, data }) => {
    const x = tensor('int16', [1, 300], new Array(300).fill(-32768));
    expect(multiply(x, y, output('int16', scale)).data).toEqual(data);
  });

  test('of several scales TFLite makes 0, TFLite Micro takes the first', () => {
    const scaled = { ...y, scale: [1, 2], dimension: 1 };
    expect(multiply(x, scaled, output('int8', 1, 5)).data).toEqual([5, 5, 5, 5]);
    expect(multiply(x, scaled, output('int8', 1, 5), {}, 'tflm').data).toEqual([1, 18, 1, 51]);
  });

  test('an empty batch', () => {
    expect(multiply(tensor('int8', [0, 2, 3], []), y, output('int8'))).toEqual({ shape: [0, 2, 2], data: [] });
  });

  test.each([
    { what: 'depths that differ', x, y: tensor('int8', [2, 2], [1, 2, 3, 4]) },
    { what: 'batches that do not broadcast', x: { ...x, shape: [2, 3, 1] }, y: tensor('int8', [3, 1, 1], [1, 2, 3]) },
    { what: 'one dimension', x: { ...x, shape: [6] }, y },
    { what: 'six dimensions', x: { ...x, shape: [1, 1, 1, 1, 2, 3] }, y },
    { what: 'int8 times int16', x, y: { ...y, dtype: 'int16' as const } },
  ])('$what is refused', ({ x, y }) => {
    expect(() => multiply(x, y, output('int8'))).toThrow(/BATCH_MATMUL \(node 0\)/);
  });
});
