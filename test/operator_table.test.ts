/**
 * The tables of operators in README.md and kernels/README.md, made from the recorded cases, must be up to date:
 * `UPDATE_TABLES=1 npx vitest run test/operator_table.test.ts` writes them anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import * as custom from '../kernels/reference/custom.ts';
import * as reference from '../kernels/reference/index.ts';
import { sizeOf } from '../kernels/tensor.ts';

const RECORDED = new URL('oracle/recorded/', import.meta.url);
const README = new URL('../README.md', import.meta.url);
const KERNELS_README = new URL('../kernels/README.md', import.meta.url);

/** Models and output values that were compared, by profile, operator and type. */
interface Count {
  models: number;
  values: number;
}
type Counts = Map<string, Count>;

interface Operator {
  readonly name: string;
  readonly tflite: Counts;
  readonly tflm: Counts;
}

/** The part of cases.json that is counted here. */
interface Index {
  readonly operators: readonly string[];
  readonly runs: number;
  readonly cases: readonly {
    readonly type: string;
    readonly outputs: readonly (readonly [string, ...number[]])[];
    readonly tflm?: string;
  }[];
}

function countRecorded(): Operator[] {
  const operators = new Map<string, Operator>();
  for (const name of [...Object.keys(reference), ...Object.keys(custom)]) {
    operators.set(name, { name, tflite: new Map(), tflm: new Map() });
  }
  for (const file of readdirSync(RECORDED)) {
    const bytes = unzipSync(readFileSync(new URL(file, RECORDED)), { filter: ({ name }) => name === 'cases.json' });
    const { operators: used, runs, cases } = JSON.parse(new TextDecoder().decode(bytes['cases.json'])) as Index;
    // A file of control flow or variables counts for all operators that its models are made for.
    const own = file.replace('.zip', '');
    const about = operators.has(own) ? [own, ...used.filter((op) => /VARIABLE|CALL_ONCE/.test(op))] : used;
    for (const { type, outputs, tflm } of cases) {
      const values = runs * outputs.reduce((sum, [, ...shape]) => sum + sizeOf(shape), 0);
      for (const name of new Set(about)) {
        const operator = operators.get(name);
        if (!operator) continue;
        add(operator.tflite, type, values);
        if (tflm) add(operator.tflm, type, values);
      }
    }
  }
  return [...operators.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function add(counts: Counts, type: string, values: number) {
  const count = counts.get(type) ?? { models: 0, values: 0 };
  counts.set(type, { models: count.models + 1, values: count.values + values });
}

const thousands = (n: number) => n.toLocaleString('en-US');

function typesTable(operators: readonly Operator[]): string {
  const rows = operators.map(
    ({ name, tflite, tflm }) => `| ${name} | ${[...tflite.keys()].join(', ')} | ${[...tflm.keys()].join(', ')} |`,
  );
  return ['| operator | `tflite` | `tflm` |', '| --- | --- | --- |', ...rows].join('\n');
}

function countsTable(operators: readonly Operator[]): string {
  const cell = (counts: Counts) =>
    [...counts].map(([type, { models, values }]) => `${type} ${models} / ${thousands(values)}`).join(', ');
  const total = (profile: 'tflite' | 'tflm') => {
    const all = operators.flatMap((operator) => [...operator[profile].values()]);
    const sum = (of: (count: Count) => number) => thousands(all.reduce((n, count) => n + of(count), 0));
    return `${sum((count) => count.models)} / ${sum((count) => count.values)}`;
  };
  return [
    '| operator | `tflite`: type, models / values | `tflm`: type, models / values |',
    '| --- | --- | --- |',
    ...operators.map(({ name, tflite, tflm }) => `| ${name} | ${cell(tflite)} | ${cell(tflm)} |`),
    `| together | ${total('tflite')} | ${total('tflm')} |`,
  ].join('\n');
}

const BEGIN = '<!-- operators: made by test/operator_table.test.ts -->';
const END = '<!-- end of operators -->';

test.each([
  { where: 'README.md', url: README, table: typesTable },
  { where: 'kernels/README.md', url: KERNELS_README, table: countsTable },
])('the table of operators in $where is up to date', ({ url, table }) => {
  const page = readFileSync(url, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const [, after] = (rest ?? '').split(END);
  const made = `${before}${BEGIN}\n\n${table(countRecorded())}\n\n${END}${after}`;
  if (process.env.UPDATE_TABLES) writeFileSync(url, made);
  else expect(page).toBe(made);
});
