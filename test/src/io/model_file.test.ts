/** Models in C sources, as xxd -i and people write them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Interpreter } from '../../../src/index.ts';
import { readCArrays } from '../../../src/io/c_arrays.ts';
import { modelBytes } from '../../../src/io/model_file.ts';

const model = readFileSync(new URL('../../../models/digits_dense/model.tflite', import.meta.url));
const bytesOf = (text: string) => new TextEncoder().encode(text);
const hex = Array.from(model, (byte) => `0x${byte.toString(16).padStart(2, '0')}`);
const lines = (list: readonly string[], end = '\n') =>
  Array.from({ length: Math.ceil(list.length / 12) }, (_, i) => `  ${list.slice(12 * i, 12 * i + 12).join(', ')}`).join(`,${end}`); // biome-ignore format: one line

describe('a model', () => {
  test.each<[string, string]>([
    [
      'xxd -i',
      `unsigned char model_tflite[] = {\n${lines(hex)}\n};\nunsigned int model_tflite_len = ${model.length};\n`,
    ],
    ['alignas, const', `#include "model.h"\n\nalignas(16) const unsigned char g_model[] = {${lines(hex)}};\nconst int g_model_len = ${model.length};`], // biome-ignore format: one line
    ['an attribute, a trailing comma', `const uint8_t g_model[${model.length}] __attribute__((aligned(16))) = {\n${lines(hex)},\n};`], // biome-ignore format: one line
    ['PROGMEM, CRLF', `#pragma once\r\nconst unsigned char model[] PROGMEM = {\r\n${lines(hex, '\r\n')}\r\n};\r\n`],
    ['a macro before it, the brace on its own line', `static DATA_ALIGN_ATTRIBUTE const uint8_t model[] DATA_ATTR =\n{\n${lines(hex)}\n};`], // biome-ignore format: one line
    ['signed, decimal', `const int8_t model[] = { ${Array.from(Int8Array.from(model)).join(',')} };`],
    ['unsigned decimal with suffixes, comments', `/* a[] = { 1, 2 } */ const unsigned char m[] = { // here\n${Array.from(model, (byte) => `${byte}u`).join(', /* x */ ')} };`], // biome-ignore format: one line
    ['a namespace, other arrays', `namespace n {\nconst char* names[] = {"a[1] = {", "b"};\nconst int sizes[] = {1, 300};\nstruct P { int x; } p[] = {{1}, {2}};\nconst unsigned char model[] = {${lines(hex)}};\n}`], // biome-ignore format: one line
    ['UTF-8 with a byte order mark', `\ufeffconst unsigned char model[] = {${lines(hex)}};`],
  ])('%s', (_, text) => {
    const found = modelBytes(bytesOf(text), 'model.cc');
    expect(Buffer.compare(found, model)).toBe(0);
    expect(new Interpreter(found).nodes.length).toBeGreaterThan(0);
  });

  test('a .tflite file, and anything else, is as it is', () => {
    expect(modelBytes(model, 'model.tflite')).toBe(model);
    const text = bytesOf('no C at all');
    expect(modelBytes(text, 'a.txt')).toBe(text);
  });
});

describe('what is wrong is said, with file and line', () => {
  test.each<[string, string, RegExp]>([
    [
      'no model',
      'const unsigned char a[] = { 1, 2, 3 };',
      /^m\.cc is a C source without a model: .*; it has a, 3 bytes$/,
    ],
    ['no numbers', 'const char* a[] = {"x"};', /without a model: .*; it has no array of numbers$/],
    ['two models', `const char a[] = {${lines(hex)}}; const char b[] = {${lines(hex)}};`, /^m\.cc holds 2 models: a, 9936 bytes; b/], // biome-ignore format: one line
    ['cut', `const unsigned char a[] = {\n${lines(hex)}`, /^m\.cc, line 1: the array that begins here has no end: the file is cut$/], // biome-ignore format: one line
    ['no number', 'const unsigned char a[] = {\n 0x1c,\n 0xzz };', /^m\.cc, line 3: 0xzz is no number$/],
  ])('%s', (_, text, message) => {
    expect(() => modelBytes(bytesOf(text), 'm.cc')).toThrow(message);
  });
});

describe('arrays of values', () => {
  test.each<[string, string, [name: string, dtype: string, values: number[]][]]>([
    ['types', 'int8_t a[] = {-1, 2}; const float b[2] = {1.5f, -2e-3F}; unsigned char c[]={0xFFu}; int d[]={1,-70000};', [['a', 'int8', [-1, 2]], ['b', 'float32', [1.5, Math.fround(-2e-3)]], ['c', 'uint8', [255]], ['d', 'float64', [1, -70000]]]], // biome-ignore format: one line
    ['what does not fit its type is numbers', 'int8_t a[] = {200};', [['a', 'float64', [200]]]],
    ['nested, designators of size', 'static const int16_t a[2][2] = {{1, 2}, {3, 4}};', [['a', 'int16', [1, 2, 3, 4]]]],
    ['code beside it', 'void f(int x[]) { if (x[0] < 3) { x[1] = 2; } }\nint8_t a[] = {1};', [['a', 'int8', [1]]]],
    [
      'the same name twice',
      'int8_t a[] = {1};\nint8_t a[] = {2};',
      [
        ['a', 'int8', [1]],
        ['a of line 2', 'int8', [2]],
      ],
    ],
  ])('%s', (_, text, expected) => {
    const found = [...readCArrays(bytesOf(text), 'a.h')].map(([name, { dtype, data }]) => [name, dtype, Array.from(data as Float64Array)]); // biome-ignore format: one line
    expect(found).toEqual(expected);
  });

  test('none', () => {
    expect(() => readCArrays(bytesOf('int f() { return 1; }'), 'a.h')).toThrow(/^a\.h has no array with values/);
  });
});
