/**
 * FULLY_CONNECTED: output[b, o] = requantize(bias[o] +
 *   sum over d of (input[b, d] + inputOffset) * (filter[o, d] + filterOffset)). float32 is in float/fully_connected.ts.
 *
 * Equals: in profile tflite reference/integer_ops/fully_connected.h and, of uint8, reference/fully_connected.h, the variants
 * that requantize in double: round(double(sum) * scale), here by multiplyByDouble. In other profiles, and of int16 filters,
 * the variants with an integer multiplier. Deviations: the accumulator of int16 follows the type of the bias (see
 * prepareBias).
 */

import type { DoubleFactor } from '../fixed_point.ts';
import { addHigh, multiplyByDouble, multiplyByDouble32 } from '../fixed_point.ts';
import { fullyConnectedFloat } from '../float/fully_connected.ts';
import { type FloatForm, withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  convolutionMultiplier,
  doubleFactor,
  legacyConvolutionMultiplier,
  type QuantizedType,
} from '../quantization.ts';
import { bindCentered, prepareCentered, prepareOffset } from '../shared/centered.ts';
import {
  biasValues,
  bindRequantize,
  type FromScales,
  prepareBias,
  prepareHalfUp,
  prepareProductShape,
  prepareRequantization,
  prepareScaleCount,
  type Requantize,
} from '../shared/convolution.ts';
import {
  type Accumulator,
  bindMatrices,
  bindProduct,
  type Multiply,
  type PreparedProduct,
  prepareMatrices,
  prepareProduct,
} from '../shared/matrix_product.ts';
import { int8View, type Tensor } from '../tensor.ts';

interface Options {
  fusedActivationFunction: Activation;
  quantizedBiasType: string;
}

type FilterType = 'int8' | 'uint8' | 'int16' | 'int4' | 'int2';

/** Filter types by input type. */
const FILTERS = {
  int8: ['int8', 'int4', 'int2'],
  uint8: ['uint8'],
  int16: ['int8', 'int16', 'int4', 'int2'],
} satisfies { [input: string]: readonly FilterType[] };

export type FullyConnected = ReturnType<typeof prepare>;
export type PreparedFullyConnected = FullyConnected | FloatForm;

function prepare(node: Node) {
  const { fusedActivationFunction: activation, quantizedBiasType } = node.options<Options>();
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const filter = node.input<FilterType>(1, ...FILTERS[input.dtype]);
  const { shape, outputDepth, accumDepth } = prepareProductShape(node, input, filter);
  const prepared = prepareBias(node, 2, input, quantizedBiasType, outputDepth);
  const wideFilter = filter.dtype === 'int16';
  const ofRuy = isOfRuy(node, filter, prepared.bias);
  const accumulator: Accumulator = wideFilter ? 'int64' : ofRuy ? 'int32' : prepared.accumulator;
  const output = node.output(0, shape, ...(input.dtype === 'uint8' ? (['uint8', 'int16'] as const) : [input.dtype]));
  const batches = outputDepth > 0 ? output.size / outputDepth : 0;
  node.macs = output.size * accumDepth * (wideFilter ? 2 : 1);
  const matrix = {
    count: 1,
    stride: 0,
    depth: accumDepth,
    depthStride: 1,
    columns: outputDepth,
    columnStride: accumDepth,
  };
  return {
    kind: 'integer' as const,
    input: prepareCentered(node, input, prepareOffset(node, input)),
    filter: prepareMatrices(node, filter, prepareOffset(node, filter), matrix),
    bias: prepared.bias,
    output,
    product: prepareProduct(node, accumDepth, outputDepth, accumulator, wideFilter),
    requantization:
      (node.profile === 'tflite' || (node.profile === 'xnnpack' && !ofRuy)) && !wideFilter
        ? prepareDoubleRequantization(node, input, filter, output, outputDepth, activation)
        : prepareHalfUp(
            node,
            prepareRequantization(
              node,
              input,
              filter,
              output,
              outputDepth,
              accumulator,
              activation,
              !node.isMicro && filter.quantization?.scales.length === 1
                ? legacyConvolutionMultiplier
                : convolutionMultiplier,
            ),
            ofRuy ? outputDepth : 0,
          ),
    batches,
    outputDepth,
    accumDepth,
  };
}

/** Profile xnnpack: whether ruy multiplies, or the delegate; an int64 bias, or int16 weights, the reference kernel takes. */
function isOfRuy(node: Node, filter: Tensor, bias: Tensor | undefined): boolean {
  return node.profile === 'xnnpack' && filter.dtype !== 'int16' && bias?.dtype !== 'int64';
}

/** Output channel o: clamp(round(sum * factors[o]) + outputOffset); one factor serves all channels. */
export interface DoubleRequantization extends FromScales {
  readonly factors: readonly DoubleFactor[];
  readonly outputOffset: number;
  readonly activationMin: number;
  readonly activationMax: number;
}

function prepareDoubleRequantization(
  node: Node,
  input: Tensor,
  filter: Tensor,
  output: Tensor<QuantizedType>,
  channels: number,
  activation: Activation,
): DoubleRequantization {
  const scales = prepareScaleCount(node, input, filter, channels);
  const perScale = Array.from({ length: scales }, (_, c) =>
    doubleFactor(convolutionMultiplier(input.scale, filter.scaleOf(c, scales), output.scale)),
  );
  return {
    factors: scales === 1 ? new Array(channels).fill(perScale[0]) : perScale,
    realMultiplier: convolutionMultiplier,
    outputOffset: 0 - prepareOffset(node, output),
    ...activationRange(activation, output.scale, output.zeroPoint, output.dtype),
  };
}

function bind(p: FullyConnected): Eval {
  const input = bindCentered(p.input);
  const filter = bindMatrices(p.filter);
  const multiply = bindProduct(p.product);
  const requantize = bindRequantizeAny(p);
  return () => {
    input.update();
    filter.update();
    evalFullyConnected(p, input.values, filter.packed, multiply, requantize);
  };
}

function evalFullyConnected(
  { batches, outputDepth, accumDepth, product }: FullyConnected,
  input: Int16Array,
  filter: Int32Array,
  multiply: Multiply,
  requantize: Requantize,
) {
  const { rows, rowStride } = product;
  for (let b = 0; b < batches; b += rows) {
    const count = Math.min(rows, batches - b);
    multiply(input, Math.imul(b, accumDepth), count, filter, 0);
    for (let i = 0; i < count; i++) {
      requantize(Math.imul(i, rowStride), 0, outputDepth, Math.imul(b + i, outputDepth));
    }
  }
}

/** From a row of sums, in halves where there are high ones, to a row of the output. */
export function bindRequantizeAny({
  requantization,
  bias,
  product: { low, high },
  output,
}: Pick<FullyConnected, 'requantization' | 'bias' | 'output'> & {
  readonly product: Pick<PreparedProduct, 'low' | 'high'>;
}): Requantize {
  if ('multipliers' in requantization) return bindRequantize(requantization, bias, low, high, output);
  const biases = biasValues(bias, requantization.factors.length);
  const sums = low.data;
  if (output.dtype !== 'int16') {
    const bytes = int8View(output as Tensor<'int8' | 'uint8'>);
    return (at, _first, _count, to) => requantizeDouble8(requantization, biases, sums, at, bytes, to);
  }
  const values = output.data as Int16Array;
  if (!high) return (at, _first, _count, to) => requantizeDouble16(requantization, biases, sums, at, values, to);
  const highs = high.data;
  const biasHalf = bias?.dtype === 'int64' ? 1 : 0;
  return (at, _first, _count, to) =>
    requantizeDoubleWide(requantization, biases, biasHalf, sums, highs, at, values, to);
}

function requantizeDouble8(
  { factors, outputOffset, activationMin, activationMax }: DoubleRequantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  output: Int8Array,
  to: number,
) {
  for (let o = 0; o < factors.length; o++) {
    const scaled = multiplyByDouble32((sums[at + o] + biases[o]) | 0, factors[o]);
    output[to + o] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantizeDouble16(
  { factors, outputOffset, activationMin, activationMax }: DoubleRequantization,
  biases: Int32Array,
  sums: Int32Array,
  at: number,
  output: Int16Array,
  to: number,
) {
  for (let o = 0; o < factors.length; o++) {
    const scaled = multiplyByDouble32((sums[at + o] + biases[o]) | 0, factors[o]);
    output[to + o] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

function requantizeDoubleWide(
  { factors, outputOffset, activationMin, activationMax }: DoubleRequantization,
  biases: Int32Array,
  biasHalf: number,
  low: Int32Array,
  high: Int32Array,
  at: number,
  output: Int16Array,
  to: number,
) {
  for (let o = 0; o < factors.length; o++) {
    const biasLow = biases[o << biasHalf];
    const biasHigh = biasHalf === 1 ? biases[(o << 1) + 1] : biasLow >> 31;
    const accHigh = addHigh(high[at + o], low[at + o], biasHigh, biasLow);
    const scaled = multiplyByDouble(accHigh, (low[at + o] + biasLow) | 0, factors[o]);
    output[to + o] = Math.min(Math.max((scaled + outputOffset) | 0, activationMin), activationMax);
  }
}

export const FULLY_CONNECTED = withFloat(operator(prepare, bind), fullyConnectedFloat);
