import { describe, expect, test } from 'vitest';
import type { DType } from '../../kernels/tensor.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';
import { tensor } from './values.ts';

const condition = (shape: number[], ...data: number[]) => tensor('bool', data, undefined, 0, shape);
const of = (dtype: DType, shape: number[], ...data: (number | bigint)[]) => tensor(dtype, data, undefined, 0, shape);

describe.each(kernelSets)('SELECT, SELECT_V2, $name', ({ set }) => {
  const select = (op: string, inputs: TensorLiteral[], shape: number[] = []) =>
    runOperator({ op, inputs, outputs: [{ dtype: inputs[1]!.dtype, shape }] }, set)[0]!;
  const x = of('int8', [2, 2], 1, 2, 3, 4);
  const y = of('int8', [2, 2], -1, -2, -3, -4);

  test.each([
    { what: 'a condition for each value', op: 'SELECT', c: condition([2, 2], 1, 0, 0, 1), expected: [1, -2, -3, 4] },
    { what: 'for each row', op: 'SELECT', c: condition([2], 0, 1), expected: [-1, -2, 3, 4] },
    { what: 'for all', op: 'SELECT', c: condition([], 1), expected: [1, 2, 3, 4] },
    { what: 'V2: for each column', op: 'SELECT_V2', c: condition([2], 0, 1), expected: [-1, 2, -3, 4] },
    { what: 'V2: for each row', op: 'SELECT_V2', c: condition([2, 1], 0, 1), expected: [-1, -2, 3, 4] },
  ])('$what', ({ op, c, expected }) => {
    expect(select(op, [c, x, y])).toEqual({ shape: [2, 2], data: expected });
  });

  test('SELECT_V2 broadcasts values as well', () => {
    const inputs = [condition([2, 1, 1], 1, 0), of('int32', [2, 1], 10, 20), of('int32', [3], 1, 2, 3)];
    expect(select('SELECT_V2', inputs)).toEqual({
      shape: [2, 2, 3],
      data: [10, 10, 10, 20, 20, 20, 1, 2, 3, 1, 2, 3],
    });
  });

  test.each<[DType, (number | bigint)[], (number | bigint)[]]>([
    ['uint8', [255, 1], [2, 128]],
    ['bool', [1, 1], [0, 0]],
    ['int16', [-32768, 1], [2, 32767]],
    ['int64', [2n ** 40n, 1n], [2n, -(2n ** 63n)]],
    ['float32', [0.5, 1], [2, -0.25]],
  ])('%s', (dtype, a, b) => {
    const inputs = [condition([2], 1, 0), of(dtype, [2], ...a), of(dtype, [2], ...b)];
    for (const op of ['SELECT', 'SELECT_V2']) expect(select(op, inputs).data).toEqual([a[0], b[1]]);
  });

  test('of single values, the output keeps the shape that the file says', () => {
    const inputs = [condition([1, 1], 0), of('int8', [], 1), of('int8', [1], 2)];
    expect(select('SELECT_V2', inputs, [1])).toEqual({ shape: [1], data: [2] });
    expect(select('SELECT_V2', inputs, [3])).toEqual({ shape: [1, 1], data: [2] });
  });

  test.each([
    { op: 'SELECT', inputs: [condition([1, 2], 1, 0), x, y] },
    { op: 'SELECT', inputs: [condition([2], 1, 0), x, of('int8', [2], 1, 2)] },
    { op: 'SELECT', inputs: [condition([1], 1), of('int8', [2], 1, 2), of('int8', [], 1)] },
    { op: 'SELECT_V2', inputs: [condition([3], 1, 0, 1), x, y] },
    { op: 'SELECT_V2', inputs: [of('int8', [2], 1, 0), x, y] },
    { op: 'SELECT_V2', inputs: [condition([2], 1, 0), x, of('int16', [2], 1, 2)] },
    { op: 'SELECT_V2', inputs: [condition([2], 1, 0), x] },
  ])('$op is refused', ({ op, inputs }) => expect(() => select(op, inputs)).toThrow(`${op} (node 0)`));
});
