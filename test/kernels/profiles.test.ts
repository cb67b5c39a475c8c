/** Small cases of which the profiles give different answers, as their references computed them; more are in recorded/. */
import { describe, expect, test } from 'vitest';
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import { kernelSets } from './run_operator.ts';
import { tensor, type Values, type ValuesCase, valuesOf } from './values.ts';

/** A profile that is missing has no such operator, or not of this type. */
type Case = ValuesCase & { what: string; expected: { readonly [P in Profile]?: Values } };

const fullyConnected = {
  fusedActivationFunction: 'NONE',
  weightsFormat: 'DEFAULT',
  keepNumDims: false,
  quantizedBiasType: 'FLOAT32',
};
const convolution = {
  padding: 'VALID',
  strideH: 1,
  strideW: 1,
  dilationHFactor: 1,
  dilationWFactor: 1,
  depthMultiplier: 1,
  fusedActivationFunction: 'NONE',
};
const constant = (...of: Parameters<typeof tensor>) => ({ ...tensor(...of), constant: true });
const one = tensor('int8', [1], 1, 0, [1, 1]);
const none = { fusedActivationFunction: 'NONE' };

const cases: Case[] = [
  {
    what: 'FULLY_CONNECTED, halves: a multiplier of 1/2 has no right shift, and the high multiply rounds up',
    op: 'FULLY_CONNECTED',
    options: fullyConnected,
    inputs: [one, tensor('int8', [-3, 3, 5, -5], 1, 0, [4, 1])],
    out: ['int8', 2],
    expected: {
      tflite: [-2, 2, 3, -3],
      'tflite-2.19': [-1, 2, 3, -2],
      tflm: [-1, 2, 3, -2],
      'single-rounding': [-1, 2, 3, -2],
    },
  },
  {
    what: 'FULLY_CONNECTED, halves of quarters: the right shift rounds away from zero',
    op: 'FULLY_CONNECTED',
    options: fullyConnected,
    inputs: [one, tensor('int8', [-2, 2, 6, -6], 1, 0, [4, 1])],
    out: ['int8', 4],
    expected: {
      tflite: [-1, 1, 2, -2],
      'tflite-2.19': [-1, 1, 2, -2],
      tflm: [-1, 1, 2, -2],
      'single-rounding': [0, 1, 2, -1],
    },
  },
  {
    what: 'FULLY_CONNECTED, 84531 / 1000.37 = 84.49974: a half after the first of two roundings',
    op: 'FULLY_CONNECTED',
    options: fullyConnected,
    inputs: [tensor('int8', [0], 1, 0, [1, 1]), one, tensor('int32', [84531])],
    out: ['int8', Math.fround(1000.37)],
    expected: { tflite: [84], 'tflite-2.19': [85], tflm: [85], 'single-rounding': [84] },
  },
  ...[
    {
      op: 'CONV_2D',
      inputs: [
        tensor('int8', [-2, 2, 6, -6], 1, 0, [1, 1, 4, 1]),
        constant('int8', [1, 0], 1, 0, [2, 1, 1, 1]),
        constant('int32', [0, -2], 1),
      ],
    },
    {
      op: 'DEPTHWISE_CONV_2D',
      inputs: [
        tensor('int8', [-2, 5, 2, 5, 6, 5, -6, 5], 1, 0, [1, 1, 4, 2]),
        constant('int8', [1, 0], 1, 0, [1, 1, 1, 2]),
        constant('int32', [0, -2], 1),
      ],
    },
  ].map(
    (test): Case => ({
      what: `${test.op}, halves of quarters, of a product and of a bias alone`,
      ...test,
      options: convolution,
      out: ['int8', 4],
      expected: {
        tflite: [-1, -1, 1, -1, 2, -1, -2, -1],
        'tflite-2.19': [-1, -1, 1, -1, 2, -1, -2, -1],
        tflm: [-1, -1, 1, -1, 2, -1, -2, -1],
        'single-rounding': [0, 0, 1, 0, 2, 0, -1, 0],
      },
    }),
  ),
  {
    what: 'MUL: quarters, and quarters of quarters',
    op: 'MUL',
    options: none,
    inputs: [tensor('int8', [-6, -2, 2, 6, 10, -10], 1), tensor('int8', [1], 1)],
    out: ['int8', 4],
    expected: {
      tflite: [-2, -1, 1, 2, 3, -3],
      'tflite-2.19': [-2, -1, 1, 2, 3, -3],
      tflm: [-2, -1, 1, 2, 3, -3],
      'single-rounding': [-1, 0, 1, 2, 3, -2],
    },
  },
  {
    what: 'QUANTIZE, by a table',
    op: 'QUANTIZE',
    inputs: [tensor('int8', [-6, -2, 2, 6, 10, -10], 1)],
    out: ['int8', 4],
    expected: {
      tflite: [-2, -1, 1, 2, 3, -3],
      'tflite-2.19': [-2, -1, 1, 2, 3, -3],
      tflm: [-2, -1, 1, 2, 3, -3],
      'single-rounding': [-1, 0, 1, 2, 3, -2],
    },
  },
  {
    what: 'LEAKY_RELU, an alpha of -1/2: the sign is taken out before the product is rounded, or not',
    op: 'LEAKY_RELU',
    options: { alpha: -0.5 },
    inputs: [tensor('int16', [-1, -2, -3, -4, 1], 1)],
    out: ['int16', 1],
    expected: {
      tflite: [0, 1, 1, 2, 1],
      'tflite-2.19': [1, 1, 2, 2, 1],
      tflm: [0, 1, 1, 2, 1],
      'single-rounding': [0, 1, 1, 2, 1],
    },
  },
  {
    what: 'LEAKY_RELU, an alpha of -1/4',
    op: 'LEAKY_RELU',
    options: { alpha: -0.25 },
    inputs: [tensor('int8', [-2, -6, -1, -3, 2], 1)],
    out: ['int8', 1],
    expected: {
      tflite: [1, 2, 0, 1, 2],
      'tflite-2.19': [1, 2, 1, 1, 2],
      tflm: [1, 2, 0, 1, 2],
      'single-rounding': [0, 1, 0, 1, 2],
    },
  },
  {
    what: 'EQUAL int16: real values, or what is stored',
    op: 'EQUAL',
    inputs: [tensor('int16', [2, 100, -4, 7], 0.1), tensor('int16', [1, 50, -2, 7], 0.2)],
    out: ['bool'],
    expected: { tflite: [1, 1, 0, 0], 'tflite-2.19': [0, 0, 0, 1] },
  },
];

describe.each(kernelSets)('profiles, $name', ({ set }) => {
  test.each(cases)('$what', ({ what: _, expected, ...test }) => {
    const answers = PROFILES.flatMap((profile) =>
      expected[profile] ? [[profile, valuesOf({ ...test, profile }, set)]] : [],
    );
    expect(Object.fromEntries(answers)).toEqual(expected);
  });
});
