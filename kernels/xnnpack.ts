/**
 * Which nodes the XNNPACK delegate takes that Python's default Interpreter(model) puts in front of TFLite's kernels. All
 * others, in profile xnnpack, are computed as TFLite's optimized kernels do it.
 *
 * Equals: the Visit…Node functions of TFLite's xnnpack_delegate.cc, as far as a node's answer depends on it: operators that
 * only move values, or of which both give the same, are not here. Types and shapes that no kernel takes are not looked at.
 */
import type { Node } from './kernel.ts';
import type { Tensor } from './tensor.ts';

const F = Math.fround;

/** Whether the delegate takes the node; never in another profile. */
export function isDelegated(node: Node): boolean {
  return node.profile === 'xnnpack' && Object.hasOwn(RULES, node.op) && RULES[node.op](node);
}

const RULES: { readonly [op: string]: (node: Node) => boolean } = {
  ADD: isTakenAdd,
  BATCH_MATMUL: isTakenBatchMatmul,
  CONV_2D: (node) => node.hasInput(2) && isTakenConvolution(node, 0, 1, 2, 0),
  DEQUANTIZE: (node) => isActivation(node.inputs[0]),
  DEPTHWISE_CONV_2D: (node) => node.hasInput(2) && isTakenConvolution(node, 0, 1, 2, 3),
  ELU: (node) => areActivations(node.inputs[0], node.outputs[0]) && node.inputs[0]?.dtype === 'int8',
  FULLY_CONNECTED: (node) => isTakenConvolution(node, 0, 1, 2, 0),
  LEAKY_RELU: isTakenLeakyRelu,
  LOGISTIC: (node) => areActivations(node.inputs[0], node.outputs[0]),
  MAX_POOL_2D: (node) => areActivations(node.inputs[0], node.outputs[0]),
  MEAN: isTakenReduction,
  MUL: isTakenMul,
  QUANTIZE: isTakenQuantize,
  RESIZE_BILINEAR: (node) => areActivations(node.inputs[0], node.outputs[0]) && isStatic(node.inputs[1]),
  SUB: isTakenAdd,
  SUM: isTakenReduction,
  TANH: (node) => areActivations(node.inputs[0], node.outputs[0]),
  TRANSPOSE_CONV: isTakenTransposeConv,
};

// ---- tensors

/** std::isnormal of a float32. */
function isNormal(x: number): boolean {
  return Math.abs(x) >= 2 ** -126 && Number.isFinite(x);
}

/** One type of 8 bits, each tensor quantized as a whole, along dimension 0. */
function areActivations(...tensors: readonly (Tensor | undefined)[]): boolean {
  return tensors.every((tensor) => isActivation(tensor) && tensor!.dtype === tensors[0]!.dtype);
}

function isActivation(tensor: Tensor | undefined): boolean {
  if (!tensor?.quantization || (tensor.dtype !== 'int8' && tensor.dtype !== 'uint8')) return false;
  const { scales, dimension } = tensor.quantization;
  return scales.length === 1 && dimension === 0 && isNormal(scales[0]);
}

/** The file's, not computed from its constants. */
function isStatic(tensor: Tensor | undefined): boolean {
  return tensor?.isConstant === true;
}

/** int8 with zero points of 0, as a whole or by channels along this dimension; uint8 as activations are. */
function isFilter(filter: Tensor, dimension: number): boolean {
  if (filter.dtype === 'uint8') return isActivation(filter);
  if (filter.dtype !== 'int8' || !filter.quantization) return false;
  const { scales, zeroPoints, dimension: own } = filter.quantization;
  if (scales.length > 1 && own !== dimension) return false;
  return zeroPoints.every((zero) => zero === 0) && scales.every(isNormal);
}

function isBias(bias: Tensor): boolean {
  if (bias.dtype !== 'int32' || !bias.quantization || !isStatic(bias)) return false;
  const { scales, zeroPoints, dimension } = bias.quantization;
  return dimension === 0 && zeroPoints.every((zero) => zero === 0) && scales.every(isNormal);
}

// ---- operators

/** The places of the inputs, and along which dimension the filter's channels lie. A bias may be missing. */
function isTakenConvolution(node: Node, input: number, filter: number, bias: number, dimension: number): boolean {
  const weights = node.inputs[filter];
  const { [bias]: added } = node.inputs;
  return (
    areActivations(node.inputs[input], node.outputs[0]) &&
    weights?.dtype === node.outputs[0].dtype &&
    isFilter(weights, dimension) &&
    isStatic(weights) &&
    (added === undefined || isBias(added))
  );
}

/** Of which an odd one is left: with SAME padding, a stride that is larger than the filter. */
function isTakenTransposeConv(node: Node): boolean {
  const { padding, strideH, strideW } = node.options<{ padding: string; strideH: number; strideW: number }>();
  const [, height, width] = node.inputs[1]!.shape;
  const overlaps = padding !== 'SAME' || (height >= strideH && width >= strideW);
  return overlaps && isStatic(node.inputs[0]) && isTakenConvolution(node, 2, 1, 3, 0);
}

function isTakenBatchMatmul(node: Node): boolean {
  const [x, y] = node.inputs;
  return areActivations(x, node.outputs[0]) && x!.dtype === 'int8' && y?.dtype === 'int8' && isFilterOfBatches(y);
}

function isFilterOfBatches(y: Tensor): boolean {
  return y.quantization?.scales.length === 1 && isFilter(y, 0);
}

function isTakenAdd({ inputs, outputs: [output] }: Node): boolean {
  if (!areActivations(inputs[0], inputs[1], output)) return false;
  return inputs.every((input) => isWithin(F(input!.scale / output.scale), 2 ** -10, 2 ** 8));
}

function isTakenMul({ inputs: [a, b], outputs: [output] }: Node): boolean {
  return areActivations(a, b, output) && isWithin(F(F(a!.scale * b!.scale) / output.scale), 2 ** -16, 2 ** 8);
}

/** min <= x < end */
function isWithin(x: number, min: number, end: number): boolean {
  return x >= min && x < end;
}

function isTakenLeakyRelu(node: Node): boolean {
  const [input, output] = [node.inputs[0], node.outputs[0]];
  const { alpha } = node.options<{ alpha: number }>();
  if (!areActivations(input, output) || !isNormal(alpha)) return false;
  const positive = F(input!.scale / output.scale);
  const negative = F(positive * alpha);
  if (positive < 2 ** -8 || positive > 2 ** 7) return false;
  return negative >= -(2 ** 7 - 2 ** -8) && negative <= 2 ** 7 && Math.abs(negative) >= 2 ** -8;
}

function isTakenQuantize({ inputs: [input], outputs: [output] }: Node): boolean {
  if (input?.dtype === 'float32') return isActivation(output);
  if (!areActivations(input, output)) return false;
  const ratio = F(input!.scale / output.scale);
  return ratio >= 2 ** -8 && ratio <= 2 ** 7;
}

function isTakenReduction({ inputs: [input, axes], outputs: [output] }: Node): boolean {
  return areActivations(input, output) && isStatic(axes) && axes!.dtype === 'int32' && axes!.size > 0;
}
