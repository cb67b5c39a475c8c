/** Dumps with something odd about them: they are read, with a note, or what is wrong is said. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diff } from '../../../src/diff/diff.ts';
import { Interpreter } from '../../../src/index.ts';
import { readArrays } from '../../../src/io/array_files.ts';
import { readNpz } from '../../../src/io/npz.ts';

const read = (name: string) => readFileSync(new URL(`../../../models/digits_conv_int8/${name}`, import.meta.url));
const digits = new Interpreter(read('model.tflite'));
const input = readNpz(read('golden.npz'), 'golden.npz').get('input_0')!.data.slice(0, 784) as Int8Array;
const layers: Int8Array[] = [];
digits.invoke([input], { tap: ({ data }) => layers.push(data as Int8Array) });
const scores = [...layers[6]!];
const pooled = [...layers[3]!];
const real = (q: number) => (q + 128) / 256;

function found(file: string, content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return diff(digits, [input], readArrays(bytes, file));
}

const big = (set: (view: DataView, at: number, value: number) => void) => {
  const view = new DataView(new ArrayBuffer(40));
  for (const [i, value] of scores.entries()) set(view, 4 * i, value);
  return new Uint8Array(view.buffer);
};

test.each<[string, string, string | Uint8Array, RegExp | null]>([
  [
    'a title',
    'node_3.csv',
    `output of my network\n${pooled.join(',')}`,
    /1 line without values passed over: output of my/,
  ],
  [
    'decimal commas',
    'a.csv',
    scores.map((q) => real(q).toFixed(4).replace('.', ',')).join(';'),
    /real numbers read back/,
  ],
  ['two decimals for steps of 1/256', 'a.txt', scores.map((q) => real(q).toFixed(2)).join(' '), /2 decimals: compared/],
  ['quotes', 'a.csv', scores.map((q) => `"${q}"`).join(','), null],
  [
    'float32, the high byte first',
    'a.bin',
    big((view, at, q) => view.setFloat32(at, real(q))),
    /float32, .*big-endian/,
  ],
  ['int32, the high byte first', 'a.bin', big((view, at, q) => view.setInt32(at, q)), /int32, .*big-endian/],
  ['a byte moved by 128', 'a.bin', Uint8Array.from(scores, (q) => q + 128), /unsigned values for int8: minus 128/],
])('read: %s', (_, file, content, note) => {
  const { nodes, unmatched } = found(file, content);
  expect(nodes.map(({ different }) => different)).toEqual([0]);
  expect(unmatched).toEqual([]);
  if (note) expect(nodes[0]!.notes.join('; ')).toMatch(note);
  else expect(nodes[0]!.notes).toEqual([]);
});

describe('what differs is not explained away', () => {
  test('zeros in a buffer are zeros, whatever else uint8 could mean', () => {
    const { nodes } = found('a.bin', new Uint8Array(10));
    expect(nodes[0]).toMatchObject({ different: 10, notes: ['read as raw bytes'] });
  });

  test('an output without its zero point is wrong, and no unsigned dump', () => {
    const wrong = pooled.map((q) => Math.min(q + 128, 127));
    expect(found('node_3.csv', wrong.join(',')).nodes[0]!.different).toBeGreaterThan(100);
  });

  test.each([
    [(q: number) => String(q), '1 of the values is NaN'],
    [(q: number) => real(q).toFixed(4), '1 of the values is NaN'],
  ])('NaN is one wrong value', (print, note) => {
    const { nodes } = found('a.csv', scores.map((q, i) => (i === 2 ? 'nan' : print(q))).join(','));
    expect(nodes[0]!.different).toBe(1);
    expect(nodes[0]!.notes.at(-1)).toBe(note);
  });

  test('a value too many, of real numbers with two decimals', () => {
    const wrong = scores.map((q, i) => (real(q) + (i === 4 ? 0.02 : 0)).toFixed(2));
    expect(found('a.txt', wrong.join(' ')).nodes[0]!.different).toBe(1);
  });
});

test.each<[string, string, string | Uint8Array, RegExp]>([
  ['nothing', 'a.csv', '', /^a\.csv is empty$/],
  ['a picture', 'a.bin', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), /it is a PNG picture$/],
  ['the model', 'a.tflite', read('model.tflite'), /it is a \.tflite model$/],
  [
    'cut',
    'node_3.bin',
    layers[3]!.slice(0, 500) as unknown as Uint8Array,
    /it has 500 bytes; tensor 11 .* 576 int8 values/,
  ],
  [
    'cut in a log',
    'a.log',
    `layer 3: ${pooled.slice(9).join(',')}`,
    /it has 567 values.* has 576: some are missing \(line 1\)/,
  ],
  ['cut where it was printed', 'a.log', `boot\nlayer 3: [ ${pooled.slice(0, 3).join(' ')} ... 3 4 ]`, /^a\.log, line 2: '\.\.\.' is no number: the list was cut/], // biome-ignore format: one line
  ['garbled', 'a.log', `layer 3: ${pooled.slice(0, 50).join(',')},1#7,${pooled.slice(51).join(',')}`, /^a\.log, line 1: '1#7' is no number$/], // biome-ignore format: one line
  ['garbled in CSV', 'a.csv', '1,2,3\n4,x,6', /^a\.csv, line 2: 'x' is no number$/],
  ['words', 'a.txt', 'hello world', /^a\.txt holds no numbers$/],
  ['decimal commas, a line each', 'a.csv', scores.map((q) => real(q).toFixed(4).replace('.', ',')).join('\n'), /the output has 10 values, and it has 20: .*decimal commas/], // biome-ignore format: one line
  [
    'labels of something else',
    'a.txt',
    'class 0: 110\nclass 1: -127',
    /class 0: float64 \[1\], no tensor has this name/,
  ],
  ['JSON without numbers', 'a.json', '{"a":"b"}', /^a\.json holds no lists of numbers$/],
  ['broken JSON', 'a.json', '{"output": [1,', /^a\.json.* is no JSON: /],
  ['a cut C array', 'a.h', 'int8_t node_6[] = {1, 2, 3', /^a\.h, line 1: the array that begins here has no end/],
  ['a macro in a C array', 'a.h', 'int8_t node_6[] = {1,\n FOO, 3};', /^a\.h, line 2: FOO is no number$/],
])('said: %s', (_, file, content, message) => {
  expect(() => found(file, content instanceof Int8Array ? new Uint8Array(content.buffer) : content)).toThrow(message);
});
