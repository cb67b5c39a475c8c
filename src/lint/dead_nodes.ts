/** Nodes that compute for nothing: no output depends on them, or they do not depend on any input. */
import type { NodeExplanation } from '../explain/explanation.ts';
import type { DataFlow } from '../inspect/data_flow.ts';
import { constantChannels } from './constant_channels.ts';
import { few, type LintContext, type Rule, remedy } from './rule.ts';

/** Operators that do more than write their outputs. */
const ACTING = ['ASSIGN_VARIABLE', 'CALL_ONCE', 'IF', 'WHILE', 'CALL'];

export const unusedNode: Rule = {
  id: 'unused-node',
  severity: 'warning',
  title: 'nodes whose results nothing uses',
  why: 'TFLite and TensorFlow Lite Micro run every node of the file, also those that no output depends on',
  *check({ flows }) {
    for (const flow of flows) {
      const used = usedNodes(flow);
      const unused = flow.subgraph.operators.filter(({ index }) => !used.has(index));
      if (unused.length === 0) continue;
      const list = few(unused.map(({ index, op }) => `${op} (node ${index})`));
      yield {
        subgraph: flow.subgraph,
        node: unused[0],
        tensor: flow.subgraph.tensors[unused[0]!.outputs[0] ?? -1],
        text: `no output depends on ${list}`,
        numbers: { nodes: unused.length },
        remedies: [remedy('leave the branch out before converting, or make its result an output')],
      };
    }
  },
};

/** From the outputs, and from what acts on state, backwards. */
function usedNodes({ subgraph, writers }: DataFlow): Set<number> {
  const used = new Set<number>();
  const acting = subgraph.operators.filter((node) => {
    const holdsState = node.inputs.some((i) => subgraph.tensors[i]?.isVariable);
    return ACTING.includes(node.op) || node.isCustom || holdsState;
  });
  const open = [...subgraph.outputs.flatMap((i) => writers.get(i) ?? []), ...acting];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (used.has(node.index)) continue;
    used.add(node.index);
    open.push(...node.inputs.flatMap((i) => writers.get(i) ?? []));
  }
  return used;
}

export const constantOutput: Rule = {
  id: 'constant-output',
  severity: 'warning',
  title: 'a layer that gives one and the same output for any input',
  why: 'what comes in is lost here: the layer, and all that only it feeds, could be a constant',
  *check(context) {
    const [flow] = context.flows;
    const constant = new Set<number>();
    for (const node of context.nodes) {
      const inputs = node.inputs.filter(({ index }) => !flow!.subgraph.tensors[index]!.constant);
      const follows = inputs.length > 0 && inputs.every(({ index }) => constant.has(index));
      if (!follows && !isConstant(node)) continue;
      if (flow!.subgraph.operators[node.node]!.inputs.some((i) => flow!.subgraph.tensors[i]?.isVariable)) continue;
      for (const { index } of node.outputs) constant.add(index);
    }
    for (const node of context.nodes) if (isConstant(node)) yield found(node, context, constant);
  },
};

/** All its channels are constant, whatever comes in. */
function isConstant(node: NodeExplanation): boolean {
  const channels = node.accumulator?.low.length ?? 0;
  return channels > 0 && constantChannels(node).length === channels;
}

function found(node: NodeExplanation, { flows }: LintContext, constant: ReadonlySet<number>) {
  const [{ subgraph }] = flows as [DataFlow];
  const channels = constantChannels(node);
  const values = few([...new Set(channels.map(({ value }) => value))]);
  const outputs = subgraph.outputs.filter((i) => constant.has(i));
  const followers = outputs.length > 0 ? `; so ${outputs.length === 1 ? 'is the output' : 'are the outputs'} of the graph, tensor ${few(outputs)}` : ''; // biome-ignore format: one line
  return {
    subgraph,
    node: subgraph.operators[node.node],
    tensor: subgraph.tensors[node.outputs[0]!.index],
    text: `each of its ${channels.length} channels has one value for any input (bound from weights and bias): ${values}${followers}`,
    numbers: { channels: channels.length, outputs: outputs.length },
    remedies: [
      remedy(
        'look for what was lost in front of it: weights that are all 0, a bias far beyond the sums, an output range that the sums never leave',
      ),
    ],
  };
}
