/**
 * DEPTHWISE_CONV_2D: output[b, y, x, o] = requantize(bias[o] +
 *   sum over ky, kx of (input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, c] + inputOffset)
 *                      * (filter[0, ky, kx, o] + filterOffset)),   o = c * depthMultiplier + m,
 * taps outside the image left out. float32 is in float/depthwise_conv_2d.ts.
 *
 * Equals: reference/depthwiseconv_uint8.h (uint8), reference/integer_ops/depthwise_conv.h (int8, int16). Deviations: the
 * accumulator of int16 may be int32, as in CONV_2D (upstream refuses such a bias); int16 takes int4 filters too
 * (upstream reads their bytes as int8).
 *
 * All channels of a pixel are summed up side by side, tap by tap: 1.3 GMAC/s, where a loop over the taps for each channel
 * made 0.7 (3x3, 144 channels, Node 20 on a Xeon).
 */
import { depthwiseConvFloat } from '../float/depthwise_conv_2d.ts';
import { type FloatForm, withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import type { Activation } from '../quantization.ts';
import { bindCentered, prepareCentered, prepareOffset } from '../shared/centered.ts';
import {
  bindRequantize,
  prepareBias,
  prepareFilterOffset,
  prepareHalfUp,
  prepareRequantization,
  type Requantize,
} from '../shared/convolution.ts';
import { FOLD, fold } from '../shared/matrix_product.ts';
import { prepareDepthwiseWindows, type WindowOptions } from '../shared/window.ts';

interface Options extends WindowOptions {
  depthMultiplier: number;
  fusedActivationFunction: Activation;
}

export type DepthwiseConv = ReturnType<typeof prepare>;
export type PreparedDepthwiseConv = DepthwiseConv | FloatForm;

function prepare(node: Node) {
  const options = node.options<Options>();
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const filter = node.input(1, ...(input.dtype === 'uint8' ? (['uint8'] as const) : (['int8', 'int4'] as const)));
  const windows = prepareDepthwiseWindows(node, options, input, filter);
  const { batches, inputDepth, outputHeight, outputWidth, outputDepth, depthMultiplier } = windows;
  node.require(
    input.dtype !== 'int16' || options.depthMultiplier === depthMultiplier,
    `depth_multiplier is ${options.depthMultiplier}, but ${inputDepth} input channels become ${outputDepth}`,
  );
  const { bias, accumulator } = prepareBias(node, 2, input, 'FLOAT32', outputDepth);
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], input.dtype);
  node.macs = output.size * windows.filterHeight * windows.filterWidth;
  const wide = accumulator === 'int64';
  const activation = options.fusedActivationFunction;
  const requantization = prepareRequantization(node, input, filter, output, outputDepth, accumulator, activation);
  const halfUpChannels = input.dtype === 'int8' ? outputDepth & -8 : 0; // 8 at a time; the rest is as in the reference
  return {
    kind: 'integer' as const,
    ...windows,
    input: prepareCentered(node, input, prepareOffset(node, input)),
    filter: prepareCentered(node, filter, prepareFilterOffset(node, filter)),
    bias,
    output,
    requantization: prepareHalfUp(node, requantization, halfUpChannels),
    /** A pixel's sums; of int64, their low halves. */
    low: node.scratch('int32', outputDepth),
    high: wide ? node.scratch('int32', outputDepth) : undefined,
    part: wide ? node.scratch('int32', outputDepth) : undefined,
  };
}

function bind(p: DepthwiseConv): Eval {
  const input = bindCentered(p.input);
  const filter = bindCentered(p.filter);
  const sums = bindSums(p, input.values, filter.values);
  const requantize = bindRequantize(p.requantization, p.bias, p.low, p.high, p.output);
  return () => {
    input.update();
    filter.update();
    evalDepthwiseConv(p, sums, requantize);
  };
}

/** Computes the sums of output pixel (b, y, x). */
type Sums = (b: number, y: number, x: number) => void;

function evalDepthwiseConv(p: DepthwiseConv, sums: Sums, requantize: Requantize) {
  const { batches, outputHeight, outputWidth, outputDepth } = p;
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      for (let x = 0; x < outputWidth; x++) {
        sums(b, y, x);
        requantize(0, 0, outputDepth, to);
        to += outputDepth;
      }
    }
  }
}

function bindSums(p: DepthwiseConv, input: Int16Array, filter: Int16Array): Sums {
  const low = p.low.data;
  const high = p.high?.data;
  const part = p.part?.data;
  const { filterHeight, filterWidth } = p;
  if (!high || !part) return (b, y, x) => sumTaps(p, input, filter, b, y, x, 0, filterHeight, 0, filterWidth, low);
  return (b, y, x) => {
    low.fill(0);
    high.fill(0);
    const rows = Math.max(Math.imul(filterWidth, filterHeight) <= FOLD ? filterHeight : 1, 1);
    for (let filterY = 0; filterY < filterHeight; filterY += rows) {
      for (let filterX = 0; filterX < filterWidth; filterX += FOLD) {
        const end = Math.min(filterX + FOLD, filterWidth);
        sumTaps(p, input, filter, b, y, x, filterY, filterY + rows, filterX, end, part);
        fold(part, high, low);
      }
    }
  };
}

/** Sums of the taps from row fromY to toY - 1 and column fromX to toX - 1 of the filter. */
function sumTaps(
  p: DepthwiseConv,
  input: Int16Array,
  filter: Int16Array,
  b: number,
  outY: number,
  outX: number,
  fromY: number,
  toY: number,
  fromX: number,
  toX: number,
  sums: Int32Array,
) {
  const { inputHeight, inputWidth, inputDepth, filterWidth, outputDepth, depthMultiplier, dilationWidth } = p;
  const inYOrigin = (Math.imul(outY, p.strideHeight) - p.padTop) | 0;
  const inXOrigin = (Math.imul(outX, p.strideWidth) - p.padLeft) | 0;
  sums.fill(0);
  for (let filterY = fromY; filterY < toY; filterY++) {
    const inY = (inYOrigin + Math.imul(filterY, p.dilationHeight)) | 0;
    if (inY < 0 || inY >= inputHeight) continue;
    const row = Math.imul(Math.imul(b, inputHeight) + inY, inputWidth);
    for (let filterX = fromX; filterX < toX; filterX++) {
      const inX = (inXOrigin + Math.imul(filterX, dilationWidth)) | 0;
      if (inX < 0 || inX >= inputWidth) continue;
      const from = Math.imul(row + inX, inputDepth);
      const tap = Math.imul(Math.imul(filterY, filterWidth) + filterX, outputDepth);
      if (depthMultiplier !== 1) addTapMultiplied(input, from, filter, tap, depthMultiplier, sums);
      else if (filterX + 2 < toX && inX + Math.imul(2, dilationWidth) < inputWidth) {
        addThreeTaps(input, from, Math.imul(dilationWidth, inputDepth), filter, tap, sums);
        filterX += 2;
      } else addTap(input, from, filter, tap, sums);
    }
  }
}

function addTap(input: Int16Array, from: number, filter: Int16Array, tap: number, sums: Int32Array) {
  for (let c = 0; c < sums.length; c++) sums[c] += Math.imul(input[from + c], filter[tap + c]);
}

/** Three taps of a row, `step` apart in the input: fewer loads and stores of the sums. */
function addThreeTaps(
  input: Int16Array,
  from: number,
  step: number,
  filter: Int16Array,
  tap: number,
  sums: Int32Array,
) {
  const second = (from + step) | 0;
  const third = (second + step) | 0;
  const tap2 = (tap + sums.length) | 0;
  const tap3 = (tap2 + sums.length) | 0;
  for (let c = 0; c < sums.length; c++) {
    sums[c] +=
      Math.imul(input[from + c], filter[tap + c]) +
      Math.imul(input[second + c], filter[tap2 + c]) +
      Math.imul(input[third + c], filter[tap3 + c]);
  }
}

function addTapMultiplied(
  input: Int16Array,
  from: number,
  filter: Int16Array,
  tap: number,
  depthMultiplier: number,
  sums: Int32Array,
) {
  for (let o = 0; o < sums.length; from++) {
    for (const end = o + depthMultiplier; o < end; o++) sums[o] += Math.imul(input[from], filter[tap + o]);
  }
}

export const DEPTHWISE_CONV_2D = withFloat(operator(prepare, bind), depthwiseConvFloat);
