/** What diff found. */

import type { Diagnosis, Mistake } from '../diff/diagnosis.ts';
import type { Diff, DivergentNode, NodeDiff } from '../diff/diff.ts';
import type { WholeExplanation } from '../diff/whole.ts';
import { groupBy } from '../inspect/group_by.ts';
import { differencesBlocks } from './differences.ts';
import type { Block } from './document.ts';
import { clean, counted, plural, quoted } from './text.ts';

export function diffBlocks(path: string, candidate: string, found: Diff): Block[] {
  const { profile, nodes, whole, divergent, unmatched } = found;
  return [
    { kind: 'title', text: `${clean(candidate)} beside ${clean(path)}, profile ${profile}` },
    {
      kind: 'table',
      head: [
        'node',
        'operator',
        'tensor',
        'candidate',
        'matched by',
        'values',
        'differ (on their inputs)',
        'differ (end to end)',
        'max. abs. difference',
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
    ...(whole ? wholeBlocks(whole) : []),
    ...divergent.flatMap((node) => divergentBlocks(node, found)),
    ...(divergent.length === 0 ? [{ kind: 'text' as const, text: verdict(nodes) }] : []),
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
  if (nodes.some(({ different }) => different > 0)) return 'The nodes that were asked for are right on their inputs.';
  return nodes.some(({ differentInAll }) => differentInAll > 0)
    ? 'Every node is right on its inputs: the inputs are not those that were given.'
    : 'Nothing differs.';
}

function wholeBlocks({ title, explanation, weak, informative }: WholeExplanation): Block[] {
  return [
    { kind: 'heading', text: `all that differs is explained by ${title}${evidenceText(weak, informative)}` },
    { kind: 'text', text: explanation },
  ];
}

/** As the end of a heading. */
function evidenceText(weak: boolean, informative: number): string {
  return weak ? ` (weak evidence: ${plural(informative, 'informative value')})` : '';
}

function divergentBlocks(divergent: DivergentNode, { nodes, whole }: Diff): Block[] {
  const { node, op, name, tensor, unseen, diagnosis, differences } = divergent;
  const found = nodes.find((entry) => entry.tensor === tensor) ?? nodes.find(({ different }) => different > 0)!;
  const isFirst = nodes.find(({ different }) => different > 0) === found;
  const before = unseen.length > 0 ? `, or one of the nodes ${unseen.join(', ')}, of which there are no values` : '';
  const isSure = diagnosis?.kind === 'exact' && !diagnosis.weak;
  return [
    { kind: 'heading', text: `${isFirst ? 'first ' : ''}divergent node: ${node}, ${clean(op)}${before}` },
    {
      kind: 'facts',
      rows: [
        ['layer', quoted(name, 70)],
        ['differ', `${counted(found.different)} of ${counted(found.values)} values on the node’s own inputs`],
        ['candidate minus reference', histogramText(found.histogram)],
      ],
    },
    ...(differences && !isSure && !(whole?.weak === false) ? differencesBlocks(differences) : []),
    ...(diagnosis ? diagnosisBlocks(diagnosis, op) : []),
  ];
}

function diagnosisBlocks(diagnosis: Diagnosis, op: string): Block[] {
  const { kind, mistakes, values, alternatives, undecided, tried } = diagnosis;
  const looked = `${plural(tried, 'combination')} tried`;
  const noModel = diagnosis.hasErrorModel
    ? ''
    : `diff has no error model for ${clean(op)}: only where its output is put was tried. `;
  if (kind === 'none') return [{ kind: 'text', text: `${noModel}No known mistake gives these values (${looked}).` }];
  if (kind === 'too few values') {
    return [
      {
        kind: 'text',
        text: `${noModel}Too little differs to tell the mistake: ${plural(diagnosis.informative, 'informative value')}, which known mistakes give as well as chance would (${looked}).`,
      },
    ];
  }
  return [
    { kind: 'heading', text: `${titleOf(diagnosis, op)} (${looked})` },
    ...mistakes.flatMap(mistakeBlocks),
    ...peerBlocks(diagnosis, op),
    ...(alternatives.length > 0
      ? [
          { kind: 'text' as const, text: `Alternatives that give all ${counted(values)} values too:` },
          { kind: 'list' as const, items: alternativeTexts(alternatives, mistakes) },
        ]
      : []),
    ...(undecided.length > 0
      ? [
          { kind: 'text' as const, text: 'Not ruled out (same output on this data):' },
          { kind: 'list' as const, items: undecidedTitles(undecided) },
        ]
      : []),
  ];
}

function titleOf({ kind, weak, informative, mistakes, same, values }: Diagnosis, op: string): string {
  if (kind === 'nearest') return `nearest known: it gives ${counted(same)} of ${counted(values)} values of this ${op}`;
  const noun = mistakes.length > 1 ? 'mistakes' : 'mistake';
  const found = weak ? `possible ${noun}` : noun;
  return `${found}: all ${counted(values)} values are reproduced${evidenceText(weak, informative)}`;
}

/** What the same mistakes do on the other nodes that have them. */
function peerBlocks({ peers: { explained, unaffected, contradicted } }: Diagnosis, op: string): Block[] {
  const all = explained.length > 0 && contradicted.length === 0;
  const items = [
    ...(all ? [`It explains all ${plural(explained.length + 1, 'node')} of this arithmetic that differ: ${clean(op)} here, and ${nodesText(explained)}`] : []), // biome-ignore format: one line
    ...(!all && explained.length > 0 ? [`It gives the values of ${nodesText(explained)} too`] : []),
    ...(contradicted.length > 0 ? [`It does not give the values of ${nodesText(contradicted)}`] : []),
    ...(unaffected.length > 0 ? [`It changes nothing in ${nodesText(unaffected)}`] : []),
  ];
  return items.length > 0 ? [{ kind: 'list', items }] : [];
}

const NODES = 12;

function nodesText(nodes: readonly number[]): string {
  const more = nodes.length > NODES ? ` and ${nodes.length - NODES} more` : '';
  return `node${nodes.length > 1 ? 's' : ''} ${nodes.slice(0, NODES).join(', ')}${more}`;
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
        ['reference', line],
        ['candidate', candidate],
        ['', explanation],
      ],
    },
  ];
}
