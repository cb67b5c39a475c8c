/**
 * DEPTHWISE_CONV_2D of float32: output[b, y, x, o] = clamp(bias[o] +
 *   sum over ky, kx of input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, c]
 *                      * filter[0, ky, kx, o]),   o = c * depthMultiplier + m,
 * added up from 0 in this order, the bias last; taps outside the image left out. With integer weights, hybrid: sums in int32, of
 * an input that is quantized by batches.
 *
 * Equals: reference/depthwiseconv_float.h; reference/integer_ops/depthwise_conv.h DepthwiseConvHybridPerChannel. Deviations: all
 * channels may share a scale, where upstream reads beyond it.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareDepthwiseWindows, type WindowOptions } from '../shared/window.ts';
import type { Tensor } from '../tensor.ts';
import { prepareActivationFloat } from './activation.ts';
import { finishHybrid, type HybridWeights, prepareHybridLayer, quantizeRows, weightsOf } from './hybrid.ts';
import { finish, prepareBiasFloat } from './products.ts';

const F = Math.fround;

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  const filter = node.input<'float32' | HybridWeights>(1, 'float32', 'int8');
  const windows = prepareDepthwiseWindows(node, node.options<WindowOptions>(), input, filter);
  const { batches, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth } = windows;
  const bias = prepareBiasFloat(node, outputDepth);
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], 'float32');
  node.macs = output.size * filterHeight * filterWidth;
  const layer = { kind: 'float' as const, input, bias, output, ...windows, ...prepareActivationFloat(node) };
  if (filter.dtype === 'float32') return { ...layer, filter: filter as Tensor<'float32'>, hybrid: undefined };
  const hybrid = prepareHybridLayer(node, input, filter as Tensor<HybridWeights>, output, outputDepth, true);
  return { ...layer, filter: undefined, hybrid };
}

type DepthwiseConv = ReturnType<typeof prepare>;

function bind(p: DepthwiseConv): Eval {
  const output = p.output.data;
  if (!p.hybrid) {
    const [input, filter] = [p.input.data, p.filter.data];
    return () => {
      output.fill(0);
      addTaps(p, addTap, input, filter, output);
      finish(p, output);
    };
  }
  const { hybrid } = p;
  const [values, weights, sums] = [hybrid.quantized.values.data, weightsOf(hybrid.filter), hybrid.sums.data];
  return () => {
    quantizeRows(hybrid.quantized);
    sums.fill(0);
    addTaps(p, addIntegerTap, values, weights, sums);
    finishHybrid(p, hybrid, output, true);
  };
}

function addTaps<X, W, S>(p: DepthwiseConv, add: AddTap<X, W, S>, input: X, filter: W, sums: S) {
  const { inputHeight, inputWidth, inputDepth, outputDepth, depthMultiplier, filterHeight, filterWidth } = p;
  let to = 0;
  for (let b = 0; b < p.batches; b++) {
    for (let outY = 0; outY < p.outputHeight; outY++) {
      for (let outX = 0; outX < p.outputWidth; outX++, to += outputDepth) {
        for (let filterY = 0; filterY < filterHeight; filterY++) {
          const inY = outY * p.strideHeight + filterY * p.dilationHeight - p.padTop;
          if (inY < 0 || inY >= inputHeight) continue;
          for (let filterX = 0; filterX < filterWidth; filterX++) {
            const inX = outX * p.strideWidth + filterX * p.dilationWidth - p.padLeft;
            if (inX < 0 || inX >= inputWidth) continue;
            const from = ((b * inputHeight + inY) * inputWidth + inX) * inputDepth;
            const tap = (filterY * filterWidth + filterX) * outputDepth;
            add(input, from, filter, tap, depthMultiplier, sums, to, to + outputDepth);
          }
        }
      }
    }
  }
}

/** Adds the products of one tap, each input channel's with depthMultiplier output channels, to sums[to..end - 1]. */
type AddTap<X, W, S> = (
  input: X,
  from: number,
  filter: W,
  tap: number,
  depthMultiplier: number,
  sums: S,
  to: number,
  end: number,
) => void;

const addTap: AddTap<Float32Array, Float32Array, Float32Array> = (
  input,
  from,
  filter,
  tap,
  depthMultiplier,
  sums,
  to,
  end,
) => {
  for (let o = to, f = tap, i = from; o < end; i++) {
    for (let m = 0; m < depthMultiplier; m++, o++, f++) sums[o] = F(sums[o] + F(input[i] * filter[f]));
  }
};

const addIntegerTap: AddTap<Int16Array, Int8Array, Int32Array> = (
  input,
  from,
  filter,
  tap,
  depthMultiplier,
  sums,
  to,
  end,
) => {
  for (let o = to, f = tap, i = from; o < end; i++) {
    for (let m = 0; m < depthMultiplier; m++, o++, f++) sums[o] += input[i] * filter[f];
  }
};

export const depthwiseConvFloat = operator(prepare, bind);
