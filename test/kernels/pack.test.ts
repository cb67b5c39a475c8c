import { describe, expect, test } from 'vitest';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

const of = (shape: number[], data: number[], more: Partial<TensorLiteral> = {}): TensorLiteral => ({
  dtype: 'int16',
  shape,
  data,
  ...more,
});

describe.each(kernelSets)('$name', ({ set }) => {
  const run = (op: string, inputs: TensorLiteral[], options: object, output: Partial<TensorLiteral> = {}) => {
    const { data: _, ...like } = inputs[0]!;
    return runOperator({ op, options, inputs, outputs: [{ ...like, shape: [], ...output }] }, set)[0]!;
  };

  describe('PACK', () => {
    const a = of([2, 2], [1, 2, 3, 4]);
    const b = of([2, 2], [5, 6, 7, 8]);
    const pack = (inputs: TensorLiteral[], axis: number, valuesCount = inputs.length, output = {}) =>
      run('PACK', inputs, { axis, valuesCount }, output);

    test.each([
      { axis: 0, shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] },
      { axis: 1, shape: [2, 2, 2], data: [1, 2, 5, 6, 3, 4, 7, 8] },
      { axis: 2, shape: [2, 2, 2], data: [1, 5, 2, 6, 3, 7, 4, 8] },
      { axis: -1, shape: [2, 2, 2], data: [1, 5, 2, 6, 3, 7, 4, 8] },
      { axis: -3, shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] },
    ])('axis $axis', ({ axis, shape, data }) => {
      expect(pack([a, b], axis)).toEqual({ shape, data });
    });

    test('another scale goes as it is on TFLite Micro', () => {
      const inputs = [of([1], [1], { scale: 1 })];
      const outputs = [{ dtype: 'int16' as const, shape: [], scale: 2 }];
      const options = { axis: 0, valuesCount: 1 };
      expect(runOperator({ op: 'PACK', options, inputs, outputs, profile: 'tflm' }, set)[0]?.data).toEqual([1]);
    });

    test('scalars', () => {
      expect(pack([of([], [7]), of([], [8])], 0)).toEqual({ shape: [2], data: [7, 8] });
    });

    test.each([
      { what: 'an axis that is not there', inputs: [a, b], axis: 3 },
      { what: 'shapes that differ', inputs: [a, of([4], [1, 2, 3, 4])], axis: 0 },
      { what: 'a wrong count', inputs: [a, b], axis: 0, count: 3 },
      { what: 'another scale', inputs: [of([1], [1], { scale: 1 })], axis: 0, output: { scale: 2 } },
    ])('$what is refused', ({ inputs, axis, count, output }) => {
      expect(() => pack(inputs, axis, count, output)).toThrow(/PACK \(node 0\)/);
    });
  });

  describe('UNPACK', () => {
    const input = of([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
    const unpack = (axis: number, num: number, count = num, more: Partial<TensorLiteral> = {}) => {
      const outputs = Array.from({ length: count }, () => of([], [], more));
      return runOperator({ op: 'UNPACK', options: { axis, num }, inputs: [input], outputs }, set);
    };

    test('the first axis', () => {
      expect(unpack(0, 2)).toEqual([
        { shape: [4], data: [1, 2, 3, 4] },
        { shape: [4], data: [5, 6, 7, 8] },
      ]);
    });

    test('the last axis', () => {
      expect(unpack(-1, 4).map(({ data }) => data)).toEqual([
        [1, 5],
        [2, 6],
        [3, 7],
        [4, 8],
      ]);
    });

    test.each([
      { what: 'an axis that is not there', axis: 2, num: 2 },
      { what: 'a wrong count', axis: 0, num: 3 },
      { what: 'a wrong number of outputs', axis: 0, num: 2, outputs: 1 },
      { what: 'another scale', axis: 0, num: 2, outputs: 2, output: { scale: 2 } },
    ])('$what: refused', ({ axis, num, outputs, output }) => {
      expect(() => unpack(axis, num, outputs, output)).toThrow(/UNPACK \(node 0\)/);
    });
  });
});
