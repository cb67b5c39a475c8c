/**
 * SOFTMAX: output[i] = exp(beta * (input[i] - max)) / sum over j of exp(beta * (input[j] - max)), along the last axis.
 * float32 is in float/softmax.ts.
 *
 * Equals: reference/softmax.h. In profile tflm the tables of int16 are computed in float32. Deviations: where the sum
 * leaves int32, beyond 4096 equal maxima (of int16: 65536), it saturates; and 8-bit outputs that TFLite aborts at,
 * because the sum is 512 or more, are 0.
 */
import {
  expOnNegativeValues,
  getReciprocal,
  lookup16,
  multiplyByQuantizedMultiplier,
  reciprocalBitsOverUnit,
  roundingDivideByPOT,
  saturatingAdd,
  saturatingRoundingDoublingHighMul,
} from '../fixed_point.ts';
import { prepareSoftmaxFloat, softmaxFloat } from '../float/softmax.ts';
import { prepareSoftmaxBytes, softmaxBytes } from '../float/softmax_bytes.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type QuantizedMultiplier,
  quantizeMultiplier,
  softmaxExpLut16,
  softmaxInputRadius,
  softmaxInt16Multiplier,
  softmaxInt16MultiplierTflm,
  softmaxMultiplier,
  softmaxReciprocalLut16,
  typeRange,
} from '../quantization.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';

interface Options {
  beta: number;
}

function prepare(node: Node) {
  if (node.input(0).dtype === 'float32') return prepareSoftmaxFloat(node);
  const input = node.input(0, 'int8', 'uint8', 'int16');
  node.require(input.shape.length > 0, 'the input must have a dimension');
  const { beta } = node.options<Options>();
  if (input.dtype === 'int16') return prepareInt16(node, input as Tensor<'int16'>, beta);
  node.require(beta > 0, `beta is ${beta}; it must be positive`);
  const output = node.output(0, input.shape, input.dtype as 'int8' | 'uint8', 'int16');
  if (output.dtype === 'int8') prepareOutput(node, output, 1 / 256, -128);
  if (node.profile === 'xnnpack') {
    node.arithmetic = 'optimized';
    return prepareSoftmaxBytes(input as Tensor<'int8' | 'uint8'>, output, beta);
  }
  const { singleRounding } = node;
  const multiplier = quantizeMultiplier(softmaxMultiplier(beta, input.scale, singleRounding), singleRounding);
  return {
    kind: 'int8' as const,
    beta,
    ...multiplier,
    depth: input.shape.at(-1)!,
    input: input as Tensor<'int8' | 'uint8'>,
    output,
    exps: prepareExps(multiplier),
    outputBits: output.dtype === 'int16' ? 16 : 8,
    ...typeRange(output.dtype),
  };
}

/** The kernel's output has this scale, whatever the model says. */
function prepareOutput(node: Node, output: Tensor, scale: number, zeroPoint: number) {
  node.require(
    Math.abs(output.scale - scale) <= 0.001 * scale && output.zeroPoint === zeroPoint,
    `the output is quantized by (${output.scale}, ${output.zeroPoint}); it must be by (1/${1 / scale}, ${zeroPoint})`,
  );
}

/** exp of -d steps of the input, in Q(0), for d in 0..255; 0 where it is too small to count. */
export function prepareExps({ multiplier, shift, singleRounding }: QuantizedMultiplier): Int32Array {
  const exps = new Int32Array(256);
  const radius = softmaxInputRadius(shift);
  for (let d = 0; d < exps.length && d <= radius; d++) {
    exps[d] = expOnNegativeValues(multiplyByQuantizedMultiplier(-d, multiplier, shift, singleRounding), 5);
  }
  return exps;
}

function prepareInt16(node: Node, input: Tensor<'int16'>, beta: number) {
  const output = node.output(0, input.shape, 'int16');
  node.require(input.zeroPoint === 0, `the zero point of int16 is ${input.zeroPoint}; it must be 0`);
  prepareOutput(node, output, 1 / 32768, 0);
  const { isMicro } = node;
  const realMultiplier = isMicro ? softmaxInt16MultiplierTflm : softmaxInt16Multiplier;
  return {
    kind: 'int16' as const,
    depth: input.shape.at(-1)!,
    input,
    output,
    beta,
    realMultiplier,
    ...quantizeMultiplier(realMultiplier(beta, input.scale), node.singleRounding),
    expLut: isMicro ? softmaxExpLut16(Math.fround) : softmaxExpLut16(),
    reciprocalLut: isMicro ? softmaxReciprocalLut16(Math.fround) : softmaxReciprocalLut16(),
  };
}

export type Softmax = ReturnType<typeof prepare>;
type Softmax8 = Extract<Softmax, { kind: 'int8' }>;
type Softmax16 = ReturnType<typeof prepareInt16>;

function bind(p: Softmax): Eval {
  if (p.kind === 'float') return softmaxFloat(p);
  if (p.kind === 'float32 sum') return softmaxBytes(p);
  if (p.kind === 'int16') {
    const input = p.input.data;
    const output = p.output.data;
    return () => evalInt16(p, input, output);
  }
  const input = int8View(p.input);
  const mask = byteMask(p.input.dtype);
  if (p.output.dtype === 'int16') {
    const output = p.output.data as Int16Array;
    const store: Store = (from, max, scale, exponent) => store16(p, input, mask, output, from, max, scale, exponent);
    return () => evalInt8(p, input, mask, store);
  }
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const store: Store = (from, max, scale, exponent) => store8(p, input, mask, output, from, max, scale, exponent);
  return () => evalInt8(p, input, mask, store);
}

/** Stores exp * scale * 2^-exponent, where scale is in Q(0), for each value of the row that begins at `from`. */
type Store = (from: number, max: number, scale: number, exponent: number) => void;

function evalInt8({ depth, exps, outputBits }: Softmax8, input: Int8Array, mask: number, store: Store) {
  for (let from = 0; from < input.length; from += depth) {
    const end = from + depth;
    let max = input[from] & mask;
    for (let i = from; i < end; i++) max = Math.max(max, input[i] & mask);
    let sum = 0; // Q(12)
    for (let i = from; i < end; i++) sum = saturatingAdd(sum, roundingDivideByPOT(exps[max - (input[i] & mask)], 12));
    const exponent = reciprocalBitsOverUnit(sum, 12) + 31 - outputBits;
    if (exponent <= 31) store(from, max, getReciprocal(sum), exponent);
    else store(from, max, 0, 0);
  }
}

function store8(
  { depth, exps, min: outputMin, max: outputMax }: Softmax8,
  input: Int8Array,
  mask: number,
  output: Int8Array,
  from: number,
  max: number,
  scale: number,
  exponent: number,
) {
  const end = from + depth;
  for (let i = from; i < end; i++) {
    const exp = exps[max - (input[i] & mask)];
    const value = roundingDivideByPOT(saturatingRoundingDoublingHighMul(scale, exp), exponent);
    output[i] = Math.min(value + outputMin, outputMax);
  }
}

function store16(
  { depth, exps, min: outputMin, max: outputMax }: Softmax8,
  input: Int8Array,
  mask: number,
  output: Int16Array,
  from: number,
  max: number,
  scale: number,
  exponent: number,
) {
  const end = from + depth;
  for (let i = from; i < end; i++) {
    const exp = exps[max - (input[i] & mask)];
    const value = roundingDivideByPOT(saturatingRoundingDoublingHighMul(scale, exp), exponent);
    output[i] = Math.min(value + outputMin, outputMax);
  }
}

function evalInt16(p: Softmax16, input: Int16Array, output: Int16Array) {
  const { depth, multiplier, shift, singleRounding, expLut, reciprocalLut } = p;
  for (let from = 0; from < input.length; from += depth) {
    const end = from + depth;
    let max = input[from];
    for (let i = from; i < end; i++) max = Math.max(max, input[i]);
    let sum = 0; // Q(16), 15 bits of fraction
    for (let i = from; i < end; i++) {
      const scaled = multiplyByQuantizedMultiplier(input[i] - max, multiplier, shift, singleRounding); // 0xffff is 10
      output[i] = lookup16(expLut, Math.min(Math.max((scaled + 0x7fff) | 0, -0x8000), 0x7fff));
      sum = saturatingAdd(sum, output[i]);
    }
    const headroomPlusOne = Math.clz32(sum);
    const normalized = ((sum << (headroomPlusOne - 1)) + (1 << 13)) >>> 14; // in 1..2, of which 1..2^16 is 0..1
    const reciprocal = lookup16(reciprocalLut, Math.min(normalized - 0x18000, 0x7fff));
    const rightShift = 31 - headroomPlusOne;
    for (let i = from; i < end; i++) {
      const value = (Math.imul(output[i], reciprocal) + (1 << (rightShift - 1))) >> rightShift;
      output[i] = Math.min(Math.max(value, 0), 0x7fff);
    }
  }
}

export const SOFTMAX = operator(prepare, bind);
