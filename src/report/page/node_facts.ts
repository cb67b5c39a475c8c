/** What is shown of each node outside of its own view: in the graph and in the table of nodes. */

import type { NodeDiff } from '../../diff/diff.ts';
import type { NodeExplanation } from '../../explain/explanation.ts';
import { typeEnds } from '../../explain/saturation_limits.ts';
import type { TensorReport } from '../../inspect/tensor_report.ts';
import type { Finding } from '../../lint/lint.ts';
import type { Activation, ModelReport } from '../model_report.ts';
import { counted, shapeText } from '../text.ts';

export interface NodeFacts {
  readonly index: number;
  readonly op: string;
  readonly output: TensorReport | undefined;
  /** Type and shape of the output. */
  readonly summary: string;
  readonly macs: number;
  /** null where the model cannot be prepared. */
  readonly explanation: NodeExplanation | null;
  readonly findings: readonly Finding[];
  /** Whether one of them is more than a note. */
  readonly isWarned: boolean;
  /** Of one run, in milliseconds. */
  readonly ms: number | undefined;
  /** The first output's values. */
  readonly activation: Activation | undefined;
  /** How much of the output is at an end that only the type gives, from 0 to 1. */
  readonly saturated: number | undefined;
  readonly diff: NodeDiff | undefined;
  readonly isGuilty: boolean;
}

export function nodeFacts({ inspection, explanation, lint, run, diff }: ModelReport): NodeFacts[] {
  const [main] = inspection.subgraphs;
  return main!.nodes.map(({ index, op, outputs }) => {
    const explained = explanation?.nodes[index] ?? null;
    const spec = main!.tensors[outputs[0] ?? -1];
    const output = explained?.outputs[0] ?? spec;
    const activation = run?.activations.find(({ tensor }) => tensor === outputs[0]);
    const findings = lint.findings.filter(({ subgraph, node }) => subgraph === 0 && node?.index === index);
    return {
      index,
      op,
      output,
      summary: output ? `${output.dtype} ${shapeText(output.shape)}` : 'no output',
      macs: explained?.macs ?? 0,
      explanation: explained,
      findings,
      isWarned: findings.some(({ severity }) => severity !== 'note'),
      ms: run?.times.nodes.find(({ node }) => node === index)?.ms,
      activation,
      saturated: activation && explained ? saturation(activation, explained) : undefined,
      diff: diff?.nodes.find(({ node }) => node === index),
      isGuilty: diff?.divergent[0]?.node === index,
    };
  });
}

function saturation({ values, atLowest, atHighest }: Activation, { clamp }: NodeExplanation): number | undefined {
  if (!clamp || atLowest === null || atHighest === null || values === 0) return undefined;
  const counts = typeEnds(clamp).map((end) => (end === clamp.min ? atLowest : atHighest));
  return counts.reduce((sum, count) => sum + count, 0) / values;
}

export function percentText(share: number | undefined): string {
  return share === undefined ? '' : `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;
}

export function msText(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 1 ? `${(1000 * ms).toFixed(1)} µs` : `${ms.toFixed(2)} ms`;
}

export function differText(diff: NodeDiff | undefined): string {
  return diff ? `${counted(diff.different)} of ${counted(diff.values)} differ` : 'not given';
}
