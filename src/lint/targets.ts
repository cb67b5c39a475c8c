/** Operators and element types that the runtimes of small devices lack. */

import { isFloat } from '../inspect/data_flow.ts';
import { groupBy } from '../inspect/group_by.ts';
import type { OperatorSpec, Subgraph } from '../model/model.ts';
import { CMSIS_NN_TYPES } from '../targets/cmsis_nn.ts';
import { EDGE_TPU_RUNTIME } from '../targets/edge_tpu.ts';
import { microObjection } from '../targets/tflm.ts';
import { count, type Found, few, type LintContext, type Remedy, type Rule, remedy } from './rule.ts';

const REPLACE = remedy('express it by operators that the target has, or compute it outside of the model');
const CONVERT_INT8 = remedy(
  'convert anew to int8: post-training quantization, or tensorflow_model_optimization; uint8 is what toco and TensorFlow 1 made',
);

export const microOperators: Rule = {
  id: 'tflm-operators',
  severity: 'warning',
  title: 'not in TensorFlow Lite Micro',
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
    grouped(context, ({ op, outputs, macs }, { tensors }) => {
      const output = tensors[outputs[0] ?? -1];
      if (!output || isFloat(output) || macs === 0) return undefined;
      const types = Object.hasOwn(CMSIS_NN_TYPES, op) ? CMSIS_NN_TYPES[op]! : [];
      return types.includes(output.dtype) ? undefined : `no kernel for ${output.dtype}`;
    }),
};

export const edgeTpuOperators: Rule = {
  id: 'edge-tpu-operators',
  severity: 'note',
  title: 'not mapped to the Edge TPU',
  why: 'the compiler gives the Edge TPU what comes before the first such node; that node and all behind it run on the CPU',
  target: 'edge-tpu',
  check: (context) =>
    grouped(context, ({ op, outputs }, { tensors }) => {
      const output = tensors[outputs[0] ?? -1];
      if (!Object.hasOwn(EDGE_TPU_RUNTIME, op)) return 'its compiler knows no such operator';
      if (!output || ['int8', 'uint8'].includes(output.dtype)) return undefined;
      return `it computes int8 and uint8, not ${output.dtype}`;
    }),
};

type Lack = (node: OperatorSpec & { readonly macs: number }, subgraph: Subgraph) => string | undefined;

/** One finding for each reason, at the first node that it is about. */
function* grouped({ model, nodes }: LintContext, lack: Lack): Generator<Found> {
  for (const subgraph of model.subgraphs) {
    const groups = groupBy(subgraph.operators, (node) => {
      const macs = subgraph.index === 0 ? (nodes[node.index]?.macs ?? 0) : 0;
      return lack({ ...node, macs }, subgraph);
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
