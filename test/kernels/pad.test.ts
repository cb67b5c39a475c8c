import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const rows = (data: number[], more: Partial<TensorLiteral> = {}): TensorLiteral => ({
  dtype: 'int32',
  shape: [data.length / 2, 2],
  data,
  constant: true,
  ...more,
});

describe.each(kernelSets)('PAD, $name', ({ set }) => {
  const pad = (
    input: TensorLiteral,
    paddings: TensorLiteral,
    { output = {}, value, profile }: { output?: Partial<TensorLiteral>; value?: TensorLiteral; profile?: 'tflm' } = {},
  ) => {
    const { data: _, ...like } = input;
    return runOperator(
      {
        op: value ? 'PADV2' : 'PAD',
        inputs: value ? [input, paddings, value] : [input, paddings],
        outputs: [{ ...like, shape: [], ...output }],
        ...(profile && { profile }),
      },
      set,
    )[0]!;
  };
  const input: TensorLiteral = { dtype: 'int16', shape: [2, 1], data: [5, 6] };

  test.each([
    { what: 'every side', paddings: rows([1, 0, 1, 2]), shape: [3, 4], data: [0, 0, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0] },
    { what: 'no side', paddings: rows([0, 0, 0, 0]), shape: [2, 1], data: [5, 6] },
    {
      what: 'known only when the graph runs',
      paddings: rows([0, 1, 0, 0], { constant: false }),
      shape: [3, 1],
      data: [5, 6, 0],
    },
    { what: 'int8 paddings', paddings: rows([0, 1, 0, 0], { dtype: 'int8' }), shape: [3, 1], data: [5, 6, 0] },
  ])('$what', ({ paddings, shape, data }) => {
    expect(pad(input, paddings)).toEqual({ shape, data });
  });

  test('int64 paddings, int64 values', () => {
    const wide: TensorLiteral = { dtype: 'int64', shape: [1], data: [-(2n ** 40n)] };
    const paddings: TensorLiteral = { dtype: 'int64', shape: [1, 2], data: [1n, 1n] };
    expect(pad(wide, paddings)).toEqual({ shape: [3], data: [0n, -(2n ** 40n), 0n] });
  });

  test('an empty input', () => {
    expect(pad({ dtype: 'int8', shape: [0, 2], data: [] }, rows([1, 1, 0, 0])).data).toEqual([0, 0, 0, 0]);
  });

  test('a scalar, which has nothing to pad', () => {
    expect(pad({ dtype: 'int8', shape: [], data: [7] }, rows([]))).toEqual({ shape: [], data: [7] });
  });

  const quantized = { scale: 1, zeroPoint: 3 };
  test.each([
    { what: 'int8: the zero point of the output', dtype: 'int8' as const, from: quantized, to: quantized, value: 3 },
    { what: 'int8 from no quantization: 0', dtype: 'int8' as const, from: {}, to: quantized, value: 0 },
    {
      what: 'the same on TFLite Micro: 3',
      dtype: 'int8' as const,
      from: {},
      to: quantized,
      value: 3,
      profile: 'tflm' as const,
    },
    { what: 'uint8: always the zero point', dtype: 'uint8' as const, from: {}, to: quantized, value: 3 },
    { what: 'int16: the zero point', dtype: 'int16' as const, from: quantized, to: quantized, value: 3 },
    {
      what: 'int16 on TFLite Micro: 0',
      dtype: 'int16' as const,
      from: quantized,
      to: quantized,
      value: 0,
      profile: 'tflm' as const,
    },
    { what: 'int32: 0', dtype: 'int32' as const, from: quantized, to: quantized, value: 0 },
  ])('$what', ({ dtype, from, to, value, profile }) => {
    const one: TensorLiteral = { dtype, shape: [1], data: [7], ...from };
    expect(pad(one, rows([1, 0]), { output: to, ...(profile && { profile }) }).data).toEqual([value, 7]);
  });

  test('PADV2 brings its value', () => {
    const one: TensorLiteral = { dtype: 'int8', shape: [1], data: [7], ...quantized };
    const value: TensorLiteral = { dtype: 'int8', shape: [], data: [-5], ...quantized };
    expect(pad(one, rows([2, 1]), { value }).data).toEqual([-5, -5, 7, -5]);
    expect(pad(one, rows([2, 1]), { value: { ...value, constant: true } }).data).toEqual([-5, -5, 7, -5]);
  });

  test.each([
    { what: 'a negative padding', paddings: rows([-1, 0, 0, 0]) },
    { what: 'a row too few', paddings: rows([1, 0]) },
    { what: 'a list', paddings: rows([0, 0, 0, 0], { shape: [4] }) },
    { what: 'more than the memory', paddings: rows([2 ** 30, 0, 2 ** 30, 0]) },
    { what: 'a size that overflows', paddings: rows([2 ** 31 - 1, 1, 0, 0]) },
    { what: 'a value of another type', paddings: rows([0, 0, 0, 0]), value: rows([1, 1]) },
    { what: 'two values', paddings: rows([0, 0, 0, 0]), value: { dtype: 'int16' as const, shape: [2], data: [1, 1] } },
  ])('$what is refused', ({ paddings, value }) => {
    expect(() => pad(input, paddings, value && { value })).toThrow(/PAD(V2)? \(node 0\)/);
  });

  test('a value of another scale is refused', () => {
    const value: TensorLiteral = { dtype: 'int8', shape: [], data: [1], scale: 2 };
    expect(() => pad({ dtype: 'int8', shape: [1], data: [7], ...quantized }, rows([1, 1]), { value })).toThrow(/scale/);
  });

  test('a zero point that the type cannot hold is refused', () => {
    const output = { scale: 1, zeroPoint: 300 };
    expect(() => pad({ dtype: 'uint8', shape: [1], data: [7] }, rows([1, 1]), { output })).toThrow(/300/);
  });
});
