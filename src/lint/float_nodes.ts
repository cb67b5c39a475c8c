/** Nodes that compute in float in a model that is thought to be integer-only, and why each of them does. */

import { type DataFlow, isFloat, isQuantized } from '../inspect/data_flow.ts';
import { type FloatNode, isEdge } from '../inspect/integer_only.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { hasWeights, sharesScaleOf } from '../model/operator_facts.ts';
import {
  FULL_INTEGER,
  integerEdges,
  isLeftInFloat,
  isQuantizedByConverter,
  isRefused16x8,
  MISSING_RANGES,
  TRAINED_RANGES,
} from './converter.ts';
import { type Found, few, type LintContext, named, type Remedy, type Rule, remedy } from './rule.ts';

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

type Cause = Pick<Found, 'text' | 'remedies' | 'numbers' | 'why'>;

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

const DYNAMIC_RANGE =
  'Optimize.DEFAULT without a representative_dataset is dynamic-range quantization: weights become int8, activations stay float32, ' +
  'and each hybrid kernel quantizes them anew in every run. TensorFlow Lite Micro refuses hybrid nodes';
const NEVER_QUANTIZED = 'nothing in the file is quantized: it was converted without optimizations';
const STORED =
  'the weights are int8 or float16 in the file alone: a DEQUANTIZE makes them float32 before use, and all arithmetic is float';
const NOT_CONVERTED =
  'it rounds float32 to the steps of a range, so that training sees them; converted to integers, it is gone';
const CAST = 'the file goes from integers to float32, or back, without a scale';
const INNER_CAST = 'a CAST has no scale: the converter (TensorFlow 2.21) knows no quantized form of it';
const CUSTOM = 'converters do not look into custom operators: what they write in float32 stays float32';
const COMPUTE_OUTSIDE = remedy('compute this one outside of the model, on its integers');
const CAST_REMEDY = remedy(
  'give the model the integers that the next layer takes, with scale and zero point, instead of casting pixels inside of the model',
);
const PARTLY_DYNAMIC =
  'other nodes of the file have calibrated activations; this one quantizes its input anew in every run (dynamic range). TensorFlow Lite ' +
  'Micro refuses hybrid nodes';
const SAME_RECIPE = remedy(
  'quantize this layer by the same recipe as the others, weights and activations: the recipe, or the list of operators, left it out',
);
const FLOAT_STATE =
  'the converter calibrates what flows, not what variables hold: they stay float32, and with them every node that reads or writes them, ' +
  'unless it is told to quantize variables';
const QUANTIZED_STATE = remedy(
  'tell the converter to quantize variables, too, TensorFlow 2',
  'converter._experimental_variable_quantization = True',
);

/** What to write in place of an operator; the others have no such one. */
const REPLACEMENTS: { readonly [op: string]: string } = {
  ELU: 'RELU or LEAKY_RELU',
  NEG: 'MUL by -1',
  SQUARE: 'MUL of the tensor by itself',
  ADD_N: 'one ADD after the other',
  PRELU: 'LEAKY_RELU, or RELU',
  HARD_SWISH: 'RELU6',
};

/** TensorFlow 2.21's converter has a quantized form of others of this type, and not of this one. */
function noQuantizedForm({ op }: OperatorSpec, dtype: string): Cause {
  const replacement = Object.hasOwn(REPLACEMENTS, op) ? ` (${REPLACEMENTS[op]})` : '';
  const behaviour =
    dtype === 'int16' && isRefused16x8(op)
      ? 'OpsSet.TFLITE_BUILTINS beside the set of 16x8 lets it through; without it, the converter refuses the model and names the operator'
      : 'No set of supported operators makes the converter refuse it';
  return {
    text: `the converter has no ${dtype} form of ${op} (TensorFlow 2.21)`,
    why: `it puts the operator between a DEQUANTIZE and a QUANTIZE without a word. ${behaviour}`,
    remedies: [remedy(`use another operator${replacement}, or compute this one outside of the model`)],
  };
}

function notCalibrated(
  { subgraph, readers }: DataFlow,
  { op, inputs }: OperatorSpec,
  lacking: readonly TensorSpec[],
): Cause {
  const isOutput = (tensor: TensorSpec) => subgraph.outputs.includes(tensor.index);
  if (lacking.every(isOutput) && sharesScaleOf(op, inputs.length).length > 0) return movedOutput(lacking);
  const unread = lacking.filter((tensor) => (readers.get(tensor.index) ?? []).length === 0 && !isOutput(tensor));
  const list = (tensors: readonly TensorSpec[]) => few(tensors.map((tensor) => `${named(tensor)} (its ${inputs.includes(tensor.index) ? 'input' : 'output'})`)); // biome-ignore format: one line
  if (unread.length > 0) {
    return {
      text: `nothing reads ${list(unread)}, which has no range, and a ${op} is quantized where all its tensors have ranges`,
      numbers: { lacking: lacking.length },
      why:
        'of a result that nothing reads, calibration keeps a range at times, and at times none (TensorFlow 2.21): the converter then leaves ' +
        'the node in float without a word',
      remedies: [
        remedy(
          'take the part that is used by itself (a slice instead of a split), or use every output; or convert again: it may go well',
        ),
      ],
    };
  }
  return {
    text: `${list(lacking)} has no range, and a ${op} is quantized where all its tensors have ranges`,
    numbers: { lacking: lacking.length },
    why: 'other nodes of the file were calibrated: whoever quantized it left this one out',
    remedies: [SAME_RECIPE],
  };
}

/** Seen where an input goes to several outputs, each through one operator that moves values. */
function movedOutput(outputs: readonly TensorSpec[]): Cause {
  return {
    text: `it moves float32 behind a DEQUANTIZE, to ${few(outputs.map(named))}: an output of the graph`,
    numbers: { lacking: outputs.length },
    why: 'the converter gave this output no range, so that the caller takes float32 there',
    remedies: [remedy('let the caller take the integers in front of the DEQUANTIZE, and move them itself')],
  };
}

function unknown({ op }: OperatorSpec, dtype: string): Cause {
  const others = isQuantizedByConverter(op, dtype) ? `; TensorFlow 2.21 quantizes ${op}` : '';
  return {
    text: `it is in float between quantized nodes, though all its tensors have ranges: the file does not say why${others}`,
    why: 'a DEQUANTIZE before it and a QUANTIZE behind it take time, and small devices may lack the float kernel',
    remedies: [remedy('look at what quantized it, its recipe or list of operators, or quantize it anew')],
  };
}

const NOT_FOLDED =
  'tensorflow_model_optimization folds batch normalization into Conv2D and DepthwiseConv2D alone; a Dense or Conv2DTranspose in front of it ' +
  'gets no fake quantization, so that the converter has no range for its weights';
const NOT_ANNOTATED =
  'the converter takes ranges from fake quantization, and tensorflow_model_optimization gives it to annotated layers alone';

/** model/quant_dense_3/MatMul: dense_3. */
function layerName(tensor: string): string {
  const [model, layer, operator] = tensor.split('/');
  return ((operator === undefined ? model : layer) ?? '').replace(/^quant_/, '');
}

/** A layer of tensorflow_model_optimization whose weights have no fake quantization. */
function untrained({ subgraph: { tensors } }: DataFlow, { outputs }: OperatorSpec, weights: TensorSpec): Cause {
  const name = tensors[outputs[0] ?? -1]?.name ?? '';
  const parts = [...name.split(';'), weights.name.split(';')[0]!].filter((part) => part.includes('/'));
  const names = [...new Set(parts.map(layerName))];
  const layers = names.length === 0 ? '' : `${names.length === 1 ? 'layer' : 'layers'} ${few(names)}: `;
  const isNormalized = /batch_?norm/i.test(`${name};${weights.name}`);
  return {
    text: `${layers}its weights, ${named(weights)}, are float32: they had no fake quantization in training`,
    why: isNormalized ? NOT_FOLDED : NOT_ANNOTATED,
    remedies: isNormalized ? FOLD_NORM : ANNOTATE,
  };
}

function untrainedActivation(
  { subgraph: { tensors }, readers }: DataFlow,
  { op }: OperatorSpec,
  lacking: readonly TensorSpec[],
): Cause {
  const behind = lacking.flatMap(({ index }) => readers.get(index) ?? []).flatMap(({ outputs }) => outputs);
  const names = [...lacking, ...behind.map((i) => tensors[i])].map((tensor) => tensor?.name ?? '');
  const isNormalized = names.some((name) => /batch_?norm/i.test(name));
  return {
    text: `${few(lacking.map(named))} has no range: training put no fake quantization there, and a ${op} is quantized where all its tensors have ranges`,
    numbers: { lacking: lacking.length },
    why: isNormalized ? NOT_FOLDED : NOT_ANNOTATED,
    remedies: isNormalized ? FOLD_NORM : ANNOTATE,
  };
}

const FOLD_NORM: readonly Remedy[] = [
  remedy(
    'fold the batch normalization into the layer before quantize_model, or leave it out',
    'scale = gamma / np.sqrt(variance + epsilon)',
    'dense.set_weights([kernel * scale, (bias - mean) * scale + beta])',
  ),
  remedy('or quantize after training: the converter folds it there', ...FULL_INTEGER.code),
];

const ANNOTATE: readonly Remedy[] = [
  remedy(
    'annotate this layer as well, or let quantize_model take them all',
    'tfmot.quantization.keras.quantize_annotate_layer(layer)  # then quantize_apply',
  ),
];

/** Of a file without quantized activations: no node is an exception. */
function wholeModel({ reason }: FloatNode, { quantization: { fakeQuantNodes, method } }: LintContext): Cause {
  if (fakeQuantNodes > 0) return { text: reason, why: NOT_CONVERTED, remedies: TRAINED_RANGES };
  const why = method === 'dynamic range' ? DYNAMIC_RANGE : method === 'none' ? NEVER_QUANTIZED : STORED;
  return { text: reason, why, remedies: [FULL_INTEGER] };
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
