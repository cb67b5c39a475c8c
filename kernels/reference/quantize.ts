/**
 * QUANTIZE: output = clamp(multiplyByQuantizedMultiplier(input - inputZeroPoint) + outputZeroPoint): integers moved from
 * one scale to another. From float32 it is in float/quantize.ts.
 *
 * Equals: reference/requantize.h. Deviations: none (its shortcut between int8 and uint8 gives the same bits).
 */
import { multiplyByQuantizedMultiplier, multiplyByQuantizedMultiplierHalfUp } from '../fixed_point.ts';
import { affineQuantize, prepareAffineQuantize } from '../float/quantize.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { type QuantizedMultiplier, quantizeMultiplier, quantizeScale, table8, typeRange } from '../quantization.ts';
import { lookup, lookupInt8 } from '../shared/lookup.ts';
import { int8View, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareXnnpackRescale } from './xnnpack/table.ts';

type Quantized = 'int8' | 'uint8' | 'int16' | 'int32';

/** Output types by input type. */
const OUTPUTS: { readonly [input: string]: readonly Quantized[] } = {
  int8: ['int8', 'uint8', 'int16'],
  uint8: ['int8', 'uint8', 'int16'],
  int16: ['int8', 'int16', 'int32'],
  int32: ['int8', 'int16'],
};

function prepare(node: Node) {
  const input = node.input(0, 'float32', 'int8', 'uint8', 'int16', 'int32');
  return input.dtype === 'float32'
    ? prepareAffineQuantize(node, input as Tensor<'float32'>)
    : prepareRequantize(node, input as Tensor<Quantized>);
}

function prepareRequantize(node: Node, input: Tensor<Quantized>) {
  const output = node.output(0, input.shape, ...OUTPUTS[input.dtype]);
  const params = {
    ...quantizeMultiplier(quantizeScale(input.scale, output.scale), node.singleRounding),
    inputOffset: 0 - input.zeroPoint, // not -0, which would be a double
    outputOffset: output.zeroPoint,
    ...typeRange(output.dtype),
  };
  if (isDelegated(node)) {
    const [from, to] = [input, output] as Tensor<'int8' | 'uint8'>[];
    return { kind: 'integer' as const, input, output, table: prepareXnnpackRescale(node, from, to, 1), params };
  }
  const table =
    (input.dtype === 'int8' || input.dtype === 'uint8') && output.dtype !== 'int32'
      ? table8(input.dtype, output.dtype, (value) => requantize(value, params))
      : undefined;
  if (node.profile === 'xnnpack' && table instanceof Int8Array) {
    node.arithmetic = 'optimized';
    const [from, to] = [input, output] as Tensor<'int8' | 'uint8'>[];
    const halfUp = table8(from.dtype, to.dtype, (value) => requantizeHalfUp(value, params));
    return { kind: 'optimized' as const, input: from, output: to, table, halfUp, whole: from.size & -16 };
  }
  return { kind: 'integer' as const, input, output, table, params };
}

/** What the optimized kernel does of 16 values at a time; the rest is as in the reference. */
function requantizeHalfUp(value: number, p: Params): number {
  const scaled = multiplyByQuantizedMultiplierHalfUp((value + p.inputOffset) | 0, p.multiplier, p.shift);
  return (scaled + p.outputOffset) | 0;
}

interface Params extends QuantizedMultiplier {
  inputOffset: number;
  outputOffset: number;
  min: number;
  max: number;
}

function requantize(value: number, p: Params): number {
  const input = (value + p.inputOffset) | 0;
  const scaled = multiplyByQuantizedMultiplier(input, p.multiplier, p.shift, p.singleRounding);
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.min), p.max);
}

export type PreparedQuantize = ReturnType<typeof prepare>;
export type Quantize = Exclude<PreparedQuantize, { kind: 'optimized' }>;

function bind(p: PreparedQuantize): Eval {
  if (p.kind === 'float') return affineQuantize(p);
  if (p.kind === 'optimized') {
    const { halfUp, whole } = p;
    const [x, y] = [int8View(p.input), int8View(p.output)];
    return () => {
      lookupInt8(x.subarray(0, whole), halfUp, y);
      lookupInt8(x.subarray(whole), p.table, y.subarray(whole));
    };
  }
  const { input, output, table, params } = p;
  if (table) return lookup(input as Tensor<'int8' | 'uint8'>, table, output);
  const inputData = input.data as Int16Array | Int32Array;
  const outputData = output.data as Int8Array | Int16Array | Int32Array;
  return () => evalWide(params, inputData, outputData);
}

/** One loop for the five pairs of wide types: they are rare, and small where they occur. */
function evalWide(params: Params, input: Int16Array | Int32Array, output: Int8Array | Int16Array | Int32Array) {
  for (let i = 0; i < input.length; i++) output[i] = requantize(input[i], params);
}

export const QUANTIZE = operator(prepare, bind);
