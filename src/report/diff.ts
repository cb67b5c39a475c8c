/** What diff found. */

import type { Diagnosis, Mistake } from '../diff/diagnosis.ts';
import type { Diff, Guilty, NodeDiff } from '../diff/diff.ts';
import { groupBy } from '../inspect/group_by.ts';
import { differencesBlocks } from './differences.ts';
import type { Block } from './document.ts';
import { clean, counted, plural, quoted } from './text.ts';

export function diffBlocks(path: string, theirs: string, { profile, nodes, guilty, unmatched }: Diff): Block[] {
  return [
    { kind: 'title', text: `${clean(theirs)} beside ${clean(path)}, profile ${profile}` },
    {
      kind: 'table',
      head: [
        'node',
        'operator',
        'tensor',
        'theirs',
        'matched by',
        'values',
        'differ here',
        'differ in all',
        'by at most',
      ],
      align: 'rlrllrrrr',
      rows: nodes.map((node) => [
        String(node.node),
        clean(node.op),
        String(node.tensor),
        quoted(node.key, 40),
        node.matchedBy,
        counted(node.values),
        counted(node.different),
        counted(node.differentInAll),
        node.different > 0 ? differenceText(node.maxDifference) : '',
      ]),
    },
    { kind: 'list', items: nodes.flatMap(({ key, notes }) => notes.map((note) => `${clean(key)}: ${clean(note)}`)) },
    { kind: 'list', items: unmatchedTexts(unmatched) },
    ...(guilty ? guiltyBlocks(guilty, nodes) : [{ kind: 'text' as const, text: verdict(nodes) }]),
  ];
}

/** By reason. */
function unmatchedTexts(unmatched: Diff['unmatched']): string[] {
  return [...groupBy(unmatched, ({ reason }) => reason)].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? ' is' : ` and ${plural(others.length, 'other')} are`;
    return `${clean(first!.key)}${more} not compared: ${clean(reason)}`;
  });
}

const BARS = 6;

/** Of real numbers, no more digits than say something. */
function differenceText(difference: number): string {
  return String(Number(difference.toPrecision(6)));
}

function histogramText(histogram: NodeDiff['histogram']): string {
  const bars = histogram
    .slice(0, BARS)
    .map(([by, count]) => `${by > 0 ? '+' : ''}${differenceText(by)}: ${counted(count)}`);
  return [...bars, ...(histogram.length > BARS ? ['…'] : [])].join(', ');
}

function verdict(nodes: readonly NodeDiff[]): string {
  return nodes.some(({ differentInAll }) => differentInAll > 0)
    ? 'Every node is right on their inputs: the inputs are not those that were given.'
    : 'Nothing differs.';
}

function guiltyBlocks({ node, op, name, unseen, diagnosis, differences }: Guilty, nodes: readonly NodeDiff[]): Block[] {
  const found = nodes.find((entry) => entry.different > 0)!;
  const before = unseen.length > 0 ? `, or one of the nodes ${unseen.join(', ')}, of which there are no values` : '';
  return [
    { kind: 'heading', text: `the first that departs: node ${node}, ${clean(op)}${before}` },
    {
      kind: 'facts',
      rows: [
        ['layer', quoted(name, 70)],
        ['differ', `${counted(found.different)} of ${counted(found.values)} values on their own inputs`],
        ['theirs minus TFLite’s', histogramText(found.histogram)],
      ],
    },
    ...(differences && diagnosis?.kind !== 'exact' ? differencesBlocks(differences) : []),
    ...diagnosisBlocks(diagnosis),
  ];
}

function diagnosisBlocks(diagnosis: Diagnosis | null): Block[] {
  if (!diagnosis) return [{ kind: 'text', text: 'Of this operator no mistakes are known.' }];
  const { kind, mistakes, same, values, alternatives, undecided, tried } = diagnosis;
  const looked = `${plural(tried, 'combination')} of mistakes looked at`;
  if (kind === 'none' || mistakes.length === 0)
    return [{ kind: 'text', text: `No known mistake gives these values (${looked}).` }];
  const title =
    kind === 'exact'
      ? `the mistake${mistakes.length > 1 ? 's' : ''}: all ${counted(values)} values are reproduced (${looked})`
      : `the nearest: ${counted(same)} of ${counted(values)} values are reproduced (${looked})`;
  return [
    { kind: 'heading', text: title },
    ...mistakes.flatMap(mistakeBlocks),
    ...(alternatives.length > 0
      ? [
          { kind: 'text' as const, text: 'These give all values too:' },
          {
            kind: 'list' as const,
            items: alternativeTexts(alternatives, mistakes),
          },
        ]
      : []),
    ...(undecided.length > 0
      ? [
          {
            kind: 'text' as const,
            text: 'Look at these lines too: what is wrong in them would change none of these values.',
          },
          { kind: 'list' as const, items: undecidedTitles(undecided) },
        ]
      : []),
  ];
}

const ALTERNATIVES = 6;

/** The shortest first, and no more than a few. */
function alternativeTexts(alternatives: Diagnosis['alternatives'], mistakes: readonly Mistake[]): string[] {
  const texts = alternatives.map((other) => alternativeText(other, mistakes)).sort((a, b) => a.length - b.length);
  const left = texts.length - ALTERNATIVES;
  return [...texts.slice(0, ALTERNATIVES), ...(left > 0 ? [`and ${plural(left, 'other')}`] : [])];
}

/** What it has in place of what. */
function alternativeText(other: readonly Mistake[], mistakes: readonly Mistake[]): string {
  const titles = (of: readonly Mistake[], butNot: readonly Mistake[]) =>
    of.flatMap(({ id, title }) => (butNot.some((mistake) => mistake.id === id) ? [] : [title])).join('; ');
  return `${titles(other, mistakes)}${mistakes.length > 1 ? `, in place of: ${titles(mistakes, other)}` : ''}`;
}

/** By line of the formula. */
function undecidedTitles(undecided: readonly Mistake[]): string[] {
  const byLine = groupBy(undecided, ({ line }) => line);
  return [...byLine].map(([line, mistakes]) => `${line}: ${mistakes.map(({ title }) => title).join('; ')}`);
}

function mistakeBlocks({ title, explanation, stage, line, candidate }: Mistake): Block[] {
  return [
    {
      kind: 'facts',
      rows: [
        ['mistake', title],
        ['where', stage],
        ['TFLite', line],
        ['candidate', candidate],
        ['', explanation],
      ],
    },
  ];
}
