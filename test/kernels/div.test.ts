import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets } from './run_operator.ts';
import { tensor, type Values, type ValuesCase, valuesOf } from './values.ts';

const options = { fusedActivationFunction: 'NONE' };
const relu = { fusedActivationFunction: 'RELU' };
const relu6 = { fusedActivationFunction: 'RELU6' };
const MIN = -(2 ** 31);

// Values that TFLite's own kernels computed.
// biome-ignore format: a table
const cases: (ValuesCase & { what: string; expected: Values })[] = [
  { what: 'DIV int8', op: 'DIV', inputs: [tensor('int8', [-128, -4, -3, -2, 100, 127], 0.05, -3), tensor('int8', [11, 9, -128, 127, 12, 11], 0.2, 10)], out: ['int8', 0.01, -1], expected: [-128, 24, 0, -1, 127, 127] },
  { what: 'DIV uint8, RELU', op: 'DIV', options: relu, inputs: [tensor('uint8', [0, 100, 128, 129, 255], 0.05, 128), tensor('uint8', [255, 0, 7, 8, 11], 0.1, 10)], out: ['uint8', 0.02, 100], expected: [100, 170, 100, 100, 255] },
  { what: 'DIV int16', op: 'DIV', inputs: [tensor('int16', [-32768, -333, 0, 333, 32767], 0.001), tensor('int16', [1, -7, 32767, -32768, 100], 0.0007)], out: ['int16', 0.01], expected: [-32768, 6796, 1, -1, 32767] },
  { what: 'DIV int32 truncates', op: 'DIV', inputs: [tensor('int32', [7, -7, 7, -7, 2 ** 31 - 1]), tensor('int32', [2, 2, -2, -2, -1])], expected: [3, -3, -3, 3, MIN + 1] },
  { what: 'DIV int32, RELU6', op: 'DIV', options: relu6, inputs: [tensor('int32', [70, -7, 7]), tensor('int32', [2])], expected: [6, 0, 3] },
  { what: 'FLOOR_DIV int8', op: 'FLOOR_DIV', inputs: [tensor('int8', [7, -7, 7, -7, -128, 6]), tensor('int8', [2, 2, -2, -2, 3, -3])], expected: [3, -4, -4, 3, -43, -2] },
  { what: 'FLOOR_DIV int32', op: 'FLOOR_DIV', inputs: [tensor('int32', [7, -7, 2 ** 31 - 1, MIN, MIN]), tensor('int32', [2, 2, -2, 2 ** 31 - 1, 3])], expected: [3, -4, -(2 ** 30), -2, -715827883] },
  { what: 'FLOOR_MOD int8 has the sign of the divisor', op: 'FLOOR_MOD', inputs: [tensor('int8', [7, -7, 7, -7, -128, 6]), tensor('int8', [2, 2, -2, -2, 3, -3])], expected: [1, 1, -1, -1, 1, 0] },
  { what: 'FLOOR_MOD int16', op: 'FLOOR_MOD', inputs: [tensor('int16', [-32768, 100]), tensor('int16', [-7, 7])], expected: [-1, 2] },
  { what: 'FLOOR_MOD int32', op: 'FLOOR_MOD', inputs: [tensor('int32', [7, -7, 2 ** 31 - 1, MIN, MIN]), tensor('int32', [2, 2, -2, 2 ** 31 - 1, 3])], expected: [1, 1, -1, 2 ** 31 - 2, 1] },
  { what: 'SQUARED_DIFFERENCE int8', op: 'SQUARED_DIFFERENCE', inputs: [tensor('int8', [-128, -3, 0, 50, 127], 0.05, -3), tensor('int8', [127, 10, 11, -50, 0], 0.1, 10)], out: ['int8', 3, -128], expected: [-21, -128, -128, -103, -109] },
  { what: 'SQUARED_DIFFERENCE int32 wraps', op: 'SQUARED_DIFFERENCE', inputs: [tensor('int32', [1, -5, 40000]), tensor('int32', [3, 5, -40000])], expected: [4, 100, 2105032704] },
];

describe.each(kernelSets)('DIV, FLOOR_DIV, FLOOR_MOD, SQUARED_DIFFERENCE, $name', ({ set }) => {
  const run = (c: ValuesCase) => valuesOf({ options, ...c }, set);

  test.each(cases)('$what', ({ expected, ...c }) => expect(run(c)).toEqual(expected));

  // FLOOR_MOD ends TFLite's process here.
  test('-2^31 / -1 saturates in DIV and wraps in FLOOR_DIV', () => {
    const inputs = [tensor('int32', [MIN]), tensor('int32', [-1])];
    expect(['DIV', 'FLOOR_DIV', 'FLOOR_MOD'].map((op) => run({ op, inputs }))).toEqual([[2 ** 31 - 1], [MIN], [0]]);
  });

  // biome-ignore format: a table
  test.each<ValuesCase>([
    { op: 'DIV', inputs: [tensor('int8', [1, 2], 1, 0), tensor('int8', [4, 5], 1, 5)], out: ['int8', 1] },
    { op: 'DIV', inputs: [tensor('uint8', [1, 2], 1, 0), tensor('uint8', [4, 205], 1, 205)], out: ['uint8', 1] },
    { op: 'DIV', inputs: [tensor('int32', [1, 2]), tensor('int32', [1, 0])] },
    { op: 'FLOOR_DIV', inputs: [tensor('int8', [1, 2]), tensor('int8', [1, 0])] },
    { op: 'FLOOR_MOD', inputs: [tensor('int16', [1, 2]), tensor('int16', [1, 0])] },
  ])('$op by zero is refused, and the next run is not', (c) => {
    expect(() => run(c)).toThrow(InputError);
    expect(() => run(c)).toThrow(/\(node 0\): value 1 of tensor 1/);
  });

  // biome-ignore format: a table
  test.each<ValuesCase>([
    { op: 'DIV', inputs: [tensor('int64', [1n]), tensor('int64', [1n])] },
    { op: 'FLOOR_MOD', inputs: [tensor('uint8', [1]), tensor('uint8', [1])] },
    { op: 'SQUARED_DIFFERENCE', inputs: [tensor('int16', [1]), tensor('int16', [1])] },
    { op: 'SQUARED_DIFFERENCE', inputs: [tensor('int8', [1]), tensor('int8', [1])] }, // no scale
  ])('$op of $inputs.0.dtype is refused', (c) => expect(() => run(c)).toThrow(`${c.op} (node 0)`));
});
