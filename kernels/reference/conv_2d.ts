/**
 * CONV_2D: output[b, y, x, o] = requantize(bias[o] +
 *   sum over ky, kx, c of (input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, g + c]
 *                          + inputOffset) * (filter[o, ky, kx, c] + filterOffset)),
 * taps outside the image left out. With groups, output channel o sees only its group's input channels, from g on.
 * float32 is in float/conv_2d.ts.
 *
 * Equals: reference/conv.h (uint8), reference/integer_ops/conv.h (int8, int16). Deviations: the accumulator of int16
 * follows the type of the bias (see prepareBias).
 *
 * The taps of an output pixel are gathered into a row, zeros outside the image, which the filter, as a matrix, multiplies
 * two rows at a time. Where a tap is the whole pixel (1x1, stride 1), the input is such rows already.
 */
import { convFloat } from '../float/conv_2d.ts';
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
import { bindMatrices, bindProduct, type Multiply, prepareMatrices, prepareProduct } from '../shared/matrix_product.ts';
import { prepareConvWindows, type WindowOptions } from '../shared/window.ts';

interface Options extends WindowOptions {
  fusedActivationFunction: Activation;
  quantizedBiasType: string;
}

export type Conv = ReturnType<typeof prepare>;
export type PreparedConv = Conv | FloatForm;

function prepare(node: Node) {
  const options = node.options<Options>();
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const filter = node.input(1, ...(input.dtype === 'uint8' ? (['uint8'] as const) : (['int8', 'int4'] as const)));
  const windows = prepareConvWindows(node, options, input, filter);
  const { batches, outputHeight, outputWidth, outputDepth, groups, filterHeight, filterWidth, filterDepth } = windows;
  const { bias, accumulator } = prepareBias(node, 2, input, options.quantizedBiasType, outputDepth);
  node.require(bias !== undefined, 'there is no bias');
  const output = node.output(0, [batches, outputHeight, outputWidth, outputDepth], input.dtype);
  const accumDepth = filterHeight * filterWidth * filterDepth;
  const groupDepth = outputDepth / groups; // output channels of a group
  node.macs = output.size * accumDepth;
  const matrixLayout = {
    count: groups,
    stride: groupDepth * accumDepth,
    depth: accumDepth,
    depthStride: 1,
    columns: groupDepth,
    columnStride: accumDepth,
  };
  const { strideHeight, strideWidth } = windows;
  const activation = options.fusedActivationFunction;
  const requantization = prepareRequantization(node, input, filter, output, outputDepth, accumulator, activation);
  const halfUpChannels = groups === 1 && accumulator === 'int32' ? outputDepth : 0; // ruy's; groups are the reference's
  const pointwise = filterHeight === 1 && filterWidth === 1 && strideHeight === 1 && strideWidth === 1 && groups === 1;
  return {
    kind: 'integer' as const,
    ...windows,
    input: prepareCentered(node, input, prepareOffset(node, input)),
    filter: prepareMatrices(node, filter, prepareFilterOffset(node, filter), matrixLayout),
    bias,
    output,
    product: prepareProduct(node, accumDepth, groupDepth, accumulator),
    requantization: prepareHalfUp(node, requantization, halfUpChannels),
    pixels: batches * outputHeight * outputWidth,
    groupDepth,
    accumDepth,
    patch: pointwise ? undefined : node.scratch('int16', 2 * accumDepth),
  };
}

function bind(p: Conv): Eval {
  const input = bindCentered(p.input);
  const filter = bindMatrices(p.filter);
  const multiply = bindProduct(p.product);
  const requantize = bindRequantize(p.requantization, p.bias, p.product.low, p.product.high, p.output);
  return () => {
    input.update();
    filter.update();
    evalConv(p, input.values, p.patch?.data, filter.packed, multiply, requantize);
  };
}

function evalConv(
  p: Conv,
  input: Int16Array,
  patch: Int16Array | undefined,
  filter: Int32Array,
  multiply: Multiply,
  requantize: Requantize,
) {
  const { pixels, groups, groupDepth, outputHeight, outputWidth, outputDepth, accumDepth } = p;
  const { rowStride } = p.product;
  for (let g = 0; g < groups; g++) {
    const first = Math.imul(g, groupDepth);
    const matrix = Math.imul(g, p.filter.size);
    let b = 0;
    let y = 0;
    let x = 0;
    for (let pixel = 0; pixel < pixels; pixel += 2) {
      const count = Math.min(2, pixels - pixel);
      if (!patch) multiply(input, Math.imul(pixel, accumDepth), count, filter, matrix);
      else {
        for (let i = 0; i < count; i++) {
          gather(p, input, b, y, x, g, patch, Math.imul(i, accumDepth));
          if (++x === outputWidth) {
            x = 0;
            if (++y === outputHeight) {
              y = 0;
              b++;
            }
          }
        }
        multiply(patch, 0, count, filter, matrix);
      }
      for (let i = 0; i < count; i++) {
        requantize(Math.imul(i, rowStride), first, groupDepth, (Math.imul(pixel + i, outputDepth) + first) | 0);
      }
    }
  }
}

/** Copies the taps of output pixel (b, outY, outX) that group g sees into the patch, from `to` on. */
function gather(
  p: Conv,
  input: Int16Array,
  b: number,
  outY: number,
  outX: number,
  g: number,
  patch: Int16Array,
  to: number,
) {
  const { inputHeight, inputWidth, inputDepth, filterWidth, filterDepth, dilationWidth } = p;
  const inYOrigin = (Math.imul(outY, p.strideHeight) - p.padTop) | 0;
  const inXOrigin = (Math.imul(outX, p.strideWidth) - p.padLeft) | 0;
  const inXEnd = (inXOrigin + Math.imul(filterWidth - 1, dilationWidth) + 1) | 0;
  const neighbours = p.groups === 1 && dilationWidth === 1 && inXOrigin >= 0 && inXEnd <= inputWidth;
  for (let filterY = 0; filterY < p.filterHeight; filterY++) {
    const inY = (inYOrigin + Math.imul(filterY, p.dilationHeight)) | 0;
    const insideY = inY >= 0 && inY < inputHeight;
    const row = Math.imul(Math.imul(b, inputHeight) + inY, inputWidth);
    if (insideY && neighbours) {
      const count = Math.imul(filterWidth, filterDepth);
      copyTaps(input, Math.imul(row + inXOrigin, inputDepth), count, patch, to);
      to = (to + count) | 0;
      continue;
    }
    for (let filterX = 0; filterX < filterWidth; filterX++) {
      const inX = (inXOrigin + Math.imul(filterX, dilationWidth)) | 0;
      if (insideY && inX >= 0 && inX < inputWidth) {
        const from = (Math.imul(row + inX, inputDepth) + Math.imul(g, filterDepth)) | 0;
        copyTaps(input, from, filterDepth, patch, to);
      } else patch.fill(0, to, to + filterDepth);
      to = (to + filterDepth) | 0;
    }
  }
}

function copyTaps(input: Int16Array, from: number, count: number, patch: Int16Array, to: number) {
  for (let i = 0; i < count; i++) patch[to + i] = input[from + i];
}

export const CONV_2D = withFloat(operator(prepare, bind), convFloat);
