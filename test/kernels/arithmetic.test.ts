import { describe, expect, test } from 'vitest';
import { kernelSets } from './run_operator.ts';
import { tensor, valuesOf } from './values.ts';

const MAX = 3.4028234663852886e38;
const float = (values: readonly number[], shape = [values.length]) =>
  tensor('float32', values.map(Math.fround), undefined, 0, shape);

describe.each(kernelSets)('arithmetic of float32, $name', ({ set }) => {
  const run = (op: string, a: readonly number[], b: readonly number[], fusedActivationFunction = 'NONE') =>
    valuesOf({ op, options: { fusedActivationFunction }, inputs: [float(a), float(b)] }, set);

  const a = [1e38, -1e38, 0.1, -0, NaN, 16777216];
  const b = [3e38, 3e38, 0.2, 0, 1, 1];

  // Values that TFLite's own kernels computed.
  test.each([
    ['ADD', 'NONE', [MAX, 2.0000001388812345e38, 0.30000001192092896, 0, NaN, 16777216]],
    ['ADD', 'RELU6', [6, 6, 0.30000001192092896, 0, NaN, 6]],
    ['SUB', 'NONE', [-2.0000001388812345e38, -MAX, -0.10000000149011612, -0, NaN, 16777215]],
    ['SUB', 'RELU', [0, 0, 0, -0, NaN, 16777215]], // -0 is no less than 0
    ['MUL', 'NONE', [MAX, -MAX, 0.020000001415610313, -0, NaN, 16777216]],
    ['MUL', 'RELU_N1_TO_1', [1, -1, 0.020000001415610313, -0, NaN, 1]],
    ['DIV', 'NONE', [0.3333333134651184, -0.3333333134651184, 0.5, NaN, NaN, 16777216]],
  ] as const)('%s, %s', (op, activation, expected) => expect(run(op, a, b, activation)).toEqual(expected));

  test('infinities become the greatest finite value', () => {
    expect(run('DIV', [1, -1, 0], [0])).toEqual([MAX, -MAX, NaN]);
  });

  test('a column and a row', () => {
    const inputs = [float([1, 2], [2, 1]), float([4, 8])];
    expect(valuesOf({ op: 'DIV', inputs }, set)).toEqual([0.25, 0.125, 0.5, 0.25]);
  });

  test('SQRT', () => {
    const x = float([2, -1, 0, -0, 1e-40]);
    expect(valuesOf({ op: 'SQRT', inputs: [x] }, set)).toEqual([1.4142135381698608, NaN, 0, -0, 9.999973025467516e-21]);
  });

  test.each(['ADD', 'MUL', 'DIV'])('%s of two types is refused', (op) => {
    expect(() => valuesOf({ op, inputs: [float([1]), tensor('int8', [1], 1)] }, set)).toThrow(`${op} (node 0)`);
    expect(() => valuesOf({ op, inputs: [tensor('int8', [1], 1), float([1])] }, set)).toThrow(`${op} (node 0)`);
  });
});
