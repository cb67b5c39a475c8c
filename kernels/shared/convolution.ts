/**
 * What the kernels of the convolution family share: their bias, their scales, and the way from a row of sums, one for each
 * output channel, to the output.
 */
import { LimitError } from '../errors.ts';
import {
  addHigh,
  multiplyByFloat,
  multiplyByPositiveMultiplier,
  multiplyByQuantizedMultiplier64,
  multiplyByQuantizedMultiplierHalfUp,
  multiplyByQuantizedMultiplierSingleRounding,
} from '../fixed_point.ts';
import type { Node } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  convolutionMultiplier,
  floatMultiplier,
  legacyConvolutionMultiplier,
  mulMultiplier,
  type QuantizedType,
  quantizeMultiplier,
  type RealMultiplier,
  reduceMultiplier,
  roundHalfEven,
} from '../quantization.ts';
import { int8View, int32Halves, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareOffset } from './centered.ts';
import type { Accumulator } from './matrix_product.ts';

// ---- prepare

const CLAMPS: readonly Activation[] = ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6'];

/**
 * FULLY_CONNECTED's filter is [outputDepth, accumDepth]. The output's shape is [batches, outputDepth], where the input is
 * taken as [batches, accumDepth]; or the input's up to the last dimension.
 */
export function prepareProductShape(node: Node, input: Tensor, filter: Tensor) {
  const { fusedActivationFunction, weightsFormat, keepNumDims } = node.options<{
    fusedActivationFunction: Activation;
    weightsFormat: string;
    keepNumDims: boolean;
  }>();
  if (weightsFormat !== 'DEFAULT') node.unsupported(`weights in the format ${weightsFormat}`);
  node.require(
    CLAMPS.includes(fusedActivationFunction),
    `the fused activation is ${fusedActivationFunction}; only clamps can be`,
  );
  node.require(filter.shape.length === 2, 'the filter must have 2 dimensions');
  const [outputDepth, accumDepth] = filter.shape;
  node.require(accumDepth > 0, 'the filter is empty');
  const depth = input.shape.at(-1);
  node.require(
    !keepNumDims || depth === accumDepth,
    `the input's last dimension is ${depth}, the filter's ${accumDepth}`,
  );
  const leading = keepNumDims ? input.shape.slice(0, -1) : [Math.trunc(input.size / accumDepth)];
  return { shape: [...leading, outputDepth], outputDepth, accumDepth };
}

/**
 * Bias tensor of a convolution and the type of its accumulator. 8-bit activations add in int32; int16 activations in the
 * bias's own type, as in TFLite Micro. (TFLite goes by the option quantizedBiasType, and reads an int32 bias as pairs
 * of int64 where the option is not set; where it is set, both agree.)
 */
export function prepareBias(node: Node, i: number, input: Tensor, quantizedBiasType: string, channels: number) {
  const bias = input.dtype === 'int16' ? node.optionalInput(i, 'int64', 'int32') : node.optionalInput(i, 'int32');
  node.require(!bias || bias.size === channels, `the bias has ${bias?.size} values for ${channels} channels`);
  const wide = input.dtype === 'int16' && (bias ? bias.dtype === 'int64' : quantizedBiasType !== 'INT32');
  return { bias, accumulator: (wide ? 'int64' : 'int32') as Accumulator };
}

/** uint8 filters are asymmetric; of other filters the zero point is 0, and not looked at. */
export function prepareFilterOffset(node: Node, filter: Tensor): number {
  return filter.dtype === 'uint8' ? prepareOffset(node, filter) : 0;
}

/**
 * Output channel c: clamp(sum * multipliers[c] * 2^(shifts[c] - 31) + outputOffset); no multiplier is negative. With
 * float32Product clamp(rint(float32(float32(sum) * float32(multipliers[c] * 2^shifts[c]))) + outputOffset).
 */
export interface Requantization {
  readonly multipliers: Int32Array;
  readonly shifts: Int32Array;
  readonly singleRounding: boolean;
  /** XNNPACK's. */
  readonly float32Product: boolean;
  /** The first channels that are rounded half up, as the optimized kernels do it. */
  readonly halfUpChannels: number;
  readonly outputOffset: number;
  readonly activationMin: number;
  readonly activationMax: number;
}

/** How a requantization came from the scales of input, filter and output. */
export interface FromScales {
  readonly realMultiplier: RealMultiplier;
}

/** How many scales the filter has, 1 or one for each channel; of uint8 filters, only 1. */
export function prepareScaleCount(node: Node, input: Tensor, filter: Tensor, channels: number): number {
  prepareChannelCount(node, channels);
  return input.dtype === 'uint8' || filter.quantization?.scales.length === 1 ? 1 : channels;
}

/** Per output channel: real multiplier = input scale * filter scale / output scale, as an int32 multiplier and a shift. */
export function prepareRequantization(
  node: Node,
  input: Tensor,
  filter: Tensor,
  output: Tensor<QuantizedType>,
  channels: number,
  accumulator: Accumulator,
  activation: Activation,
  realMultiplier: RealMultiplier = input.dtype === 'uint8' ? legacyConvolutionMultiplier : convolutionMultiplier,
): Requantization & FromScales {
  const scales = prepareScaleCount(node, input, filter, channels);
  if (isDelegated(node)) realMultiplier = mulMultiplier;
  const real = (c: number) => realMultiplier(input.scale, filter.scaleOf(c, scales), output.scale);
  return { ...prepareMultipliers(node, scales, real, output, channels, accumulator, activation), realMultiplier };
}

/** Prepared arrays have an element for each channel. */
export function prepareChannelCount(node: Node, channels: number) {
  if (16 * channels > node.limits.tensorBytes) {
    throw new LimitError(`${node}: ${channels} channels, more than limits.tensorBytes allows for`);
  }
}

/** From `scales` real multipliers, one for each channel or one for all. */
export function prepareMultipliers(
  node: Node,
  scales: number,
  real: (c: number) => number,
  output: Tensor<QuantizedType>,
  channels: number,
  accumulator: Accumulator,
  activation: Activation,
): Requantization {
  prepareChannelCount(node, channels);
  const multipliers = new Int32Array(channels);
  const shifts = new Int32Array(channels);
  const float32Product = isDelegated(node);
  if (float32Product) node.arithmetic = 'XNNPACK';
  for (let c = 0; c < scales; c++) {
    const { multiplier, shift } = float32Product
      ? floatMultiplier(real(c))
      : quantizeMultiplier(real(c), node.singleRounding);
    multipliers[c] = accumulator === 'int64' ? reduceMultiplier(multiplier) : multiplier;
    shifts[c] = shift;
  }
  if (scales === 1) {
    multipliers.fill(multipliers[0]);
    shifts.fill(shifts[0]);
  }
  return {
    multipliers,
    shifts,
    singleRounding: node.singleRounding,
    float32Product,
    halfUpChannels: 0,
    outputOffset: 0 - prepareOffset(node, output),
    ...activationRange(
      activation,
      output.scale,
      output.zeroPoint,
      output.dtype,
      float32Product ? roundHalfEven : undefined,
    ),
  };
}

/** The same where the node is left to an optimized kernel, which rounds the first `channels` channels half up. */
export function prepareHalfUp<R extends Requantization>(node: Node, requantization: R, channels: number): R {
  if (node.profile !== 'xnnpack' || requantization.float32Product || channels === 0) return requantization;
  node.arithmetic = 'optimized';
  return { ...requantization, halfUpChannels: channels };
}

// ---- from sums to the output

/** Sums at..at + count - 1, of the channels from `first` on, become values of the output, from `to` on. */
export type Requantize = (at: number, first: number, count: number, to: number) => void;

/** `low` has the sums; if they are int64, their low halves, and `high` their high halves. */
export function bindRequantize(
  r: Requantization,
  bias: Tensor<Accumulator> | undefined,
  low: Tensor<'int32'>,
  high: Tensor<'int32'> | undefined,
  output: Tensor<QuantizedType>,
): Requantize {
  const sums = low.data;
  const biases = biasValues(bias, r.multipliers.length);
  if (output.dtype !== 'int16') {
    const bytes = int8View(output as Tensor<'int8' | 'uint8'>);
    if (r.float32Product) {
      return (at, first, count, to) => requantizeFloat8(r, biases, sums, at, first, count, bytes, to);
    }
    if (r.halfUpChannels > 0) {
      return (at, first, count, to) => requantizeHalfUp8(r, biases, sums, at, first, count, bytes, to);
    }
    if (r.singleRounding) {
      return (at, first, count, to) => requantize8SingleRounding(r, biases, sums, at, first, count, bytes, to);
    }
    return isPerTensor(r)
      ? (at, first, count, to) => requantize8PerTensor(r, biases, sums, at, first, count, bytes, to)
      : (at, first, count, to) => requantize8(r, biases, sums, at, first, count, bytes, to);
  }
  const values = output.data as Int16Array;
  if (!high) {
    if (r.halfUpChannels > 0) {
      return (at, first, count, to) => requantizeHalfUp16(r, biases, sums, at, first, count, values, to);
    }
    return r.singleRounding
      ? (at, first, count, to) => requantize16SingleRounding(r, biases, sums, at, first, count, values, to)
      : (at, first, count, to) => requantize16(r, biases, sums, at, first, count, values, to);
  }
  const highs = high.data;
  const biasHalf = bias?.dtype === 'int64' ? 1 : 0;
  return (at, first, count, to) => requantizeWide(r, biases, biasHalf, sums, highs, at, first, count, values, to);
}

function requantize8(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int8Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const scaled = multiplyByPositiveMultiplier((sums[at + i] + biases[c]) | 0, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function isPerTensor({ multipliers, shifts }: Requantization): boolean {
  return multipliers.every((multiplier, c) => multiplier === multipliers[0] && shifts[c] === shifts[0]);
}

/** The same where all channels have one multiplier, as uint8 models do: 4.1 ns a value for 5.4 (Node 20 on a Xeon). */
function requantize8PerTensor(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int8Array,
  to: number,
) {
  const multiplier = multipliers[0];
  const shift = shifts[0];
  for (let i = 0; i < count; i++) {
    const scaled = multiplyByPositiveMultiplier((sums[at + i] + biases[first + i]) | 0, multiplier, shift);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantize16(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int16Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const scaled = multiplyByPositiveMultiplier((sums[at + i] + biases[c]) | 0, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantize8SingleRounding(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int8Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const sum = (sums[at + i] + biases[c]) | 0;
    const scaled = multiplyByQuantizedMultiplierSingleRounding(sum, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantize16SingleRounding(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int16Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const sum = (sums[at + i] + biases[c]) | 0;
    const scaled = multiplyByQuantizedMultiplierSingleRounding(sum, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantizeFloat8(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int8Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const scaled = multiplyByFloat((sums[at + i] + biases[c]) | 0, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantizeHalfUp8(
  { multipliers, shifts, halfUpChannels, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int8Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const multiply = c < halfUpChannels ? multiplyByQuantizedMultiplierHalfUp : multiplyByPositiveMultiplier;
    const scaled = multiply((sums[at + i] + biases[c]) | 0, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

/** All channels: a depthwise convolution of int16 is not among them. */
function requantizeHalfUp16(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int16Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const scaled = multiplyByQuantizedMultiplierHalfUp((sums[at + i] + biases[c]) | 0, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

/** int64 sums, which int16 outputs alone have; they are rounded once in every build. */
function requantizeWide(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  biases: Int32Array,
  biasHalf: number,
  low: Int32Array,
  high: Int32Array,
  at: number,
  first: number,
  count: number,
  output: Int16Array,
  to: number,
) {
  for (let i = 0; i < count; i++) {
    const c = first + i;
    const biasLow = biases[c << biasHalf];
    const biasHigh = biasHalf === 1 ? biases[(c << 1) + 1] : biasLow >> 31;
    const accHigh = addHigh(high[at + i], low[at + i], biasHigh, biasLow);
    const accLow = (low[at + i] + biasLow) | 0;
    const scaled = multiplyByQuantizedMultiplier64(accHigh, accLow, multipliers[c], shifts[c]);
    output[to + i] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

/** The bias as int32 values, an int64's low half first; zeros where there is none. */
export function biasValues(bias: Tensor<Accumulator> | undefined, channels: number): Int32Array {
  if (!bias) return new Int32Array(channels);
  return bias.dtype === 'int64' ? int32Halves(bias as Tensor<'int64'>) : (bias.data as Int32Array);
}
