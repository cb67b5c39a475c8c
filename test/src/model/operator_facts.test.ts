import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as reference from '../../../kernels/reference/index.ts';
import {
  channelAxis,
  constantKind,
  fixedOutputQuantization,
  hasWeights,
  OPERATORS_WITH_FACTS,
  onOtherScale,
  placeOf,
  rolesOf,
  sharesScaleOf,
  typeLimits,
} from '../../../src/model/operator_facts.ts';
import { builtinOperators } from '../../../src/model/schema.ts';

/** What BUILTIN_REF did: scale_rules.py, which recorded it, says how. */
interface Recorded {
  readonly onOtherScale: { readonly [op: string]: { readonly [dtype: string]: { readonly [place: string]: string } } };
  readonly accepted: { readonly [op: string]: { readonly [dtype: string]: readonly [scale: string, zero: number][] } };
}
const recorded: Recorded = JSON.parse(readFileSync(new URL('../../model/scale_rules.json', import.meta.url), 'utf8'));

/** Inputs whose scale TFLite does not look at although their values are not the output's; of PADV2, the value that fills. */
const EXCEPTIONS: { readonly [opAndPlace: string]: string } = {
  'BITWISE_XOR 0': 'ignored', // of plain integers
  'BITWISE_XOR 1': 'ignored',
  'L2_NORMALIZATION 0': 'ignored', // it divides by the length: the scale cancels
  'PADV2 2': 'refused',
};

describe('scales that do not fit, as BUILTIN_REF takes them', () => {
  const rows = Object.entries(recorded.onOtherScale).flatMap(([op, types]) =>
    Object.entries(types).flatMap(([dtype, places]) =>
      Object.entries(places).map(([place, seen]) => [op, dtype, Number(place), seen] as const),
    ),
  );

  test.each(rows)('%s %s, input %i: %s', (op, dtype, place, seen) => {
    const shares = sharesScaleOf(op, 4).includes(place);
    const told = shares ? onOtherScale(op, dtype) : (EXCEPTIONS[`${op} ${place}`] ?? 'rescaled');
    expect(told).toBe(seen);
  });

  test('every operator that shares its scale was asked', () => {
    const shared = OPERATORS_WITH_FACTS.filter((op) => sharesScaleOf(op, 4).length > 0);
    expect(shared.filter((op) => recorded.onOtherScale[op] === undefined)).toEqual([]);
    expect(shared.filter((op) => onOtherScale(op, 'int8') === undefined)).toEqual([]);
  });
});

describe('fixed outputs, as AllocateTensors checks them', () => {
  const SCALES = ['1/256', '1/255', '1/128', '1/127', '1/32768', '1/32767', '1/16', '1/100'];
  const rows = Object.entries(recorded.accepted).flatMap(([op, types]) =>
    Object.entries(types).map(([dtype, accepted]) => [op, dtype, accepted] as const),
  );

  test.each(rows)('%s %s', (op, dtype, accepted) => {
    const { scale, zeroPoint, checked, tolerance } = fixedOutputQuantization(op, dtype)!;
    const [least, most] = typeLimits(dtype)!;
    const told = SCALES.flatMap((text) => {
      const given = 1 / Number(text.slice(2));
      const fits = !checked.includes('scale') || Math.abs(given / scale - 1) <= tolerance;
      return [-128, 0, 127, 128, 255]
        .filter((zero) => zero >= least && zero <= most)
        .flatMap((zero) => (fits && (zero === zeroPoint || !checked.includes('zero point')) ? [[text, zero]] : []));
    });
    expect(told).toEqual(accepted);
  });

  test('every one was asked', () => {
    const types = ['int8', 'uint8', 'int16'];
    const all = OPERATORS_WITH_FACTS.flatMap((op) => types.filter((dtype) => fixedOutputQuantization(op, dtype)).map((dtype) => `${op} ${dtype}`)); // biome-ignore format: one line
    expect(all.sort()).toEqual(rows.map(([op, dtype]) => `${op} ${dtype}`).sort());
  });
});

test('operators have the names of the schema, and those with a kernel are all here', () => {
  const names: readonly string[] = Object.keys(builtinOperators);
  expect(OPERATORS_WITH_FACTS.filter((op) => !names.includes(op))).toEqual([]);
  const untold = ['ADD_N', 'CALL_ONCE', 'IF', 'WHILE', 'VAR_HANDLE']; // no input, or any number of them
  expect(Object.keys(reference).filter((op) => !OPERATORS_WITH_FACTS.includes(op))).toEqual(untold);
});

test('roles', () => {
  expect(rolesOf('TRANSPOSE_CONV')).toEqual(['output shape', 'filter', 'input', 'bias']);
  expect([placeOf('TRANSPOSE_CONV', 'input'), placeOf('ADD', 'bias'), placeOf('constructor', 'input')]).toEqual([2, -1, -1]); // biome-ignore format: one line
  expect(rolesOf('UNIDIRECTIONAL_SEQUENCE_LSTM')).toHaveLength(24);
  expect([0, 1, 2, 3].map((place) => constantKind('FULLY_CONNECTED', place))).toEqual([undefined, 'weights', 'bias', undefined]); // biome-ignore format: one line
  expect(Array.from({ length: 24 }, (_, place) => constantKind('LSTM', place)?.[0] ?? '-').join('')).toBe('-wwwwwwwwwwwbbbbwb--wwww'); // biome-ignore format: one line
  expect(['CONV_2D', 'ADD', 'toString'].map(hasWeights)).toEqual([true, false, false]);
  expect([channelAxis('DEPTHWISE_CONV_2D', 'filter'), channelAxis('ADD', 'filter')]).toEqual([3, undefined]);
});
