/** Histograms, memory over time, time by node. */
import * as Plot from '@observablehq/plot';
import type { ArenaPlan } from '../../plan/plan.ts';
import type { Histogram } from '../histogram.ts';
import type { ReportedRun } from '../model_report.ts';
import { counted, quoted } from '../text.ts';
import { h } from './dom.ts';
import { msText, type NodeFacts } from './node_facts.ts';

/** With its caption, which says in words what the drawing shows. */
function figure(caption: string, chart: Element): HTMLElement {
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', caption);
  return h('figure', {}, chart, h('figcaption', {}, caption));
}

const STYLE = { background: 'transparent', fontSize: '11px', color: 'currentColor', overflow: 'visible' };

export interface Marks {
  /** Values to mark, each with what it is. */
  readonly at: readonly { readonly value: number; readonly label: string }[];
}

/** `ends`: the values that are marked, such as a clamp's. */
export function histogramOf(histogram: Histogram, caption: string, { at }: Marks = { at: [] }): HTMLElement {
  const { first, width, counts, min, max } = histogram;
  const bins = counts
    .map((count, i) => ({ from: first + i * width, to: first + (i + 1) * width, count }))
    .filter(({ from, to, count }) => count > 0 || (to >= min && from <= max));
  const chart = Plot.plot({
    width: 520,
    height: 170,
    marginLeft: 56,
    marginRight: 50,
    marginTop: 34,
    style: STYLE,
    x: { label: 'stored value', grid: false },
    y: { label: 'how many', type: 'sqrt', grid: true, ticks: 5, tickFormat: '~s' }, // else a ReLU's zeros hide all others
    marks: [
      Plot.rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: 'var(--accent)', inset: 0.3 }),
      Plot.ruleX(at, { x: 'value', stroke: 'var(--mark)', strokeDasharray: '3,3' }),
      Plot.text(at, { x: 'value', text: 'label', frameAnchor: 'top', dy: -8, fill: 'var(--mark)' }),
      Plot.ruleY([0]),
    ],
  });
  return figure(caption, chart);
}

/** Every tensor as a box: nodes from left to right, bytes from top to bottom. */
export function memoryChart(arena: ArenaPlan): HTMLElement {
  const boxes = arena.tensors
    .filter(({ bytes }) => bytes > 0)
    .map(({ index, name, bytes, offset, first, last }) => ({
      x1: first - 0.45,
      x2: last + 0.45,
      y1: offset,
      y2: offset + bytes,
      tensor: String(index),
      title: `tensor ${index} ${quoted(name, 40)}: ${counted(bytes)} bytes at ${counted(offset)}, nodes ${first} to ${last}`,
    }));
  const chart = Plot.plot({
    width: 760,
    height: 260,
    marginLeft: 64,
    style: STYLE,
    x: { label: 'node', tickFormat: 'd' },
    y: { label: 'arena, bytes', reverse: true, grid: true, tickFormat: '~s' },
    marks: [
      Plot.rect(boxes, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'var(--accent)', fillOpacity: 0.35, stroke: 'var(--accent)', title: 'title' }), // biome-ignore format: one line
      ...(arena.peak ? [Plot.ruleX([arena.peak.node], { stroke: 'var(--mark)', strokeDasharray: '3,3' })] : []),
    ],
  });
  const peak = arena.peak ? `; most is alive at node ${arena.peak.node}, ${arena.peak.op}: ${counted(arena.peak.bytes)} bytes` : ''; // biome-ignore format: one line
  return figure(`Memory over time: an arena of ${counted(arena.bytes)} bytes holds every tensor while it is alive${peak}.`, chart); // biome-ignore format: one line
}

export function timeChart(facts: readonly NodeFacts[], { average, timedRuns: runs }: ReportedRun): HTMLElement {
  const timed = facts.filter(({ ms }) => ms !== undefined);
  const total = timed.reduce((sum, { ms }) => sum + ms!, 0);
  const chart = Plot.plot({
    width: 760,
    height: 190,
    marginLeft: 64,
    style: STYLE,
    x: { label: 'node', tickFormat: 'd', interval: 1 },
    y: { label: 'ms', grid: true },
    marks: [
      Plot.rectY(timed, {
        x: 'index',
        y: 'ms',
        interval: 1,
        fill: 'var(--accent)',
        title: ({ index, op, ms }: NodeFacts) => `node ${index} ${op}: ${msText(ms)}`,
      }),
      Plot.ruleY([0]),
    ],
  });
  const slowest = timed.reduce((most, node) => (node.ms! > most.ms! ? node : most));
  return figure(`Time by node, ${average}s of ${runs} runs: ${msText(total)} together; the slowest is node ${slowest.index}, ${slowest.op}, ${msText(slowest.ms)}.`, chart); // biome-ignore format: one line
}

/** Their values minus TFLite's. */
export function differenceChart(
  histogram: readonly (readonly [difference: number, count: number])[],
  caption: string,
): HTMLElement {
  const bars = histogram.map(([difference, count]) => ({ difference, count }));
  const chart = Plot.plot({
    width: 520,
    height: 150,
    marginLeft: 56,
    style: STYLE,
    x: { label: 'theirs minus ours', tickFormat: 'd' },
    y: { label: 'how many', grid: true, tickFormat: '~s' },
    marks: [Plot.rectY(bars, { x1: ({ difference }) => difference - 0.4, x2: ({ difference }) => difference + 0.4, y: 'count', fill: 'var(--bad)' }), Plot.ruleY([0])], // biome-ignore format: one line
  });
  return figure(caption, chart);
}
