/** A trace: the taps of a sum, then the steps to the value, profile by profile. */
import type { ProfileTrace, Trace } from '../explain/trace.ts';
import type { Tap, TraceStep } from '../formula/trace.ts';
import { type Block, type Column, type Table, tableFrom } from './document.ts';
import { clean, plural, quoted } from './text.ts';

export interface TraceBlocksOptions {
  /** Every tap; otherwise the first ones. */
  readonly all: boolean;
}

export function traceBlocks(path: string, source: string, trace: Trace, { all }: TraceBlocksOptions): Block[] {
  const { node, op, name, dtype, at, taps, profiles } = trace;
  return [
    { kind: 'title', text: `${clean(path)}, on ${clean(source)}` },
    { kind: 'heading', text: `node ${node}  ${clean(op)}  ${quoted(name, 70)}  ${dtype} output[${at.join(', ')}]` },
    ...(taps.length > 0 ? [tapTable(trace, all)] : []),
    ...profileBlocks(profiles),
  ];
}

const FEW = 30;

function tapTable({ taps, offsets }: Trace, all: boolean): Table {
  const shown = all ? taps : taps.slice(0, FEW);
  const isWeighted = taps.some(({ weight }) => weight !== undefined);
  const inputOffset = isWeighted && offsets.input ? offsets.input : undefined;
  const filterOffset = isWeighted && offsets.filter ? offsets.filter : undefined;
  const columns: Column<Tap>[] = [
    ['input at', 'l', ({ at }) => `[${at.join(', ')}]`],
    ['input', 'r', ({ value }) => (value === null ? '' : String(value))],
  ];
  if (inputOffset)
    columns.push([
      signed(inputOffset),
      'r',
      ({ value }) => (value === null ? '' : String(Number(value) + inputOffset)),
    ]);
  if (isWeighted) {
    columns.push(['filter at', 'l', ({ weightAt }) => `[${weightAt!.join(', ')}]`]);
    columns.push(['weight', 'r', ({ weight }) => String(weight)]);
  }
  if (filterOffset) columns.push([signed(filterOffset), 'r', ({ weight }) => String(weight! + filterOffset)]);
  columns.push([isWeighted ? 'product' : 'term', 'r', ({ term }) => (term === null ? 'left out' : String(term))]);
  const left = taps.length - shown.length;
  return tableFrom(shown, columns, left > 0 ? `… ${plural(left, 'tap')} more: --all` : undefined);
}

function signed(offset: number): string {
  return offset > 0 ? `+ ${offset}` : `- ${-offset}`;
}

// ---- steps

function profileBlocks(profiles: readonly ProfileTrace[]): Block[] {
  const groups = alike(profiles.filter(({ refused }) => refused === null));
  const [first] = groups[0]!;
  const differing = first!.steps.findIndex((step, i) => groups.some(([other]) => !isSame(step, other!.steps[i])));
  const differ = differing < 0 ? 0 : differing;
  const refused = profiles.filter((profile) => profile.refused !== null);
  return [
    stepTable('every profile', first!.steps.slice(0, differ).map(stepRow)),
    ...groups.map((group) => groupTable(group, differ)),
    ...refused.map(({ profile, refused }): Block => ({ kind: 'text', text: `profile ${profile}: ${clean(refused!)}` })),
  ];
}

/** Profiles that take the same steps, together. */
function alike(profiles: readonly ProfileTrace[]): ProfileTrace[][] {
  const groups: ProfileTrace[][] = [];
  for (const profile of profiles) {
    const same = groups.find(([other]) => {
      return (
        other!.steps.length === profile.steps.length && other!.steps.every((step, i) => isSame(step, profile.steps[i]))
      );
    });
    if (same) same.push(profile);
    else groups.push([profile]);
  }
  return groups;
}

function isSame(a: TraceStep, b: TraceStep | undefined): boolean {
  return a.name === b?.name && a.formula === b.formula && Object.is(a.value, b.value);
}

function groupTable(group: readonly ProfileTrace[], from: number): Table {
  const [{ steps, value, real }] = group as [ProfileTrace];
  const written = `as the kernel wrote it${real === null ? '' : `; it stands for ${real}`}`;
  const title = `profile${group.length > 1 ? 's' : ''} ${group.map(({ profile }) => profile).join(', ')}`;
  return stepTable(title, [...steps.slice(from).map(stepRow), ['output', written, String(value)]]);
}

function stepTable(title: string, rows: string[][]): Table {
  return { kind: 'table', head: [title, '', 'value'], align: 'llr', rows };
}

function stepRow({ name, formula, value }: TraceStep): string[] {
  return [name, formula, String(value)];
}
