import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const data = [1, -2, 3, -4, 5, -6];

describe.each(kernelSets)('$name', ({ set }) => {
  const run = (op: string, inputs: TensorLiteral[], options: object, output: Partial<TensorLiteral> = {}) =>
    runOperator({ op, options, inputs, outputs: [{ dtype: inputs[0]!.dtype, shape: [], ...output }] }, set)[0];
  const of = (...shape: number[]): TensorLiteral => ({ dtype: 'int8', shape, data });

  test('SHAPE and RANK', () => {
    expect(run('SHAPE', [of(2, 1, 3)], {}, { dtype: 'int32' })).toEqual({ shape: [3], data: [2, 1, 3] });
    expect(run('SHAPE', [of(2, 3)], {}, { dtype: 'int64' })).toEqual({ shape: [2], data: [2n, 3n] });
    expect(run('SHAPE', [{ ...of(), data: [7] }], {}, { dtype: 'int32' })).toEqual({ shape: [0], data: [] });
    expect(run('RANK', [of(2, 1, 3)], {}, { dtype: 'int32' })).toEqual({ shape: [], data: [3] });
    expect(() => run('SHAPE', [of(6)], {}, { dtype: 'int16' })).toThrow(/SHAPE \(node 0\)/);
  });

  test.each([
    { what: 'all dimensions of size 1', squeezeDims: [], shape: [2, 3] },
    { what: 'the same, without the option', squeezeDims: undefined, shape: [2, 3] },
    { what: 'one of them', squeezeDims: [2], shape: [1, 2, 3] },
    { what: 'one of them, from the end, twice', squeezeDims: [-2, 2], shape: [1, 2, 3] },
  ])('SQUEEZE: $what', ({ squeezeDims, shape }) => {
    expect(run('SQUEEZE', [of(1, 2, 1, 3)], { squeezeDims })).toEqual({ shape, data });
  });

  test.each([{ squeezeDims: [0] }, { squeezeDims: [2] }, { squeezeDims: [-3] }])(
    'SQUEEZE refuses dimension $squeezeDims of [2, 3]',
    ({ squeezeDims }) => {
      expect(() => run('SQUEEZE', [of(2, 3)], { squeezeDims })).toThrow(/SQUEEZE \(node 0\)/);
    },
  );

  test.each([
    { axis: [0], shape: [1, 2, 3] },
    { axis: [2], shape: [2, 3, 1] },
    { axis: [-1], shape: [2, 3, 1] },
    { axis: [-3], shape: [1, 2, 3] },
  ])('EXPAND_DIMS at $axis', ({ axis, shape }) => {
    for (const constant of [true, false]) {
      const at: TensorLiteral = { dtype: 'int32', shape: [1], data: axis, constant };
      expect(run('EXPAND_DIMS', [of(2, 3), at], {})).toEqual({ shape, data });
    }
  });

  test.each([{ axis: [3] }, { axis: [-4] }, { axis: [0, 1] }, { axis: [] }])(
    'EXPAND_DIMS refuses $axis',
    ({ axis }) => {
      const at: TensorLiteral = { dtype: 'int32', shape: [axis.length], data: axis };
      expect(() => run('EXPAND_DIMS', [of(2, 3), at], {})).toThrow(/EXPAND_DIMS \(node 0\)/);
    },
  );

  test('EXPAND_DIMS refuses another scale, as TFLite does', () => {
    const at: TensorLiteral = { dtype: 'int32', shape: [], data: [0] };
    expect(() => run('EXPAND_DIMS', [{ ...of(2, 3), scale: 1 }, at], {}, { scale: 2 })).toThrow(/same scale/);
  });
});
