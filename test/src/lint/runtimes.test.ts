/** What lint says of models that runtimes refuse, against what they did: test/lint/runtimes.py changed models and ran them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lint } from '../../../src/lint/lint.ts';
import { CHECKING } from '../../../src/lint/runnable.ts';
import { type SmallModel, type SmallTensor, smallModel } from '../small_models.ts';

type Answer = 'runs' | 'refused' | 'ends the process';
interface Recorded {
  readonly noBias: {
    readonly [op: string]: { readonly [dtype: string]: { readonly [P in 'default' | 'reference']: Answer } };
  };
  readonly beyondInt32: { readonly [op: string]: { readonly [P in 'tflite' | 'tflm']: Answer } };
  readonly scales: { readonly [place: string]: { readonly [P in 'tflite' | 'tflm']: number | Answer } };
}
const recorded: Recorded = JSON.parse(readFileSync(new URL('../../lint/runtimes.json', import.meta.url), 'utf8'));

describe('layers without a bias', () => {
  const OPTIONS: { readonly [op: string]: readonly [string, object] } = {
    CONV_2D: ['Conv2DOptions', { strideW: 1, strideH: 1 }],
    DEPTHWISE_CONV_2D: ['DepthwiseConv2DOptions', { strideW: 1, strideH: 1, depthMultiplier: 1 }],
    FULLY_CONNECTED: ['FullyConnectedOptions', {}],
    TRANSPOSE_CONV: ['TransposeConvOptions', { strideW: 1, strideH: 1 }],
  };
  const rows = Object.entries(recorded.noBias).flatMap(([op, types]) =>
    Object.entries(types).map(([dtype, answers]) => [op, dtype, answers] as const),
  );

  test.each(rows)('%s %s', (op, dtype, answers) => {
    const type = dtype.toUpperCase() as 'INT8' | 'UINT8' | 'INT16';
    const isDense = op === 'FULLY_CONNECTED';
    const image: SmallTensor = { type, shape: isDense ? [1, 1] : [1, 1, 1, 1], scale: 1 };
    const filter: SmallTensor = { type: type === 'UINT8' ? type : 'INT8', shape: image.shape, scale: 0.5, data: [3] };
    const shape: SmallTensor = { type: 'INT32', shape: [4], data: new Uint8Array(Int32Array.of(1, 1, 1, 1).buffer) };
    const model: SmallModel = {
      tensors: [image, filter, { ...image, scale: 2 }, shape],
      nodes: [{ op, inputs: op === 'TRANSPOSE_CONV' ? [3, 1, 0] : [0, 1], outputs: [2], options: OPTIONS[op]! }],
      inputs: [0],
      outputs: [2],
    };
    const said = lint(smallModel(model)).findings.filter(({ text }) => text.startsWith('it has no bias'));
    const told = said.map(({ text }) => (/end the process/.test(text) ? 'ends the process' : 'refused'));
    expect(told).toEqual(answers.default === 'runs' ? [] : [answers.default]);
    expect(said.some(({ refuses }) => refuses)).toBe(answers.reference === 'refused');
  });
});

test('activations beyond int32: what refuses them is what is checked', () => {
  const refusing = Object.entries(recorded.beyondInt32).filter(([, { tflite, tflm }]) => tflite === 'refused' && tflm === 'refused'); // biome-ignore format: one line
  expect(refusing.map(([op]) => op).sort()).toEqual([...CHECKING].sort());
  for (const { tflite, tflm } of Object.values(recorded.beyondInt32)) expect(tflite).toBe(tflm);
});

test('a scale that is none: refused, or one value whatever comes in', () => {
  const answers = Object.values(recorded.scales).flatMap((answer) => Object.values(answer));
  expect(answers).toHaveLength(18);
  expect(answers.filter((answer) => answer !== 'refused' && answer !== 1)).toEqual([]);
});
