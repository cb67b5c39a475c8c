/** What was measured beside peers, as Markdown. */
import { expect, test } from 'vitest';
import { type ContestantResult, peersMarkdown } from '../../bench/peers/table.ts';

const exact = { values: 10, different: 0, maxDifference: 0, otherSizes: false };
const contestant = (name: string, place: 'native' | 'page', more: Partial<ContestantResult> = {}): ContestantResult => {
  return { name, place, ms: [], startMs: [], difference: exact, ...more };
};

const contestants = [
  contestant('requant simd', 'native', { ms: [2, 1, 4], startMs: [100, 90, 300] }),
  contestant('TFLite optimized', 'native', { ms: [3, 3, 4], startMs: [50, 200, 150] }),
  contestant('requant simd', 'page', { ms: [0.5, 0.8, 0.5] }),
  contestant('LiteRT.js', 'page', { refusal: 'Element type INT8 is not supported.' }),
  contestant('tfjs-tflite', 'page', {
    ms: [1, 1, 2],
    difference: { values: 10, different: 3, maxDifference: 2, otherSizes: false },
  }),
];
const results = {
  machine: 'a machine',
  load: ['0.1', '1.0'],
  date: '2026-01-02',
  versions: { node: '20.0.0' },
  rounds: 3,
  missing: ['Chromium: there is none'],
  models: [{ model: 'm.tflite', macs: 1, contestants }],
};

test('the ratio of the minima, and the median of the rounds own ratios', () => {
  const lines = peersMarkdown(results).split('\n');
  expect(lines[0]).toBe('a machine, load 0.1 to 1.0; 2026-01-02; 3 rounds; node 20.0.0');
  expect(lines).toContain('not measured: Chromium: there is none');
  expect(lines).toContain('| model | requant simd, ms at best | TFLite optimized |');
  expect(lines).toContain('| m.tflite | 1.00 | 3.00, 1.50 (=) |');
  expect(lines).toContain('| model | requant simd, ms at best | LiteRT.js | tfjs-tflite |');
  expect(lines).toContain('| m.tflite | 0.500 | refuses | 2.00, 2.00 (3 of 10, 2) |');
  expect(lines).toContain('| m.tflite | 100 | 1.50 |');
  expect(lines.at(-1)).toBe('- LiteRT.js, m.tflite: Element type INT8 is not supported.');
});

test('a model that a contestant has not been given has an empty cell', () => {
  const fewer = { ...results.models[0]!, model: 'n.tflite', contestants: contestants.slice(0, 3) };
  const lines = peersMarkdown({ ...results, models: [...results.models, fewer] }).split('\n');
  expect(lines).toContain('| n.tflite | 0.500 |  |  |');
});

test('outputs of other sizes', () => {
  const otherSizes = contestant('tfjs-tflite', 'page', { ms: [1, 1, 1], difference: { ...exact, otherSizes: true } });
  const models = [{ ...results.models[0]!, contestants: [...contestants.slice(0, 3), otherSizes] }];
  expect(peersMarkdown({ ...results, models })).toContain('(other sizes) |');
});
