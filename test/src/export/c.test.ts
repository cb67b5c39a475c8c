/** Exported C is compiled by gcc, without a warning, and agrees with TFLite's bits, layer by layer. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PROFILES } from '../../../kernels/kernel.ts';
import { explainerOf } from '../../../src/explain/operator_explainers.ts';
import { exportC } from '../../../src/export/c/model.ts';
import { literal } from '../../../src/export/c/values.ts';
import { Interpreter, type TensorData, UnsupportedError } from '../../../src/index.ts';
import { readNpz } from '../../../src/io/npz.ts';
import { readRecorded, recorded, valuesOf } from '../../kernels/recorded_models.ts';
import { smallModel } from '../small_models.ts';

const MODELS_EACH = 1;

const MODELS = new URL('../../../models/', import.meta.url);
const names = readdirSync(MODELS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
const folder = mkdtempSync(join(tmpdir(), 'requant-c-'));
afterAll(() => rmSync(folder, { recursive: true }));

const gcc = spawnSync('gcc', ['--version']).status === 0;

/** The structs of arm_nn_types.h that the export names. */
const ARM_NN_TYPES = `
#include <stdint.h>
typedef struct { int32_t w; int32_t h; } cmsis_nn_tile;
typedef struct { int32_t n; int32_t h; int32_t w; int32_t c; } cmsis_nn_dims;
typedef struct { int32_t *multiplier; int32_t *shift; } cmsis_nn_per_channel_quant_params;
typedef struct { int32_t multiplier; int32_t shift; } cmsis_nn_per_tensor_quant_params;
typedef struct { int32_t min; int32_t max; } cmsis_nn_activation;
typedef struct { int32_t input_offset; int32_t output_offset; cmsis_nn_tile stride; cmsis_nn_tile padding;
  cmsis_nn_tile dilation; cmsis_nn_activation activation; } cmsis_nn_conv_params;
typedef struct { int32_t input_offset; int32_t output_offset; int32_t ch_mult; cmsis_nn_tile stride; cmsis_nn_tile padding;
  cmsis_nn_tile dilation; cmsis_nn_activation activation; } cmsis_nn_dw_conv_params;
typedef struct { cmsis_nn_tile stride; cmsis_nn_tile padding; cmsis_nn_activation activation; } cmsis_nn_pool_params;
typedef struct { int32_t input_offset; int32_t filter_offset; int32_t output_offset; cmsis_nn_activation activation; }
  cmsis_nn_fc_params;
`;

const STRICT = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror', '-O1'];

function write(name: string, files: ReadonlyMap<string, string>): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of files) writeFileSync(join(path, file), text);
  return path;
}

function selfTest(path: string): { status: number | null; text: string } {
  const program = join(path, 'selftest');
  const made = spawnSync('gcc', [...STRICT, join(path, 'main.c'), '-o', program, '-lm'], { encoding: 'utf8' });
  expect(made.stderr).toBe('');
  const { status, stdout } = spawnSync(program, { encoding: 'utf8' });
  return { status, text: stdout };
}

function exported(name: string, profile: (typeof PROFILES)[number]) {
  const interpreter = new Interpreter(readFileSync(new URL(`${name}/model.tflite`, MODELS)), { profile });
  const golden = readNpz(readFileSync(new URL(`${name}/golden.npz`, MODELS)), name);
  const inputs = interpreter.inputs.map(({ size }, i) => golden.get(`input_${i}`)!.data.slice(0, size) as TensorData);
  return exportC(interpreter, inputs, { source: name, cmsisNn: true });
}

/** Of what the delegate takes there are no formulas yet, and so no C. */
const WRITTEN = PROFILES.filter((profile) => profile !== 'xnnpack');

/** One random model of each operator that has a formula, in this profile. */
const operators = recorded.filter((op) => explainerOf({ op, isCustom: false }));

/** A product that has no formula, and so no C. */
const values = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint: 0 } as const;
const axis = { type: 'INT32', shape: [1], data: [0, 0, 0, 0] } as const;
const product = { type: 'INT8', shape: [1], scale: 0.5, zeroPoint: 0 } as const;

/** What has a formula and no C: it says why. */
const NOT_WRITTEN: { readonly [op: string]: string } = {
  L2_NORMALIZATION: 'the inverse root is not written in C',
  LOG_SOFTMAX: 'the logarithm in fixed point is not written in C',
  REDUCE_PROD: 'a product that wraps at every step, or is rescaled there',
};

describe.skipIf(!gcc)('compiled by gcc (skipped where there is none)', () => {
  test.each(WRITTEN)(
    'every operator that has a formula, %s',
    (profile) => {
      const missing = new Set<string>();
      for (const op of operators) {
        const found = [...readRecorded(op)].filter(
          ({ outputs, inputs }) => outputs[profile] && inputs.every(({ dtype }) => !/float/.test(dtype)),
        );
        for (const { model, inputs, name } of found.slice(0, MODELS_EACH)) {
          const interpreter = new Interpreter(model, { profile, allowFloat: true });
          if (interpreter.nodes.every((node) => node.op !== op)) continue;
          let made: ReturnType<typeof exportC>;
          try {
            made = exportC(interpreter, inputs.map((input) => valuesOf(input, 0)), { source: name }); // biome-ignore format: one line
          } catch (error) {
            if (!(error instanceof UnsupportedError)) throw error;
            missing.add(op);
            continue;
          }
          const { text } = selfTest(write(`${op}-${profile}`, made.files));
          expect(`${name}: ${text}`).toContain('all layers equal');
        }
      }
      expect([...missing].filter((op) => !(op in NOT_WRITTEN))).toEqual([]);
    },
    600_000,
  );

  describe.each(names)('%s', (name) => {
    test.each(WRITTEN)('%s: no warning, and every layer is written out and equal', (profile) => {
      const { files, layers } = exported(name, profile);
      const { status, text } = selfTest(write(`${name}-${profile}`, files));
      expect(text).toContain('all layers equal');
      expect(status).toBe(0);
      expect(layers.filter(({ isComputed }) => !isComputed)).toEqual([]);
      expect(text.match(/: ok$/gm)).toHaveLength(layers.length);
    });

    const flip = (values: string) => values.replace(/-?\d+/g, (weight) => String(Number(weight) ^ 1));
    const halve = (multiplier: string) => String(Number(multiplier) >> 1);

    test.each([
      ['the last bits of a filter are', 'weights.h', /(?<=\] = \{\n)[^}]+/, flip],
      ['a multiplier is', 'layers.h', /(?<=_multiplier\[\d+\] = \{\n {2}|requant_rescale_\w+\(acc, )\d+/, halve],
    ] as const)('the self-test sees that %s wrong', (_, file, pattern, change) => {
      const { files } = exported(name, 'tflm');
      const wrong = files.get(file)!.replace(pattern, change);
      expect(wrong).not.toBe(files.get(file));
      const { status, text } = selfTest(write(`${name}-wrong`, new Map([...files, [file, wrong]])));
      expect(text).toMatch(/differs from byte \d+ on/);
      expect(status).toBe(1);
    });

    test('the structs of CMSIS-NN compile', () => {
      const { files } = exported(name, 'tflm');
      const path = write(`${name}-cmsis`, new Map([...files, ['arm_nn_types.h', ARM_NN_TYPES]]));
      const given = spawnSync(
        'gcc',
        [...STRICT, '-Wno-unused-variable', '-fsyntax-only', '-x', 'c', join(path, 'cmsis_nn.h')],
        {
          encoding: 'utf8',
        },
      );
      expect([given.status, given.stderr]).toEqual([0, '']);
    });
  });

  test('in the profile xnnpack, layers that the delegate takes are not written, and the self-test says how many are', () => {
    const { files, layers } = exported('cnn56_int8', 'xnnpack');
    const written = layers.filter(({ isComputed }) => isComputed).length;
    expect(written).toBeLessThan(layers.length);
    expect(selfTest(write('xnnpack', files)).text).toContain(`${written} of ${layers.length} layers are computed here`);
  });

  test('in the profile xnnpack, layers that the delegate takes are not written, and the self-test says how many are', () => {
    const { files, layers } = exported('cnn56_int8', 'xnnpack');
    const written = layers.filter(({ isComputed }) => isComputed).length;
    expect(written).toBeLessThan(layers.length);
    expect(selfTest(write('xnnpack', files)).text).toContain(`${written} of ${layers.length} layers are computed here`);
  });

  test.each([[[4]], [[1]], [[3, 1]], [[2, 1, 4]], [[2, 3, 1]], [[1, 1, 4]]])(
    'an operand of shape %j is repeated',
    (shape) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const int8 = (dims: number[]) => ({ type: 'INT8', shape: dims, scale: 0.05, zeroPoint: 3 }) as const;
      const model = smallModel({
        tensors: [int8([2, 3, 4]), int8(shape), int8([2, 3, 4]), int8([2, 3, 4])],
        nodes: [
          { op: 'MUL', inputs: [0, 1], outputs: [2], options: ['MulOptions', {}] },
          { op: 'SUB', inputs: [1, 2], outputs: [3], options: ['SubOptions', {}] },
        ],
        inputs: [0, 1],
        outputs: [3],
      });
      const values = (count: number, factor: number) => Int8Array.from({ length: count }, (_, i) => (i * factor) % 100);
      const { files, layers } = exportC(new Interpreter(model), [values(24, 37), values(size, 23)], { source: 'x' });
      expect(layers.map(({ isComputed }) => isComputed)).toEqual([true, true]);
      expect(selfTest(write(`repeated-${shape.join('x')}`, files)).status).toBe(0);
    },
  );

  test('layers that are not written out are taken from the golden run, and said so', () => {
    const model = smallModel({
      tensors: [values, axis, product, product],
      nodes: [
        { op: 'REDUCE_PROD', inputs: [0, 1], outputs: [2], options: ['ReducerOptions', { keepDims: true }] },
        { op: 'RESHAPE', inputs: [2], outputs: [3], options: ['ReshapeOptions', { newShape: [1] }] },
      ],
      inputs: [0],
      outputs: [3],
    });
    const { files, layers } = exportC(new Interpreter(model), [Int8Array.of(1, -2, 3, -128)], {
      source: '*/ a ??/ trick',
    });
    expect(layers.map(({ isComputed }) => isComputed)).toEqual([false, true]);
    const { status, text } = selfTest(write('taken', files));
    expect(text).toContain('node 0 REDUCE_PROD: not computed here, taken from the golden run');
    expect(text).toContain('1 of 2 layers are computed here, and equal; the others were taken from the golden run');
    expect(status).toBe(0);
  });
});

test('a model of which nothing can be written out', () => {
  const nodes = [
    { op: 'REDUCE_PROD', inputs: [0, 1], outputs: [2], options: ['ReducerOptions', { keepDims: true }] as const },
  ];
  const model = smallModel({ tensors: [values, axis, product], nodes, inputs: [0], outputs: [2] });
  const interpreter = new Interpreter(model);
  const run = () => exportC(interpreter, [new Int8Array(4)], { source: 'x' });
  expect(run).toThrow(UnsupportedError);
  expect(run).toThrow(/none of its layers can be exported as C: REDUCE_PROD/);
});

test.each([
  [-0, 'float32', '-0.0f'],
  [1, 'float32', '1.0f'],
  [Math.fround(0.1), 'float32', '0.100000001f'],
  [Math.fround(1e30), 'float32', '1.00000002e+30f'],
  [Number.POSITIVE_INFINITY, 'float32', '(1.0f / 0.0f)'],
  [-(2 ** 31), 'int32', 'INT32_MIN'],
  [5n, 'int64', 'INT64_C(5)'],
  [-(2n ** 63n), 'int64', 'INT64_MIN'],
  [-128, 'int8', '-128'],
])('%s of %s as C', (value, dtype, text) => expect(literal(value, dtype)).toBe(text));
