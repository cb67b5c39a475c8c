/** The model as a whole: what it is, what it answers, memory, time, findings, every node in a table. */
import type { Lint } from '../../lint/lint.ts';
import { diffBlocks } from '../diff.ts';
import type { Block } from '../document.ts';
import { lintBlocks } from '../lint.ts';
import type { ModelReport } from '../model_report.ts';
import { clean, counted, plural, quoted, shapeText } from '../text.ts';
import { elementsOf, factsOf, tableOf } from './blocks.ts';
import { memoryChart, timeChart } from './charts.ts';
import { h } from './dom.ts';
import { differText, msText, type NodeFacts, percentText } from './node_facts.ts';

export function overview(report: ModelReport, facts: readonly NodeFacts[]): HTMLElement[] {
  const { name, profile, inspection, explanation, refused, run, lint, diff, plan } = report;
  const rows: [string, string][] = [
    ['file', `${plural(inspection.bytes, 'byte')}, ${clean(inspection.description) || 'no description'}`],
    ['arithmetic', inspection.integerOnly.verdict],
    ['types', inspection.quantization.scheme],
    ['quantized by', clean([inspection.quantization.method, ...inspection.quantization.evidence].join('; '))],
    ...(explanation
      ? [['cost', `${counted(explanation.macs)} multiply-adds, ${plural(explanation.parameters.count, 'parameter')}`] as [string, string]] // biome-ignore format: one line
      : []),
    ['profile', profile],
    ...inspection.inputs.map(({ name: tensor, dtype, shape }) => ['input', `${quoted(tensor)} ${dtype} ${shapeText(shape)}`] as [string, string]), // biome-ignore format: one line
    ...inspection.outputs.map(({ name: tensor, dtype, shape }) => ['output', `${quoted(tensor)} ${dtype} ${shapeText(shape)}`] as [string, string]), // biome-ignore format: one line
  ];
  return [
    h('h2', { id: 'title', tabindex: -1 }, name),
    factsOf(rows),
    refused === null ? null : h('div', { class: 'notice' }, h('p', {}, 'requant cannot run this model:'), h('pre', {}, refused)), // biome-ignore format: one line
    ...(diff
      ? section('difference', `Beside ${diff.theirs}`, elementsOf(withoutTitle(diffBlocks('', '', diff)), 4))
      : []),
    ...(run ? section('answer', 'Answer', answer(report)) : []),
    ...(plan && plan.arena.bytes > 0 ? section('memory', 'Memory', [memoryChart(plan.arena)]) : []),
    ...(run ? section('time', 'Time', [timeChart(facts, run)]) : []),
    ...section('nodes', 'Nodes', [nodeTable(report, facts)]),
    ...section('findings', 'Findings', elementsOf(findings(lint), 4)),
  ].filter((element) => element !== null);
}

function findings(lint: Lint): Block[] {
  if (lint.findings.length === 0) return [{ kind: 'text', text: 'Nothing was found.' }];
  return withoutTitle(lintBlocks('', lint, { all: true })).filter(({ kind }) => kind !== 'facts'); // they are the model's own
}

const withoutTitle = (blocks: readonly Block[]) => blocks.filter(({ kind }) => kind !== 'title');

function section(id: string, title: string, elements: readonly HTMLElement[]): HTMLElement[] {
  return [h('section', { 'aria-labelledby': id }, h('h3', { id }, title), ...elements)];
}

function answer({ run, inspection }: ModelReport): HTMLElement[] {
  const { sources, kernels, outputs, activations } = run!;
  return [
    factsOf([...sources.map((source) => ['input', source] as const), ['kernels', kernels]]),
    ...outputs.map(({ tensor, values, reals }) => {
      const spec = inspection.outputs.find(({ index }) => index === tensor)!;
      const all = activations.find((activation) => activation.tensor === tensor)?.values ?? values.length;
      return tableOf(
        {
          kind: 'table',
          head: reals.length > 0 ? ['', 'stored', 'real'] : ['', 'value'],
          align: 'rrr',
          rows: values.map((value, i) => [String(i), String(value), ...(reals.length > 0 ? [String(reals[i])] : [])]),
          rest: all > values.length ? `… and ${counted(all - values.length)} more` : undefined,
        },
        `output ${quoted(spec.name)}`,
      );
    }),
  ];
}

function nodeTable({ run, diff, explanation }: ModelReport, facts: readonly NodeFacts[]): HTMLElement {
  const columns: { head: string; isNumber?: boolean; text: (node: NodeFacts) => string }[] = [
    { head: 'output', text: ({ summary }) => summary },
    ...(explanation ? [{ head: 'multiply-adds', isNumber: true, text: ({ macs }: NodeFacts) => (macs > 0 ? counted(macs) : '') }] : []), // biome-ignore format: one line
    ...(run
      ? [
          { head: 'time', isNumber: true, text: ({ ms }: NodeFacts) => msText(ms) },
          { head: 'saturated', isNumber: true, text: ({ saturated }: NodeFacts) => percentText(saturated) },
        ]
      : []),
    ...(diff ? [{ head: 'differ', isNumber: true, text: (node: NodeFacts) => differText(node.diff) }] : []),
    { head: 'findings', isNumber: true, text: ({ findings }) => (findings.length > 0 ? String(findings.length) : '') },
  ];
  const head = h('tr', {}, h('th', { scope: 'col', class: 'number' }, 'node'), h('th', { scope: 'col' }, 'operator'), ...columns.map(({ head: title, isNumber }) => h('th', { scope: 'col', class: isNumber ? 'number' : undefined }, title))); // biome-ignore format: one line
  const rows = facts.map((node) =>
    h(
      'tr',
      {},
      h('td', { class: 'number' }, String(node.index)),
      h('th', { scope: 'row' }, h('a', { href: `#node-${node.index}` }, node.op)),
      ...columns.map(({ isNumber, text }) => h('td', { class: isNumber ? 'number' : undefined }, text(node))),
    ),
  );
  return h('div', { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': 'every node' }, h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows))); // biome-ignore format: one line
}
