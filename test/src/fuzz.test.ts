/** Any bytes give a model that runs or one of requant's errors. `npm run fuzz` does the same at length. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../kernels/errors.ts';
import { type Node, type Operator, operator } from '../../kernels/kernel.ts';
import { buildModel } from '../../src/model/builder.ts';
import { fuzz, printed, shareFrom, tryModel } from '../fuzz/fuzz.ts';
import { Random } from '../fuzz/random.ts';
import { readSeeds } from '../fuzz/seeds.ts';
import { smallModel } from './small_models.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const int8 = { type: 'INT8', scale: 1 } as const;

/** A model of a few hundred bytes: CONV_2D of two pixels and two filters, then a RESHAPE to a constant shape. */
const tiny = smallModel({
  tensors: [
    { ...int8, shape: [1, 1, 2, 1] },
    { ...int8, shape: [2, 1, 1, 1], scale: [1, 0.5], data: [3, 250] },
    { type: 'INT32', shape: [2], scale: 1, data: [1, 0, 0, 0, 255, 255, 255, 255] },
    { ...int8, shape: [1, 1, 2, 2], scale: 2 },
    { type: 'INT32', shape: [2], data: [2, 0, 0, 0, 2, 0, 0, 0] },
    { ...int8, shape: [2, 2], scale: 2 },
  ],
  nodes: [
    { op: 'CONV_2D', inputs: [0, 1, 2], outputs: [3], options: ['Conv2DOptions', { strideW: 1, strideH: 1 }] },
    { op: 'RESHAPE', inputs: [3, 4], outputs: [5] },
  ],
  inputs: [0],
  outputs: [5],
  signature: { inputs: { x: 0 }, outputs: { y: 5 } },
});

/** What stands in the way of the promise; undefined if nothing does. */
function broken(bytes: Uint8Array): unknown {
  try {
    tryModel(bytes, new Random(1));
    return undefined;
  } catch (finding) {
    return finding;
  }
}

test('the small model runs', () => {
  expect(tryModel(tiny, new Random(1))).toBe('invoke ok');
});

describe('every damage of one kind to the small model', () => {
  test('cut after each byte', () => {
    for (let length = 0; length < tiny.length; length++) expect(broken(tiny.slice(0, length))).toBeUndefined();
  });

  test.each([0x00, 0x01, 0x7f, 0x80, 0xff])('each byte replaced by %i', (byte) => {
    for (let at = 0; at < tiny.length; at++) expect(broken(tiny.with(at, byte))).toBeUndefined();
  });

  test('each bit flipped', () => {
    for (let bit = 0; bit < 8 * tiny.length; bit++) {
      expect(broken(tiny.with(bit >> 3, tiny[bit >> 3]! ^ (1 << (bit & 7))))).toBeUndefined();
    }
  });
});

describe('mutated models', () => {
  const seeds = [tiny, ...readSeeds(project)];

  test.each([1, Math.floor(Math.random() * 2 ** 31)])('of seed %i', (seed) => {
    const report = fuzz(seeds, seed, 2500);
    if (report.findings.length > 0) console.log(printed(report));
    expect(report.findings.map(({ number, error }) => `npm run fuzz -- --seed ${seed} --first ${number}: ${error}`)).toEqual([]); // biome-ignore format: one line
  });

  test('come far enough to test more than the loader', () => {
    const report = fuzz(seeds, 1, 1000);
    expect(shareFrom(report, ['prepare', 'invoke'])).toBeGreaterThan(0.25);
    expect(shareFrom(report, ['invoke'])).toBeGreaterThan(0.1);
  });

  test('are the same for the same seed', () => {
    const outcomes = () => [...fuzz(seeds, 5, 200).outcomes];
    expect(outcomes()).toEqual(outcomes());
  });
});

describe('the check finds', () => {
  const tensor = { type: 'INT8', shape: [1] } as const;
  const bytes = buildModel({
    version: 3,
    operatorCodes: [{ builtinCode: 'CUSTOM', customCode: 'Mine' }],
    buffers: [{}],
    subgraphs: [{ tensors: [tensor, tensor], inputs: [0], outputs: [1], operators: [{ inputs: [0], outputs: [1] }] }],
  });
  const run = (mine: Operator) => () => tryModel(bytes, new Random(1), { customOps: { Mine: mine } });
  const output = (node: Node) => node.output(0, [1], 'int8');

  test('an error of another class, in prepare and in eval', () => {
    const fail = () => {
      throw new RangeError('mine');
    };
    expect(run(operator(fail, fail))).toThrow(expect.objectContaining({ outcome: 'prepare RangeError' }));
    expect(run(operator(output, () => fail))).toThrow(expect.objectContaining({ outcome: 'invoke RangeError' }));
  });

  test('a ModelError that does not say where', () => {
    const fail = () => {
      throw new ModelError('mine', { node: 0 });
    };
    expect(run(operator(fail, fail))).toThrow(
      expect.objectContaining({ error: expect.stringContaining('where: mine') }),
    );
  });

  test('two runs with two answers', () => {
    let count = 0;
    const counter = operator(
      output,
      ({ data }) =>
        () =>
          data.fill(count++),
    );
    expect(run(counter)).toThrow(expect.objectContaining({ error: expect.stringContaining('two runs, two answers') }));
  });
});
