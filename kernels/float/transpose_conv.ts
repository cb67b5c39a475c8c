/**
 * TRANSPOSE_CONV of float32: output[b, y, x, o] = clamp(bias[o] +
 *   sum over inY, ky, inX, kx with inY*strideH + ky - padTop = y and inX*strideW + kx - padLeft = x, and over c,
 *     of input[b, inY, inX, c] * filter[o, ky, kx, c]),
 * added up from 0 in this order, the bias last. With integer weights, hybrid: of an input that is quantized by batches, each product is
 * scaled to float32 before it is added.
 *
 * Equals: reference/transpose_conv.h TransposeConv, HybridTransposeConv. Deviations: all channels may share a scale, where upstream
 * reads beyond it.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareTransposedWindows, type WindowOptions } from '../shared/window.ts';
import type { Tensor } from '../tensor.ts';
import { prepareActivationFloat } from './activation.ts';
import { type HybridWeights, prepareHybridLayer, quantizeRows, weightsOf } from './hybrid.ts';
import { type AddProducts, addProducts, finish, prepareBiasFloat } from './products.ts';

const F = Math.fround;

function prepare(node: Node) {
  const filter = node.input<'float32' | HybridWeights>(1, 'float32', 'int8', 'uint8');
  const input = node.input(2, 'float32');
  const { outputShape, ...windows } = prepareTransposedWindows(node, node.options<WindowOptions>(), input, filter);
  const bias = prepareBiasFloat(node, windows.outputDepth, 3);
  const output = node.output(0, outputShape, 'float32');
  const layer = { kind: 'float' as const, input, bias, output, ...windows, ...prepareActivationFloat(node) };
  if (filter.dtype === 'float32') return { ...layer, filter: filter as Tensor<'float32'>, hybrid: undefined };
  const hybrid = prepareHybridLayer(node, input, filter as Tensor<HybridWeights>, output, windows.outputDepth, true);
  return { ...layer, filter: undefined, hybrid };
}

type TransposeConv = ReturnType<typeof prepare>;

function bind(p: TransposeConv): Eval {
  const output = p.output.data;
  if (!p.hybrid) {
    const [input, filter] = [p.input.data, p.filter.data];
    return () => {
      output.fill(0);
      scatter(p, addProducts, input, filter, output);
      finish(p, output);
    };
  }
  const { quantized, filter, filterScales } = p.hybrid;
  const [values, weights, scales] = [quantized.values.data, weightsOf(filter), quantized.scales.data];
  const batch = p.outputHeight * p.outputWidth * p.outputDepth;
  const add: AddProducts<Int16Array, Int8Array, Float32Array> = (x, from, depth, w, at, stride, sums, to, count) => {
    const scale = scales[Math.trunc(to / batch)];
    for (let o = 0; o < count; o++) {
      for (let d = 0, f = at + o * stride; d < depth; d++, f++) {
        sums[to + o] += F(F(x[from + d] * w[f] * filterScales[o]) * scale);
      }
    }
  };
  return () => {
    quantizeRows(quantized);
    output.fill(0);
    scatter(p, add, values, weights, output);
    finish(p, output);
  };
}

function scatter<X, W, S>(p: TransposeConv, add: AddProducts<X, W, S>, input: X, filter: W, sums: S) {
  const { inputHeight, inputWidth, inputDepth, outputHeight, outputWidth, outputDepth, filterHeight, filterWidth } = p;
  const stride = filterHeight * filterWidth * inputDepth;
  let from = 0;
  for (let b = 0; b < p.batches; b++) {
    for (let inY = 0; inY < inputHeight; inY++) {
      for (let inX = 0; inX < inputWidth; inX++, from += inputDepth) {
        for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
          const outY = inY * p.strideHeight - p.padTop + Math.trunc(tap / filterWidth);
          const outX = inX * p.strideWidth - p.padLeft + (tap % filterWidth);
          if (outY < 0 || outY >= outputHeight || outX < 0 || outX >= outputWidth) continue;
          const to = ((b * outputHeight + outY) * outputWidth + outX) * outputDepth;
          add(input, from, inputDepth, filter, tap * inputDepth, stride, sums, to, outputDepth);
        }
      }
    }
  }
}

export const transposeConvFloat = operator(prepare, bind);
