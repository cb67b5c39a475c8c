/** What Python's Interpreter(model) answers by default, recorded by test/oracle/runtimes.py: it is profile xnnpack. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type NpyArray, readNpz } from '../../../src/io/npz.ts';
import { render } from '../../../src/report/document.ts';
import { verifyBlocks } from '../../../src/report/verify.ts';
import { type Golden, verifyModel } from '../../../src/verify/verify.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
const answers = readNpz(read('test/oracle/runtimes.npz'), 'runtimes.npz');

function modelOf(name: string): { bytes: Uint8Array; golden: Golden } {
  const recorded = readNpz(read(`models/${name}/golden.npz`), name);
  const arrays = new Map<string, NpyArray>([
    ['input_0', recorded.get('input_0')!],
    ['output_0', answers.get(name)!],
  ]);
  return { bytes: read(`models/${name}/model.tflite`), golden: { arrays, checksums: new Map() } };
}

describe('models that the default interpreter answered', () => {
  test.each([
    ['cnn56_int8', 2, ['single-rounding', 'xnnpack']],
    ['mobilenet_v1_025_32_int8', 25, ['xnnpack']],
    ['mobilenet_v1_025_32_uint8', 55, ['xnnpack']],
  ])('%s: profile xnnpack explains all that differs', { timeout: 60_000 }, (name, different, explainedBy) => {
    const { bytes, golden } = modelOf(name);
    const found = verifyModel(bytes, golden);
    expect(found).toMatchObject({ different, explainedBy });
    expect(found.nearest).toBeUndefined();
    expect(verifyModel(bytes, golden, { profile: 'xnnpack' })).toMatchObject({ different: 0 });
  });

  test.each(['digits_dense', 'digits_conv_int8', 'cnn56_16x8'])('%s: nothing differs', (name) => {
    const { bytes, golden } = modelOf(name);
    for (const profile of ['tflite', 'xnnpack'] as const) {
      expect(verifyModel(bytes, golden, { profile })).toMatchObject({ different: 0 });
    }
  });
});

describe('what the text says', () => {
  const { bytes, golden } = modelOf('mobilenet_v1_025_32_int8');
  const output = golden.arrays.get('output_0')!;
  const changed = (of: (value: number, i: number) => number) => {
    const data = Int8Array.from(output.data as Int8Array, of);
    return { ...golden, arrays: new Map(golden.arrays).set('output_0', { ...output, data }) };
  };
  const textOf = (recorded: Golden) => {
    const { kernels, ...found } = verifyModel(bytes, recorded);
    const model = { path: 'm', unsupportedOps: [], ...found };
    const summary = { profile: 'tflite', kernels, models: 1, runs: 24, values: 24, different: found.different };
    const blocks = verifyBlocks({ summary: { ...summary, unsupported: 0, failed: 0 }, models: [model] });
    return { found, text: render(blocks, 'text') };
  };

  test('all of them: whose answers these are', { timeout: 60_000 }, () => {
    const { text } = textOf(golden);
    expect(text).toContain('with --profile xnnpack none differs');
    expect(text.replaceAll(/\s+/g, ' ')).toContain("the answers of Python's default Interpreter(model)");
  });

  test('some of them: how many are left', { timeout: 60_000 }, () => {
    const { found, text } = textOf(changed((value, i) => (i === 0 ? value ^ 1 : value)));
    expect(found).toMatchObject({ explainedBy: [], nearest: { profile: 'xnnpack', different: 1 } });
    expect(text).toContain('with --profile xnnpack 1 differ');
    expect(text).not.toContain('Interpreter(model)');
  });

  test('nothing: it is not named', { timeout: 60_000 }, () => {
    const { found, text } = textOf(changed((value) => value ^ 64));
    expect(found.nearest).toBeUndefined();
    expect(text).not.toContain('xnnpack');
  });
});
