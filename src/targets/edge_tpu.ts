/**
 * What the Edge TPU compiler maps, as "TensorFlow models on the Edge TPU" says (coral.ai/docs/edgetpu/models-intro, compiler 16;
 * Axis repeats its table for ARTPEC-7). The compiler is closed: it may leave out more than the page tells.
 */
import type { Model, OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import { type Condition, type MicroKernel, objectionOf, same, unless } from './micro_kernel.ts';
import type { NodeView } from './node_view.ts';

const EIGHT_BITS = 'int8 uint8';

const kernel = (inputs: string, ...conditions: Condition[]): MicroKernel => ({
  inputs,
  outputs: 'output ...',
  types: same(EIGHT_BITS, 'input'),
  conditions,
});

const unary = (...conditions: Condition[]) => kernel('input ...', ...conditions);
const binary = (...conditions: Condition[]) => kernel('input input2 ...', ...conditions);
const convolution = (...conditions: Condition[]) => kernel('input filter bias? ...', ...conditions);

const noActivation = unless(
  (node) => (node.option('fusedActivationFunction') ?? 'NONE') === 'NONE',
  'it takes no fused activation here',
);

const evenDilation = unless(
  (node) => node.option('dilationWFactor') === node.option('dilationHFactor'),
  'it takes the same dilation in both directions',
);

/** Axes of a reduction, from the front. */
const axesOf = (node: NodeView) =>
  (node.values('axis') ?? []).map((axis) => (axis < 0 ? axis + node.shape('input').length : axis));

const notTheBatch = unless(
  (node) => node.shape('input').length < 2 || !axesOf(node).includes(0),
  'it does not reduce the batch',
);

const byFourChannels = unless((node) => {
  const last = node.shape('input').length - 1;
  return !axesOf(node).includes(last) || node.shape('input')[last]! % 4 === 0;
}, 'the channels that it reduces must be a multiple of 4');

const REDUCTION = kernel('input axis', notTheBatch);

const batchIsWhole = (role: string) =>
  unless((node) => (node.values(role) ?? []).slice(0, 2).every((pad) => pad === 0), 'it does not pad the batch');

/** Of more than three dimensions, the innermost three alone may be larger than 1. */
const threeDimensions: Condition = (node) => {
  const large = [...node.inputs, ...node.outputs].find(
    (tensor) => tensor && !tensor.constant && tensor.shape.slice(0, -3).some((dim) => dim > 1),
  );
  return large ? { text: `tensors may have 3 dimensions above 1, not [${large.shape}]` } : undefined;
};

/** Shapes are fixed when it compiles. */
const fixedShapes: Condition = (node) => {
  const open = [...node.inputs, ...node.outputs].find((tensor) => tensor?.shapeSignature.includes(-1));
  return open ? { text: `shapes must be fixed, and one is [${open.shapeSignature}]` } : undefined;
};

const isZero = ({ constant, quantization }: TensorSpec) => {
  const zero = (quantization?.zeroPoints[0] ?? 0) & 255;
  return constant!.every((byte) => byte === zero);
};

const concatenated: Condition = (node) => {
  const constants = node.inputs.filter((tensor) => tensor?.constant);
  if (constants.length === 0 || (node.inputs.length === 2 && isZero(constants[0]!))) return undefined;
  return { text: 'a constant input must be one of two, and all zero' };
};

const sizeUnknown: Condition = () => ({ text: 'it may be mapped or not, depending on its sizes; which, is not known' });

/** What is mapped, by operator. */
const MAPPED: { readonly [op: string]: MicroKernel } = {
  ADD: binary(),
  AVERAGE_POOL_2D: unary(noActivation),
  CONCATENATION: unary(noActivation, concatenated),
  CONV_2D: convolution(evenDilation),
  DEPTHWISE_CONV_2D: convolution(evenDilation),
  EXPAND_DIMS: unary(),
  FULLY_CONNECTED: convolution(
    unless(
      (node) => (node.option('weightsFormat') ?? 'DEFAULT') === 'DEFAULT',
      'its weights must have the default format',
    ),
    unless((node) => node.shape('output').filter((dim) => dim > 1).length <= 1, 'its output must be one-dimensional'),
  ),
  L2_NORMALIZATION: unary(),
  LOGISTIC: unary(),
  MAXIMUM: binary(),
  MAX_POOL_2D: unary(noActivation),
  MEAN: kernel('input axis', notTheBatch, byFourChannels),
  MINIMUM: binary(),
  MUL: binary(),
  PACK: unary(unless((node) => Number(node.option('axis')) !== 0, 'it does not pack the batch')),
  PAD: kernel('input paddings', batchIsWhole('paddings')),
  PRELU: kernel(
    'input alpha',
    unless(
      (node) =>
        node
          .shape('alpha')
          .slice(0, -1)
          .every((dim) => dim === 1),
      'alpha must be one-dimensional',
    ),
  ),
  QUANTIZE: unary(),
  REDUCE_MAX: REDUCTION,
  REDUCE_MIN: REDUCTION,
  RELU: unary(),
  RELU6: unary(),
  RELU_N1_TO_1: unary(),
  RESHAPE: unary(),
  RESIZE_BILINEAR: unary(sizeUnknown),
  RESIZE_NEAREST_NEIGHBOR: unary(sizeUnknown),
  RSQRT: unary(),
  SLICE: unary(),
  SOFTMAX: unary(
    unless(
      (node) => node.shape('input').reduce((size, dim) => size * dim, 1) <= 16_000,
      'it takes at most 16,000 elements',
    ),
  ),
  SPACE_TO_DEPTH: unary(),
  SPLIT: kernel(
    'axis input',
    unless((node) => !axesOf(node).includes(0), 'it does not split the batch'),
  ),
  SQUARED_DIFFERENCE: binary(),
  SQUEEZE: unary(),
  STRIDED_SLICE: kernel(
    'input begin end strides',
    unless((node) => (node.values('strides') ?? [1]).every((stride) => stride === 1), 'its strides must be 1'),
    unless(
      (node) => ['ellipsisMask', 'newAxisMask'].every((mask) => Number(node.option(mask)) === 0),
      'it knows neither ellipsisMask nor newAxisMask',
    ),
  ),
  SUB: binary(),
  SUM: REDUCTION,
  TANH: unary(),
  TRANSPOSE: unary(),
  TRANSPOSE_CONV: kernel('outputShape filter input bias?'),
  UNIDIRECTIONAL_SEQUENCE_LSTM: unary(),
};

/** Why the compiler leaves a node to the CPU; undefined where its page says that it maps it. */
export function edgeTpuObjection(operator: OperatorSpec, subgraph: Subgraph, model: Model): string | undefined {
  const { op, isCustom } = operator;
  if (isCustom || !Object.hasOwn(MAPPED, op)) return 'its compiler knows no such operator';
  const mapped = MAPPED[op]!;
  const output = subgraph.tensors[operator.outputs[0] ?? -1];
  if (output && !EIGHT_BITS.split(' ').includes(output.dtype)) return `it computes int8 and uint8, not ${output.dtype}`;
  const conditions = [fixedShapes, threeDimensions, ...(mapped.conditions ?? [])];
  return objectionOf({ ...mapped, conditions }, operator, subgraph, model)?.text;
}
