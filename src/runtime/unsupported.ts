/** What is said of a graph with nodes that cannot be run: each of them, and why; and of a model in which nothing is quantized. */
import { RequantError, UnsupportedError, type UnsupportedNode } from '../../kernels/errors.ts';
import type { Node, Profile } from '../../kernels/kernel.ts';
import type { Model, OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import { constantKind, typeLimits } from '../model/operator_facts.ts';
import { BEFORE_COMPILING, compiledFor } from '../targets/compiled.ts';
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
  const [{ op, node }] = unsupported as [UnsupportedNode];
  return new UnsupportedError(
    `requant cannot run ${unsupported.length} of ${graph.nodes.length} nodes:${lines.join('')}`,
    { ...graph.nodes[node]?.place, op, node },
    unsupported,
  );
}

/**
 * Refuses a model of which an accelerator's compiler has swallowed nodes, but for those that the caller has operators for. Such
 * files have scratch tensors that nobody writes, too: it must be asked for before the data flow is.
 */
export function refuseCompiledModel({ subgraphs }: Model, customOps: { readonly [op: string]: unknown } = {}): void {
  const nodes = subgraphs.flatMap(({ operators }) =>
    operators.flatMap((operator) => {
      const accelerator = compiledFor(operator);
      if (accelerator === undefined || Object.hasOwn(customOps, operator.op)) return [];
      const { op, index, place } = operator;
      return { op, node: index, place, reason: `${op} (node ${index}) is compiled for ${accelerator}` };
    }),
  );
  const [first] = nodes;
  if (first === undefined) return;
  const more = nodes.length > 1 ? `, and so ${nodes.length === 2 ? 'is' : 'are'} ${nodes.length - 1} more` : '';
  throw new UnsupportedError(
    `${first.reason}${more}: what it computes is not in the file; ${BEFORE_COMPILING}`,
    { ...first.place, op: first.op, node: first.node },
    nodes.map(({ op, node, reason }) => ({ op, node, reason })),
  );
}

/** TFLite and TensorFlow Lite Micro: the other profiles take what these take. */
const PROFILE_FAMILIES: readonly Profile[] = ['tflite', 'tflm'];

/** The error of a model that one profile refuses; where another prepares it, it says so. */
export function withOtherProfile(error: unknown, profile: Profile, prepare: (profile: Profile) => void): unknown {
  if (!(error instanceof UnsupportedError)) return error;
  const isMicro = profile === 'tflm' || profile === 'single-rounding';
  const other = PROFILE_FAMILIES.find((candidate) => (candidate === 'tflm') !== isMicro)!;
  try {
    prepare(other);
  } catch (refused) {
    if (refused instanceof RequantError) return error; // there, too: what this profile says of it stands
    throw refused;
  }
  error.message += `\nIt runs with the profile ${other}.`;
  return error;
}

/**
 * Refuses a model that has layers, and nothing in it is quantized, so that nobody takes its answers for those of a quantized one.
 * One quantized tensor is enough to be let through: converters leave parts of such models in float32.
 */
export function refuseFloatModel({ subgraphs }: Model): void {
  if (subgraphs.some(({ tensors }) => tensors.some(isQuantized))) return;
  const layers = subgraphs.flatMap((subgraph) =>
    subgraph.operators.filter((operator) => isFloatLayer(operator, subgraph)),
  );
  const [first] = layers;
  if (first === undefined) return;
  const { op, index: node, place } = first;
  throw new UnsupportedError(
    `requant runs quantized models, and nothing in this one is quantized: the weights of ${countOps(layers)} are float32; ` +
      'quantize it (TensorFlow: converter.optimizations = [tf.lite.Optimize.DEFAULT] with a representative_dataset; ' +
      'or ai-edge-quantizer), or run it as it is with the option allowFloat (on the command line, --allow-float)',
    { ...place, op, node },
    layers.map((layer) => ({
      op: layer.op,
      node: layer.index,
      reason: `${layer.op} (node ${layer.index}): its weights are float32`,
    })),
  );
}

function isQuantized({ dtype, quantization }: TensorSpec): boolean {
  return quantization !== undefined && typeLimits(dtype) !== undefined;
}

function isFloatLayer({ op, inputs }: OperatorSpec, { tensors }: Subgraph): boolean {
  return inputs.some((i, place) => {
    const tensor = tensors[i];
    return tensor?.constant !== undefined && tensor.dtype === 'float32' && constantKind(op, place) === 'weights';
  });
}

/** 30 CONV_2D, 10 ADD */
function countOps(nodes: readonly { readonly op: string }[]): string {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => `${count} ${op}`).join(', ');
}
