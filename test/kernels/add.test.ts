import { describe, expect, test } from 'vitest';
import { kernelSets } from './run_operator.ts';
import { tensor, type Values, type ValuesCase, valuesOf } from './values.ts';

const options = { fusedActivationFunction: 'NONE', potScaleInt16: true };

// Values that TFLite's own kernels computed.
const cases: (ValuesCase & { what: string; expected: Values })[] = [
  {
    what: 'ADD int8: three scales',
    op: 'ADD',
    inputs: [
      tensor('int8', [-128, -100, -3, 0, 7, 50, 100, 127], 0.05, -3),
      tensor('int8', [127, -128, 10, 11, -50, 60, 3, 127], 0.2, 10),
    ],
    out: [undefined, 0.17, -1],
    expected: [100, -128, -1, 1, -69, 73, 21, 127],
  },
  {
    what: 'SUB int8',
    op: 'SUB',
    inputs: [
      tensor('int8', [-128, -100, -3, 0, 7, 50, 100, 127], 0.05, -3),
      tensor('int8', [127, -128, 10, 11, -50, 60, 3, 127], 0.2, 10),
    ],
    out: [undefined, 0.17, -1],
    expected: [-128, 127, -1, -1, 73, -44, 38, -100],
  },
  {
    what: 'SUB int8: a scalar on the left',
    op: 'SUB',
    inputs: [tensor('int8', [50], 0.05, -3), tensor('int8', [127, -128, 10, 11], 0.2, 10)],
    out: [undefined, 0.17, -1],
    expected: [-123, 127, 15, 13],
  },
  {
    what: 'ADD uint8, RELU6 clamps to 100 and 155',
    op: 'ADD',
    options: { ...options, fusedActivationFunction: 'RELU6' },
    inputs: [tensor('uint8', [0, 1, 128, 255, 200], 0.05, 128), tensor('uint8', [255, 0, 7, 8, 100], 0.1, 10)],
    out: [undefined, 0.11, 100],
    expected: [155, 100, 100, 155, 155],
  },
  {
    what: 'ADD int16',
    op: 'ADD',
    inputs: [
      tensor('int16', [-32768, -333, 0, 334, 32767], 0.001),
      tensor('int16', [-32768, 1000, 1, -7, 32767], 0.0007),
    ],
    out: [undefined, 0.0013, 0],
    expected: [-32768, 282, 1, 253, 32767],
  },
  {
    what: 'SUB int16',
    op: 'SUB',
    inputs: [
      tensor('int16', [-32768, -333, 0, 334, 32767], 0.001),
      tensor('int16', [-32768, 1000, 1, -7, 32767], 0.0007),
    ],
    out: [undefined, 0.0013, 0],
    expected: [-7562, -795, -1, 261, 7562],
  },
  {
    what: 'SUB int16 in powers of two: -6 / 4 rounds to -2 before it is taken away',
    op: 'SUB',
    inputs: [
      tensor('int16', [-32768, -3, -1, 1, 3, 32767], 2 ** -12),
      tensor('int16', [-6, -6, -5, -4, 6, 32767], 2 ** -14),
    ],
    out: [undefined, 2 ** -12, 0],
    expected: [-32766, -1, 0, 2, 1, 24575],
  },
  {
    what: 'the same without the option',
    op: 'SUB',
    options: { ...options, potScaleInt16: false },
    inputs: [
      tensor('int16', [-32768, -3, -1, 1, 3, 32767], 2 ** -12),
      tensor('int16', [-6, -6, -5, -4, 6, 32767], 2 ** -14),
    ],
    out: [undefined, 2 ** -12, 0],
    expected: [-32767, -2, 0, 2, 2, 24575],
  },
  {
    what: 'tflm has no powers of two',
    op: 'SUB',
    profile: 'tflm',
    inputs: [
      tensor('int16', [-32768, -3, -1, 1, 3, 32767], 2 ** -12),
      tensor('int16', [-6, -6, -5, -4, 6, 32767], 2 ** -14),
    ],
    out: [undefined, 2 ** -12, 0],
    expected: [-32767, -2, 0, 2, 2, 24575],
  },
  {
    what: 'ADD int16 in powers of two saturates',
    op: 'ADD',
    inputs: [
      tensor('int16', [-32768, -3, -1, 1, 3, 32767], 2 ** -12),
      tensor('int16', [-6, -6, -5, -4, 6, 32767], 2 ** -14),
    ],
    out: [undefined, 2 ** -12, 0],
    expected: [-32768, -5, -2, 0, 5, 32767],
  },
  {
    what: 'ADD of plain int16, RELU6: wraps, then clamps',
    op: 'ADD',
    options: { ...options, fusedActivationFunction: 'RELU6' },
    inputs: [tensor('int16', [32767, -32768, 5, -5]), tensor('int16', [1, -1, 2, -2])],
    expected: [0, 6, 6, 0],
  },
  {
    what: 'ADD int32 wraps',
    op: 'ADD',
    inputs: [tensor('int32', [2 ** 31 - 1, -(2 ** 31), 5, -5]), tensor('int32', [1, 1, 2, -2])],
    expected: [-(2 ** 31), -(2 ** 31) + 1, 7, -7],
  },
  {
    what: 'SUB int32, RELU6',
    op: 'SUB',
    options: { ...options, fusedActivationFunction: 'RELU6' },
    inputs: [tensor('int32', [2 ** 31 - 1, -(2 ** 31), 5, -5]), tensor('int32', [1, 1, 2, -2])],
    expected: [6, 6, 3, 0],
  },
  {
    what: 'tflm ignores the activation of ADD int32',
    op: 'ADD',
    options: { ...options, fusedActivationFunction: 'RELU6' },
    profile: 'tflm',
    inputs: [tensor('int32', [5, -5, 2 ** 31 - 1]), tensor('int32', [2, 2, 1])],
    expected: [7, -3, -(2 ** 31)],
  },
  {
    what: 'ADD int64 wraps',
    op: 'ADD',
    inputs: [tensor('int64', [2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -5n]), tensor('int64', [1n, 1n, -1n, -2n])],
    expected: [-(2n ** 63n), -(2n ** 63n) + 1n, 2n ** 32n - 1n, -7n],
  },
  {
    what: 'SUB int64, RELU_N1_TO_1',
    op: 'SUB',
    options: { ...options, fusedActivationFunction: 'RELU_N1_TO_1' },
    inputs: [tensor('int64', [2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 0n]), tensor('int64', [1n, -1n, -1n, 0n])],
    expected: [1n, -1n, 1n, 0n],
  },
  {
    what: 'a column and a row',
    op: 'SUB',
    inputs: [tensor('int32', [10, 20], undefined, 0, [2, 1]), tensor('int32', [1, 2, 3])],
    expected: [9, 8, 7, 19, 18, 17],
  },
];

describe.each(kernelSets)('ADD, SUB, $name', ({ set }) => {
  const run = (c: ValuesCase) => valuesOf({ options, ...c }, set);

  test.each(cases)('$what', ({ expected, ...c }) => expect(run(c)).toEqual(expected));

  test('an output scale below 1/2^19 of the inputs: upstream shifts by a negative number', () => {
    const [a, b] = [tensor('int8', [-4, -3, -2], 1, -3), tensor('int8', [10, 10, 10], 1, 10)];
    expect(run({ op: 'SUB', inputs: [a, b], out: [undefined, 1e-7, 0] })).toEqual([-1, 1, 1]);
  });

  const int16 = tensor('int16', [1, 2], 2 ** -12);
  const OUT = [undefined, 2 ** -12] as const;
  test.each([
    { what: 'shapes that do not broadcast', inputs: [tensor('int32', [1, 2]), tensor('int32', [1, 2, 3])] },
    { what: 'two types', inputs: [tensor('int32', [1]), tensor('int64', [1n])] },
    { what: 'one input', inputs: [tensor('int32', [1])] },
    { what: 'no scale', inputs: [tensor('int8', [1]), tensor('int8', [1])] },
    {
      what: 'a zero point of int16',
      inputs: [int16, tensor('int16', [1, 2], 2 ** -12, 1)],
      out: OUT,
    },
    { what: 'powers of two that lose range', inputs: [int16, tensor('int16', [1, 2], 2 ** -11)], out: OUT }, // biome-ignore format: a table
    { what: 'powers of two that are both shifted', inputs: [int16, int16], out: [undefined, 2 ** -11] as const },
  ])('$what: refused', ({ inputs, out = [0, 0] }) => {
    expect(() => run({ op: 'ADD', inputs, out: [undefined, ...out] })).toThrow(/ADD \(node 0\)/);
  });
});
