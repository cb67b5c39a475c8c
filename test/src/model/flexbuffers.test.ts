/** FlexBuffers as Python's flatbuffers package writes them: test/oracle/flexbuffers.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readFlexbufferMap } from '../../../src/model/flexbuffers.ts';

const recorded = readFileSync(new URL('../../oracle/flexbuffers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { map: object; bytes: string });
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('a map', () => {
  test('of numbers, texts, vectors and maps', () => {
    expect(recorded.length).toBeGreaterThan(100);
    for (const { map, bytes } of recorded) expect(readFlexbufferMap(bytesOf(bytes))).toEqual(map);
  });

  test.each<[string, string, unknown]>([
    ['of nothing', '00000100002401', {}],
    ['a blob', '7461626c6500030102ff010b0101010864022401', { table: Uint8Array.of(1, 2, 255) }],
  ])('%s', (_, hex, map) => {
    expect(readFlexbufferMap(bytesOf(hex))).toEqual(map);
  });

  test('in the middle of other bytes', () => {
    for (const { map, bytes } of recorded) {
      const file = new Uint8Array(bytes.length / 2 + 16);
      file.set(bytesOf(bytes), 7);
      expect(readFlexbufferMap(file.subarray(7, 7 + bytes.length / 2))).toEqual(map);
    }
  });
});

describe('no map', () => {
  test.each([
    ['nothing', ''],
    ['a byte', '01'],
    ['a struct', '0000803f02000000'],
    ['a vector', '03010203040404062801'],
    ['a number', '050401'],
    ['a text', '047465787400051401'],
  ])('%s', (_, hex) => {
    expect(readFlexbufferMap(bytesOf(hex))).toBeUndefined();
  });
});

describe('damaged bytes', () => {
  test('give a map or none, and nothing else', () => {
    let maps = 0;
    for (const { bytes: hex } of recorded.filter(({ bytes }) => bytes.length < 300)) {
      const bytes = bytesOf(hex);
      for (let at = 0; at < bytes.length; at++) {
        for (const value of [0, 1, 2, 3, 0x7f, 0x80, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 4, bytes[at]! ^ 0x40]) {
          const damaged = bytes.slice();
          damaged[at] = value;
          if (readFlexbufferMap(damaged)) maps++;
        }
      }
    }
    expect(maps).toBeGreaterThan(1000);
  });

  test('vectors that share a vector that shares a vector', () => {
    // 20 vectors of 20 elements each; every element of one is the next: 20^20 values.
    const depth = 20;
    const bytes: number[] = [0, 0];
    let inner = 1;
    for (let level = 0; level < depth; level++) {
      bytes.push(20);
      const at = bytes.length;
      for (let i = 0; i < 20; i++) bytes.push(level === 0 ? 1 : at + i - inner);
      for (let i = 0; i < 20; i++) bytes.push(level === 0 ? 1 << 2 : 10 << 2);
      inner = at;
    }
    // The map { "": that }: its keys, their offset and width, its size, the value, its type.
    const key = 0;
    bytes.push(1, bytes.length + 1 - key);
    const keys = bytes.length - 1;
    bytes.push(bytes.length - keys, 1, 1);
    const map = bytes.length;
    bytes.push(map - inner, 10 << 2);
    bytes.push(bytes.length - map, 9 << 2, 1);
    // Followed without end, it would not come back.
    expect(readFlexbufferMap(Uint8Array.from(bytes))).toBeUndefined();
  });
});
