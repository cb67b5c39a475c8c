import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

describe.each(kernelSets)('TRANSPOSE, $name', ({ set }) => {
  const transpose = (shape: number[], perm: number[], constant = true) => {
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    const inputs: TensorLiteral[] = [
      { dtype: 'int8', shape, data },
      { dtype: 'int32', shape: [perm.length], data: perm, constant },
    ];
    return runOperator({ op: 'TRANSPOSE', inputs, outputs: [{ dtype: 'int8', shape: [] }] }, set)[0];
  };

  test.each([
    { perm: [1, 0], from: [2, 3], shape: [3, 2], data: [0, 3, 1, 4, 2, 5] },
    { perm: [-1, -2], from: [2, 3], shape: [3, 2], data: [0, 3, 1, 4, 2, 5] },
    { perm: [0, 1], from: [2, 3], shape: [2, 3], data: [0, 1, 2, 3, 4, 5] },
    { perm: [2, 0, 1], from: [1, 2, 3], shape: [3, 1, 2], data: [0, 3, 1, 4, 2, 5] },
    { perm: [1, 0, 2], from: [2, 2, 2], shape: [2, 2, 2], data: [0, 1, 4, 5, 2, 3, 6, 7] },
    { perm: [3, 2, 1, 0], from: [1, 2, 1, 2], shape: [2, 1, 2, 1], data: [0, 2, 1, 3] },
    { perm: [], from: [], shape: [], data: [0] },
    { perm: [1, 0], from: [0, 3], shape: [3, 0], data: [] },
  ])('$from by $perm', ({ perm, from, shape, data }) => {
    expect(transpose(from, perm)).toEqual({ shape, data });
    expect(transpose(from, perm, false)).toEqual({ shape, data });
  });

  test.each([
    { what: 'a dimension twice', perm: [0, 0] },
    { what: 'a dimension twice, once from the end', perm: [0, -2] },
    { what: 'a dimension that is not there', perm: [0, 2] },
    { what: 'too few', perm: [0] },
    { what: 'too many', perm: [0, 1, 0] },
  ])('$what is refused', ({ perm }) => {
    expect(() => transpose([2, 2], perm)).toThrow(/TRANSPOSE \(node 0\)/);
  });
});
