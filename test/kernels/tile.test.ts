import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const list = (...data: number[]): TensorLiteral => ({ dtype: 'int32', shape: [data.length], data });

describe.each(kernelSets)('$name', ({ set }) => {
  const run = (op: string, inputs: TensorLiteral[], dtype = inputs[0]!.dtype, more: Partial<TensorLiteral> = {}) =>
    runOperator({ op, inputs, outputs: [{ dtype, shape: [], ...more }] }, set)[0];
  const of = (shape: number[], data: number[]): TensorLiteral => ({ dtype: 'int16', shape, data });
  const input = of([2, 2], [1, 2, 3, 4]);

  test.each([
    { what: 'rows', multiples: list(2, 1), shape: [4, 2], data: [1, 2, 3, 4, 1, 2, 3, 4] },
    { what: 'columns', multiples: list(1, 2), shape: [2, 4], data: [1, 2, 1, 2, 3, 4, 3, 4] },
    { what: 'both', multiples: list(2, 2), shape: [4, 4], data: [1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4] },
    { what: 'never', multiples: list(0, 2), shape: [0, 4], data: [] },
  ])('TILE: $what', ({ multiples, shape, data }) => {
    expect(run('TILE', [input, multiples])).toEqual({ shape, data });
    expect(run('TILE', [input, { ...multiples, constant: true }])).toEqual({ shape, data });
  });

  test('TILE of a scalar', () => {
    expect(run('TILE', [of([], [7]), list()])).toEqual({ shape: [], data: [7] });
  });

  test.each([{ multiples: list(2) }, { multiples: list(1, -1) }, { multiples: list(2 ** 30, 2 ** 30) }])(
    'TILE refuses $multiples.data',
    ({ multiples }) => {
      expect(() => run('TILE', [input, multiples])).toThrow(/TILE \(node 0\)/);
    },
  );

  test.each([
    { what: 'a row', from: of([1, 2], [1, 2]), to: list(2, 2), data: [1, 2, 1, 2] },
    { what: 'a column', from: of([2, 1], [1, 2]), to: list(2, 2), data: [1, 1, 2, 2] },
    { what: 'more dimensions', from: of([2], [1, 2]), to: list(2, 1, 2), data: [1, 2, 1, 2] },
    { what: 'a scalar', from: of([], [7]), to: list(3), data: [7, 7, 7] },
    { what: 'to nothing', from: of([1], [7]), to: list(2, 0), data: [] },
  ])('BROADCAST_TO: $what', ({ from, to, data }) => {
    expect(run('BROADCAST_TO', [from, to])).toEqual({ shape: to.data, data });
  });

  test.each([{ to: list(2) }, { to: list(3, 2) }, { to: list(-1, 2, 2) }])(
    'BROADCAST_TO refuses $to.data',
    ({ to }) => {
      expect(() => run('BROADCAST_TO', [input, to])).toThrow(/BROADCAST_TO \(node 0\)/);
    },
  );

  test.each([
    { a: list(1, 3), b: list(2, 1), data: [2, 3] },
    { a: list(4), b: list(2, 1), data: [2, 4] },
    { a: list(5, 1, 4), b: list(4), data: [5, 1, 4] },
    { a: list(0), b: list(1), data: [0] },
    { a: list(), b: list(3), data: [3] },
    { a: list(), b: list(), data: [] },
  ])('BROADCAST_ARGS: $a.data and $b.data', ({ a, b, data }) => {
    expect(run('BROADCAST_ARGS', [a, b])).toEqual({ shape: [data.length], data });
    const wide = ({ shape, data: values }: TensorLiteral): TensorLiteral => ({
      dtype: 'int64',
      shape,
      data: values!.map(BigInt),
    });
    expect(run('BROADCAST_ARGS', [wide(a), wide(b)])?.data).toEqual(data.map(BigInt));
  });

  test('BROADCAST_ARGS takes int64 for int32, as upstream does', () => {
    const wide = (value: bigint): TensorLiteral => ({ dtype: 'int64', shape: [1], data: [value] });
    expect(run('BROADCAST_ARGS', [wide(2n ** 32n + 5n), wide(1n)])?.data).toEqual([5n]);
    expect(run('BROADCAST_ARGS', [wide(2n ** 32n - 5n), wide(1n)])?.data).toEqual([-5n]);
  });

  test('BROADCAST_ARGS: shapes that do not go together', () => {
    expect(() => run('BROADCAST_ARGS', [list(2), list(3)])).toThrow(InputError);
  });

  test('FILL', () => {
    const value: TensorLiteral = { dtype: 'int8', shape: [], data: [-5] };
    expect(run('FILL', [list(2, 2), value], 'int8')).toEqual({ shape: [2, 2], data: [-5, -5, -5, -5] });
    expect(run('FILL', [{ ...list(2), constant: true }, value], 'int8')).toEqual({ shape: [2], data: [-5, -5] });
    expect(run('FILL', [list(), value], 'int8')).toEqual({ shape: [], data: [-5] });
    const wide: TensorLiteral = { dtype: 'int64', shape: [], data: [-(2n ** 40n)] };
    expect(run('FILL', [list(2), wide], 'int64')?.data).toEqual([-(2n ** 40n), -(2n ** 40n)]);
  });

  test.each([
    { what: 'a negative size', shape: list(2, -1) },
    { what: 'more than the memory', shape: list(2 ** 30, 2 ** 30) },
    { what: 'two values', shape: list(2), value: [1, 2] },
    { what: 'another scale', shape: list(2), output: { scale: 2 } },
    { what: 'a shape that is no list', shape: { ...list(2), shape: [] } },
  ])('FILL refuses $what', ({ shape, value = [1], output }) => {
    expect(() => run('FILL', [shape, of([value.length], value)], 'int16', output)).toThrow(/FILL \(node 0\)/);
  });

  const scalar = (value: number): TensorLiteral => ({ dtype: 'int32', shape: [], data: [value] });
  const scalar64 = (value: bigint): TensorLiteral => ({ dtype: 'int64', shape: [], data: [value] });

  test.each([
    { start: 0, limit: 3, delta: 1, data: [0, 1, 2] },
    { start: 5, limit: -1, delta: -2, data: [5, 3, 1] },
    { start: 1, limit: 6, delta: 3, data: [1, 4] },
    { start: 4, limit: 4, delta: 1, data: [] },
    { start: -3, limit: 0, delta: 2, data: [-3, -1] },
    { start: 2 ** 31 - 3, limit: 2 ** 31 - 1, delta: 1, data: [2 ** 31 - 3, 2 ** 31 - 2] },
  ])('RANGE from $start to $limit by $delta', ({ start, limit, delta, data }) => {
    expect(run('RANGE', [scalar(start), scalar(limit), scalar(delta)])).toEqual({ shape: [data.length], data });
    const wide = [start, limit, delta].map((value) => scalar64(BigInt(value)));
    expect(run('RANGE', wide)).toEqual({ shape: [data.length], data: data.map(BigInt) });
  });

  test('RANGE over the halves of int64', () => {
    const inputs = [scalar64(-(2n ** 33n)), scalar64(2n ** 33n), scalar64(2n ** 32n - 1n)];
    const data = [0n, 1n, 2n, 3n, 4n].map((i) => -(2n ** 33n) + i * (2n ** 32n - 1n));
    expect(run('RANGE', inputs)?.data).toEqual(data);
  });

  test.each([
    { what: 'no step', inputs: [scalar(0), scalar(1), scalar(0)] },
    { what: 'the wrong direction', inputs: [scalar(0), scalar(1), scalar(-1)] },
    { what: 'the wrong direction down', inputs: [scalar(1), scalar(0), scalar(1)] },
    { what: 'more than the memory', inputs: [scalar(-(2 ** 31)), scalar(2 ** 31 - 1), scalar(1)] },
    { what: 'what no double holds', inputs: [scalar64(0n), scalar64(2n ** 60n), scalar64(2n ** 59n)] },
    { what: 'a list', inputs: [list(0, 1), scalar(1), scalar(1)] },
    { what: 'two types', inputs: [scalar(0), scalar64(1n), scalar(1)] },
  ])('RANGE refuses $what', ({ inputs }) => {
    expect(() => run('RANGE', inputs)).toThrow(/RANGE \(node 0\)/);
  });
});
