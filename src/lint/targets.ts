/** Operators and element types that the runtimes of small devices lack. */

import { isFloat } from '../inspect/data_flow.ts';
import { groupBy } from '../inspect/group_by.ts';
import type { OperatorSpec, Subgraph } from '../model/model.ts';
import { cmsisNnObjection, cmsisNnRefusal, isInCmsisNn } from '../targets/cmsis_nn.ts';
import { BEFORE_COMPILING, compiledFor, compiledNodes } from '../targets/compiled.ts';
import { edgeTpuObjection } from '../targets/edge_tpu.ts';
import { microObjection } from '../targets/tflm.ts';
import { count, type Found, few, type LintContext, type Remedy, type Rule, remedy } from './rule.ts';

const REPLACE = remedy('express it by operators that the target has, or compute it outside of the model');
const CONVERT_INT8 = remedy(
  'convert anew to int8: post-training quantization, or tensorflow_model_optimization; uint8 is what toco and TensorFlow 1 made',
);

export const microOperators: Rule = {
  id: 'tflm-operators',
  severity: 'warning',
  title: 'refused by TensorFlow Lite Micro',
  why: 'AllocateTensors or the first Invoke fails on the device, with the name of the operator at best',
  target: 'tflm',
  check: (context) => grouped(context, (node, subgraph) => microObjection(node, subgraph, context.model)?.text),
};

export const cmsisOperators: Rule = {
  id: 'cmsis-nn-operators',
  severity: 'note',
  title: 'not accelerated by CMSIS-NN',
  why: "TensorFlow Lite Micro's reference kernel runs instead: the same answer, at the speed of plain C",
  target: 'cmsis-nn',
  check: (context) =>
    grouped(context, (node, subgraph) => {
      const output = subgraph.tensors[node.outputs[0] ?? -1];
      if (!output || isFloat(output) || microObjection(node, subgraph, context.model)) return undefined;
      if (isInCmsisNn(node)) return cmsisNnObjection(node, subgraph, context.model);
      return node.macs === 0 ? undefined : 'it has no such kernel';
    }),
};

export const cmsisRefusals: Rule = {
  id: 'cmsis-nn-refuses',
  severity: 'warning',
  title: 'refused or misread where TensorFlow Lite Micro is built with CMSIS-NN',
  why: 'it runs with the reference kernels, and not with those of CMSIS-NN',
  target: 'cmsis-nn',
  check: (context) =>
    grouped(context, (node, subgraph) =>
      microObjection(node, subgraph, context.model) ? undefined : cmsisNnRefusal(node, subgraph, context.model),
    ),
};

export const edgeTpuOperators: Rule = {
  id: 'edge-tpu-operators',
  severity: 'note',
  title: 'not mapped to the Edge TPU',
  why: 'the compiler gives the Edge TPU what comes before the first such node; that node and all behind it run on the CPU',
  target: 'edge-tpu',
  check: (context) => grouped(context, (node, subgraph) => edgeTpuObjection(node, subgraph, context.model)),
};

/** What an accelerator's compiler made of nodes: no other rule can say anything of them. */
export const compiledModel: Rule = {
  id: 'compiled-model',
  severity: 'warning',
  title: 'compiled for an accelerator',
  why: 'what such a node computes is not in the file: no other rule can look at it, and nothing but that accelerator runs it',
  *check({ model }) {
    for (const { accelerator, nodes } of compiledNodes(model)) {
      const [first] = nodes;
      const subgraph = model.subgraphs[first!.subgraph]!;
      const node = subgraph.operators[first!.node]!;
      yield {
        subgraph,
        node,
        tensor: subgraph.tensors[node.outputs[0] ?? -1],
        text: `${count(nodes.length, 'node')} compiled for ${accelerator}`,
        numbers: { nodes: nodes.length },
        remedies: [remedy(BEFORE_COMPILING)],
      };
    }
  },
};

type Lack = (node: OperatorSpec & { readonly macs: number }, subgraph: Subgraph) => string | undefined;

/** One finding for each reason, at the first node that it is about. compiledModel speaks of compiled nodes. */
function* grouped({ model, nodes }: LintContext, lack: Lack): Generator<Found> {
  for (const subgraph of model.subgraphs) {
    const groups = groupBy(subgraph.operators, (node) => {
      const macs = subgraph.index === 0 ? (nodes[node.index]?.macs ?? 0) : 0;
      return compiledFor(node) === undefined ? lack({ ...node, macs }, subgraph) : undefined;
    });
    for (const [reason, found] of groups) {
      if (reason === undefined) continue;
      const ops = [...new Set(found.map(({ op }) => op))];
      const list = ops.map((op) => `${op} (${count(found.filter((node) => node.op === op).length, 'node')})`);
      const [first] = found;
      yield {
        subgraph,
        node: first,
        tensor: subgraph.tensors[first!.outputs[0] ?? -1],
        text: `${reason}: ${few(list)}`,
        numbers: { nodes: found.length },
        remedies: remediesFor(reason),
      };
    }
  }
}

const remediesFor = (reason: string): Remedy[] => [/uint8$/.test(reason) ? CONVERT_INT8 : REPLACE];
