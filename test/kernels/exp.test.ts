import { describe, expect, test } from 'vitest';
import { InputError } from '../../kernels/errors.ts';
import { kernelSets, runOperator } from './run_operator.ts';
import { tensor, type Values, type ValuesCase, valuesOf } from './values.ts';

const MIN = -(2 ** 31);
const X8 = [-128, -64, -20, 0, 5, 20, 60, 127];
const X16 = [-32768, -20000, -4096, -1, 0, 4096, 20000, 32767];
const exact = { approximate: false };
const approximate = { approximate: true };

// Values that TFLite's own kernels computed (ELU: its optimized ones).
// biome-ignore format: a table
const cases: (ValuesCase & { expected: Values })[] = [
  { op: 'EXP', inputs: [tensor('int8', [-128, -20, 0, 5, 20, 60, 127], 0.03, 5)], out: ['int8', 0.1, -128], expected: [-128, -123, -119, -118, -112, -76, 127] },
  { op: 'EXP', inputs: [tensor('int16', [-32768, -20000, -1, 0, 1, 20000, 32767], 0.0001)], out: ['int16', 0.001], expected: [38, 136, 1000, 1000, 1000, 7389, 26486] },
  { op: 'LOG', inputs: [tensor('int8', [-128, 5, 6, 10, 40, 127], 0.05, 5)], out: ['int8', 0.03, 2], expected: [-128, -128, -98, -44, 21, 62] },
  { op: 'LOG', inputs: [tensor('int16', [-5, 0, 1, 63, 100, 20000, 32767], 0.001)], out: ['int16', 0.0004], expected: [-26971, -26735, -26566, -16074, -9813, 7489, 8724] },
  { op: 'GELU', options: exact, inputs: [tensor('int8', X8, 0.03, 5)], out: ['int8', 0.03, -90], expected: [-90, -91, -96, -92, -90, -80, -38, 32] },
  { op: 'GELU', options: approximate, inputs: [tensor('uint8', [0, 64, 100, 128, 255], 0.03, 128)], out: ['uint8', 0.02, 20], expected: [20, 17, 12, 20, 210] },
  { op: 'GELU', options: exact, inputs: [tensor('int16', X16, 0.0001)], out: ['int16', 0.0001], expected: [-18, -455, -1397, 0, 0, 2699, 19545, 32749] },
  { op: 'GELU', options: approximate, inputs: [tensor('int16', X16, 0.0001)], out: ['int16', 0.0001], expected: [-15, -454, -1397, 0, 0, 2698, 19546, 32752] },
  { op: 'SQRT', inputs: [tensor('int8', [-5, -4, 0, 60, 127], 0.05, -5)], out: ['int8', 0.02, -128], expected: [-128, -117, -103, -38, 0] },
  { op: 'SQRT', inputs: [tensor('int16', [0, 1, 2, 1000, 32767], 0.001)], out: ['int16', 0.0002], expected: [0, 158, 223, 5000, 28621] },
  { op: 'RSQRT', inputs: [tensor('int8', [-5, -4, 0, 60, 127], 0.05, -5)], out: ['int8', 0.03, -128], expected: [127, 21, -61, -110, -115] },
  { op: 'RSQRT', inputs: [tensor('int16', [0, 1, 2, 1000, 32767], 0.001)], out: ['int16', 0.001], expected: [25860, 25679, 25499, 1000, 175] },
  { op: 'ABS', inputs: [tensor('int8', [-128, -4, -3, 0, 127], 0.1, -3)], out: ['int8', 0.15, -10], expected: [73, -9, -10, -8, 77] },
  { op: 'ABS', inputs: [tensor('int8', [-128, -4, -3, 0, 127], 0.1, -3)], out: ['int8', 0.1, -10], expected: [115, -9, -10, -7, 120] },
  { op: 'ABS', inputs: [tensor('int16', [-32768, -5, 7], 0.1)], out: ['int16', 0.1], expected: [32767, 5, 7] },
  { op: 'ABS', inputs: [tensor('int16', [-32768, -5, 7], 0.1)], out: ['int16', 0.3], expected: [10923, 2, 3] },
  { op: 'ABS', inputs: [tensor('int16', [-32768, -5, 7])], expected: [-32768, 5, 7] },
  { op: 'ABS', inputs: [tensor('int32', [MIN, -5, 7])], expected: [MIN, 5, 7] },
  { op: 'NEG', inputs: [tensor('int8', [-128, -1, 0, 5])], expected: [-128, 1, 0, -5] },
  { op: 'NEG', inputs: [tensor('int16', [-32768, -1, 0, 5])], expected: [-32768, 1, 0, -5] },
  { op: 'NEG', inputs: [tensor('int32', [MIN, -1, 0, 5])], expected: [MIN, 1, 0, -5] },
  { op: 'NEG', inputs: [tensor('int64', [-(2n ** 63n), -1n, 0n, 2n ** 32n])], expected: [-(2n ** 63n), 1n, 0n, -(2n ** 32n)] },
  { op: 'SIGN', inputs: [tensor('int32', [MIN, -1, 0, 5])], expected: [-1, -1, 0, 1] },
  { op: 'PRELU', inputs: [tensor('int8', [-128, -20, -3, 7, 50, 127], 0.05, -3, [3, 2]), tensor('int8', [-100, 20], 0.01, 5)], out: ['int8', 0.06, 2], expected: [111, 0, 2, 10, 46, 110] },
  { op: 'PRELU', inputs: [tensor('uint8', [0, 100, 125, 126, 160, 255], 0.05, 125), tensor('uint8', [30], 0.01, 100)], out: ['uint8', 0.06, 130], expected: [203, 145, 130, 131, 159, 238] },
  { op: 'PRELU', inputs: [tensor('int16', [-32768, -20, 0, 7, 32767], 0.001), tensor('int8', [-128, 5, 1, 2, 3], 0.01)], out: ['int16', 0.0011], expected: [32767, -1, 0, 6, 29788] },
  { op: 'ZEROS_LIKE', inputs: [tensor('int64', [5n, -5n])], expected: [0n, 0n] },
  { op: 'ZEROS_LIKE', inputs: [tensor('int32', [5, -5], undefined, 0, [2, 1])], expected: [0, 0] },
];

describe.each(kernelSets)('functions of one value, $name', ({ set }) => {
  test.each(cases)('$op of $inputs.0.dtype, $options', ({ expected, ...c }) => {
    expect(valuesOf(c, set)).toEqual(expected);
  });

  test('ELU int8', () => {
    const x = [-128, -60, -20, -1, 0, 1, 60, 127];
    const y = x.map((v) => (v < 0 ? Math.round(Math.expm1(v / 16) * 32) : Math.min(2 * v, 127))); // no ties here
    expect(valuesOf({ op: 'ELU', inputs: [tensor('int8', x, 1 / 16)], out: ['int8', 1 / 32] }, set)).toEqual(y);
  });

  test("SQRT's table of int16 counts as memory", () => {
    const run = (tensorBytes: number) => {
      const inputs = [tensor('int16', [4], 1)];
      return runOperator({ op: 'SQRT', inputs, outputs: [{ ...inputs[0], data: [] }], limits: { tensorBytes } }, set);
    };
    expect(run(2 ** 17)).toEqual([{ shape: [1], data: [2] }]);
    expect(() => run(2 ** 16)).toThrow(/limits.tensorBytes/);
  });

  test('RSQRT int16 of tflm is in fixed point', () => {
    const inputs = [tensor('int16', [0, 1, 2, 1000, 32767], 0.001)];
    const data = valuesOf({ op: 'RSQRT', inputs, out: ['int16', 0.001], profile: 'tflm' }, set);
    expect(data).toEqual([32767, 31623, 22361, 1000, 175]);
  });

  test('ELU of tflm is exp(x) - 1, which has lost its last bits near 0', () => {
    const c: ValuesCase = { op: 'ELU', inputs: [tensor('int8', [-1], 1e-6)], out: ['int8', 1e-8] };
    expect(valuesOf(c, set)).toEqual([-100]);
    expect(valuesOf({ ...c, profile: 'tflm' }, set)).toEqual([-101]);
  });

  test.each([
    { op: 'SQRT', inputs: [tensor('int8', [-4, -6], 0.05, -5)], out: ['int8', 0.02] },
    { op: 'SQRT', inputs: [tensor('int16', [0, -1], 0.05)], out: ['int16', 0.02] },
    { op: 'RSQRT', inputs: [tensor('int8', [127, -128], 0.05, -5)], out: ['int8', 0.02] },
    { op: 'RSQRT', inputs: [tensor('int16', [0, -1], 0.05)], out: ['int16', 0.02] },
  ] as const)('$op of a negative $inputs.0.dtype is refused', (c) => {
    expect(() => valuesOf(c, set)).toThrow(InputError);
    expect(() => valuesOf(c, set)).toThrow(/\(node 0\): value 1 of tensor 0 't0' is below 0/);
  });

  test.each<ValuesCase>([
    { op: 'EXP', inputs: [tensor('uint8', [1], 1)], out: ['uint8', 1] },
    { op: 'LOG', inputs: [tensor('int8', [1], 1)], out: ['int8'] }, // no scale
    { op: 'RSQRT', inputs: [tensor('int16', [1], 1, 1)], out: ['int16', 1] }, // a zero point of int16
    { op: 'ABS', inputs: [tensor('int16', [1], 1)], out: ['int16', 1, 1] },
    { op: 'NEG', inputs: [tensor('uint8', [1])] },
    { op: 'PRELU', inputs: [tensor('int8', [1], 1), tensor('int8', [1, 2], 1)], out: ['int8', 1] }, // alpha is larger
    { op: 'PRELU', inputs: [tensor('int16', [1], 1), tensor('int16', [1], 1)], out: ['int16', 1] },
    { op: 'ZEROS_LIKE', inputs: [tensor('int8', [1])] },
  ])('$op of $inputs.0.dtype is refused', (c) => expect(() => valuesOf(c, set)).toThrow(`${c.op} (node 0)`));
});
