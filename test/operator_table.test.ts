/**
 * The tables of operators in README.md and kernels/README.md, made from the recorded cases, must be up to date:
 * `UPDATE_TABLES=1 npx vitest run test/operator_table.test.ts` writes them anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { PROFILES, type Profile } from '../kernels/kernel.ts';
import * as custom from '../kernels/reference/custom.ts';
import * as reference from '../kernels/reference/index.ts';
import { sizeOf } from '../kernels/tensor.ts';

const RECORDED = new URL('oracle/recorded/', import.meta.url);
const README = new URL('../README.md', import.meta.url);
const KERNELS_README = new URL('../kernels/README.md', import.meta.url);

/** Models and output values that were compared, by type. */
interface Count {
  models: number;
  values: number;
}
type Counts = Map<string, Count>;

interface Operator {
  readonly name: string;
  readonly counts: { readonly [P in Profile]: Counts };
}

/** The part of cases.json that is counted here; the other profiles' fields are there where their programs answered. */
interface Index {
  readonly operators: readonly string[];
  readonly runs: number;
  readonly cases: readonly ({
    readonly type: string;
    readonly outputs: readonly (readonly [string, ...number[]])[];
  } & { readonly [P in Exclude<Profile, 'tflite'>]?: string })[];
}

function countRecorded(): Operator[] {
  const operators = new Map<string, Operator>();
  for (const name of [...Object.keys(reference), ...Object.keys(custom)]) {
    if (name.startsWith('Signal')) continue; // TensorFlow Lite Micro's alone: test/kernels/signal.test.ts
    const counts = Object.fromEntries(PROFILES.map((profile) => [profile, new Map()])) as Operator['counts'];
    operators.set(name, { name, counts });
  }
  for (const file of readdirSync(RECORDED)) {
    const bytes = unzipSync(readFileSync(new URL(file, RECORDED)), { filter: ({ name }) => name === 'cases.json' });
    const { operators: used, runs, cases } = JSON.parse(new TextDecoder().decode(bytes['cases.json'])) as Index;
    // A file of control flow or variables counts for all operators that its models are made for.
    const own = file.replace('.zip', '');
    const about = operators.has(own) ? [own, ...used.filter((op) => /VARIABLE|CALL_ONCE/.test(op))] : used;
    for (const { type, outputs, ...answered } of cases) {
      const values = runs * outputs.reduce((sum, [, ...shape]) => sum + sizeOf(shape), 0);
      for (const name of new Set(about)) {
        const counts = operators.get(name)?.counts;
        if (!counts) continue;
        for (const profile of PROFILES)
          if (profile === 'tflite' || answered[profile]) add(counts[profile], type, values);
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
const table = (rows: readonly (readonly string[])[]) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const rule = PROFILES.map(() => '---');

function typesTable(operators: readonly Operator[]): string {
  const types = ({ counts }: Operator, profile: Profile) => [...counts[profile].keys()].join(', ');
  const asOther = (operator: Operator, profile: Profile, other: Profile) => {
    const own = types(operator, profile);
    return own !== '' && own === types(operator, other) ? `as \`${other}\`` : own;
  };
  return table([
    ['operator', ...PROFILES.map((profile) => `\`${profile}\``)],
    ['---', ...rule],
    ...operators.map((operator) => [
      operator.name,
      types(operator, 'tflite'),
      asOther(operator, 'tflite-2.19', 'tflite'),
      types(operator, 'tflm'),
      asOther(operator, 'single-rounding', 'tflm'),
      asOther(operator, 'xnnpack', 'tflite'),
    ]),
  ]);
}

function countsTable(operators: readonly Operator[]): string {
  const cell = (counts: Counts) =>
    [...counts].map(([type, { models, values }]) => `${type} ${models} / ${thousands(values)}`).join(', ');
  const total = (profile: Profile) => {
    const all = operators.flatMap(({ counts }) => [...counts[profile].values()]);
    const sum = (of: (count: Count) => number) => thousands(all.reduce((n, count) => n + of(count), 0));
    return `${sum((count) => count.models)} / ${sum((count) => count.values)}`;
  };
  return table([
    ['operator', ...PROFILES.map((profile) => `\`${profile}\`: type, models / values`)],
    ['---', ...rule],
    ...operators.map(({ name, counts }) => [name, ...PROFILES.map((profile) => cell(counts[profile]))]),
    ['together', ...PROFILES.map(total)],
  ]);
}

const BEGIN = '<!-- operators: made by test/operator_table.test.ts -->';
const END = '<!-- end of operators -->';

test.each([
  { where: 'README.md', url: README, tableOf: typesTable },
  { where: 'kernels/README.md', url: KERNELS_README, tableOf: countsTable },
])('the table of operators in $where is up to date', ({ url, tableOf }) => {
  const page = readFileSync(url, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const [, after] = (rest ?? '').split(END);
  const made = `${before}${BEGIN}\n\n${tableOf(countRecorded())}\n\n${END}${after}`;
  if (process.env.UPDATE_TABLES) writeFileSync(url, made);
  else expect(page).toBe(made);
});
