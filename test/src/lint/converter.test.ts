/** What lint says of float parts, against what TensorFlow's converter does: test/lint/converter.py made and recorded all of it. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { isLeftInFloat, isQuantizedByConverter, isRefused16x8 } from '../../../src/lint/converter.ts';
import { lint } from '../../../src/lint/lint.ts';

type Became = 'integer' | 'float' | 'refused' | 'absent';
interface Recorded {
  readonly int8: Readonly<Record<string, Became>>;
  readonly int16: Readonly<Record<string, { readonly strict: Became; readonly 'with TFLITE_BUILTINS': Became }>>;
}
const recorded: Recorded = JSON.parse(readFileSync(new URL('../../lint/converter.json', import.meta.url), 'utf8'));
const models = unzipSync(readFileSync(new URL('../../lint/converted.zip', import.meta.url)));

describe('the table of operators is what the converter did', () => {
  test.each(Object.keys(recorded.int8))('%s', (op) => {
    const int16 = recorded.int16[op]!;
    expect(isLeftInFloat(op, 'int8')).toBe(recorded.int8[op] === 'float');
    expect(isLeftInFloat(op, 'int16')).toBe(int16['with TFLITE_BUILTINS'] === 'float');
    expect(isRefused16x8(op)).toBe(int16.strict === 'refused');
    expect(isQuantizedByConverter(op, 'int8')).toBe(recorded.int8[op] === 'integer');
    expect(isQuantizedByConverter(op, 'int16')).toBe(int16['with TFLITE_BUILTINS'] === 'integer');
  });

  test('and of others nothing is said', () => {
    const others = ['ATAN2', 'DENSIFY', 'CONV_2D', 'constructor'].filter((op) => !recorded.int8[op]);
    expect(others.filter((op) => isLeftInFloat(op, 'int8') || isLeftInFloat(op, 'int16'))).toEqual([]);
    expect(isLeftInFloat('NEG', 'float32')).toBe(false);
  });
});

/** Of each model: what is said of each node in float, and words of the remedies; none: it has no node in float. */
const CASES: Readonly<Record<string, readonly [texts: readonly RegExp[], remedy: string] | 'none'>> = {
  neg_int8: [[/^the converter has no int8 form of NEG \(TensorFlow 2.21\)$/], 'MUL by -1'],
  abs_int8: 'none',
  prelu_16x8: [[/^the converter has no int16 form of PRELU \(TensorFlow 2.21\)$/], 'LEAKY_RELU'],
  prelu_int8: 'none',
  split_unused_int8: [
    [/^nothing reads tensor \d+ '[^']+' \(its output\), which has no range, and a SPLIT_V is/],
    'use every output',
  ],
  split_used_int8: 'none',
  cast_int8: [[/^from float32 to int32$/, /^from int32 to float32$/], 'outside of the model'],
  stream_float_state: [
    [/^its state, tensor \d+ '[^']*', is float32$/, /^its state, /, /^its state, /, /^its state, /],
    'converter._experimental_variable_quantization = True',
  ],
  stream_int8_state: 'none',
  dynamic_range: [[/^its weights, .*, are float; float in and out, nothing of it is quantized$/, /^float in and out/, /^float activations, int8 weights: .*; the activations' ranges were not measured$/], 'representative_dataset'], // biome-ignore format: one line
  float16: [
    [/^its weights are float16 in the file/, /^float in and out/, /^float in and out/],
    'representative_dataset',
  ],
  float_edges_int8: 'none',
  float_edges_16x8: 'none',
  tfmot_dense_norm: [[/^layers dense_?\d*, batch_normalization_?\d*: its weights, .*, are float32: they had no fake quantization/], 'fold the batch normalization'], // biome-ignore format: one line
  tfmot_dense: 'none',
  tfmot_conv_norm: 'none',
  tfmot_transpose_norm: [
    [
      /has no range: training put no fake quantization there, and a TRANSPOSE_CONV is/,
      /has no range: training put no fake quantization there, and a MUL/,
      /and a ADD is/,
    ],
    'fold the batch normalization',
  ],
  tfmot_annotated_in_part: [
    [/^layer dense_\d+: its weights, .*, are float32: they had no fake quantization/],
    'quantize_annotate_layer',
  ],
  tfmot_not_converted: [[/^/, /^/, /^/], 'converter.optimizations = [tf.lite.Optimize.DEFAULT]'],
  tfmot_converted: 'none',
  dense_norm_after_training: 'none',
};

describe('each way in which a part of a model stays in float', () => {
  test.each(Object.entries(CASES))('%s', (name, told) => {
    const { findings } = lint(models[`${name}.tflite`]!);
    const found = findings.filter(({ rule }) => rule === 'float-node');
    if (told === 'none') {
      expect(found).toEqual([]);
      return;
    }
    const [texts, remedy] = told;
    expect(found.map(({ text }) => text)).toEqual(texts.map((text) => expect.stringMatching(text)));
    for (const { remedies } of found) expect(JSON.stringify(remedies)).toContain(remedy);
  });

  test('every model has a case', () => {
    expect(Object.keys(models).sort()).toEqual(
      Object.keys(CASES)
        .map((name) => `${name}.tflite`)
        .sort(),
    );
  });

  test('a data set is asked for only where none was given', () => {
    const asking = Object.keys(CASES).filter((name) =>
      lint(models[`${name}.tflite`]!).findings.some(
        ({ rule, remedies }) => rule === 'float-node' && JSON.stringify(remedies[0]).includes('representative_dataset'),
      ),
    );
    expect(asking).toEqual(['dynamic_range', 'float16']);
  });

  test.each([
    ['float_edges_int8', 'int8'],
    ['float_edges_16x8', 'int16'],
  ])('%s: the edges take %s', (name, type) => {
    const edges = lint(models[`${name}.tflite`]!).findings.filter(({ rule }) => rule === 'float-edge');
    expect(edges).toHaveLength(2);
    for (const { remedies } of edges)
      expect(remedies[0]!.code).toContain(`converter.inference_input_type = tf.${type}`);
  });
});
