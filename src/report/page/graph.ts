/** The graph of a model: nodes as links, laid out by dagre. */
import { graphlib, layout } from '@dagrejs/dagre';
import type { ModelReport } from '../model_report.ts';
import { counted, shapeText } from '../text.ts';
import { svg } from './dom.ts';
import type { NodeFacts } from './node_facts.ts';

const WIDTH = 204;
const HEIGHT = 46;
const EDGE_WIDTH = 150;
const EDGE_HEIGHT = 26;
const MARGIN = 12;

/** Where a drawing would have no use: a list of nodes stands beside it. */
const MOST_NODES = 1500;

export interface Painting {
  /** From 0 to 1, how much of the colour; undefined: none. */
  readonly share: number | undefined;
  /** What the box says below the operator. */
  readonly text: string;
}

/** `paint` gives each node its colour and its second line. */
export function graphOf(
  report: ModelReport,
  facts: readonly NodeFacts[],
  paint: (node: NodeFacts) => Painting,
): SVGSVGElement | null {
  const [main] = report.inspection.subgraphs;
  if (!main || main.nodes.length > MOST_NODES) return null;
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 20, ranksep: 26, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const writers = new Map<number, string>();
  for (const index of main.inputs) {
    writers.set(index, `in ${index}`);
    graph.setNode(`in ${index}`, { width: EDGE_WIDTH, height: EDGE_HEIGHT });
  }
  for (const { index, outputs } of main.nodes) {
    graph.setNode(String(index), { width: WIDTH, height: HEIGHT });
    for (const tensor of outputs) writers.set(tensor, String(index));
  }
  const link = (tensor: number, to: string) => {
    const from = writers.get(tensor);
    if (from !== undefined && from !== to) graph.setEdge(from, to, {}, String(tensor));
  };
  for (const { index, inputs } of main.nodes) for (const tensor of inputs) link(tensor, String(index));
  for (const index of main.outputs) {
    graph.setNode(`out ${index}`, { width: EDGE_WIDTH, height: EDGE_HEIGHT });
    link(index, `out ${index}`);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const label = `the graph: ${counted(main.nodes.length)} nodes, from ${main.inputs.length} inputs to ${main.outputs.length} outputs`;
  return svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': label, class: 'graph' },
    svg('defs', {}, svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' }, svg('path', { d: 'M0 0L8 4L0 8z' }))), // biome-ignore format: one line
    ...graph.edges().map((edge: { v: string; w: string; name?: string }) => {
      const { points } = graph.edge(edge) as { points: { x: number; y: number }[] };
      return svg('path', { class: 'edge', d: curve(points), 'marker-end': 'url(#arrow)' });
    }),
    ...[...main.inputs.map((i) => `in ${i}`), ...main.outputs.map((i) => `out ${i}`)].map((id) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      const tensor = main.tensors[Number(id.split(' ')[1])]!;
      return svg(
        'g',
        { class: 'edge-tensor', transform: `translate(${x - EDGE_WIDTH / 2} ${y - EDGE_HEIGHT / 2})` },
        svg('rect', { width: EDGE_WIDTH, height: EDGE_HEIGHT, rx: EDGE_HEIGHT / 2 }),
        svg('text', { x: EDGE_WIDTH / 2, y: 17 }, `${id.startsWith('in') ? 'input' : 'output'} ${tensor.dtype} ${shapeText(tensor.shape)}`), // biome-ignore format: one line
      );
    }),
    ...facts.map((node) => box(node, graph.node(String(node.index)) as { x: number; y: number }, paint(node))),
  );
}

function box(node: NodeFacts, { x, y }: { x: number; y: number }, { share, text }: Painting): SVGElement {
  const { index, op, summary, isGuilty, isWarned } = node;
  return svg(
    'a',
    { href: `#node-${index}`, 'data-node': index, 'aria-label': `node ${index}, ${op}: ${summary}. ${text}`, class: `node${isGuilty ? ' guilty' : ''}${share === undefined ? '' : ' painted'}`, transform: `translate(${x - WIDTH / 2} ${y - HEIGHT / 2})` }, // biome-ignore format: one line
    svg('rect', { class: 'body', width: WIDTH, height: HEIGHT, rx: 6 }),
    share === undefined ? null : svg('rect', { class: 'paint', width: WIDTH, height: HEIGHT, rx: 6, 'fill-opacity': 0.12 + 0.4 * share }), // biome-ignore format: one line
    svg('text', { class: 'number', x: 10, y: 19 }, String(index)),
    svg('text', { class: 'op', x: 34, y: 19 }, short(op, 20)),
    svg('text', { class: 'detail', x: 34, y: 36 }, short(text, 28)),
    isWarned ? svg('circle', { class: 'finding', cx: WIDTH - 12, cy: 14, r: 4 }) : null,
  );
}

function short(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** Through the points, with rounded bends. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...others] = points;
  const last = others.at(-1)!;
  const bends = others.slice(0, -1).map((point, i) => {
    const next = others[i + 1]!;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first!.x} ${first!.y}${bends.join('')}L${last.x} ${last.y}`;
}
