/**
 * DEPTHWISE_CONV_2D of float32: output[b, y, x, o] = clamp(bias[o] +
 *   sum over ky, kx of input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, c]
 *                      * filter[0, ky, kx, o]),   o = c * depthMultiplier + m,
 * added up from 0 in this order, the bias last; taps outside the image left out.
 *
 * Equals: reference/depthwiseconv_float.h. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { prepareDepthwiseWindows, type WindowOptions } from '../shared/window.ts';
import { prepareActivationFloat } from './activation.ts';
import { finish, prepareBiasFloat } from './products.ts';

const F = Math.fround;

type DepthwiseConv = ReturnType<typeof prepareDepthwiseConvFloat>;

export function prepareDepthwiseConvFloat(node: Node) {
  const input = node.input(0, 'float32');
  const filter = node.input(1, 'float32');
  const windows = prepareDepthwiseWindows(node, node.options<WindowOptions>(), input, filter);
  const { batches, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth } = windows;
  const bias = prepareBiasFloat(node, outputDepth);
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], 'float32');
  node.macs = output.size * filterHeight * filterWidth;
  return { kind: 'float' as const, input, filter, bias, output, ...windows, ...prepareActivationFloat(node) };
}

export function depthwiseConvFloat(p: DepthwiseConv): Eval {
  const [input, filter, output] = [p.input.data, p.filter.data, p.output.data];
  return () => {
    output.fill(0);
    addTaps(p, input, filter, output);
    finish(p, output);
  };
}

function addTaps(p: DepthwiseConv, input: Float32Array, filter: Float32Array, output: Float32Array) {
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
            addTap(input, from, filter, tap, depthMultiplier, output, to, to + outputDepth);
          }
        }
      }
    }
  }
}

/** Adds the products of one tap, each input channel's with depthMultiplier output channels, to output[to..end - 1]. */
function addTap(
  input: Float32Array,
  from: number,
  filter: Float32Array,
  tap: number,
  depthMultiplier: number,
  output: Float32Array,
  to: number,
  end: number,
) {
  for (let o = to, f = tap, i = from; o < end; i++) {
    for (let m = 0; m < depthMultiplier; m++, o++, f++) output[o] = F(output[o] + F(input[i] * filter[f]));
  }
}
