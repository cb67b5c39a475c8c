/** Nodes that compute in float in a model that is thought to be integer-only, and why each of them does. */

import { type DataFlow, isFloat, isQuantized } from '../inspect/data_flow.ts';
import { type FloatNode, isEdge } from '../inspect/integer_only.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { hasWeights } from '../model/operator_facts.ts';
import { FULL_INTEGER, INTEGER_EDGES, MISSING_RANGES, TRAINED_RANGES } from './converter.ts';
import { type Found, few, type LintContext, named, type Remedy, type Rule, remedy } from './rule.ts';

export const floatEdge: Rule = {
  id: 'float-edge',
  severity: 'note',
  title: 'float32 at an input or an output',
  why: 'the caller gives or takes float32, four times the memory, and needs a kernel that computes in float',
  *check({ flows, integerOnly }) {
    for (const node of integerOnly.nodes) {
      const flow = flows[node.subgraph]!;
      if (!isEdge(flow, node)) continue;
      yield { ...place(flow, node), text: node.reason, remedies: [INTEGER_EDGES] };
    }
  },
};

export const floatNode: Rule = {
  id: 'float-node',
  severity: 'warning',
  title: 'a node that computes in float',
  why:
    'converters do not refuse: what has no range, or no quantized form, stays in float between a DEQUANTIZE and a QUANTIZE, and the ' +
    'file looks integer at both ends',
  *check(context) {
    for (const node of context.integerOnly.nodes) {
      const flow = context.flows[node.subgraph]!;
      if (isEdge(flow, node)) continue;
      const cause = causeOf(flow, node, context);
      if (cause) yield { ...place(flow, node), ...cause };
    }
  },
};

type Cause = Pick<Found, 'text' | 'remedies' | 'numbers' | 'why'>;

function place({ subgraph }: DataFlow, { node }: FloatNode): Pick<Found, 'subgraph' | 'node' | 'tensor'> {
  const spec = subgraph.operators[node]!;
  return { subgraph, node: spec, tensor: subgraph.tensors[spec.outputs[0] ?? -1] };
}

function causeOf(flow: DataFlow, found: FloatNode, context: LintContext): Cause | undefined {
  const { operators, tensors } = flow.subgraph;
  const node = operators[found.node]!;
  switch (found.kind) {
    case 'hybrid':
      return { text: found.reason, why: DYNAMIC_RANGE, remedies: [FULL_INTEGER] };
    case 'fake quant':
      return { text: found.reason, why: NOT_CONVERTED, remedies: TRAINED_RANGES };
    case 'quantize':
    case 'dequantize':
    case 'weights':
      return undefined; // they stand at the borders of float nodes, which are found themselves
    case 'float': {
      if (node.op === 'CAST') return { text: found.reason, why: CAST, remedies: [CAST_REMEDY] };
      const isStored = node.inputs.some((i) => {
        const writer = flow.writers.get(i);
        return writer?.op === 'DEQUANTIZE' && tensors[writer.inputs[0]!]?.constant !== undefined;
      });
      if (isStored && hasWeights(node.op)) return { text: found.reason, why: STORED, remedies: [FULL_INTEGER] };
      const lacking = withoutRange(flow, node);
      const isIsland = context.quantization.activations.length > 0;
      if (!isIsland) return { text: found.reason, remedies: wholeModel(context) };
      if (lacking.length === 0 && !hasWeights(node.op)) return { text: noQuantizedForm(node), remedies: [REPLACE] };
      if (context.quantization.method === 'post-training' && !hasWeights(node.op)) {
        return { text: noQuantizedForm(node), remedies: [REPLACE] };
      }
      return missingRange(flow, node, lacking);
    }
  }
}

const DYNAMIC_RANGE =
  'Optimize.DEFAULT without a representative_dataset is dynamic-range quantization: weights become int8, activations stay float32, ' +
  'and each hybrid kernel quantizes them anew in every run. TensorFlow Lite Micro refuses hybrid nodes';
const STORED =
  'the weights are int8 or float16 in the file alone: a DEQUANTIZE makes them float32 before use, and all arithmetic is float';
const NOT_CONVERTED =
  'it rounds float32 to the steps of a range, so that training sees them; converted to integers, it is gone';
const CAST = 'the file goes from integers to float32, or back, without a scale';
const CAST_REMEDY = remedy(
  'give the model the integers that the next layer takes, with scale and zero point, instead of casting pixels inside of the model',
);
const REPLACE = remedy(
  'use another operator (RELU for ELU, MUL by itself for SQUARE, MUL by -1 for NEG), or compute this one outside of the model. ' +
    'OpsSet.TFLITE_BUILTINS_INT8 alone does not make the converter refuse it: TensorFlow 2.19 leaves ELU, NEG, SQUARE and SIN in float all the same',
);

function noQuantizedForm({ op, inputs, outputs }: OperatorSpec): string {
  const values = inputs.length + outputs.length;
  return `the converter knows no quantized ${op}: its ${values} inputs and outputs have ranges, and it is in float nonetheless`;
}

function wholeModel({ quantization }: LintContext): readonly Remedy[] {
  return quantization.fakeQuantNodes > 0 ? TRAINED_RANGES : [FULL_INTEGER];
}

/** Toco said it of the same graph, and stopped: "Array A, which is an input to the Conv operator producing the output array B, is lacking min/max data". */
function missingRange(flow: DataFlow, node: OperatorSpec, lacking: readonly TensorSpec[]): Cause {
  const { tensors } = flow.subgraph;
  const weights = node.inputs.map((i) => tensors[i]).find((tensor) => tensor?.constant && isFloat(tensor));
  const subject =
    lacking.length > 0
      ? `${few(lacking.map((tensor) => `${named(tensor)} (its ${node.inputs.includes(tensor.index) ? 'input' : 'output'})`))} lacks min/max data`
      : `its activations have ranges; ${weights ? `its weights, ${named(weights)}, lack` : 'its weights lack'} min/max data`;
  return {
    text: `${subject}, and a ${node.op} is quantized where all its tensors have ranges`,
    numbers: { lacking: lacking.length },
    why:
      'where a tensor has no range, toco stopped with "Array ..., which is an input to the ... operator producing the output array ..., is ' +
      'lacking min/max data, which is necessary for quantization"; the converters of TensorFlow 2 go on without a word, and leave in float ' +
      'each node that reads or writes such a tensor',
    remedies: MISSING_RANGES,
  };
}

/** Float activations of a node of which no DEQUANTIZE before and no QUANTIZE behind tells the range. */
function withoutRange({ subgraph: { tensors }, writers, readers }: DataFlow, node: OperatorSpec): TensorSpec[] {
  const activations = [...node.inputs, ...node.outputs]
    .map((i) => tensors[i])
    .filter((tensor) => isFloat(tensor) && !tensor!.constant) as TensorSpec[];
  return activations.filter(({ index }) => {
    const writer = writers.get(index);
    const isRead = readers
      .get(index)
      ?.some(({ op, outputs }) => op === 'QUANTIZE' && isQuantized(tensors[outputs[0] ?? -1]));
    const isWritten = writer?.op === 'DEQUANTIZE' && isQuantized(tensors[writer.inputs[0] ?? -1]);
    return !isRead && !isWritten;
  });
}
