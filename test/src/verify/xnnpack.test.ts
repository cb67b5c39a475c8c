/** What Python's Interpreter(model) answers by default, recorded by test/oracle/runtimes.py: it is recognised. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Interpreter } from '../../../src/index.ts';
import { type NpyArray, readNpz } from '../../../src/io/npz.ts';
import { render } from '../../../src/report/document.ts';
import { verifyBlocks } from '../../../src/report/verify.ts';
import { targetOf } from '../../../src/runtime/entry_point.ts';
import { type Golden, verifyModel } from '../../../src/verify/verify.ts';
import { Xnnpack } from '../../../src/verify/xnnpack.ts';
import { readRecorded, runsOf, valuesOf } from '../../kernels/recorded_models.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
const { 'refused by default': refused } = JSON.parse(read('test/oracle/runtimes.json').toString()) as {
  'refused by default': { readonly [key: string]: readonly number[] };
};
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
    ['cnn56_int8', 2, ['single-rounding'], ['CONV_2D', 'MEAN', 'FULLY_CONNECTED']],
    ['mobilenet_v1_025_32_int8', 25, [], ['CONV_2D', 'DEPTHWISE_CONV_2D']],
    ['mobilenet_v1_025_32_uint8', 55, [], ['CONV_2D', 'DEPTHWISE_CONV_2D']],
  ])('%s: XNNPACK explains all that differs', { timeout: 60_000 }, (name, different, explainedBy, operators) => {
    const { bytes, golden } = modelOf(name);
    expect(verifyModel(bytes, golden)).toMatchObject({
      different,
      explainedBy,
      xnnpack: { different: 0, operators },
    });
  });

  test.each(['digits_dense', 'digits_conv_int8', 'cnn56_16x8'])('%s: nothing differs', (name) => {
    const { bytes, golden } = modelOf(name);
    expect(verifyModel(bytes, golden)).toMatchObject({ different: 0 });
  });
});

describe('what it does not explain', () => {
  const { bytes, golden } = modelOf('cnn56_int8');
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

  test('some of them', () => {
    const { found, text } = textOf(changed((value, i) => (i === 0 ? value ^ 1 : value)));
    expect(found.xnnpack).toMatchObject({ different: 1 });
    expect(found.different).toBeGreaterThan(1);
    expect(text).toContain('explains some of them: with its formulas for CONV_2D, MEAN, FULLY_CONNECTED 1 differ.');
  });

  test('nothing: it is not named', () => {
    const { found, text } = textOf(changed((value) => value ^ 64));
    expect(found.xnnpack).toMatchObject({ different: 24 });
    expect(text).not.toContain('XNNPACK');
  });

  test('all of them: the text says so', () => {
    expect(textOf(golden).text).toContain(
      'Interpreter(model) uses by default, explains all of them: with its formulas for CONV_2D',
    );
  });
});

/** Values of nodes with a formula, and those of them that the reference has otherwise. */
const COMPARED: { readonly [key: string]: readonly [number, number] } = {
  'ADD/int8': [2752, 6],
  'ADD/uint8': [1174, 26],
  'CONV_2D/int8': [1128, 6],
  'CONV_2D/uint8': [1374, 42],
  'DEPTHWISE_CONV_2D/int8': [1558, 113],
  'DEPTHWISE_CONV_2D/uint8': [0, 0], // quantized along dimension 3: the delegate leaves them
  'FULLY_CONNECTED/int8': [760, 14],
  'FULLY_CONNECTED/uint8': [1480, 13],
  'MEAN/int8': [252, 16],
  'MEAN/uint8': [302, 20],
  'MUL/int8': [1942, 72],
  'MUL/uint8': [1260, 66],
  'SUB/int8': [2140, 1],
  'SUB/uint8': [1626, 9],
};

describe('random models: by the formula, where there is one, and without a difference', () => {
  test.each(Object.keys(COMPARED))('%s', (key) => {
    const [op, type] = key.split('/') as [string, string];
    const { data } = answers.get(key)!;
    let [at, compared, unlikeReference] = [0, 0, 0];
    for (const { name, model, inputs, outputs } of readRecorded(op)) {
      const [, its, number] = name.split(' ');
      if (its !== type || refused[key]?.includes(Number(number))) continue;
      const interpreter = new Interpreter(model);
      const reference = outputs.tflite![0]!;
      for (let run = 0; run < runsOf(reference); run++) {
        const xnnpack = new Xnnpack(targetOf(interpreter));
        const given = inputs.map((input) => valuesOf(input, run));
        const [output] = interpreter.invoke(given, { replace: (tensor, node) => xnnpack.values(tensor, node) });
        const size = output!.data.length;
        const answer = data.subarray(at, (at += size));
        if (xnnpack.operators.size === 0) continue;
        expect([...output!.data], `${name}, run ${run}`).toEqual([...answer]);
        const own = valuesOf(reference, run);
        compared += size;
        for (let i = 0; i < size; i++) if (own[i] !== answer[i]) unlikeReference++;
      }
    }
    expect(at).toBe(data.length);
    expect([compared, unlikeReference]).toEqual(COMPARED[key]);
  });
});
