/**
 * The tables of kernels/guide/why_two_runtimes_differ.md, made from what test/oracle/runtimes.py recorded, must be up to date:
 * `UPDATE_TABLES=1 npx vitest run test/runtimes_table.test.ts` writes them anew. Micro's numbers are also those of requant.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readNpz } from '../src/io/npz.ts';
import { verifyModel } from '../src/verify/verify.ts';

const PAGE = new URL('../kernels/guide/why_two_runtimes_differ.md', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, import.meta.url));

/** Values that differ, and of how many; missing where the runtime takes no model. */
type Counts = {
  readonly [runtime in 'optimized' | 'default' | 'micro']?: readonly [different: number, values: number];
};

const { models, operators } = JSON.parse(read('oracle/runtimes.json').toString()) as {
  readonly models: { readonly [name: string]: Counts };
  readonly operators: { readonly [op: string]: { readonly [type: string]: Counts } };
};
const RUNTIMES = ['optimized', 'default', 'micro'] as const;

const thousands = (n: number) => n.toLocaleString('en-US');
const cellsOf = (counts: Counts) =>
  RUNTIMES.map((runtime) => {
    const [different, values] = counts[runtime] ?? [];
    return values === undefined ? '-' : `${thousands(different!)} of ${thousands(values)}`;
  });

function table(first: string, rows: readonly (readonly [string, Counts])[]): string {
  const lines = [
    [first, 'optimized', 'XNNPACK', 'Micro'],
    ['---', '---:', '---:', '---:'],
    ...rows.map(([name, counts]) => [name, ...cellsOf(counts)]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Of all types that are integers from end to end, or become float32 by DEQUANTIZE. */
function sum(types: { readonly [type: string]: Counts }): Counts {
  const total: { [runtime: string]: [number, number] } = {};
  for (const [type, counts] of Object.entries(types)) {
    if (!/^(u?int8|int16|float32-u?int8|float32-int16|u?int8-u?int8|int16-int16)$/.test(type)) continue;
    for (const runtime of RUNTIMES) {
      const [different, values] = counts[runtime] ?? [0, 0];
      const [before, all] = total[runtime] ?? [0, 0];
      if (values > 0) total[runtime] = [before + different, all + values];
    }
  }
  return total;
}

const TABLES = {
  models: table('model', Object.entries(models)),
  operators: table(
    'operator',
    Object.entries(operators).flatMap(([op, types]) => {
      const counts = sum(types);
      return Object.values(counts).some(([different]) => different > 0) ? [[op, counts] as const] : [];
    }),
  ),
};

test.each(Object.entries(TABLES))('the table of %s', (name, made) => {
  const page = readFileSync(PAGE, 'utf8');
  const parts = new RegExp(`(<!-- ${name}: made by test/runtimes_table.test.ts -->\n)(.*?)(<!-- end -->)`, 's');
  const wanted = page.replace(parts, (_, begin: string, __: string, end: string) => `${begin}\n${made}\n\n${end}`);
  if (process.env.UPDATE_TABLES === '1') writeFileSync(PAGE, wanted);
  else expect(page).toBe(wanted);
});

test('each operator of the table has its reason', () => {
  const page = readFileSync(PAGE, 'utf8');
  const [, reasons = ''] = /## Why, operator by operator\n(.*?)\nOthers have met/s.exec(page)!;
  const names = TABLES.operators
    .split('\n')
    .slice(2)
    .map((row) => row.split(' ')[1]!);
  expect(names.filter((name) => name !== 'IF' && !new RegExp(`\\b${name}\\b`).test(reasons))).toEqual([]);
});

describe('as many values differ between the profiles tflite and tflm as between the runtimes', () => {
  test.each(Object.entries(models).filter(([, { micro }]) => micro))('%s', (name, { micro }) => {
    const arrays = readNpz(read(`../models/${name}/golden.npz`), name);
    const outputs = new Map([...arrays].filter(([key]) => /^(input|output)_\d+$/.test(key)));
    const golden = { arrays: outputs, checksums: new Map<number, number>() };
    const { different, values } = verifyModel(read(`../models/${name}/model.tflite`), golden, { profile: 'tflm' });
    expect([different, values]).toEqual(micro);
  });
});
