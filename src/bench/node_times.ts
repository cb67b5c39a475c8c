/** How long each node of a model takes. */
import type { NodeInfo } from '../runtime/subgraph_runner.ts';

export interface NodeTimings {
  /** In the order in which they run. */
  readonly nodes: readonly NodeTiming[];
  /** The same by operator, the slowest first. */
  readonly operators: readonly OperatorTiming[];
  /** Outside of the nodes: copies of input and outputs, checks. */
  readonly outsideMs: number;
  /** What it costs to look at the clock between two nodes; the nodes' times have it in them. */
  readonly clockMs: number;
}

export interface OperatorTiming {
  readonly op: string;
  readonly nodes: number;
  readonly ms: number;
  /** Of the sum over all nodes, from 0 to 1. */
  readonly share: number;
  readonly macs: number;
}

export interface NodeTiming extends Omit<OperatorTiming, 'nodes'> {
  readonly node: number;
  /** The kernels that ran it. */
  readonly kernels: string;
  /** The average over all runs. */
  readonly ms: number;
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/**
 * The average of each node's time, over all runs.
 *
 * @param run one invoke, with what is to be called before each node; gives its milliseconds
 * @param average the median, or the mean, which tells times below the clock's own step
 */
export function timeNodes(
  infos: readonly NodeInfo[],
  run: (beforeNode: (node: number) => void) => number,
  runs: number,
  average: 'median' | 'mean' = 'median',
): NodeTimings {
  const clock = new Float64Array(infos.length + 1);
  const beforeNode = (node: number) => {
    clock[node] = performance.now();
  };
  const times = infos.map(() => new Float64Array(runs));
  const outside = new Float64Array(runs);
  run(beforeNode); // compiles it
  for (let i = 0; i < runs; i++) {
    const total = run(beforeNode);
    for (let node = 0; node < infos.length; node++) times[node]![i] = clock[node + 1]! - clock[node]!;
    outside[i] = total - (clock[infos.length]! - clock[0]!);
  }
  const averages = times.map(average === 'median' ? median : mean);
  const sum = averages.reduce((total, ms) => total + ms, 0);
  const nodes = infos.map(({ index, op, kernels, macs, outputs }, i): NodeTiming => {
    const ms = averages[i]!;
    return {
      node: index,
      op,
      kernels,
      ms,
      share: ms / sum,
      macs,
      outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    };
  });
  return { nodes, operators: byOperator(nodes), outsideMs: median(outside), clockMs: costOf(beforeNode) };
}

function byOperator(nodes: readonly NodeTiming[]): OperatorTiming[] {
  const operators = new Map<string, OperatorTiming>();
  for (const { op, ms, share, macs } of nodes) {
    const sum = operators.get(op) ?? { op, nodes: 0, ms: 0, share: 0, macs: 0 };
    operators.set(op, { op, nodes: sum.nodes + 1, ms: sum.ms + ms, share: sum.share + share, macs: sum.macs + macs });
  }
  return [...operators.values()].sort((a, b) => b.ms - a.ms);
}

/** Milliseconds of one call, the best of several means. */
function costOf(beforeNode: (node: number) => void): number {
  const calls = 1000;
  const means = Array.from({ length: 20 }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) beforeNode(0);
    return (performance.now() - start) / calls;
  });
  return least(means);
}

export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

export function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >> 1]!;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
