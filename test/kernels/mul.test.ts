import { describe, expect, test } from 'vitest';
import { kernelSets, type TensorLiteral } from './run_operator.ts';
import { tensor, type Values, valuesOf } from './values.ts';

interface Case {
  what: string;
  inputs: TensorLiteral[];
  scale?: number;
  zeroPoint?: number;
  activation?: string;
  expected: Values;
}

// Values that TFLite's own kernels computed.
const cases: Case[] = [
  {
    what: 'int8',
    inputs: [
      tensor('int8', [-128, -100, -3, 0, 7, 50, 100, 127], 0.05, -3),
      tensor('int8', [127, -128, 10, 11, -50, 60, 3, 127], 0.2, 10),
    ],
    scale: 0.9,
    zeroPoint: -1,
    expected: [-128, 127, -1, -1, -8, 28, -9, 127],
  },
  {
    what: 'int8 with a multiplier above 1',
    inputs: [tensor('int8', [-128, -3, 9, 127], 0.5, -3), tensor('int8', [4, 5, 6, 7], 0.5, 4)],
    scale: 0.1,
    zeroPoint: 5,
    expected: [5, 5, 65, 127],
  },
  {
    what: 'uint8, RELU_N1_TO_1',
    inputs: [tensor('uint8', [0, 1, 128, 255, 200], 0.05, 128), tensor('uint8', [255, 0, 7, 8, 100], 0.1, 10)],
    scale: 0.6,
    zeroPoint: 100,
    activation: 'RELU_N1_TO_1',
    expected: [98, 102, 100, 98, 102],
  },
  {
    what: 'int16: the product of the two lowest values fits',
    inputs: [
      tensor('int16', [-32768, -32768, 32767, -333], 0.001),
      tensor('int16', [-32768, 32767, 32767, 1000], 0.0007),
    ],
    scale: 0.025,
    expected: [30065, -30064, 30063, -9],
  },
  {
    what: 'plain int16 wraps',
    inputs: [tensor('int16', [300, -300, -32768]), tensor('int16', [300, 300, -1])],
    expected: [24464, -24464, -32768],
  },
  {
    what: 'int32 wraps',
    inputs: [tensor('int32', [2 ** 20 + 3, -(2 ** 31), 65537, -5]), tensor('int32', [2 ** 20 + 1, -1, 65537, 7])],
    expected: [4194307, -(2 ** 31), 131073, -35],
  },
  {
    what: 'int64 wraps',
    inputs: [
      tensor('int64', [2n ** 40n + 3n, -(2n ** 63n), 2n ** 32n, -5n]),
      tensor('int64', [2n ** 20n + 1n, -1n, 2n ** 32n - 1n, 7n]),
    ],
    expected: [1152922604121620483n, -(2n ** 63n), -(2n ** 32n), -35n],
  },
  {
    what: 'int64, RELU6',
    inputs: [tensor('int64', [2n ** 40n, -3n, 2n]), tensor('int64', [3n, 5n, 2n])],
    activation: 'RELU6',
    expected: [6n, 0n, 4n],
  },
  {
    what: 'a vector with every row',
    inputs: [tensor('int32', [1, 2, 3, 4], undefined, 0, [2, 2]), tensor('int32', [10, -1])],
    expected: [10, -2, 30, -4],
  },
];

describe.each(kernelSets)('MUL, $name', ({ set }) => {
  const run = ({ inputs, scale, zeroPoint, activation = 'NONE' }: Omit<Case, 'what' | 'expected'>) => {
    const options = { fusedActivationFunction: activation };
    return valuesOf({ op: 'MUL', options, inputs, out: [undefined, scale, zeroPoint] }, set);
  };

  test.each(cases)('$what', ({ expected, ...c }) => expect(run(c)).toEqual(expected));

  test.each([
    { what: 'a zero point of int16', inputs: [tensor('int16', [1], 1, 1), tensor('int16', [1], 1)], scale: 1 },
    { what: 'no scale', inputs: [tensor('uint8', [1]), tensor('uint8', [1])] },
    { what: 'shapes that do not broadcast', inputs: [tensor('int32', [1, 2]), tensor('int32', [1, 2, 3])] },
  ])('$what: refused', (c) => expect(() => run(c)).toThrow(/MUL \(node 0\)/));
});
