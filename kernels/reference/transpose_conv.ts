/**
 * TRANSPOSE_CONV: output[b, y, x, o] = requantize(bias[o] +
 *   sum over inY, ky, inX, kx with inY*strideH + ky - padTop = y and inX*strideW + kx - padLeft = x, and over c,
 *     of (input[b, inY, inX, c] + inputOffset) * (filter[o, ky, kx, c] + filterOffset)):
 * CONV_2D read backwards, padding and all: the input is what a CONV_2D of the output would give.
 *
 * Equals: reference/transpose_conv.h (uint8), reference/integer_ops/transpose_conv.h (int8, int16). tflm: the accumulator
 * of int16 without a bias is int64, whatever the option says. Deviations: it follows the type of the bias (see prepareBias).
 *
 * As upstream, every input pixel is multiplied by every tap of the filter and the products added where they belong.
 */
import { addHigh } from '../fixed_point.ts';
import { transposeConvFloat } from '../float/transpose_conv.ts';
import { withFloat } from '../float/with_float.ts';
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
import { bindMatrices, bindProduct, type Multiply, prepareMatrices, prepareProduct } from '../shared/matrix_product.ts';
import { prepareTransposedWindows, type WindowOptions } from '../shared/window.ts';

interface Options extends WindowOptions {
  fusedActivationFunction: Activation;
  quantizedBiasType: string;
}

export type TransposeConv = ReturnType<typeof prepare>;

function prepare(node: Node) {
  const options = node.options<Options>();
  const filter = node.input(1, 'int8', 'uint8');
  const input = node.input(2, ...(filter.dtype === 'uint8' ? (['uint8'] as const) : (['int8', 'int16'] as const)));
  const { outputShape, ...windows } = prepareTransposedWindows(node, options, input, filter);
  const { batches, inputDepth, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth } = windows;
  const biasType = node.isMicro ? 'INT64' : options.quantizedBiasType;
  const { bias, accumulator } = prepareBias(node, 3, input, biasType, outputDepth);
  const output = node.output(0, outputShape, input.dtype);
  const taps = filterHeight * filterWidth;
  const matrixLayout = {
    count: taps,
    stride: inputDepth,
    depth: inputDepth,
    depthStride: 1,
    columns: outputDepth,
    columnStride: taps * inputDepth,
  };
  const activation = options.fusedActivationFunction;
  const requantization = prepareRequantization(node, input, filter, output, outputDepth, accumulator, activation);
  // The optimized kernels do 8 channels at a time, of uint8 16 values, and the rest as the reference.
  const halfUpChannels = input.dtype === 'uint8' ? outputDepth : accumulator === 'int32' ? outputDepth & -8 : 0;
  return {
    input: prepareCentered(node, input, prepareOffset(node, input)),
    filter: prepareMatrices(node, filter, prepareFilterOffset(node, filter), matrixLayout),
    bias,
    output,
    product: prepareProduct(node, inputDepth, outputDepth, accumulator),
    requantization: prepareHalfUp(node, requantization, halfUpChannels),
    /** The output's sums; of int64, their low halves. */
    low: node.scratch('int32', output.size),
    high: accumulator === 'int64' ? node.scratch('int32', output.size) : undefined,
    ...windows,
    outputPixels: batches * outputHeight * outputWidth,
    halfUpValues: input.dtype === 'uint8' ? output.size & -16 : output.size,
  };
}

function bind(p: TransposeConv): Eval {
  const input = bindCentered(p.input);
  const filter = bindMatrices(p.filter);
  const multiply = bindProduct(p.product);
  const add = bindAdd(p);
  const requantize = bindRequantize(p.requantization, p.bias, p.low, p.high, p.output);
  const halfAway = { ...p.requantization, halfUpChannels: 0 };
  const requantizeRest = bindRequantize(halfAway, p.bias, p.low, p.high, p.output);
  return () => {
    input.update();
    filter.update();
    p.low.data.fill(0);
    p.high?.data.fill(0);
    scatter(p, input.values, filter.packed, multiply, add);
    evalOutput(p, requantize, requantizeRest);
  };
}

/** Adds a row of the product, from sums `at` on, to the output's sums, from `to` on. */
type Add = (at: number, to: number) => void;

function bindAdd({ product, low, high, outputDepth }: TransposeConv): Add {
  const from = product.low.data;
  const fromHigh = product.high?.data;
  const sums = low.data;
  const sumsHigh = high?.data;
  return fromHigh && sumsHigh
    ? (at, to) => addWide(from, fromHigh, at, sums, sumsHigh, to, outputDepth)
    : (at, to) => add(from, at, sums, to, outputDepth);
}

function add(from: Int32Array, at: number, sums: Int32Array, to: number, count: number) {
  for (let i = 0; i < count; i++) sums[to + i] += from[at + i];
}

function addWide(
  fromLow: Int32Array,
  fromHigh: Int32Array,
  at: number,
  low: Int32Array,
  high: Int32Array,
  to: number,
  count: number,
) {
  for (let i = 0; i < count; i++) {
    high[to + i] = addHigh(high[to + i], low[to + i], fromHigh[at + i], fromLow[at + i]);
    low[to + i] += fromLow[at + i];
  }
}

/** Two pixels of a row of the input at a time. */
function scatter(p: TransposeConv, input: Int16Array, filter: Int32Array, multiply: Multiply, add: Add) {
  const { batches, inputHeight, inputWidth, inputDepth, outputHeight, outputWidth, outputDepth } = p;
  let from = 0;
  for (let b = 0; b < batches; b++) {
    for (let inY = 0; inY < inputHeight; inY++) {
      const outYOrigin = Math.imul(inY, p.strideHeight) - p.padTop;
      for (let inX = 0; inX < inputWidth; inX += 2) {
        const outXOrigin = Math.imul(inX, p.strideWidth) - p.padLeft;
        const count = Math.min(2, inputWidth - inX);
        let matrix = 0;
        for (let filterY = 0; filterY < p.filterHeight; filterY++) {
          const outY = outYOrigin + filterY;
          for (let filterX = 0; filterX < p.filterWidth; filterX++) {
            multiply(input, from, count, filter, matrix);
            matrix += p.filter.size;
            for (let i = 0; i < count; i++) {
              const outX = outXOrigin + filterX + Math.imul(i, p.strideWidth);
              if (outY < 0 || outY >= outputHeight || outX < 0 || outX >= outputWidth) continue;
              const pixel = Math.imul(Math.imul(b, outputHeight) + outY, outputWidth) + outX;
              add(Math.imul(i, p.product.rowStride), Math.imul(pixel, outputDepth));
            }
          }
        }
        from += Math.imul(count, inputDepth);
      }
    }
  }
}

/** The first halfUpValues, then the rest. */
function evalOutput(p: TransposeConv, requantize: Requantize, requantizeRest: Requantize) {
  const { outputPixels, outputDepth, halfUpValues } = p;
  for (let pixel = 0; pixel < outputPixels; pixel++) {
    const at = Math.imul(pixel, outputDepth);
    const count = Math.max(0, Math.min(outputDepth, halfUpValues - at));
    requantize(at, 0, count, at);
    if (count < outputDepth) requantizeRest(at + count, count, outputDepth - count, at + count);
  }
}

/** The image is input 2. */
export const TRANSPOSE_CONV = withFloat(operator(prepare, bind), transposeConvFloat, 2);
