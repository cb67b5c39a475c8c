/**
 * ABS: output = requantize(|input - inputZeroPoint|); without quantization: |input|. NEG: -input, and SIGN: -1, 0 or 1, of
 * plain integers. The lowest value of a type has no counterpart: -x wraps to x.
 *
 * Equals: elementwise.cc, reference/neg.h, sign.cc. tflm: ABS's multiplier in double. Deviations: none.
 */
import { multiplyByQuantizedMultiplier, subtractHigh } from '../fixed_point.ts';
import { absFloat, negFloat, signFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { quantizeMultiplier, quantizeScale, reluMultiplier, table8, typeRange } from '../quantization.ts';
import { prepareZeroPoints, unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import { int32Halves, type Tensor } from '../tensor.ts';

function prepareAbs(node: Node) {
  const input = node.input(0, 'int8', 'int16', 'int32');
  const output = node.output(0, input.shape, input.dtype);
  if (input.dtype === 'int32' || (input.dtype === 'int16' && !input.quantization)) {
    return { input, output, table: undefined, params: undefined };
  }
  prepareZeroPoints(node, input, output);
  const params = prepareParams(node, input, output);
  const table = input.dtype === 'int8' ? table8('int8', 'int8', (value) => absQuantized(value, params)) : undefined;
  return { input, output, table, params };
}

function prepareParams(node: Node, input: Tensor, output: Tensor<'int8' | 'int16' | 'int32'>) {
  return {
    inputOffset: 0 - input.zeroPoint,
    outputOffset: output.zeroPoint,
    needsRescale: input.scale !== output.scale,
    ...quantizeMultiplier(
      (node.isMicro ? quantizeScale : reluMultiplier)(input.scale, output.scale),
      node.singleRounding,
    ),
    ...typeRange(output.dtype),
  };
}

function absQuantized(value: number, p: ReturnType<typeof prepareParams>): number {
  const abs = Math.abs((value + p.inputOffset) | 0) | 0;
  const scaled = p.needsRescale ? multiplyByQuantizedMultiplier(abs, p.multiplier, p.shift, p.singleRounding) : abs;
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.min), p.max);
}

function bindAbs({ input, output, table, params }: ReturnType<typeof prepareAbs>): Eval {
  if (table) return lookup(input as Tensor<'int8'>, table, output);
  if (params) return unary(input, output, (value) => absQuantized(value, params));
  return unary(input, output, (value) => Math.abs(value) | 0);
}

function prepareNeg(node: Node) {
  const input = node.input(0, 'int8', 'int16', 'int32', 'int64');
  return { input, output: node.output(0, input.shape, input.dtype) };
}

function bindNeg({ input, output }: ReturnType<typeof prepareNeg>): Eval {
  if (input.dtype !== 'int64') return unary(input, output, (value) => (0 - value) | 0);
  const x = int32Halves(input as Tensor<'int64'>);
  const y = int32Halves(output as Tensor<'int64'>);
  return () => neg64(x, y);
}

function neg64(x: Int32Array, y: Int32Array) {
  for (let i = 0; i < x.length; i += 2) {
    const low = x[i];
    y[i + 1] = subtractHigh(0, 0, x[i + 1], low);
    y[i] = (0 - low) | 0;
  }
}

function prepareSign(node: Node) {
  const input = node.input(0, 'int32');
  return { input, output: node.output(0, input.shape, 'int32') };
}

function bindSign({ input, output }: ReturnType<typeof prepareSign>): Eval {
  return unary(input, output, (value) => (value > 0 ? 1 : value >> 31));
}

export const ABS = withFloat(operator(prepareAbs, bindAbs), absFloat);
export const NEG = withFloat(operator(prepareNeg, bindNeg), negFloat);
export const SIGN = withFloat(operator(prepareSign, bindSign), signFloat);
