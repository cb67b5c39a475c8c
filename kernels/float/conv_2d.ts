/**
 * CONV_2D of float32: output[b, y, x, o] = clamp(bias[o] +
 *   sum over ky, kx, c of input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, g + c]
 *                         * filter[o, ky, kx, c]),
 * added up from 0 in this order, the bias last; taps outside the image left out.
 *
 * Equals: reference/conv.h. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { prepareConvWindows, type WindowOptions } from '../shared/window.ts';
import { prepareActivationFloat } from './activation.ts';
import { addProducts, finish, prepareBiasFloat } from './products.ts';

type Conv = ReturnType<typeof prepareConvFloat>;

export function prepareConvFloat(node: Node) {
  const input = node.input(0, 'float32');
  const filter = node.input(1, 'float32');
  const windows = prepareConvWindows(node, node.options<WindowOptions>(), input, filter);
  const { batches, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth, filterDepth } = windows;
  const bias = prepareBiasFloat(node, outputDepth);
  node.require(bias !== undefined, 'there is no bias');
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], 'float32');
  node.macs = output.size * filterHeight * filterWidth * filterDepth;
  return { kind: 'float' as const, input, filter, bias, output, ...windows, ...prepareActivationFloat(node) };
}

export function convFloat(p: Conv): Eval {
  const [input, filter, output] = [p.input.data, p.filter.data, p.output.data];
  return () => {
    output.fill(0);
    addTaps(p, input, filter, output);
    finish(p, output);
  };
}

function addTaps(p: Conv, input: Float32Array, filter: Float32Array, output: Float32Array) {
  const { inputHeight, inputWidth, inputDepth, outputDepth, filterHeight, filterWidth, filterDepth } = p;
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
            const tap = (filterY * filterWidth + filterX) * filterDepth;
            addTap(p, input, from, filter, tap, output, to);
          }
        }
      }
    }
  }
}

/** Adds the products of one tap, the same in the filters of all output channels, to the sums of one pixel. */
function addTap(
  { outputDepth, filterHeight, filterWidth, filterDepth, groups }: Conv,
  input: Float32Array,
  from: number,
  filter: Float32Array,
  tap: number,
  output: Float32Array,
  to: number,
) {
  const groupDepth = outputDepth / groups; // output channels of a group
  const stride = filterHeight * filterWidth * filterDepth;
  for (let g = 0; g < groups; g++) {
    const first = g * groupDepth;
    const at = first * stride + tap;
    addProducts(input, from + g * filterDepth, filterDepth, filter, at, stride, output, to + first, groupDepth);
  }
}
