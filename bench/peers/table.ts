/** What was measured as tables in Markdown: ratios, never times alone. */

export interface Results {
  readonly machine: string;
  /** The load average of a minute, before and after: much above 1 if the machine had something else to do. */
  readonly load: readonly string[];
  readonly date: string;
  readonly versions: { readonly [name: string]: string };
  readonly rounds: number;
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
  readonly models: readonly ModelResult[];
}

export interface ModelResult {
  readonly model: string;
  readonly macs: number;
  readonly contestants: readonly ContestantResult[];
}

export interface ContestantResult {
  readonly name: string;
  readonly place: 'native' | 'page';
  /** Milliseconds of one invoke, by round. */
  readonly ms: number[];
  /** Milliseconds from before the first import to after the first answer, each in a fresh process. */
  readonly startMs: number[];
  /** What it said where it does not run the model. */
  readonly refusal?: string;
  /** How its outputs compare with requant's. */
  readonly difference?: Difference;
}

export interface Difference {
  readonly values: number;
  readonly different: number;
  readonly maxDifference: number;
  /** Whether some output is not as many bytes as requant's, which is then not compared. */
  readonly otherSizes: boolean;
}

export const OWN = 'requant simd';

export function peersMarkdown({ machine, load, date, versions, rounds, missing, models }: Results): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine}, load ${load.join(' to ')}; ${date}; ${rounds} rounds; ${names.join(', ')}`,
    ...missing.map((what) => `\nnot measured: ${what}`),
    ...(['native', 'page'] as const).flatMap((place) => ratios(models, place)),
    ...starts(models),
    ...refusals(models),
  ].join('\n');
}

function ratios(models: readonly ModelResult[], place: 'native' | 'page'): string[] {
  const names = contestantsIn(models, place).filter((name) => name !== OWN);
  if (names.length === 0) return [];
  const where =
    place === 'native' ? 'Native, beside requant simd in Node' : 'In Chromium, beside requant simd in the same page';
  return [
    '',
    `${where}: how many times as long an invoke takes, of minima and median of the rounds' ratios; = same bits as requant, else ` +
      'the output values that differ and by how much at most',
    '',
    ...rows([
      ['model', `${OWN}, ms at best`, ...names],
      ...models.map((model) => {
        const own = find(model, OWN, place)!;
        return [model.model, time(Math.min(...own.ms)), ...names.map((name) => cell(own, find(model, name, place)))];
      }),
    ]),
  ];
}

function cell(own: ContestantResult, it: ContestantResult | undefined): string {
  if (!it) return '';
  if (it.refusal !== undefined) return 'refuses';
  const ofMin = Math.min(...it.ms) / Math.min(...own.ms);
  const ofRounds = median(it.ms.map((ms, i) => ms / own.ms[i]));
  return `${ofMin.toFixed(2)}, ${ofRounds.toFixed(2)} (${bits(it.difference!)})`;
}

function bits({ values, different, maxDifference, otherSizes }: Difference): string {
  if (otherSizes) return 'other sizes';
  return different === 0 ? '=' : `${different} of ${values}, ${maxDifference}`;
}

/** From import to the first answer, medians, as ratios to requant's. */
function starts(models: readonly ModelResult[]): string[] {
  const names = contestantsIn(models, 'native').filter((name) => name !== OWN);
  if (names.length === 0) return [];
  return [
    '',
    'From before the first import to after the first answer, in fresh processes: medians, as ratios to requant simd in Node',
    '',
    ...rows([
      ['model', `${OWN}, ms`, ...names],
      ...models.map((model) => {
        const base = median(find(model, OWN, 'native')!.startMs);
        const ratio = (name: string) => {
          const ms = find(model, name, 'native')?.startMs ?? [];
          return ms.length > 0 ? (median(ms) / base).toFixed(2) : '';
        };
        return [model.model, time(base), ...names.map(ratio)];
      }),
    ]),
  ];
}

function refusals(models: readonly ModelResult[]): string[] {
  const said = models.flatMap(({ model, contestants }) =>
    contestants.flatMap(({ name, refusal }) => (refusal === undefined ? [] : [`- ${name}, ${model}: ${refusal}`])),
  );
  return said.length > 0 ? ['', 'What those say that refuse:', '', ...said] : [];
}

function contestantsIn(models: readonly ModelResult[], place: string): string[] {
  const all = models.flatMap(({ contestants }) =>
    contestants.filter((it) => it.place === place).map(({ name }) => name),
  );
  return [...new Set(all)];
}

const find = ({ contestants }: ModelResult, name: string, place: string) =>
  contestants.find((it) => it.name === name && it.place === place);

function rows([head, ...body]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}

const time = (ms: number) => ms.toPrecision(3);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
