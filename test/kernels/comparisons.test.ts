import { describe, expect, test } from 'vitest';
import { kernelSets } from './run_operator.ts';
import { tensor, type Values, type ValuesCase, valuesOf } from './values.ts';

const OPS = ['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'] as const;

describe.each(kernelSets)('comparisons, $name', ({ set }) => {
  const run = (c: ValuesCase) => valuesOf({ ...c, out: ['bool'] }, set);

  // Values that TFLite's own kernels computed, in the order of OPS.
  test.each([
    {
      what: 'int8 of two scales: 0, 0.2 and 1 in both, then 1.1 and 1',
      inputs: [tensor('int8', [-3, -1, 7, 8], 0.1, -3), tensor('int8', [10, 11, 15, 15], 0.2, 10)],
      expected: ['1110', '0001', '0000', '1110', '0001', '1111'],
    },
    {
      what: 'uint8: 0.001 is too little to count, 0.002 is not',
      inputs: [tensor('uint8', [0, 1, 2, 3, 9], 0.001), tensor('uint8', [0], 0.001)],
      expected: ['11000', '00111', '00000', '11000', '00111', '11111'],
    },
    {
      what: 'uint8 of a scale above 1: upstream shifts by a negative number, and all is equal',
      inputs: [tensor('uint8', [0, 1, 2, 3, 200], 2.5), tensor('uint8', [0, 1, 2, 2, 7], 2.5)],
      expected: ['11111', '00000', '00000', '11111', '00000', '11111'],
    },
    {
      what: 'int16: only equality looks at scales',
      inputs: [tensor('int16', [2, 100, -4], 0.1), tensor('int16', [1, 50, -2], 0.2)],
      expected: ['110', '001', '001', '001', '110', '110'],
    },
    {
      what: 'int64',
      inputs: [
        tensor('int64', [2n ** 32n, -1n, 5n, -(2n ** 63n)]),
        tensor('int64', [2n ** 32n, 2n ** 31n, -5n, 2n ** 63n - 1n]),
      ],
      expected: ['1000', '0111', '0101', '1101', '0010', '1010'],
    },
    {
      what: 'int32',
      inputs: [tensor('int32', [-(2 ** 31), 0, 7]), tensor('int32', [2 ** 31 - 1, 0, -7])],
      expected: ['010', '101', '100', '110', '001', '011'],
    },
  ])('$what', ({ inputs, expected }) => {
    expect(OPS.map((op) => run({ op, inputs }).join(''))).toEqual(expected);
  });

  test('bool and plain int16', () => {
    const bools = [tensor('bool', [0, 1, 1, 0]), tensor('bool', [0, 1, 0, 1])];
    expect(run({ op: 'EQUAL', inputs: bools })).toEqual([1, 1, 0, 0]);
    expect(run({ op: 'NOT_EQUAL', inputs: [tensor('int16', [1, -2]), tensor('int16', [1])] })).toEqual([0, 1]);
  });

  test.each([
    { op: 'LESS', inputs: [tensor('bool', [0]), tensor('bool', [1])] },
    { op: 'EQUAL', inputs: [tensor('int8', [0]), tensor('int8', [1])] }, // no scale
    { op: 'EQUAL', inputs: [tensor('int8', [0], 1), tensor('uint8', [1], 1)] },
  ])('$op of $inputs.0.dtype is refused', (c) => expect(() => run(c)).toThrow(`${c.op} (node 0)`));
});

// Values that TFLite's own kernels computed.
// biome-ignore format: a table
const cases: (ValuesCase & { expected: Values })[] = [
  { op: 'MAXIMUM', inputs: [tensor('uint8', [0, 200, 128], 0.05, 1), tensor('uint8', [1, 127, 129], 0.5, 100)], out: ['uint8', 0.1, 1], expected: [1, 200, 129] },
  { op: 'MINIMUM', inputs: [tensor('int8', [0, -56, -128]), tensor('int8', [1, 127, -127])], expected: [0, -56, -128] },
  { op: 'MAXIMUM', inputs: [tensor('int64', [2n ** 32n, -1n, 5n]), tensor('int64', [2n ** 32n + 1n, 2n ** 31n, -5n])], expected: [2n ** 32n + 1n, 2n ** 31n, 5n] },
  { op: 'MINIMUM', inputs: [tensor('int64', [2n ** 32n, -1n, 5n]), tensor('int64', [2n ** 32n + 1n, 2n ** 31n, -5n])], expected: [2n ** 32n, -1n, -5n] },
  { op: 'LOGICAL_AND', inputs: [tensor('bool', [0, 1, 1, 0]), tensor('bool', [0, 1, 0, 1])], expected: [0, 1, 0, 0] },
  { op: 'LOGICAL_OR', inputs: [tensor('bool', [0, 1, 1, 0]), tensor('bool', [0, 1, 0, 1])], expected: [0, 1, 1, 1] },
  { op: 'LOGICAL_NOT', inputs: [tensor('bool', [0, 1])], expected: [1, 0] },
  { op: 'BITWISE_XOR', inputs: [tensor('int8', [-128, 5, -1]), tensor('int8', [127, 3, 0])], expected: [-1, 6, -1] },
  { op: 'BITWISE_XOR', inputs: [tensor('int32', [-(2 ** 31), 5]), tensor('int32', [-1, 3])], expected: [2 ** 31 - 1, 6] },
  { op: 'RIGHT_SHIFT', inputs: [tensor('int8', [-128, -128, 100, -1]), tensor('int8', [1, 100, 2, -5])], expected: [-64, -1, 25, -1] },
  { op: 'RIGHT_SHIFT', inputs: [tensor('uint8', [200, 200, 200]), tensor('uint8', [1, 8, 200])], expected: [100, 1, 1] }, // 7 at most
  { op: 'RIGHT_SHIFT', inputs: [tensor('int16', [-32768, 77]), tensor('int16', [100, 3])], expected: [-1, 9] },
  { op: 'RIGHT_SHIFT', inputs: [tensor('int32', [-(2 ** 31), 77]), tensor('int32', [31, -1])], expected: [-1, 77] },
  { op: 'ADD_N', inputs: [tensor('int32', [1, 2 ** 31 - 1]), tensor('int32', [10, 1]), tensor('int32', [100, 0])], expected: [111, -(2 ** 31)] },
];

describe.each(kernelSets)('of plain integers, $name', ({ set }) => {
  test.each(cases)('$op of $inputs.0.dtype', ({ expected, ...c }) => expect(valuesOf(c, set)).toEqual(expected));

  test.each([
    { op: 'ADD_N', inputs: [tensor('int32', [1])] },
    { op: 'ADD_N', inputs: [tensor('int32', [1]), tensor('int32', [1, 2])] },
    { op: 'LOGICAL_OR', inputs: [tensor('int8', [1]), tensor('int8', [1])] },
    { op: 'BITWISE_XOR', inputs: [tensor('int64', [1n]), tensor('int64', [1n])] },
    { op: 'MAXIMUM', inputs: [tensor('bool', [1]), tensor('bool', [1])] },
  ])('$op is refused', (c) => expect(() => valuesOf(c, set)).toThrow(`${c.op} (node 0)`));
});
