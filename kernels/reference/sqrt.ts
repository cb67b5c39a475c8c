/**
 * SQRT: output = sqrt(input), cut to an integer of the output's scale; RSQRT: 1 / sqrt(input). What lies below the zero
 * point has no root: an InputError. RSQRT of the zero point is the highest value. SQRT of float32 is in
 * float/elementwise.ts.
 *
 * Equals: elementwise.cc. It takes SQRT's roots in float32 as it runs: here they come from a table, of 32768 entries for
 * int16. RSQRT of int8 is in fixed point, and so is tflm's of int16, which otherwise comes from an interpolated table of
 * float32. Deviations: none.
 */
import { InputError } from '../errors.ts';
import { invSqrtMultiplier, invSqrtShift, lookup16, multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { rsqrtFloat, sqrtFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  floatFunctions,
  lut16,
  type QuantizedMultiplier,
  quantizeMultiplier,
  rsqrtMultiplier,
  rsqrtMultiplierTflm,
  table8,
  typeRange,
} from '../quantization.ts';
import { prepareZeroPoints, unary } from '../shared/elementwise.ts';
import { lookup } from '../shared/lookup.ts';
import type { Tensor } from '../tensor.ts';

const F = Math.fround;

function prepareTensors(node: Node) {
  const input = node.input(0, 'int8', 'int16');
  const output = node.output(0, input.shape, input.dtype);
  prepareZeroPoints(node, input, output);
  return { node, input, output };
}

function prepareSqrt(node: Node) {
  const p = prepareTensors(node);
  const { input, output } = p;
  const fn = prepareSqrtOf(input.scale, output.scale, output.zeroPoint);
  if (input.dtype === 'int8') {
    return {
      ...p,
      fn,
      table: table8('int8', 'int8', (value) => (value < input.zeroPoint ? 0 : fn(value - input.zeroPoint))),
    };
  }
  return { ...p, fn, table: node.persistent('int16', 2 ** 15) };
}

/** The roots of all int16 values from 0 on. It runs when bound: only then is there memory for them. */
function prepareRoots(fn: (value: number) => number, table: Int16Array) {
  const { max } = typeRange('int16');
  for (let value = 0; value <= max; value++) table[value] = Math.min(fn(value), max);
}

/** Of value - inputZeroPoint >= 0. What does not fit an int32 becomes -2^31, as on x86-64. */
function prepareSqrtOf(inputScale: number, outputScale: number, outputZeroPoint: number) {
  return (value: number) => {
    const quotient = Math.trunc(F(F(Math.sqrt(F(inputScale * value))) / outputScale));
    return (quotient < 2 ** 31 ? quotient : -(2 ** 31)) + outputZeroPoint;
  };
}

function prepareRsqrt(node: Node) {
  const p = prepareTensors(node);
  const { input, output } = p;
  const { isMicro, singleRounding } = node;
  if (input.dtype === 'int8' || isMicro) {
    const realMultiplier = isMicro ? rsqrtMultiplierTflm : rsqrtMultiplier;
    const params = {
      outputOffset: output.zeroPoint,
      ...quantizeMultiplier(realMultiplier(input.scale, output.scale), singleRounding),
      ...typeRange(output.dtype),
    };
    const fn = (value: number) => rsqrt((value - input.zeroPoint) | 0, params);
    return {
      ...p,
      fn,
      params,
      realMultiplier,
      lut: undefined,
      table: input.dtype === 'int8' ? table8('int8', 'int8', fn) : undefined,
    };
  }
  const highest = F(32767 * output.scale);
  const fn = (x: number) => (x <= 0 ? highest : floatFunctions.rsqrt(x));
  const lut = lut16(fn, input.scale, 0, output.scale, 0);
  return {
    ...p,
    fn: (value: number) => lookup16(lut, value),
    params: undefined,
    realMultiplier: undefined,
    lut,
    table: undefined,
  };
}

/** The left shift of the inverse root, taken back at the end. */
const SHIFT = 20;

interface RsqrtParams extends QuantizedMultiplier {
  outputOffset: number;
  min: number;
  max: number;
}

/** Of value, in units of the input; 0 stands in for what eval refuses. */
function rsqrt(value: number, p: RsqrtParams): number {
  if (value <= 0) return value === 0 ? p.max : 0;
  const rootShift = (invSqrtShift(value) + SHIFT) | 0;
  const root = multiplyByQuantizedMultiplier(1, invSqrtMultiplier(value), rootShift, p.singleRounding);
  const scaled = multiplyByQuantizedMultiplier(root, p.multiplier, (p.shift - SHIFT) | 0, p.singleRounding);
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.min), p.max);
}

function bindSqrt(p: ReturnType<typeof prepareSqrt>): Eval {
  const { node, input, output, table } = p;
  if (table instanceof Int8Array) return checked(node, input, lookup(input as Tensor<'int8'>, table, output));
  const roots = table.data;
  prepareRoots(p.fn, roots);
  return checked(
    node,
    input,
    unary(input, output, (value) => roots[value]),
  );
}

function bindRsqrt({ node, input, output, fn, table }: ReturnType<typeof prepareRsqrt>): Eval {
  return checked(node, input, table ? lookup(input as Tensor<'int8'>, table, output) : unary(input, output, fn));
}

/** Refuses to run on values below the zero point. */
function checked(node: Node, input: Tensor<'int8' | 'int16'>, run: Eval): Eval {
  const { data, zeroPoint } = input;
  return () => {
    for (let i = 0; i < data.length; i++) {
      if (data[i] < zeroPoint) {
        throw new InputError(`${node}: value ${i} of ${input} is below 0, which has no root`, node.place);
      }
    }
    run();
  };
}

export const SQRT = withFloat(operator(prepareSqrt, bindSqrt), sqrtFloat);
export const RSQRT = withFloat(operator(prepareRsqrt, bindRsqrt), rsqrtFloat);
