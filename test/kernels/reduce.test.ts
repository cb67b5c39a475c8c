import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

type Literal = Omit<TensorLiteral, 'data'> & { data: readonly (number | bigint)[] };
const vector = (dtype: TensorLiteral['dtype'], ...data: (number | bigint)[]): Literal => ({
  dtype,
  shape: [data.length],
  data,
});
const MIN64 = -(2n ** 63n);
const MAX64 = 2n ** 63n - 1n;
const QUANTIZED = { int8: { scale: 0.05, zeroPoint: 3 }, int16: { scale: 0.05, zeroPoint: 0 } };
const PRODUCTS = [
  { dtype: 'int8', axes: [0], output: { scale: 0.08, zeroPoint: -2 }, data: [-19, -111, -121] },
  { dtype: 'int8', axes: [1], output: { scale: 0.6, zeroPoint: -2 }, data: [-5, 97] },
  { dtype: 'int8', axes: [0, 1], output: { scale: 1.0, zeroPoint: -2 }, data: [-112] },
  { dtype: 'int8', axes: [], output: { scale: 0.1, zeroPoint: 5 }, data: [10, -15, 24, -21, 49, -46] },
  { dtype: 'int16', axes: [0], output: { scale: 0.08, zeroPoint: 0 }, data: [-20, -104, -125] },
  { dtype: 'int16', axes: [1], output: { scale: 0.6, zeroPoint: 0 }, data: [-4, 94] },
  { dtype: 'int16', axes: [0, 1], output: { scale: 1.0, zeroPoint: 0 }, data: [-135] },
  { dtype: 'int16', axes: [], output: { scale: 0.1, zeroPoint: 0 }, data: [7, -18, 20, -25, 45, -50] },
] as const;

describe.each(kernelSets)('REDUCE_..., $name', ({ set }) => {
  const reduce = (
    op: string,
    input: Literal,
    axes: number[],
    output: Partial<TensorLiteral> = {},
    keepDims = false,
  ) => {
    const axis: TensorLiteral = { dtype: 'int32', shape: [axes.length], data: axes, constant: true };
    const { data: _, ...like } = input;
    return runOperator(
      { op, options: { keepDims }, inputs: [input, axis], outputs: [{ ...like, ...output }] },
      set,
    )[0]!;
  };

  test.each([
    { what: 'int8', input: vector('int8', -3, 127, -128), max: 127, min: -128 },
    { what: 'int8, all negative', input: vector('int8', -3, -5), max: -3, min: -5 },
    { what: 'uint8: bytes are unsigned', input: vector('uint8', 127, 128, 3), max: 128, min: 3 },
    { what: 'int16 at its ends', input: vector('int16', 5, -32768, 32767), max: 32767, min: -32768 },
    { what: 'int32 at its ends', input: vector('int32', -(2 ** 31), 2 ** 31 - 1), max: 2 ** 31 - 1, min: -(2 ** 31) },
    { what: 'int64 at its ends', input: vector('int64', 0n, MIN64, MAX64), max: MAX64, min: MIN64 },
    {
      what: 'int64: low halves are unsigned',
      input: vector('int64', 2n ** 31n, 2n ** 32n - 1n, 1n),
      max: 2n ** 32n - 1n,
      min: 1n,
    },
    { what: 'int64: high halves first', input: vector('int64', 2n ** 32n, 5n, -1n), max: 2n ** 32n, min: -1n },
    { what: 'no values of int8', input: vector('int8'), max: -128, min: 127 },
    { what: 'no values of int64', input: vector('int64'), max: MIN64, min: MAX64 },
  ])('REDUCE_MAX and REDUCE_MIN of $what', ({ input, max, min }) => {
    expect(reduce('REDUCE_MAX', input, [0])).toEqual({ shape: [], data: [max] });
    expect(reduce('REDUCE_MIN', input, [0], {}, true)).toEqual({ shape: [1], data: [min] });
  });

  test.each([
    { data: [0, 0], any: 0, all: 0 },
    { data: [0, 1], any: 1, all: 0 },
    { data: [1, 1], any: 1, all: 1 },
    { data: [], any: 0, all: 1 },
  ])('REDUCE_ANY and REDUCE_ALL of $data', ({ data, any, all }) => {
    expect(reduce('REDUCE_ANY', vector('bool', ...data), [0]).data).toEqual([any]);
    expect(reduce('REDUCE_ALL', vector('bool', ...data), [0]).data).toEqual([all]);
  });

  test.each([
    { what: 'int8 wraps', input: vector('int8', 100, 3, -1), data: [-44] },
    { what: 'uint8 wraps', input: vector('uint8', 200, 2), data: [144] },
    { what: 'int16 wraps', input: vector('int16', 300, 300), data: [24464] },
    { what: 'int32 wraps', input: vector('int32', 65536, 65537), data: [65536] },
    { what: 'int64 carries', input: vector('int64', 2n ** 32n - 1n, 2n ** 31n, -1n), data: [-(2n ** 63n) + 2n ** 31n] },
    { what: 'int64 wraps', input: vector('int64', MIN64, 3n, 1n), data: [MIN64] },
    { what: 'no values of int32', input: vector('int32'), data: [1] },
    { what: 'no values of int64', input: vector('int64'), data: [1n] },
  ])('REDUCE_PROD of $what', ({ input, data }) => {
    expect(reduce('REDUCE_PROD', input, [0]).data).toEqual(data);
  });

  // As TFLite computed them.
  test.each(PRODUCTS)('REDUCE_PROD of quantized $dtype, axes $axes', ({ dtype, axes, output, data }) => {
    const input: Literal = { dtype, shape: [2, 3], data: [13, -37, 40, -50, 90, -100], ...QUANTIZED[dtype] };
    expect(reduce('REDUCE_PROD', input, [...axes], output).data).toEqual(data);
  });

  test('REDUCE_PROD of no quantized values is 1', () => {
    const input: Literal = { ...vector('int8'), scale: 0.5, zeroPoint: 3 };
    expect(reduce('REDUCE_PROD', input, [0]).data).toEqual([5]);
    expect(reduce('REDUCE_PROD', input, [0], { scale: 0.001 }).data).toEqual([127]);
  });

  test.each([
    {
      what: 'an output of another scale',
      op: 'REDUCE_MAX',
      output: { scale: 0.25, zeroPoint: 3 },
      error: /differently/,
    },
    { what: 'an output of another zero point', op: 'REDUCE_MIN', output: { zeroPoint: 4 }, error: /differently/ },
    { what: 'any of int8', op: 'REDUCE_ANY', output: {}, error: /int8/ },
    { what: 'a product of scales too far apart', op: 'REDUCE_PROD', output: { scale: 2 ** -40 }, error: /far apart/ },
  ])('$what is refused', ({ op, output, error }) => {
    const input: Literal = { ...vector('int8', 1, 2), scale: 0.5, zeroPoint: 3 };
    expect(() => reduce(op, input, op === 'REDUCE_PROD' ? [] : [0], output)).toThrow(error);
  });

  test('a product of quantized uint8 is refused', () => {
    expect(() => reduce('REDUCE_PROD', { ...vector('uint8', 1), scale: 1 }, [0])).toThrow(/uint8/);
  });
});
