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

  describe('CONCATENATION', () => {
    const concatenate = (inputs: TensorLiteral[], axis: number, output: Partial<TensorLiteral> = {}) =>
      run('CONCATENATION', inputs, { axis, fusedActivationFunction: 'NONE' }, output);
    const a = of([2, 1], [1, 2]);
    const b = of([2, 2], [3, 4, 5, 6]);

    test.each([
      { what: 'along the last axis', inputs: [a, b], axis: 1, shape: [2, 3], data: [1, 3, 4, 2, 5, 6] },
      { what: 'a negative axis', inputs: [b, a], axis: -1, shape: [2, 3], data: [3, 4, 1, 5, 6, 2] },
      { what: 'along the first axis', inputs: [a, a], axis: 0, shape: [4, 1], data: [1, 2, 1, 2] },
      { what: 'one input', inputs: [b], axis: 0, shape: [2, 2], data: [3, 4, 5, 6] },
      { what: 'an empty input', inputs: [of([2, 0], []), a], axis: 1, shape: [2, 1], data: [1, 2] },
      {
        what: 'scalars',
        inputs: [of([], [7], { constant: true }), of([], [8], { constant: true })],
        axis: 0,
        shape: [2],
        data: [7, 8],
      },
    ])('$what', ({ inputs, axis, shape, data }) => {
      expect(concatenate(inputs, axis)).toEqual({ shape, data });
    });

    test('uint8 of another scale is requantized, as TFLite does it', () => {
      const inputs: TensorLiteral[] = [
        { dtype: 'uint8', shape: [2], data: [29, 82], scale: 0.007207144517451525, zeroPoint: 213 },
        { dtype: 'uint8', shape: [3], data: [107, 198, 142], scale: 0.02152332291007042, zeroPoint: 0 },
      ];
      const output = { scale: 0.022309938445687294, zeroPoint: 0 };
      expect(concatenate(inputs, 0, output).data).toEqual([0, 0, 103, 191, 137]);
      expect(concatenate(inputs.toReversed(), 0, output).data).toEqual([103, 191, 137, 0, 0]);
    });

    test('uint8 of the same scale is not, even where the scale is none', () => {
      const inputs: TensorLiteral[] = [{ dtype: 'uint8', shape: [3], data: [0, 128, 255] }];
      expect(concatenate(inputs, 0).data).toEqual([0, 128, 255]);
      const quantized = { scale: 0.5, zeroPoint: 3 };
      expect(concatenate([{ ...inputs[0]!, ...quantized }], 0, quantized).data).toEqual([0, 128, 255]);
    });

    test('scalars of any scale go as they are, as in TFLite', () => {
      const scalar = (data: number, scale: number, zeroPoint: number): TensorLiteral => ({
        ...of([], [data], { constant: true }),
        ...{ dtype: 'uint8', scale, zeroPoint },
      });
      expect(concatenate([scalar(3, 0.5, 1), scalar(40, 2, 10)], 0, { scale: 1, zeroPoint: 0 }).data).toEqual([3, 40]);
    });

    test('what is no int32 becomes the least one: uint8 that overflows is 0', () => {
      const input: TensorLiteral = { dtype: 'uint8', shape: [2], data: [1, 0], scale: 2 ** 30 };
      expect(concatenate([input], 0, { scale: 2 ** -30, zeroPoint: 9 }).data).toEqual([0, 9]);
    });

    test.each([
      { what: 'an axis that is not there', inputs: [a, b], axis: 2 },
      { what: 'shapes that differ elsewhere', inputs: [a, b], axis: 0 },
      { what: 'ranks that differ', inputs: [a, of([2], [1, 2])], axis: 0 },
      { what: 'types that differ', inputs: [a, { ...a, dtype: 'int32' as const }], axis: 0 },
      {
        what: 'int8 of another scale',
        inputs: [of([1], [1], { dtype: 'int8', scale: 1 })],
        axis: 0,
        output: { scale: 2 },
      },
    ])('$what is refused', ({ inputs, axis, output }) => {
      expect(() => concatenate(inputs, axis, output)).toThrow(/CONCATENATION \(node 0\)/);
    });

    test('a fused activation is refused', () => {
      expect(() => run('CONCATENATION', [a], { axis: 0, fusedActivationFunction: 'RELU' })).toThrow(/activation/);
    });
  });
});
