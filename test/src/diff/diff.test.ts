/** Wrong implementations, made with numpy by test/diff/wrong.py: the guilty node is found, and the mistake named. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Diff, diff } from '../../../src/diff/diff.ts';
import { Interpreter, type TensorData } from '../../../src/index.ts';
import { type NpyArray, readNpz } from '../../../src/io/npz.ts';
import { diffBlocks } from '../../../src/report/diff.ts';
import { render } from '../../../src/report/document.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
const recorded = readNpz(read('test/diff/recorded.npz'), 'recorded.npz');
const cases = new Map<string, Map<string, NpyArray>>();
for (const [key, array] of recorded) {
  const [name, tensor] = key.split('/') as [string, string];
  if (!cases.has(name)) cases.set(name, new Map());
  cases.get(name)!.set(tensor, array);
}
const image = recorded.get('input/tensor_0')!.data as TensorData;
const digits = new Interpreter(read('models/digits_conv_int8/model.tflite'), { profile: 'tflm' });
const wrong = [...cases.keys()].filter((name) => name.includes(':'));

function idsOf({ divergent }: Diff): string[][] {
  const { mistakes = [], alternatives = [] } = divergent[0]?.diagnosis ?? {};
  return [mistakes, ...alternatives].map((list) => list.map(({ id }) => id).sort());
}

test('there are as many as it takes', () => {
  expect(wrong.filter((name) => !name.includes('+')).length).toBeGreaterThanOrEqual(40);
  expect(wrong.filter((name) => name.includes('+')).length).toBeGreaterThanOrEqual(5);
});

test('an implementation that is right', () => {
  const found = diff(digits, [image], cases.get('right')!);
  expect(found.divergent).toEqual([]);
  expect(found.nodes.map(({ node, different }) => [node, different])).toEqual([0, 1, 2, 3, 5].map((node) => [node, 0]));
  expect(render(diffBlocks('m', 't', found), 'text')).toContain('Nothing differs.');
});

describe('the first guilty node, and what is wrong with it', () => {
  test.each(wrong)('%s', (name) => {
    const [node, mistakes] = name.split(':') as [string, string];
    const found = diff(digits, [image], cases.get(name)!);
    expect(found.divergent[0]?.node).toBe(Number(node));
    expect(found.divergent[0]?.diagnosis?.kind).toBe('exact');
    expect(idsOf(found)).toContainEqual(mistakes.split('+').sort());
  });
});

test('seven mistakes in one loop: those that show are named, and the lines of the others', () => {
  const dense = new Interpreter(read('models/digits_dense/model.tflite'));
  const { input_0: input, output_0: output } = Object.fromEntries(cases.get('loop')!);
  const found = diff(dense, [input!.data as TensorData], new Map([['output_0', output!]]));
  expect(found.divergent[0]).toMatchObject({ node: 2, op: 'FULLY_CONNECTED', diagnosis: { kind: 'exact' } });
  expect(idsOf(found)).toContainEqual(
    ['input-not-clamped', 'input-zero-point-added', 'output-scale-missing', 'output-zero-point-missing', 'scale-of-bias', 'shift-without-rounding'], // biome-ignore format: one line
  );
  const undecided = found.divergent[0]!.diagnosis!.undecided.map(({ id }) => id);
  expect(undecided).toEqual(expect.arrayContaining(['input-not-rounded', 'clamp-missing']));
});

test('what is not compared is listed by reason; scales and zero points of a dump are not values', () => {
  const arrays = new Map(cases.get('right')!);
  const one = { dtype: 'float32', shape: [1], data: Float32Array.of(0.5) };
  for (const key of ['tensor_7_scale', 'tensor_7_zero_point', 'tensor_8_scale', 'what']) arrays.set(key, one);
  const text = render(diffBlocks('m', 't', diff(digits, [image], arrays)), 'text');
  expect(text).toContain('- tensor_7_scale and 2 others are not compared: quantization, not values');
  expect(text).toContain('- what is not compared: no tensor has this name');
});

test('a mistake that nothing is known of is not named: nothing is near, and where it differs is said', () => {
  const arrays = new Map(cases.get('2:truncated'));
  const array = arrays.get('tensor_10')!;
  const data = (array.data as Int8Array).map((value, i) => (i % 7 === 0 ? value ^ 64 : value));
  const found = diff(digits, [image], arrays.set('tensor_10', { ...array, data }));
  expect(found.divergent[0]?.diagnosis).toMatchObject({ kind: 'none', values: 2304, mistakes: [] });
  const text = render(diffBlocks('m', 't', found), 'text');
  expect(text).toMatch(/No known mistake gives these values \([\d,]+ combinations tried\)/);
  expect(text).not.toContain('truncated');
});

test('all but two values given by a known mistake: the nearest, with how many', () => {
  const arrays = new Map(cases.get('2:truncated'));
  const array = arrays.get('tensor_10')!;
  const data = (array.data as Int8Array).map((value, i) => (i === 700 || i === 2000 ? value ^ 64 : value));
  const found = diff(digits, [image], arrays.set('tensor_10', { ...array, data }));
  expect(found.divergent[0]?.diagnosis).toMatchObject({ kind: 'nearest', same: 2302, values: 2304 });
  expect(render(diffBlocks('m', 't', found), 'text')).toContain('nearest known: it gives 2,302 of 2,304 values');
});

test('only a node that computes something else is guilty, not those that follow it', () => {
  const found = diff(digits, [image], cases.get('2:bias-missing')!);
  const [, , behind] = found.nodes.filter(({ node }) => node > 0);
  expect(behind).toMatchObject({ node: 3, different: 0 });
  expect(behind!.differentInAll).toBeGreaterThan(0);
});
