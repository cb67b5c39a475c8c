/** Traces lead to the values that kernels write. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROFILES as ALL } from '../../../kernels/kernel.ts';
import { sizeOf } from '../../../kernels/tensor.ts';
import { explainerOf, floatExplainerOf } from '../../../src/explain/operator_explainers.ts';
import { exact, unflatten } from '../../../src/formula/evaluate.ts';
import {
  explain,
  InputError,
  Interpreter,
  type OutputTensor,
  type Trace,
  trace,
  UnsupportedError,
} from '../../../src/index.ts';
import { readNpz } from '../../../src/io/npz.ts';
import { render } from '../../../src/report/document.ts';
import { traceBlocks } from '../../../src/report/trace.ts';
import type { TensorData } from '../../../src/runtime/tensor_info.ts';
import { Random } from '../../fuzz/random.ts';
import { readRecorded, recorded, valuesOf } from '../../kernels/recorded_models.ts';
import { type SmallTensor, smallModel } from '../small_models.ts';

/** Of XNNPACK's arithmetic there is no formula. */
const PROFILES = ALL.filter((profile) => profile !== 'xnnpack');

const traced = recorded.filter(
  (op) => explainerOf({ op, isCustom: false }) ?? floatExplainerOf({ op, isCustom: false }),
);

test.each(traced)('random models, in every profile that answers were recorded of: %s', (op) => {
  const random = new Random(7);
  let values = 0;
  for (const { model, inputs, outputs, name } of readRecorded(op)) {
    const given = inputs.map((input) => valuesOf(input, 0));
    const profiles = PROFILES.filter((profile) => outputs[profile]);
    const interpreter = new Interpreter(model, { profile: profiles[0]!, allowFloat: true });
    if (interpreter.nodes.length > 1) continue; // a case of several nodes, of which the operator is not the first
    interpreter.invoke(given);
    if (explain(interpreter).nodes[0]!.expressions.length === 0) {
      const { shape } = outputs[profiles[0]!]![0]!;
      if (sizeOf(shape) === 0) continue;
      const place = { node: 0, at: unflatten(shape, 0) };
      expect(() => trace(new Interpreter(model, { allowFloat: true }), given, place)).toThrow(
        /requant has no formula for it/,
      );
      continue;
    }
    for (const [output, { shape }] of outputs[profiles[0]!]!.entries()) {
      for (let i = 0; i < Math.min(2, sizeOf(shape)); i++) {
        const flat = random.below(sizeOf(shape));
        const found = trace(interpreter, given, { node: 0, at: unflatten(shape, flat), output });
        const expected = profiles.map((profile) => [profile, valuesOf(outputs[profile]![output]!, 0)[flat]]);
        const byProfile = valuesByProfile(found);
        expect([name, profiles.map((profile) => [profile, byProfile[profile]])]).toEqual([name, expected]);
        for (const { steps, value } of found.profiles)
          expect(steps.at(-1)?.value ?? null).toBe(value === null ? null : exact(value));
        values++;
      }
    }
  }
  expect(values).toBeGreaterThan(10);
});

function valuesByProfile({ profiles }: Trace) {
  return Object.fromEntries(profiles.map(({ profile, value }) => [profile, value]));
}

const MODELS = new URL('../../../models/', import.meta.url);
const models = readdirSync(MODELS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe.each(models.map(({ name }) => name))('%s: every node, at random places', (name) => {
  const bytes = readFileSync(new URL(`${name}/model.tflite`, MODELS));
  const golden = readNpz(readFileSync(new URL(`${name}/golden.npz`, MODELS)), name);

  test.each(PROFILES)('%s', (profile) => {
    const random = new Random(11);
    const interpreter = new Interpreter(bytes, { profile });
    const { size } = interpreter.inputs[0]!;
    const input = golden.get('input_0')!.data.subarray(size, 2 * size) as TensorData;
    const written = new Map<number, OutputTensor>();
    interpreter.invoke(input, { tap: (tensor, { index }) => written.set(index, tensor) });
    for (const [node, tensor] of written) {
      for (let i = 0; i < 2; i++) {
        const flat = random.below(tensor.size);
        const at = unflatten(tensor.shape, flat);
        const found = trace(interpreter, input, { node, at });
        expect([node, at, found.profiles[0]!.value]).toEqual([node, at, tensor.data[flat]]);
        expect(found.profiles.map((other) => other.profile).sort()).toEqual([...PROFILES].sort());
        expect(found.profiles.every(({ refused, steps }) => refused !== null || steps.length > 0)).toBe(true);
      }
    }
    expect(written.size).toBe(interpreter.nodes.length);
  });
});

// ---- one node, by hand

const options = (activation: string) =>
  ['Conv2DOptions', { padding: 'SAME', strideW: 1, strideH: 1, fusedActivationFunction: activation }] as const;
const convolution = smallModel({
  tensors: [
    { type: 'INT8', shape: [1, 2, 2, 1], scale: 0.5, zeroPoint: -1 },
    { type: 'INT8', shape: [1, 3, 3, 1], scale: 0.25, data: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { type: 'INT32', shape: [1], scale: 0.125, data: [100, 0, 0, 0] },
    { type: 'INT8', shape: [1, 2, 2, 1], scale: 1, zeroPoint: 3 },
  ],
  nodes: [{ op: 'CONV_2D', inputs: [0, 1, 2], outputs: [3], options: options('RELU') }],
  inputs: [0],
  outputs: [3],
});
const image = Int8Array.of(1, 2, 3, 4);

test('HARD_SWISH, whose 16-bit numbers are shifted by more than 15', () => {
  const x: SmallTensor = { type: 'INT8', shape: [5], scale: 2 ** -16 };
  const y: SmallTensor = { type: 'INT8', shape: [5], scale: 20, zeroPoint: 3 };
  const nodes = [{ op: 'HARD_SWISH', inputs: [0], outputs: [1] }];
  const interpreter = new Interpreter(smallModel({ tensors: [x, y], nodes, inputs: [0], outputs: [1] }));
  const values = [0, 1, 2, 3, 4].map((i) => {
    const { profiles } = trace(interpreter, Int8Array.of(-128, -1, 0, 1, 127), { node: 0, at: [i] });
    return profiles.map(({ value }) => value);
  });
  expect(values).toEqual([2, 2, 4, 4, 4].map((value) => PROFILES.map(() => value))); // as every reference has it
});

test('in profile xnnpack, what the delegate takes is not traced; what it leaves to the same arithmetic is', () => {
  const place = { node: 0, at: [0, 0, 0, 0] };
  expect(() => trace(new Interpreter(convolution, { profile: 'xnnpack' }), image, place)).toThrow(
    /requant has no formula/,
  );
  const x: SmallTensor = { type: 'INT8', shape: [5], scale: 2 ** -16 };
  const y: SmallTensor = { type: 'INT8', shape: [5], scale: 20, zeroPoint: 3 };
  const nodes = [{ op: 'HARD_SWISH', inputs: [0], outputs: [1] }];
  const model = smallModel({ tensors: [x, y], nodes, inputs: [0], outputs: [1] });
  const found = trace(new Interpreter(model, { profile: 'xnnpack' }), Int8Array.of(-128, -1, 0, 1, 127), {
    node: 0,
    at: [0],
  });
  expect(found.profiles[0]).toMatchObject({ profile: 'xnnpack', value: 2 });
});

test('a convolution at a corner', () => {
  const found = trace(new Interpreter(convolution), image, { node: 0, at: [0, 0, 0, 0] });
  expect(found).toMatchObject({ node: 0, op: 'CONV_2D', name: 't3', dtype: 'int8', shape: [1, 2, 2, 1] });
  expect(found.taps).toHaveLength(9);
  expect(found.taps[0]).toEqual({ at: [0, -1, -1, 0], value: null, weightAt: [0, 0, 0, 0], weight: 1, term: null });
  expect(found.taps[4]).toEqual({ at: [0, 0, 0, 0], value: 1, weightAt: [0, 1, 1, 0], weight: 5, term: 10 });
  // 2*5 + 3*6 + 4*8 + 5*9 = 105; (105 + 100) / 8 = 25.625
  const steps = found.profiles[0]!.steps.map(({ name, value }) => [name, value]);
  expect(steps).toEqual([
    ['bias', 100],
    ['sum of products', 105],
    ['acc', 205],
    ['in real numbers', 25.625],
    ['high multiply', 103],
    ['right shift', 26],
    ['zero point', 29],
    ['clamp', 29],
  ]);
  expect(found.profiles[0]).toMatchObject({ profile: 'tflite', refused: null, value: 29, real: 26 });
});

test('a profile in which the operator does not run', () => {
  const tensor = { type: 'INT8', shape: [2], scale: 0.5, zeroPoint: 0 } as const;
  const axis = { type: 'INT32', shape: [], data: [0, 0, 0, 0] } as const;
  const model = smallModel({
    tensors: [tensor, axis, { ...tensor, shape: [1, 2], scale: 1 }],
    nodes: [{ op: 'EXPAND_DIMS', inputs: [0, 1], outputs: [2] }],
    inputs: [0],
    outputs: [2],
  });
  const { profiles } = trace(new Interpreter(model, { profile: 'tflm' }), Int8Array.of(1, 2), { node: 0, at: [0, 1] });
  expect(profiles[0]).toMatchObject({ profile: 'tflm', refused: null, value: 2, real: 2 });
  const tflite = profiles.find(({ profile }) => profile === 'tflite');
  expect(tflite).toMatchObject({ steps: [], value: null, real: null });
  expect(tflite!.refused).toMatch(/^tensor 0 't0' and tensor 2 't2' must have the same scale and zero point$/);
});

describe('wrong usage', () => {
  const interpreter = new Interpreter(convolution);
  test.each<[what: string, options: Parameters<typeof trace>[2], message: RegExp]>([
    ['a node that is not there', { node: 1, at: [0, 0, 0, 0] }, /no node 1: the model has 0 to 0/],
    ['half a node', { node: 0.5, at: [0, 0, 0, 0] }, /no node 0.5/],
    ['too few indices', { node: 0, at: [0, 0] }, /\[0,0\] is no place in CONV_2D.* of shape \[1,2,2,1\]/],
    ['an index beyond the shape', { node: 0, at: [0, 0, 2, 0] }, /no place/],
    ['an index that is none', { node: 0, at: [0, 0, -1, 0] }, /no place/],
    ['an output that is not there', { node: 0, at: [0, 0, 0, 0], output: 1 }, /has no output 1: it has 1/],
  ])('%s', (_, options, message) => {
    expect(() => trace(interpreter, image, options)).toThrow(InputError);
    expect(() => trace(interpreter, image, options)).toThrow(message);
  });

  test('an operator that is not traced', () => {
    const tensor = { type: 'INT32', shape: [3] } as const;
    const model = smallModel({
      tensors: [tensor, tensor, tensor],
      nodes: [{ op: 'UNIQUE', inputs: [0], outputs: [1, 2], options: ['UniqueOptions', {}] }],
      inputs: [0],
      outputs: [1, 2],
    });
    const run = () => trace(new Interpreter(model), Int32Array.of(1, 2, 3), { node: 0, at: [1] });
    expect(run).toThrow(UnsupportedError);
    expect(run).toThrow(/UNIQUE \(node 0\): requant has no formula for it/);
  });
});

test('as text: few taps or all, profiles together as far as they agree', () => {
  const textOf = (traced: Trace, all: boolean) => render(traceBlocks('model.tflite', 'zeros', traced, { all }), 'text');
  const interpreter = new Interpreter(readFileSync(new URL('digits_conv_int8/model.tflite', MODELS)));
  const zeros = new Int8Array(interpreter.inputs[0]!.size);
  const dense = trace(interpreter, zeros, { node: 5, at: [0, 3] });
  const few = textOf(dense, false);
  expect(few).toContain('… 546 taps more: --all');
  expect(few).toMatch(/every profile +value\n {2}bias +bias\[3\] +-?\d+\n {2}sum of products +576 products/);
  expect(few).toMatch(/profile tflite +value\n {2}product +float64\(/);
  const all = textOf(dense, true);
  expect(all.match(/^ {2}\[0, \d+\]/gm)).toHaveLength(576);
  const corner = textOf(trace(interpreter, zeros, { node: 0, at: [0, 0, 0, 0] }), true);
  expect(corner).toMatch(/\[0, -1, -1, 0\] +\[0, 0, 0, 0\] +-?\d+ +left out/);
  expect(corner).toMatch(
    /every profile +value\n {2}bias +bias\[0\] +-?\d+\n {2}sum of products +4 products, 5 left out/,
  );
  expect(corner).toMatch(/profiles tflite, tflite-2.19, tflm +value\n {2}high multiply/);
  expect(corner).toMatch(/profile single-rounding +value\n {2}multiply/);
});
