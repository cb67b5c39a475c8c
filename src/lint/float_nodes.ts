/** Nodes that compute in float in a model that is thought to be integer-only, and why each of them does. */

import { type DataFlow, isFloat, isQuantized } from '../inspect/data_flow.ts';
import { type FloatNode, isEdge } from '../inspect/integer_only.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { hasWeights } from '../model/operator_facts.ts';
import { FULL_INTEGER, integerEdges, isLeftInFloat, TRAINED_RANGES } from './converter.ts';
import {
  CAST,
  CAST_REMEDY,
  type Cause,
  COMPUTE_OUTSIDE,
  CUSTOM,
  DYNAMIC_RANGE,
  FLOAT_STATE,
  INNER_CAST,
  missingRange,
  NOT_CONVERTED,
  noQuantizedForm,
  notCalibrated,
  PARTLY_DYNAMIC,
  QUANTIZED_STATE,
  SAME_RECIPE,
  STORED,
  unknown,
  untrained,
  untrainedActivation,
  wholeModel,
} from './float_causes.ts';
import { type Found, type LintContext, named, type Rule } from './rule.ts';

export const floatEdge: Rule = {
  id: 'float-edge',
  severity: 'note',
  title: 'float32 at an input or an output',
  why: 'the caller gives or takes float32, four times the memory, and needs a kernel that computes in float',
  *check({ flows, integerOnly, quantization }) {
    for (const node of integerOnly.nodes) {
      const flow = flows[node.subgraph]!;
      if (!isEdge(flow, node)) continue;
      yield { ...place(flow, node), text: node.reason, remedies: [integerEdges(quantization.activations)] };
    }
  },
};

export const floatNode: Rule = {
  id: 'float-node',
  severity: 'warning',
  title: 'a node that computes in float',
  why: 'converters do not refuse: they leave in float, without a word, what they cannot quantize',
  *check(context) {
    for (const node of context.integerOnly.nodes) {
      const flow = context.flows[node.subgraph]!;
      if (isEdge(flow, node)) continue;
      const cause = causeOf(flow, node, context);
      if (cause) yield { ...place(flow, node), ...cause };
    }
  },
};

function place({ subgraph }: DataFlow, { node }: FloatNode): Pick<Found, 'subgraph' | 'node' | 'tensor'> {
  const spec = subgraph.operators[node]!;
  return { subgraph, node: spec, tensor: subgraph.tensors[spec.outputs[0] ?? -1] };
}

function causeOf(flow: DataFlow, found: FloatNode, context: LintContext): Cause | undefined {
  const node = flow.subgraph.operators[found.node]!;
  switch (found.kind) {
    case 'hybrid':
      return hybridCause(flow, node, found, context);
    case 'fake quant':
      return { text: found.reason, why: NOT_CONVERTED, remedies: TRAINED_RANGES };
    case 'quantize':
    case 'dequantize':
    case 'weights':
      return undefined; // they stand at the borders of float nodes, which are found themselves
    case 'float':
      return floatCause(flow, node, found, context);
  }
}

function hybridCause(flow: DataFlow, node: OperatorSpec, { reason }: FloatNode, { quantization }: LintContext): Cause {
  if (quantization.activations.length === 0) return { text: reason, why: DYNAMIC_RANGE, remedies: [FULL_INTEGER] };
  const lacking = withoutRange(flow, node);
  return quantization.trainer === 'tensorflow_model_optimization' && lacking.length > 0
    ? untrainedActivation(flow, node, lacking)
    : { text: reason, why: PARTLY_DYNAMIC, remedies: [SAME_RECIPE] };
}

function floatCause(flow: DataFlow, node: OperatorSpec, found: FloatNode, context: LintContext): Cause | undefined {
  const { tensors } = flow.subgraph;
  const isStored = node.inputs.some((i) => {
    const writer = flow.writers.get(i);
    return writer?.op === 'DEQUANTIZE' && tensors[writer.inputs[0]!]?.constant !== undefined;
  });
  if (isStored && hasWeights(node.op)) return { text: found.reason, why: STORED, remedies: [FULL_INTEGER] };
  if (node.op === 'CAST')
    return readsInput(flow, node)
      ? { text: found.reason, why: CAST, remedies: [CAST_REMEDY] }
      : { text: found.reason, why: INNER_CAST, remedies: [COMPUTE_OUTSIDE] };
  if (node.isCustom) return { text: found.reason, why: CUSTOM, remedies: [COMPUTE_OUTSIDE] };
  if (context.quantization.activations.length === 0) return wholeModel(found, context);
  if (['SHAPE', 'RANK'].includes(node.op)) return undefined; // it looks at no value
  if (context.flows.some(isFakeQuantized)) return { text: found.reason, why: NOT_CONVERTED, remedies: TRAINED_RANGES };
  const lacking = withoutRange(flow, node);
  const state = stateOf(flow, node);
  if (state) return { text: `its state, ${named(state)}, is float32`, why: FLOAT_STATE, remedies: [QUANTIZED_STATE] };
  const weights = hasWeights(node.op) ? floatWeights(flow, node) : undefined;
  const isMot = context.quantization.trainer === 'tensorflow_model_optimization';
  if (isMot && weights) return untrained(flow, node, weights);
  const dtype = typeAround(flow, node, context);
  if (isLeftInFloat(node.op, dtype) && !context.integerOperators.has(node.op)) return noQuantizedForm(node, dtype);
  if (context.quantization.method === 'quantization-aware training' && (lacking.length > 0 || weights)) {
    return isMot ? untrainedActivation(flow, node, lacking) : missingRange(flow, node, lacking);
  }
  return lacking.length > 0 ? notCalibrated(flow, node, lacking) : unknown(node, dtype);
}

/** From a constant or an input of the graph: a picture's bytes. */
function readsInput({ subgraph: { inputs } }: DataFlow, node: OperatorSpec): boolean {
  return node.inputs.some((i) => inputs.includes(i));
}

/** A float tensor that a variable holds, among a node's own. */
function stateOf(
  { subgraph: { tensors }, writers, readers }: DataFlow,
  { inputs, outputs }: OperatorSpec,
): TensorSpec | undefined {
  const found = [...inputs, ...outputs].find((i) => {
    const isStored = readers.get(i)?.some(({ op }) => op === 'ASSIGN_VARIABLE');
    return isFloat(tensors[i]) && (writers.get(i)?.op === 'READ_VARIABLE' || isStored);
  });
  return found === undefined ? undefined : tensors[found];
}

/** Whether weights go through a QUANTIZE and a DEQUANTIZE: how converters write the fake quantization that they do not use. */
function isFakeQuantized({ subgraph: { operators, tensors }, writers }: DataFlow): boolean {
  return operators.some(({ op, inputs }) => {
    const quantize = op === 'DEQUANTIZE' ? writers.get(inputs[0] ?? -1) : undefined;
    return quantize?.op === 'QUANTIZE' && tensors[quantize.inputs[0] ?? -1]?.constant !== undefined;
  });
}

function floatWeights({ subgraph, kinds }: DataFlow, { inputs }: OperatorSpec): TensorSpec | undefined {
  const found = inputs.find((i) => i >= 0 && kinds[i] === 'weights' && isFloat(subgraph.tensors[i]));
  return found === undefined ? undefined : subgraph.tensors[found];
}

/** The type that the island's neighbours compute in: the model's own where none is beside it. */
function typeAround(
  { subgraph: { tensors }, writers, readers }: DataFlow,
  node: OperatorSpec,
  context: LintContext,
): string {
  const before = node.inputs.map((i) => writers.get(i)?.inputs[0]);
  const behind = node.outputs.flatMap((i) => readers.get(i) ?? []).map(({ outputs }) => outputs[0]);
  const quantized = [...before, ...behind]
    .map((i) => tensors[i ?? -1])
    .find((tensor) => isQuantized(tensor) && !tensor!.constant);
  return quantized?.dtype ?? context.quantization.activations[0]!;
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
