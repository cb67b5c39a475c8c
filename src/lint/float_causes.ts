/** Why a node is in float, in words, and what to do: each cause was seen in files of the converters that it names. */

import { type DataFlow, isFloat } from '../inspect/data_flow.ts';
import type { FloatNode } from '../inspect/integer_only.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { sharesScaleOf } from '../model/operator_facts.ts';
import { FULL_INTEGER, isQuantizedByConverter, isRefused16x8, MISSING_RANGES, TRAINED_RANGES } from './converter.ts';
import { type Found, few, type LintContext, named, type Remedy, remedy } from './rule.ts';

export type Cause = Pick<Found, 'text' | 'remedies' | 'numbers' | 'why'>;

export const DYNAMIC_RANGE =
  'Optimize.DEFAULT without a representative_dataset is dynamic-range quantization: weights become int8, activations stay float32, ' +
  'and each hybrid kernel quantizes them anew in every run. TensorFlow Lite Micro refuses hybrid nodes';
const NEVER_QUANTIZED = 'nothing in the file is quantized: it was converted without optimizations';
export const STORED =
  'the weights are int8 or float16 in the file alone: a DEQUANTIZE makes them float32 before use, and all arithmetic is float';
export const NOT_CONVERTED =
  'it rounds float32 to the steps of a range, so that training sees them; converted to integers, it is gone';
export const CAST = 'the file goes from integers to float32, or back, without a scale';
export const INNER_CAST = 'a CAST has no scale: the converter (TensorFlow 2.21) knows no quantized form of it';
export const CUSTOM = 'converters do not look into custom operators: what they write in float32 stays float32';
export const COMPUTE_OUTSIDE = remedy('compute this one outside of the model, on its integers');
export const CAST_REMEDY = remedy(
  'give the model the integers that the next layer takes, with scale and zero point, instead of casting pixels inside of the model',
);
export const PARTLY_DYNAMIC =
  'other nodes of the file have calibrated activations; this one quantizes its input anew in every run (dynamic range). TensorFlow Lite ' +
  'Micro refuses hybrid nodes';
export const SAME_RECIPE = remedy(
  'quantize this layer by the same recipe as the others, weights and activations: the recipe, or the list of operators, left it out',
);
export const FLOAT_STATE =
  'the converter calibrates what flows, not what variables hold: they stay float32, and with them every node that reads or writes them, ' +
  'unless it is told to quantize variables';
export const QUANTIZED_STATE = remedy(
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
export function noQuantizedForm({ op }: OperatorSpec, dtype: string): Cause {
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

export function notCalibrated(
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

export function unknown({ op }: OperatorSpec, dtype: string): Cause {
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
export function untrained({ subgraph: { tensors } }: DataFlow, { outputs }: OperatorSpec, weights: TensorSpec): Cause {
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

export function untrainedActivation(
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
export function wholeModel({ reason }: FloatNode, { quantization: { fakeQuantNodes, method } }: LintContext): Cause {
  if (fakeQuantNodes > 0) return { text: reason, why: NOT_CONVERTED, remedies: TRAINED_RANGES };
  const why = method === 'dynamic range' ? DYNAMIC_RANGE : method === 'none' ? NEVER_QUANTIZED : STORED;
  return { text: reason, why, remedies: [FULL_INTEGER] };
}

/** Toco said it of the same graph, and stopped: "Array A, which is an input to the Conv operator producing the output array B, is lacking min/max data". */
export function missingRange(flow: DataFlow, node: OperatorSpec, lacking: readonly TensorSpec[]): Cause {
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
