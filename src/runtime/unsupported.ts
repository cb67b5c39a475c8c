/** What is said of a graph with nodes that cannot be run: each of them, why, and what to do. */
import { UnsupportedError, type UnsupportedNode } from '../../kernels/errors.ts';
import type { Node, NodeParts } from '../../kernels/kernel.ts';
import type { Graph } from './graph.ts';

/** One error may be about many nodes: those of a subgraph that the node runs. */
export function reasons({ message, nodes }: UnsupportedError, { op, index }: Node): UnsupportedNode[] {
  if (nodes.length === 0) return [{ op, node: index, reason: message }];
  return nodes.map((inner) => ({ ...inner, reason: `${op} (node ${index}) runs ${inner.reason}` }));
}

/** How many nodes an error's text names at a time; its `nodes` has all that cannot be run. */
const MAX_NAMED = 10;

export function unsupportedNodes(unsupported: readonly UnsupportedNode[], graph: Graph): UnsupportedError {
  const lines = unsupported.slice(0, MAX_NAMED).map(({ reason }) => `\n  ${reason}`);
  const rest = unsupported.slice(MAX_NAMED);
  if (rest.length > 0) lines.push(`\n  and ${rest.length} more: ${countOps(rest)}`);
  if (unsupported.some(({ reason }) => / (is|are) float/.test(reason))) {
    if (!graph.nodes.some(isQuantized)) lines.push(`\n${floatThroughout(unsupported, graph)}`);
    lines.push(
      '\nrequant runs quantized models: give the converter a representative_dataset, so that it quantizes activations, too; ' +
        '`requant inspect` shows which tensors are not quantized, and why.',
    );
  }
  const [{ op, node }] = unsupported as [UnsupportedNode];
  return new UnsupportedError(
    `requant cannot run ${unsupported.length} of ${graph.nodes.length} nodes:${lines.join('')}`,
    { ...graph.nodes[node]?.place, op, node },
    unsupported,
  );
}

/** Whether the node computes on quantized values, or makes them: a DEQUANTIZE of constants does not. */
function isQuantized({ inputs, outputs }: NodeParts): boolean {
  return [...inputs, ...outputs].some(
    (tensor) => tensor?.quantization && tensor.dtype !== 'float32' && tensor.dtype !== 'int32' && !tensor.known,
  );
}

/** Names the float nodes that could be run, too: it is the whole model that is not quantized. */
function floatThroughout(unsupported: readonly UnsupportedNode[], graph: Graph): string {
  const named = new Set(unsupported.map(({ node }) => node));
  const others = graph.nodes
    .filter(({ index, outputs }) => !named.has(index) && outputs.some(({ dtype }) => dtype === 'float32'))
    .map(({ op, index }) => ({ op, text: `${op} (node ${index})` }));
  if (others.length === 0) return 'The model is float throughout.';
  const list = others.length > MAX_NAMED ? countOps(others) : others.map(({ text }) => text).join(', ');
  return `The model is float throughout: so ${others.length === 1 ? 'is' : 'are'} ${list}.`;
}

/** 30 CONV_2D, 10 ADD */
function countOps(nodes: readonly { readonly op: string }[]): string {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => `${count} ${op}`).join(', ');
}
