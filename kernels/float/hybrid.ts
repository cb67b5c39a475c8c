/**
 * Hybrid layers, of dynamic-range quantization: float32 activations with integer weights. Whenever the layer runs, it quantizes
 * its input to int8, in rows, each with a scale of its own; adds up products in int32; and scales the sums back to float32.
 *
 *   symmetric    scale = max |x| / 127,                                  value = round(x * (127 / max |x|))
 *   asymmetric   scale = (max - min) / 255, both taken together with 0,  value = round(x / scale) + zeroPoint
 *
 * Equals: neon_tensor_utils.cc NeonSymmetricQuantizeFloats, NeonAsymmetricQuantizeFloats, which x86-64 runs by SSE. Deviations: of
 * values among which there is NaN, the extremes are those of the others; C++ leaves them undefined. Infinities, too, and rows of subnormal
 * numbers alone are quantized in some way.
 */
import type { Node } from '../kernel.ts';
import { roundHalfAway } from '../quantization.ts';
import { prepareChannelCount } from '../shared/convolution.ts';
import { int8View, type Tensor } from '../tensor.ts';
import { clamp } from './activation.ts';
import type { AddProducts, Finish } from './products.ts';

const F = Math.fround;

/** `rows` rows of `depth` values. */
export interface QuantizedRows {
  readonly input: Tensor<'float32'>;
  readonly rows: number;
  readonly depth: number;
  readonly asymmetric: boolean;
  /** Minus the row's zero point. */
  readonly values: Tensor<'int16'>;
  readonly scales: Tensor<'float32'>;
  readonly zeroPoints: Tensor<'int32'>;
}

export function prepareQuantizedRows(
  node: Node,
  input: Tensor<'float32'>,
  rows: number,
  asymmetric: boolean,
): QuantizedRows {
  return {
    input,
    rows,
    depth: rows === 0 ? 0 : Math.trunc(input.size / rows),
    asymmetric,
    values: node.scratch('int16', input.size),
    scales: node.scratch('float32', rows),
    zeroPoints: node.scratch('int32', rows),
  };
}

/** Quantizes every row. */
export function quantizeRows({ input, rows, depth, asymmetric, values, scales, zeroPoints }: QuantizedRows) {
  const quantize = asymmetric ? quantizeAsymmetric : quantizeSymmetric;
  for (let row = 0; row < rows; row++) {
    const from = row * depth;
    quantize(input.data, from, from + depth, values.data, row, scales.data, zeroPoints.data);
  }
}

function quantizeSymmetric(
  x: Float32Array,
  from: number,
  end: number,
  values: Int16Array,
  row: number,
  scales: Float32Array,
  zeroPoints: Int32Array,
) {
  let range = 0;
  for (let i = from; i < end; i++) if (Math.abs(x[i]) > range) range = Math.abs(x[i]);
  zeroPoints[row] = 0;
  scales[row] = range === 0 ? 1 : range / 127;
  roundValues(x, from, end, range === 0 ? 0 : F(127 / range), 0, -127, values);
}

function quantizeAsymmetric(
  x: Float32Array,
  from: number,
  end: number,
  values: Int16Array,
  row: number,
  scales: Float32Array,
  zeroPoints: Int32Array,
) {
  let min = 0;
  let max = 0;
  for (let i = from; i < end; i++) {
    if (x[i] < min) min = x[i];
    if (x[i] > max) max = x[i];
  }
  const scale = F(max - min) / 255; // in double
  const fromMin = -128 - min / scale;
  const fromMax = 127 - max / scale;
  const nearest = 128 + Math.abs(min / scale) < 127 + Math.abs(max / scale) ? fromMin : fromMax;
  const isZero = min === max;
  scales[row] = isZero ? 1 : scale;
  zeroPoints[row] = isZero ? 0 : Math.min(Math.max(roundHalfAway(nearest), -128), 127);
  const inverse = isZero || scales[row] === 0 ? 0 : F(1 / scales[row]);
  roundValues(x, from, end, inverse, zeroPoints[row], -128, values);
}

/**
 * values[i] = clamp(round(x[i] * inverse) + zeroPoint) - zeroPoint. As many as fill vectors of 8 are rounded by an addition in float32 and cut; it makes 1 of
 * the number next below a half, as upstream's instructions for vectors do.
 */
function roundValues(
  x: Float32Array,
  from: number,
  end: number,
  inverse: number,
  zeroPoint: number,
  least: number,
  values: Int16Array,
) {
  const vectors = end - ((end - from) & 7);
  for (let i = from; i < end; i++) {
    const scaled = F(x[i] * inverse);
    const rounded = i < vectors ? Math.trunc(F(scaled + (scaled < 0 ? -0.5 : 0.5))) : roundHalfAway(scaled);
    const isNoInt32 = Number.isNaN(rounded) || (i >= vectors && rounded >= 2 ** 31); // of rows of the least numbers that there are
    values[i] = Math.min(Math.max(isNoInt32 ? least : rounded + zeroPoint, least), 127) - zeroPoint;
  }
}

// ---- weights

export type HybridWeights = 'int8' | 'uint8' | 'int4' | 'int2';

/** As upstream reads them: the bytes of uint8 as signed, too. */
export function weightsOf(filter: Tensor): Int8Array {
  return int8View(filter as Tensor<HybridWeights>);
}

/** TensorFlow Lite Micro refuses such nodes. */
export function prepareIsHybrid(node: Node, filter: Tensor) {
  if (!node.isMicro) return;
  node.unsupported(
    `its activations are float32, ${filter} is ${filter.dtype}: TensorFlow Lite Micro has no hybrid layers`,
  );
}

/** The scale of each of the channels, one a channel or the same for all. */
export function prepareWeightScales(node: Node, filter: Tensor, channels: number): Float32Array {
  prepareChannelCount(node, channels);
  return Float32Array.from({ length: channels }, (_, c) => filter.scaleOf(c, channels));
}

// ---- products

/**
 * sums[to + o] += values[from + d] * weights[at + o * stride + d], for d in 0..depth - 1, o in 0..count - 1. Four sums at a time: what
 * is read of values serves all.
 */
export function addIntegerProducts(
  values: Int16Array,
  from: number,
  depth: number,
  weights: Int8Array,
  at: number,
  stride: number,
  sums: Int32Array,
  to: number,
  count: number,
) {
  const end = from + depth;
  let o = 0;
  for (; o + 3 < count; o += 4) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = from, f = at + o * stride; i < end; i++, f++) {
      const x = values[i];
      sum0 = (sum0 + x * weights[f]) | 0;
      sum1 = (sum1 + x * weights[f + stride]) | 0;
      sum2 = (sum2 + x * weights[f + 2 * stride]) | 0;
      sum3 = (sum3 + x * weights[f + 3 * stride]) | 0;
    }
    sums[to + o] += sum0;
    sums[to + o + 1] += sum1;
    sums[to + o + 2] += sum2;
    sums[to + o + 3] += sum3;
  }
  for (; o < count; o++) {
    let sum = 0;
    for (let i = from, f = at + o * stride; i < end; i++, f++) sum = (sum + values[i] * weights[f]) | 0;
    sums[to + o] += sum;
  }
}

/**
 * Upstream multiplies vectors of 16 values by an instruction of SSE that takes magnitudes, and so loses the sign of a weight of -128
 * with a value below 0: what it adds there is 256 * value more. The last products of a filter, which fill no vector, are right. The
 * values are given minus the zero point.
 */
export function addLostSigns(zeroPoint: number): AddProducts<Int16Array, Int8Array, Int32Array> {
  return (values, from, depth, weights, at, stride, sums, to, count) => {
    const inVectors = Math.min(depth, (stride & ~15) - (at % stride));
    for (let o = 0; o < count; o++) {
      for (let d = 0; d < inVectors; d++) {
        const value = values[from + d] + zeroPoint;
        if (weights[at + o * stride + d] === -128 && value < 0) sums[to + o] += 256 * value;
      }
    }
  };
}

// ---- layers with windows

/** Each batch is a row. */
export function prepareHybridLayer(
  node: Node,
  input: Tensor<'float32'>,
  filter: Tensor<HybridWeights>,
  output: Tensor<'float32'>,
  channels: number,
  asymmetric: boolean,
) {
  prepareIsHybrid(node, filter);
  return {
    filter,
    filterScales: prepareWeightScales(node, filter, channels),
    quantized: prepareQuantizedRows(node, input, input.shape[0], asymmetric),
    sums: node.scratch('int32', output.size),
  };
}

export type HybridLayer = ReturnType<typeof prepareHybridLayer>;

/** output = clamp(bias + sum * scale of the batch * scale of the channel), in one order of the two products or the other. */
export function finishHybrid(
  { bias, activationMin, activationMax }: Finish,
  { filterScales, quantized, sums }: HybridLayer,
  output: Float32Array,
  scalesFirst: boolean,
) {
  const [acc, scales, biases] = [sums.data, quantized.scales.data, bias?.data];
  const batch = output.length / quantized.rows;
  const channels = filterScales.length;
  for (let i = 0, b = 0; b < quantized.rows; b++) {
    for (const end = i + batch; i < end; i++) {
      const c = i % channels;
      const sum = F(acc[i]);
      const scaled = scalesFirst ? F(sum * F(filterScales[c] * scales[b])) : F(F(sum * filterScales[c]) * scales[b]);
      output[i] = clamp(biases ? F(scaled + biases[c]) : scaled, activationMin, activationMax);
    }
  }
}
