/**
 * LOGISTIC: output = 1 / (1 + exp(-input)); TANH: output = tanh(input). float32 is in float/elementwise.ts.
 *
 * Equals: activations.cc: tables of 8-bit values, made from float32; reference/integer_ops/logistic.h and tanh.h for
 * int16: one interpolated table of the logistic function. tflm: int8 in fixed point, the output's scale taken for
 * granted. Deviations: 8-bit LOGISTIC heeds the output's quantization; upstream insists on a scale of 1/256.
 */
import { logistic16, logisticInt16, saturatingLeftShift, tanh16, tanhInt16 } from '../fixed_point.ts';
import { logisticFloat, tanhFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  checkedLog2,
  floatFunctions,
  logisticLut8Tflm,
  lut8,
  SIGMOID_TABLE,
  sigmoidMultiplier,
  tanhLut8Tflm,
} from '../quantization.ts';
import { unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import type { Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareXnnpackTable } from './xnnpack/table.ts';

function prepareLogistic(node: Node) {
  return prepare(node, 'LOGISTIC');
}

function prepareTanh(node: Node) {
  return prepare(node, 'TANH');
}

function prepare(node: Node, op: 'LOGISTIC' | 'TANH') {
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const output = node.output(0, input.shape, input.dtype);
  const { scale, zeroPoint, dtype } = input;
  if (isDelegated(node)) {
    const [from, to] = [input, output] as Tensor<'int8' | 'uint8'>[];
    return {
      kind: 'table' as const,
      input: from,
      output,
      fixedPoint: false,
      table: prepareXnnpackTable(node, from, to),
    };
  }
  if (dtype !== 'int16') {
    const fixedPoint = dtype === 'int8' && node.isMicro;
    const table = fixedPoint
      ? (op === 'LOGISTIC' ? logisticLut8Tflm : tanhLut8Tflm)(scale, zeroPoint, node.singleRounding)
      : lut8(
          op === 'LOGISTIC' ? floatFunctions.logistic : floatFunctions.tanh,
          scale,
          zeroPoint,
          output.scale,
          output.zeroPoint,
          dtype,
        );
    return { kind: 'table' as const, input: input as Tensor<'int8' | 'uint8'>, output, fixedPoint, table };
  }
  const { log2, isPowerOfTwo } = checkedLog2(output.scale);
  node.require(
    zeroPoint === 0 && output.zeroPoint === 0 && isPowerOfTwo && log2 === -15,
    'int16 tensors must have zero point 0, and the output scale 2^-15',
  );
  const multiplier = sigmoidMultiplier(op, scale);
  const isGemmlowp = node.profile === 'xnnpack' && multiplier.shift === 0; // the scale is a power of two
  if (isGemmlowp) node.arithmetic = 'optimized';
  return {
    kind: isGemmlowp ? (`gemmlowp ${op}` as const) : op,
    input: input as Tensor<'int16'>,
    output,
    ...multiplier,
  };
}

function bind(p: ReturnType<typeof prepare>): Eval {
  if (p.kind === 'table') return lookup(p.input, p.table, p.output);
  const { input, output, multiplier, shift } = p;
  if (p.kind === 'gemmlowp LOGISTIC') return unary(input, output, (value) => logistic16(value, 3));
  if (p.kind === 'gemmlowp TANH') {
    const leftShift = multiplier === 6 ? 1 : 0;
    return unary(input, output, (value) => tanh16(saturatingLeftShift(value, leftShift), 3));
  }
  return p.kind === 'LOGISTIC'
    ? unary(input, output, (value) => logisticInt16(SIGMOID_TABLE, value, multiplier, shift))
    : unary(input, output, (value) => tanhInt16(SIGMOID_TABLE, value, multiplier, shift));
}

export const LOGISTIC = withFloat(operator(prepareLogistic, bind), logisticFloat);
export const TANH = withFloat(operator(prepareTanh, bind), tanhFloat);
