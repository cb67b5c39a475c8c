/** What lint found: each rule once, with the places that it is about, why it matters and what to do. */
import type { Profile } from '../../kernels/kernel.ts';
import { groupBy } from '../inspect/group_by.ts';
import { type FloatTensorReason, rangeText } from '../lint/float_tensors.ts';
import type { Finding, Lint } from '../lint/lint.ts';
import type { Block } from './document.ts';
import { clean, counted, plural, quoted } from './text.ts';

const FEW = 6;

export function lintBlocks(path: string, lint: Lint, { all }: { readonly all: boolean }): Block[] {
  const { integerOnly, quantization, findings, unprepared, runs, profile } = lint;
  const facts: [string, string][] = [
    ['arithmetic', integerOnly.verdict],
    ['quantization', clean(`${quantization.method}: ${quantization.scheme}`)],
    ['found', `${verdict(findings)}${runs > 0 ? ` (${plural(runs, 'input')} run)` : ''}`],
    ['runtime', runtimeText(profile, lint.isAsked)],
    ...(unprepared === null
      ? []
      : [['left out', `what follows from multipliers and weights: ${firstLine(unprepared)}`] as [string, string]]),
  ];
  return [
    { kind: 'title', text: clean(path) },
    { kind: 'facts', rows: facts },
    ...floatBlocks(lint.floatTensors, all),
    ...grouped(findings).flatMap((group) => groupBlocks(group, all)),
  ];
}

function floatBlocks(tensors: readonly FloatTensorReason[], all: boolean): Block[] {
  if (tensors.length === 0) return [];
  const shown = all ? tensors : tensors.slice(0, FEW);
  const rest = tensors.length - shown.length;
  const errors = tensors.flatMap(({ tocoError }) => (tocoError === null ? [] : [clean(tocoError)]));
  return [
    { kind: 'heading', text: `${plural(tensors.length, 'float tensor')}` },
    {
      kind: 'table',
      head: ['tensor', 'name', 'range', 'why'],
      align: 'rlll',
      rows: shown.map(({ index, name, range, reason }) => [
        String(index),
        quoted(name, 32),
        rangeText(range),
        clean(reason),
      ]),
      rest: rest > 0 ? `… and ${counted(rest)} more: --all` : undefined,
    },
    ...(errors.length === 0
      ? []
      : [
          { kind: 'text', text: 'toco stops at the first of these, and says' } as const,
          { kind: 'code', lines: errors } as const,
        ]),
  ];
}

function runtimeText(profile: Profile, isAsked: boolean): string {
  return isAsked
    ? `profile ${profile}: what is said of other runtimes is left out`
    : `profile ${profile}, and what is known of others; --profile tflm for microcontrollers alone`;
}

function firstLine(text: string): string {
  return clean(text.split('\n')[0]!.replace(/:$/, '').slice(0, 300));
}

function verdict(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const found = findings.filter((finding) => finding.severity === severity).length;
    return found > 0 ? [plural(found, severity)] : [];
  });
  return counts.join(', ') || 'nothing';
}

/** Findings that differ in their places alone. */
function grouped(findings: readonly Finding[]): Finding[][] {
  const groups = groupBy(findings, ({ rule, severity, why, remedies }) =>
    JSON.stringify([rule, severity, why, remedies]),
  );
  return [...groups.values()];
}

function groupBlocks(group: readonly Finding[], all: boolean): Block[] {
  const { severity, rule, title, why, remedies } = group[0]!;
  const shown = all ? group : group.slice(0, FEW);
  const rest = group.length - shown.length;
  return [
    { kind: 'heading', text: `${title} [${rule}]`, tone: severity },
    { kind: 'list', items: [...shown.map(place), ...(rest > 0 ? [`… and ${counted(rest)} more: --all`] : [])] },
    { kind: 'text', text: `Why: ${why}.` },
    ...remedies.flatMap(({ text, code }): Block[] => [
      { kind: 'text', text: `What to do: ${text}${code.length > 0 ? ':' : '.'}` },
      { kind: 'code', lines: code },
    ]),
  ];
}

function place({ subgraph, node, tensor, text }: Finding): string {
  const where = [
    ...(subgraph > 0 ? [`subgraph ${subgraph}`] : []),
    ...(node ? [`node ${node.index}`] : []),
    ...(tensor ? [`tensor ${tensor.index} ${quoted(tensor.name, 40)}`] : []),
  ].join(', ');
  return `${node ? clean(node.op) : 'constant'} (${where}): ${clean(text)}`;
}
