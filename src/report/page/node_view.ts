/** One node: its formula, every number in it, its weights and what a run made of them. */

import type { NodeExplanation } from '../../explain/explanation.ts';
import { nodeBlocks } from '../explain.ts';
import type { Activation, ModelReport } from '../model_report.ts';
import { counted, plural, quoted } from '../text.ts';
import { elementsOf } from './blocks.ts';
import { differenceChart, histogramOf, type Marks } from './charts.ts';
import { h } from './dom.ts';
import { differText, msText, type NodeFacts, percentText } from './node_facts.ts';

export function nodeView(report: ModelReport, node: NodeFacts, count: number): HTMLElement[] {
  const { index, op, findings, explanation, output } = node;
  const { method } = report.inspection.quantization;
  const blocks = explanation ? nodeBlocks(explanation, method, { all: true, exact: true }).slice(1) : []; // the heading is the view's own
  return [
    h(
      'nav',
      { class: 'steps', 'aria-label': 'nodes' },
      h('a', { href: '#' }, 'Overview'),
      index > 0 && h('a', { href: `#node-${index - 1}`, rel: 'prev' }, 'Previous node'),
      index + 1 < count && h('a', { href: `#node-${index + 1}`, rel: 'next' }, 'Next node'),
    ),
    h('h2', { id: 'title', tabindex: -1 }, h('span', { class: 'number' }, `node ${index}`), ` ${op}`),
    h('p', { class: 'name' }, output ? quoted(output.name, 200) : ''),
    ...findings.map(({ severity, title, text }) =>
      h('p', { class: 'finding', 'data-tone': severity }, h('span', { class: 'badge' }, severity), `${title}: ${text}`),
    ),
    ...difference(report, node),
    ...(explanation ? [h('h3', {}, 'What it computes')] : [h('p', {}, 'The model cannot be prepared: there are no multipliers to show.')]), // biome-ignore format: one line
    ...elementsOf(blocks, 3),
    ...weights(report, explanation),
    ...activations(report, node),
    explanation &&
      h('details', {}, h('summary', {}, 'All of it as JSON'), h('pre', { class: 'json', tabindex: 0 }, JSON.stringify(explanation, null, 1))), // biome-ignore format: one line
  ].filter((element) => element !== null);
}

function difference({ diff }: ModelReport, { diff: found, isGuilty }: NodeFacts): HTMLElement[] {
  if (!diff) return [];
  if (!found) return [h('p', {}, `${diff.theirs} has no values of this node.`)];
  const verdict = isGuilty ? 'It is the first node that departs. The overview says by which mistake.' : '';
  const text = `On their own inputs, ${differText(found)}; in a whole run ${counted(found.differentInAll)}. ${verdict}`;
  const caption = `Their values minus TFLite's, of ${quoted(found.key, 60)}, by at most ${found.maxDifference}.`;
  return [
    h('h3', {}, `Beside ${diff.theirs}`),
    h('p', {}, text),
    ...(found.different > 0 ? [differenceChart(found.histogram, caption)] : []),
  ];
}

function weights({ constants }: ModelReport, explanation: NodeExplanation | null): HTMLElement[] {
  const charts = (explanation?.inputs ?? []).flatMap(({ index, role, name }) => {
    const found = constants.find(({ tensor }) => tensor === index);
    if (!found || found.values < 2) return [];
    const caption = `${role} ${quoted(name, 60)}: ${plural(found.values, 'value')} from ${found.min} to ${found.max}.`;
    return [histogramOf(found, caption)];
  });
  return charts.length === 0 ? [] : [h('h3', {}, 'Constants'), h('div', { class: 'charts' }, ...charts)];
}

function activations({ run }: ModelReport, { activation, explanation, ms, saturated }: NodeFacts): HTMLElement[] {
  if (!run || !activation) return [];
  const sentence = [
    `${plural(activation.values, 'value')} from ${activation.min} to ${activation.max}`,
    ...(saturated === undefined ? [] : [`${percentText(saturated)} at an end that only the type gives`]),
  ].join('; ');
  return [
    h('h3', {}, 'In this run'),
    h(
      'div',
      { class: 'charts' },
      histogramOf(activation, `The output: ${sentence}.`, marksOf(explanation, activation)),
    ),
    ...(ms === undefined ? [] : [h('p', {}, `It took ${msText(ms)}, the ${run.average} of ${run.timedRuns} runs.`)]),
  ];
}

function marksOf(explanation: NodeExplanation | null, { atLowest, atHighest }: Activation): Marks {
  if (!explanation?.clamp || atLowest === null || atHighest === null) return { at: [] };
  const { min, max } = explanation.clamp;
  return {
    at: [
      { value: min.value, label: `clamp ${min.value}: ${counted(atLowest)}` },
      { value: max.value + 1, label: `clamp ${max.value}: ${counted(atHighest)}` },
    ],
  };
}
