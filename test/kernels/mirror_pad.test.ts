import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

describe.each(kernelSets)('MIRROR_PAD, $name', ({ set }) => {
  const pad = (
    mode: string,
    shape: number[],
    paddings: number[],
    output: Partial<TensorLiteral> = {},
    constant = true,
  ) => {
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1);
    const inputs: TensorLiteral[] = [
      { dtype: 'int8', shape, data },
      { dtype: 'int32', shape: [paddings.length / 2, 2], data: paddings, constant },
    ];
    return runOperator(
      { op: 'MIRROR_PAD', options: { mode }, inputs, outputs: [{ dtype: 'int8', shape: [], ...output }] },
      set,
    )[0];
  };

  test.each([
    { mode: 'SYMMETRIC', shape: [3], paddings: [2, 3], data: [2, 1, 1, 2, 3, 3, 2, 1] },
    { mode: 'REFLECT', shape: [3], paddings: [2, 2], data: [3, 2, 1, 2, 3, 2, 1] },
    { mode: 'REFLECT', shape: [3], paddings: [0, 0], data: [1, 2, 3] },
    { mode: 'SYMMETRIC', shape: [1], paddings: [1, 1], data: [1, 1, 1] },
    { mode: 'REFLECT', shape: [2, 2], paddings: [1, 0, 0, 1], data: [3, 4, 3, 1, 2, 1, 3, 4, 3] },
    { mode: 'SYMMETRIC', shape: [2, 2], paddings: [0, 1, 1, 0], data: [1, 1, 2, 3, 3, 4, 3, 3, 4] },
    { mode: 'SYMMETRIC', shape: [0], paddings: [0, 0], data: [] },
  ])('$mode, $shape by $paddings', ({ mode, shape, paddings, data }) => {
    expect(pad(mode, shape, paddings)?.data).toEqual(data);
    expect(pad(mode, shape, paddings, {}, false)?.data).toEqual(data);
  });

  test('corners mirror both ways', () => {
    expect(pad('REFLECT', [2, 3], [1, 1, 2, 2])).toEqual({
      shape: [4, 7],
      data: [...[6, 5, 4, 5, 6, 5, 4], ...[3, 2, 1, 2, 3, 2, 1], ...[6, 5, 4, 5, 6, 5, 4], ...[3, 2, 1, 2, 3, 2, 1]],
    });
  });

  test.each([
    { what: 'more than there is', mode: 'SYMMETRIC', paddings: [4, 0] },
    { what: 'as much as there is, edge and all', mode: 'REFLECT', paddings: [0, 3] },
    { what: 'a negative padding', mode: 'REFLECT', paddings: [-1, 0] },
    { what: 'a row too many', mode: 'REFLECT', paddings: [0, 0, 0, 0] },
    { what: 'another scale', mode: 'REFLECT', paddings: [0, 0], output: { scale: 2 } },
  ])('$what is refused', ({ mode, paddings, output }) => {
    expect(() => pad(mode, [3], paddings, output)).toThrow(/MIRROR_PAD \(node 0\)/);
  });
});
