/** Small inputs on which the product once fell short, where they lie beside the project: what is right of each. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspect } from '../src/inspect/inspect.ts';
import { type Lint, lint } from '../src/lint/lint.ts';
import { plan } from '../src/plan/plan.ts';
import { root } from './pages.ts';

const cases = join(root, '../shared/cases');
const modelOf = (name: string) => readFileSync(join(cases, name, 'model.tflite'));
const rulesOf = ({ findings }: Lint) => new Set(findings.map(({ rule }) => rule));

function requant(...args: string[]): { status: number | null; text: string } {
  const cli = join(root, 'dist/src/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: cases });
  return { status, text: stdout + stderr };
}

describe.skipIf(!existsSync(cases))('cases (skipped where they are not there)', () => {
  test.each([
    'island_neg',
    'island_sin',
    'island_square',
    'transformer_int8_b1',
    'qat_dense_int8',
    'prelu_16x8_b1',
    'unet_weight_only_wi8_afp32',
    'cnn_dynamic_wi8_afp32',
    'gru_stateful0_unroll1',
    'stream_var_float',
    'concat3',
    'det_concat',
    'merges_int8_b1',
  ])("%s runs, with TFLite's bits", (name) => {
    const { text } = requant('verify', `${name}/model.tflite`, `${name}/golden.npz`, '--json');
    expect(JSON.parse(text).summary).toMatchObject({ different: 0, unsupported: 0, failed: 0 });
  });

  test("merges_int8_b1, as Python's default interpreter answers it", () => {
    const { status, text } = requant('verify', 'merges_int8_b1/model.tflite', 'merges_int8_b1/default_interpreter.npz');
    expect(text).toContain('xnnpack');
    expect(status).toBe(1);
    const files = ['merges_int8_b1/model.tflite', 'merges_int8_b1/default_interpreter.npz'];
    expect(requant('verify', ...files, '--profile', 'xnnpack').status).toBe(0);
  });

  test.each(['concat3', 'lint_false_equal_ranges_unet'])('%s: the scale is shared because it must be', (name) => {
    expect(rulesOf(lint(modelOf(name)))).not.toContain('equal-ranges');
  });

  test('det_concat: scores are left with few values', () => {
    const [finding] = lint(modelOf('det_concat')).findings.filter(({ rule }) => rule === 'lost-steps');
    expect(finding).toMatchObject({ severity: 'warning' });
    expect(Object.keys(finding!.numbers).length).toBeGreaterThan(0);
  });

  test('stream_var_float: the converter was not told to quantize variables', () => {
    const text = JSON.stringify(lint(modelOf('stream_var_float')).findings);
    expect(text).toContain('_experimental_variable_quantization');
    expect(text).not.toContain('knows no quantized');
  });

  test('gru_stateful0_unroll1: SPLIT is in float, though others of the file are int8', () => {
    expect(JSON.stringify(lint(modelOf('gru_stateful0_unroll1')).findings)).not.toContain('knows no quantized SPLIT');
  });

  test.each([
    ['weight_scale_inf', 'invalid-scale'],
    ['accepted_but_tflite_refuses_mnv2', 'activation-overflow'],
    ['tflite_refuses_yolo_pt2e', 'refused-model'],
  ])('%s: an error, and the exit status says so', (name, rule) => {
    const errors = lint(modelOf(name)).findings.filter(({ severity }) => severity === 'error');
    expect(errors.map((finding) => finding.rule)).toContain(rule);
    expect(requant('lint', `${name}/model.tflite`).status).toBe(2);
  });

  test.each(['ethosu_compiled', 'edgetpu_compiled'])('%s is named as compiled, by every command', (name) => {
    const found = lint(modelOf(name));
    expect(rulesOf(found)).toContain('compiled-model');
    expect(rulesOf(found)).not.toContain('tflm-operators');
    expect(inspect(modelOf(name)).subgraphs.length).toBeGreaterThan(0);
    expect(plan(modelOf(name)).arena.bytes).toBeGreaterThan(0);
    const { status, text } = requant('run', `${name}/model.tflite`, '--input-fill', 'zeros');
    expect(text).toMatch(/compiled for/);
    expect(text).not.toMatch(/before anything has written it/);
    expect(status).toBe(2);
  });

  test("audio_preprocessor_int8: TensorFlow Lite Micro's front end, with its bits", () => {
    const files = ['audio_preprocessor_int8/model.tflite', 'audio_preprocessor_int8/golden.npz'];
    const { status, text } = requant('verify', ...files, '--profile', 'tflm');
    expect(text).toMatch(/bit-exact with TensorFlow Lite Micro: 0 of \d+ values differ/);
    expect(status).toBe(0);
  });

  test('svdf_int8_time runs under tflm, and the refusal under tflite says so', () => {
    const run = (profile: string) =>
      requant('run', 'svdf_int8_time/model.tflite', '--input-fill', 'zeros', '--profile', profile);
    expect(run('tflm').status).toBe(0);
    const { status, text } = run('tflite');
    expect(status).toBe(2);
    expect(text).toContain('tflm');
    const errors = lint(modelOf('svdf_int8_time'), { profile: 'tflm' }).findings;
    expect(errors.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
