/**
 * CONV_2D of float32: output[b, y, x, o] = clamp(bias[o] +
 *   sum over ky, kx, c of input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, g + c]
 *                         * filter[o, ky, kx, c]),
 * added up from 0 in this order, the bias last; taps outside the image left out. With integer weights, hybrid: sums in int32,
 * of an input that is quantized by batches; asymmetrically, where the weights have different scales or groups.
 *
 * Equals: reference/conv.h Conv, HybridConvPerChannel; optimized_ops.h HybridConv. Deviations: channels in groups may share a
 * scale, where upstream reads beyond it.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareConvWindows, type WindowOptions } from '../shared/window.ts';
import type { Tensor } from '../tensor.ts';
import { prepareActivationFloat } from './activation.ts';
import {
  addIntegerProducts,
  addLostSigns,
  finishHybrid,
  type HybridWeights,
  prepareHybridLayer,
  quantizeRows,
  weightsOf,
} from './hybrid.ts';
import { type AddProducts, addProducts, finish, prepareBiasFloat } from './products.ts';

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  const filter = node.input<'float32' | HybridWeights>(1, 'float32', 'int8', 'uint8', 'int4');
  const windows = prepareConvWindows(node, node.options<WindowOptions>(), input, filter);
  const { batches, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth, filterDepth } = windows;
  const bias = prepareBiasFloat(node, outputDepth);
  node.require(bias !== undefined, 'there is no bias');
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], 'float32');
  node.macs = output.size * filterHeight * filterWidth * filterDepth;
  const layer = { kind: 'float' as const, input, bias, output, ...windows, ...prepareActivationFloat(node) };
  if (filter.dtype === 'float32') return { ...layer, filter: filter as Tensor<'float32'>, hybrid: undefined };
  const scales = filter.dtype === 'uint8' ? [] : (filter.quantization?.scales ?? []);
  const perChannel = windows.groups > 1 || scales.some((scale) => scale !== scales[0]);
  const hybrid = prepareHybridLayer(node, input, filter as Tensor<HybridWeights>, output, outputDepth, perChannel);
  if (!perChannel) hybrid.filterScales.fill(hybrid.filterScales[0]);
  return { ...layer, filter: undefined, hybrid: { ...hybrid, perChannel } };
}

type Conv = ReturnType<typeof prepare>;

function bind(p: Conv): Eval {
  const output = p.output.data;
  if (!p.hybrid) {
    const [input, filter] = [p.input.data, p.filter.data];
    return () => {
      output.fill(0);
      addTaps(p, addProducts, input, filter, output);
      finish(p, output);
    };
  }
  const { hybrid } = p;
  const [values, weights, sums] = [hybrid.quantized.values.data, weightsOf(hybrid.filter), hybrid.sums.data];
  const losesSigns = !hybrid.perChannel && p.outputDepth % 4 !== 0 && weights.includes(-128); // else it is a product of matrices
  return () => {
    quantizeRows(hybrid.quantized);
    sums.fill(0);
    addTaps(p, addIntegerProducts, values, weights, sums);
    if (losesSigns) addTaps(p, addLostSigns(0), values, weights, sums);
    finishHybrid(p, hybrid, output, !hybrid.perChannel);
  };
}

function addTaps<X, W, S>(p: Conv, add: AddProducts<X, W, S>, input: X, filter: W, sums: S) {
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
            addTap(p, add, input, from, filter, tap, sums, to);
          }
        }
      }
    }
  }
}

/** Adds the products of one tap, the same in the filters of all output channels, to the sums of one pixel. */
function addTap<X, W, S>(
  { outputDepth, filterHeight, filterWidth, filterDepth, groups }: Conv,
  add: AddProducts<X, W, S>,
  input: X,
  from: number,
  filter: W,
  tap: number,
  sums: S,
  to: number,
) {
  const groupDepth = outputDepth / groups; // output channels of a group
  const stride = filterHeight * filterWidth * filterDepth;
  for (let g = 0; g < groups; g++) {
    const first = g * groupDepth;
    const at = first * stride + tap;
    add(input, from + g * filterDepth, filterDepth, filter, at, stride, sums, to + first, groupDepth);
  }
}

export const convFloat = operator(prepare, bind);
