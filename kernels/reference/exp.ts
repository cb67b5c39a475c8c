/**
 * EXP, LOG, GELU, ELU: real functions of one quantized value, from tables made of float32: 256 entries for 8-bit types,
 * 513 for int16, interpolated. EXP of float32 is in float/elementwise.ts.
 *
 * Equals: exp.cc, elementwise.cc (LOG), activations.cc. ELU is not among upstream's reference kernels: it equals the
 * optimized one, or tflm's, which takes exp(x) - 1. Deviations: none.
 */
import { lookup16 } from '../fixed_point.ts';
import { eluFloat, expFloat, logFloat } from '../float/elementwise.ts';
import { geluFloat } from '../float/gelu.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { type FloatFunction, floatFunctions, logFunction, lut8, lut16, type QuantizedType } from '../quantization.ts';
import { prepareZeroPoints, unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import type { Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareXnnpackTable } from './xnnpack/table.ts';

function prepareExp(node: Node) {
  return prepare(node, ['int8', 'int16'], () => floatFunctions.exp);
}

function prepareLog(node: Node) {
  return prepare(node, ['int8', 'int16'], ({ scale, zeroPoint, dtype }) => logFunction(scale, zeroPoint, dtype));
}

function prepareGelu(node: Node) {
  const { approximate } = node.options<{ approximate: boolean }>();
  return prepare(node, ['int8', 'uint8', 'int16'], () => floatFunctions[approximate ? 'geluApproximate' : 'gelu']);
}

function prepareElu(node: Node) {
  return prepare(node, ['int8'], () => floatFunctions[node.isMicro ? 'eluTflm' : 'elu']);
}

function prepare(
  node: Node,
  dtypes: readonly QuantizedType[],
  functionOf: (output: Tensor<QuantizedType>) => FloatFunction,
) {
  const input = node.input(0, ...dtypes);
  const output = node.output(0, input.shape, input.dtype);
  const { dtype } = input;
  if (node.op !== 'GELU') prepareZeroPoints(node, input, output);
  if (isDelegated(node)) {
    const [from, to] = [input, output] as Tensor<'int8'>[];
    return { kind: 'integer' as const, input, output, table: prepareXnnpackTable(node, from, to) };
  }
  const fn = functionOf(output);
  const quantization = [input.scale, input.zeroPoint, output.scale, output.zeroPoint] as const;
  return {
    input,
    output,
    table: dtype === 'int16' ? lut16(fn, ...quantization) : lut8(fn, ...quantization, dtype),
  };
}

function bind({ input, output, table }: ReturnType<typeof prepare>): Eval {
  if (table instanceof Int16Array) return unary(input, output, (value) => lookup16(table, value));
  return lookup(input as Tensor<'int8' | 'uint8'>, table, output);
}

export const EXP = withFloat(operator(prepareExp, bind), expFloat);
export const LOG = withFloat(operator(prepareLog, bind), logFloat);
export const GELU = withFloat(operator(prepareGelu, bind), geluFloat);
export const ELU = withFloat(operator(prepareElu, bind), eluFloat);
