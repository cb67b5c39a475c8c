/**
 * Real scales to integer parameters: multipliers, shifts, ranges, thresholds and tables. Everything here runs in prepare.
 *
 * Equals: TFLite internal/quantization_util.cc, kernel_util.cc and internal/common.h. The order of operations and the
 * precision of each are part of the result: F is a float32 operation, everything else is double.
 */

import {
  type Divisor,
  type DoubleFactor,
  logistic,
  multiplyByQuantizedMultiplier,
  roundingDivideByPOT,
  tanh,
} from './fixed_point.ts';
import { erfcf, expf, expm1f, logf, tanhf } from './float_math.ts';

const F = Math.fround;

/** A real number as multiplier * 2^(shift - 31); shift > 0 is to the left, always. */
export interface QuantizedMultiplier {
  multiplier: number;
  shift: number;
  /** How a product with it is rounded: see multiplyByQuantizedMultiplier. */
  singleRounding: boolean;
}

/** C's round(): to the nearest integer, halves away from zero. (Math.round sends halves up.) */
export function roundHalfAway(y: number): number {
  const integer = Math.trunc(y);
  const fraction = y - integer; // exact
  return fraction >= 0.5 ? integer + 1 : fraction <= -0.5 ? integer - 1 : integer;
}

/** C's rint(): to the nearest integer, halves to the even one. */
export function roundHalfEven(y: number): number {
  const nearest = Math.round(y);
  return nearest - y === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

// ---- doubles, taken apart

const bits = new DataView(new ArrayBuffer(8));

/** C's frexp(): value = fraction * 2^exponent with |fraction| in [1/2, 1). Zero, infinities and NaN have exponent 0. */
export function frexp(value: number): { fraction: number; exponent: number } {
  if (value === 0 || !Number.isFinite(value)) return { fraction: value, exponent: 0 };
  const subnormal = Math.abs(value) < 2 ** -1022;
  bits.setFloat64(0, subnormal ? value * 2 ** 54 : value);
  const high = bits.getUint32(0);
  bits.setUint32(0, (high & 0x800fffff) | 0x3fe00000);
  return { fraction: bits.getFloat64(0), exponent: ((high >>> 20) & 0x7ff) - 1022 - (subnormal ? 54 : 0) };
}

/**
 * TFLite QuantizeMultiplier. Below 2^-32 it is (0, 0), and so is what is not finite, as on x86-64. With singleRounding it
 * saturates beyond a shift of 30.
 */
export function quantizeMultiplier(real: number, singleRounding: boolean): QuantizedMultiplier {
  const { fraction, exponent } = frexp(real);
  let multiplier = roundHalfAway(fraction * 2 ** 31);
  let shift = exponent;
  if (multiplier === 2 ** 31) {
    multiplier = 2 ** 30;
    shift++;
  }
  if (multiplier === 0 || !Number.isFinite(multiplier) || shift < -31) {
    return { multiplier: 0, shift: 0, singleRounding };
  }
  if (singleRounding && shift > 30) return { multiplier: 2 ** 31 - 1, shift: 30, singleRounding };
  return { multiplier, shift, singleRounding };
}

/** The multiplier in 15 bits, for multiplyByQuantizedMultiplier64. */
export function reduceMultiplier(multiplier: number): number {
  return multiplier < 0x7fff0000 ? (multiplier + 0x8000) >> 16 : 0x7fff;
}

/** A float32 for multiplyByFloat: real = multiplier * 2^shift, the multiplier of 24 bits. */
export function floatMultiplier(real: number): { multiplier: number; shift: number } {
  const { fraction, exponent } = frexp(real);
  return { multiplier: fraction * 2 ** 24, shift: exponent - 24 };
}

/** e as multiplyByDouble takes it. */
export function doubleFactor(e: number): DoubleFactor {
  const { fraction, exponent } = frexp(e);
  if (e === 0 || !Number.isFinite(e)) {
    return { significandHigh: 0, significandLow: 0, leading: 0, exponent: e === 0 ? 2 ** 20 : -(2 ** 20), sign: 0 };
  }
  const significand = BigInt(Math.abs(fraction) * 2 ** 53);
  return {
    significandHigh: Number(significand >> 32n) | 0, // `| 0`, or V8 keeps the fields as doubles
    significandLow: Number(BigInt.asIntN(32, significand)) | 0,
    leading: Number(BigInt.asIntN(32, significand >> 21n)) | 0,
    exponent: 53 - exponent - 86,
    sign: e < 0 ? -1 : 0,
  };
}

/** n in 1..2^31 - 1. multiplier = floor(2^(32 + shift) / n) + 1 - 2^32, shift = max(ceil(log2 n), 1) - 1. */
export function divisor(n: number): Divisor {
  const shift = Math.max(32 - Math.clz32(n - 1), 1) - 1;
  const multiplier = Number(BigInt.asIntN(32, (1n << BigInt(32 + shift)) / BigInt(n) + 1n)) | 0;
  return { multiplier, shift, half: n >> 1 };
}

// ---- real multipliers, each named for the first operator that uses it

/** Where a prepare has the choice, what it returns says which it took, for those who ask where a multiplier comes from. */
export type RealMultiplier = (...scales: number[]) => number;

/**
 * CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV of int8, int16; FULLY_CONNECTED; tflm: BATCH_MATMUL, MUL, LEAKY_RELU's and
 * PRELU's negative part.
 */
export function convolutionMultiplier(inputScale: number, filterScale: number, outputScale: number): number {
  return (inputScale * filterScale) / outputScale;
}

/** CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV of uint8; BATCH_MATMUL; FULLY_CONNECTED of int16 filters with one scale. */
export function legacyConvolutionMultiplier(inputScale: number, filterScale: number, outputScale: number): number {
  return F(inputScale * filterScale) / outputScale;
}

/** QUANTIZE from integers, MEAN, SUM; tflm: RELU, ABS; LEAKY_RELU's and PRELU's positive part. */
export function quantizeScale(inputScale: number, outputScale: number): number {
  return inputScale / outputScale;
}

/** RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, ABS; LEAKY_RELU's and PRELU's positive part. */
export function reluMultiplier(inputScale: number, outputScale: number): number {
  return F(inputScale / outputScale);
}

/** MUL; xnnpack: all products; LEAKY_RELU's (second scale: alpha) and PRELU's negative part; SVDF; UNIDIRECTIONAL_SEQUENCE_LSTM. */
export function mulMultiplier(scale1: number, scale2: number, outputScale: number): number {
  return F(F(scale1 * scale2) / outputScale);
}

/** DIV. */
export function divMultiplier(scale1: number, scale2: number, outputScale: number): number {
  return F(scale1 / F(scale2 * outputScale));
}

/** RSQRT of int8. */
export function rsqrtMultiplier(inputScale: number, outputScale: number): number {
  return 1 / F(F(Math.sqrt(inputScale)) * outputScale);
}

/** tflm: the same in double. */
export function rsqrtMultiplierTflm(inputScale: number, outputScale: number): number {
  return 1 / (Math.sqrt(inputScale) * outputScale);
}

/** What is added to, or taken from, 2^leftShift * (q - zeroPoint) of both operands brought to one scale. */
export interface AddMultipliers {
  input1: number;
  input2: number;
  output: number;
}

/** ADD, SUB. leftShift is 20 for 8-bit types, 15 for int16. */
export function addMultipliers(scale1: number, scale2: number, outputScale: number, leftShift: number): AddMultipliers {
  const twiceMaxInputScale = 2 * Math.max(scale1, scale2);
  return {
    input1: scale1 / twiceMaxInputScale,
    input2: scale2 / twiceMaxInputScale,
    output: twiceMaxInputScale / F(2 ** leftShift * outputScale),
  };
}

/** SQUARED_DIFFERENCE of int8, with a left shift of 7. */
export function squaredDifferenceMultipliers(scale1: number, scale2: number, outputScale: number): AddMultipliers {
  const twiceMaxInputScale = 2 * Math.max(scale1, scale2);
  return {
    input1: scale1 / twiceMaxInputScale,
    input2: scale2 / twiceMaxInputScale,
    output: (twiceMaxInputScale * twiceMaxInputScale) / F(2 ** 14 * outputScale),
  };
}

/** SOFTMAX of int8 and uint8, LOG_SOFTMAX (beta = 1): differences to Q(5). PreprocessSoftmaxScaling. */
export function softmaxMultiplier(beta: number, inputScale: number, singleRounding: boolean): number {
  return Math.min(beta * inputScale * 2 ** 26, singleRounding ? 2 ** 30 - 1 : 2 ** 31 - 1);
}

/** The largest difference to the maximum that SOFTMAX still counts, given softmaxMultiplier's shift. */
export function softmaxInputRadius(shift: number): number {
  return inputRadius(5, shift, 31);
}

/** LOG_SOFTMAX: the inverse of the input's quantized multiplier. PreprocessLogSoftmaxScalingExp. */
export function logSoftmaxReverseMultiplier({ multiplier, shift }: QuantizedMultiplier): number {
  return (1 << (31 - shift)) / multiplier; // negative for a shift of 0, as upstream's int is
}

/** SOFTMAX of int16: differences to steps of 10/65535. */
export function softmaxInt16Multiplier(beta: number, inputScale: number): number {
  return F(inputScale * beta) / (10 / 65535);
}

/** tflm: the same with a product in double. */
export function softmaxInt16MultiplierTflm(beta: number, inputScale: number): number {
  return (inputScale * beta) / (10 / 65535);
}

/** tflm: the q - zeroPoint from which on LOGISTIC and TANH of int8 have their last value, given their input's shift. */
export function logisticInputRadius(shift: number): number {
  return inputRadius(4, shift, 31);
}

/** TFLite CalculateInputRadius: the q - zeroPoint at which a Q(integerBits) input overflows. */
function inputRadius(integerBits: number, shift: number, totalSignedBits: number): number {
  return Math.floor(((2 ** integerBits - 1) * 2 ** (totalSignedBits - integerBits)) / 2 ** shift);
}

/** HARD_SWISH: both multipliers in int16. */
export interface HardSwishParams {
  outputMultiplier: number;
  outputShift: number;
  reluishMultiplier: number;
  reluishShift: number;
}

export function hardSwishParams(inputScale: number, outputScale: number, singleRounding: boolean): HardSwishParams {
  const hiresInputScale = F(F(1 / 128) * inputScale);
  const output = quantizeMultiplier(F(hiresInputScale / outputScale), singleRounding);
  const reluish = quantizeMultiplier(F(hiresInputScale / F(3 / 32768)), singleRounding);
  return {
    outputMultiplier: downScaleToInt16(output.multiplier),
    outputShift: output.shift,
    reluishMultiplier: downScaleToInt16(reluish.multiplier),
    reluishShift: reluish.shift,
  };
}

/** TFLite DownScaleInt32ToInt16Multiplier. */
function downScaleToInt16(multiplier: number): number {
  return multiplier >= 2 ** 31 - 1 - 2 ** 15 ? 0x7fff : (multiplier + 0x8000) >> 16;
}

/** MEAN: the quantized multiplier of quantizeScale divided by the number of elements, with as many bits as there are. */
export function meanMultiplier(scale: QuantizedMultiplier, count: number): QuantizedMultiplier {
  const extra = Math.min(Math.floor(Math.log2(count)), 32, 31 + scale.shift);
  const multiplier = Number((BigInt(scale.multiplier) << BigInt(extra)) / BigInt(count));
  return { ...scale, multiplier, shift: scale.shift - extra };
}

// ---- ranges

export type QuantizedType = 'int8' | 'uint8' | 'int16';
export type Activation = 'NONE' | 'RELU' | 'RELU_N1_TO_1' | 'RELU6' | 'TANH' | 'SIGN_BIT';

export interface ActivationRange {
  activationMin: number;
  activationMax: number;
}

export function typeRange(dtype: QuantizedType | 'int4' | 'int32'): { min: number; max: number } {
  switch (dtype) {
    case 'int4':
      return { min: -8, max: 7 };
    case 'int8':
      return { min: -128, max: 127 };
    case 'uint8':
      return { min: 0, max: 255 };
    case 'int16':
      return { min: -32768, max: 32767 };
    case 'int32':
      return { min: -(2 ** 31), max: 2 ** 31 - 1 };
  }
}

/**
 * The clamp of an activation, fused or not, in units of the output. TFLite CalculateActivationRangeQuantized; XNNPACK rounds
 * halves to the even.
 */
export function activationRange(
  activation: Activation | 'RELU_0_TO_1',
  scale: number,
  zeroPoint: number,
  dtype: QuantizedType,
  round = roundHalfAway,
): ActivationRange {
  const { min, max } = typeRange(dtype);
  const quantize = (real: number) => zeroPoint + (real === 0 ? 0 : round(F(real / scale)));
  switch (activation) {
    case 'RELU':
      return { activationMin: Math.max(min, quantize(0)), activationMax: max };
    case 'RELU6':
      return { activationMin: Math.max(min, quantize(0)), activationMax: Math.min(max, quantize(6)) };
    case 'RELU_N1_TO_1':
      return { activationMin: Math.max(min, quantize(-1)), activationMax: Math.min(max, quantize(1)) };
    case 'RELU_0_TO_1':
      return { activationMin: Math.max(min, quantize(0)), activationMax: Math.min(max, quantize(1)) };
    default:
      return { activationMin: min, activationMax: max };
  }
}

/** The clamp of a fused activation on int32 tensors, which have no scale: ADD, SUB, MUL, DIV. */
export function activationRangeInt32(activation: Activation): ActivationRange {
  const { min, max } = typeRange('int32');
  switch (activation) {
    case 'RELU':
      return { activationMin: 0, activationMax: max };
    case 'RELU6':
      return { activationMin: 0, activationMax: 6 };
    case 'RELU_N1_TO_1':
      return { activationMin: -1, activationMax: 1 };
    default:
      return { activationMin: min, activationMax: max };
  }
}

/** The same on int64 tensors, by halves. */
export interface ActivationRange64 {
  minHigh: number;
  minLow: number;
  maxHigh: number;
  maxLow: number;
}

export function activationRangeInt64(activation: Activation): ActivationRange64 {
  const { activationMin, activationMax } = activationRangeInt32(activation);
  const { min, max } = typeRange('int32');
  return {
    minHigh: activationMin === min ? min : activationMin >> 31,
    minLow: activationMin === min ? 0 : activationMin,
    maxHigh: activationMax === max ? max : 0,
    maxLow: activationMax === max ? -1 : activationMax,
  };
}

// ---- windows

export type Padding = 'SAME' | 'VALID';

/** Output positions of a window along one dimension. TFLite ComputeOutSize; not positive if the window does not fit. */
export function outputSize(padding: Padding, input: number, filter: number, stride: number, dilation = 1): number {
  const effectiveFilter = (filter - 1) * dilation + 1;
  return ((padding === 'SAME' ? input + stride - 1 : input + stride - effectiveFilter) / stride) | 0;
}

/** Padding before the first element; an odd one out goes after the last. TFLite ComputePadding, for SAME and VALID. */
export function computePadding(
  input: number,
  filter: number,
  stride: number,
  dilation: number,
  output: number,
): number {
  const effectiveFilter = (filter - 1) * dilation + 1;
  return Math.max((output - 1) * stride + effectiveFilter - input, 0) >> 1;
}

// ---- tables of 256 entries, for what depends on one 8-bit value

/** A function as a kernel's float code computes it: float32 in, float32 out, each step rounded to float32. */
export type FloatFunction = (x: number) => number;

export const floatFunctions = {
  logistic: (x: number) => F(1 / F(1 + expf(-x))),
  tanh: tanhf,
  exp: expf,
  elu: (x: number) => (x < 0 ? expm1f(x) : x),
  eluTflm: (x: number) => (x < 0 ? F(expf(x) - 1) : x),
  rsqrt: (x: number) => F(1 / F(Math.sqrt(x))),
  gelu: (x: number) => F(F(0.5 * x) * erfcf(F(x * F(-Math.SQRT1_2)))),
  geluApproximate: (x: number) => {
    const cube = F(F(F(F(0.044715) * x) * x) * x);
    return F(F(0.5 * x) * F(1 + tanhf(F(F(Math.sqrt(2 / Math.PI)) * F(x + cube)))));
  },
} satisfies Record<string, FloatFunction>;

/** xnnpack, by operator: in double precision, to be rounded to float32. */
export const xnnpackFunctions: { readonly [op: string]: (x: number) => number } = {
  ELU: (x) => (x < 0 ? Math.expm1(x) : x),
  LOGISTIC: (x) => 1 / (1 + Math.exp(-x)),
  TANH: Math.tanh,
};

/** LOG: what has no logarithm gives the output's least value. */
export function logFunction(outputScale: number, outputZeroPoint: number, dtype: QuantizedType): FloatFunction {
  const least = F((typeRange(dtype).min - outputZeroPoint) * outputScale);
  return (x) => (x <= 0 ? least : logf(x));
}

/**
 * The table of an 8-bit operator, indexed by the raw byte, `value & 0xff`. Entries are raw bytes too: an Int8Array that
 * holds the right bits for int8 and uint8 alike. TFLite LUTPopulateInt8.
 */
export function lut8(
  fn: FloatFunction,
  inputScale: number,
  inputZeroPoint: number,
  outputScale: number,
  outputZeroPoint: number,
  dtype: 'int8' | 'uint8',
): Int8Array {
  const inverseScale = F(1 / outputScale);
  return table8(dtype, dtype, (value) => {
    const rescaled = roundHalfAway(F(fn(F(inputScale * (value - inputZeroPoint))) * inverseScale));
    return Math.trunc(F(rescaled + outputZeroPoint));
  });
}

/**
 * The answers of any function to every value of an 8-bit type, by raw byte, clamped to the output's type. An Int8Array
 * holds the right bits for int8 and uint8 alike.
 */
export function table8<O extends QuantizedType>(
  inputType: 'int8' | 'uint8',
  outputType: O,
  fn: (value: number) => number,
): O extends 'int16' ? Int16Array : Int8Array {
  const input = typeRange(inputType);
  const output = typeRange(outputType);
  const table = outputType === 'int16' ? new Int16Array(256) : new Int8Array(256);
  for (let value = input.min; value <= input.max; value++) {
    table[value & 0xff] = Math.max(output.min, Math.min(output.max, fn(value)));
  }
  return table as O extends 'int16' ? Int16Array : Int8Array;
}

/** tflm: LOGISTIC of int8 in fixed point. The output is 1/256, -128, whatever the tensor says. */
export function logisticLut8Tflm(inputScale: number, inputZeroPoint: number, singleRounding: boolean): Int8Array {
  const fn = (q4: number) => roundingDivideByPOT(logistic(q4, 4), 23) - 128;
  return fixedPointLut8(inputScale, inputZeroPoint, singleRounding, fn);
}

/** tflm: TANH of int8 in fixed point. The output is 1/128, 0, whatever the tensor says. */
export function tanhLut8Tflm(inputScale: number, inputZeroPoint: number, singleRounding: boolean): Int8Array {
  const fn = (q4: number) => roundingDivideByPOT(tanh(q4, 4), 24);
  return fixedPointLut8(inputScale, inputZeroPoint, singleRounding, fn);
}

/** reference_integer_ops::Logistic and Tanh: the input to Q(4), saturated where it leaves it. */
function fixedPointLut8(
  inputScale: number,
  inputZeroPoint: number,
  singleRounding: boolean,
  fn: (q4: number) => number,
): Int8Array {
  const { multiplier, shift } = quantizeMultiplier(inputScale * 2 ** 27, false); // frexp's alone, saturated in no build
  const radius = logisticInputRadius(shift);
  return table8('int8', 'int8', (value) => {
    const input = value - inputZeroPoint;
    if (input <= -radius) return -128;
    if (input >= radius) return 127;
    return fn(multiplyByQuantizedMultiplier(input, multiplier, shift, singleRounding));
  });
}

// ---- tables for int16

/**
 * 513 entries over the range of int16, interpolated by `lookup16`, each shifted by half the interpolation's error at the
 * middle of its step. TFLite LUTPopulateInt16; in float32, or double with `round` the identity.
 */
export function lut16(
  fn: (x: number) => number,
  inputScale: number,
  inputZeroPoint: number,
  outputScale: number,
  outputZeroPoint: number,
  round: (x: number) => number = F,
): Int16Array {
  const inputMin = round(inputScale * (-32768 - inputZeroPoint));
  const inputMax = round(inputScale * (32767 - inputZeroPoint));
  const outputMin = round(outputScale * (-32768 - outputZeroPoint));
  const outputMax = round(outputScale * (32767 - outputZeroPoint));
  const step = round(round(inputMax - inputMin) / 512);
  const halfStep = round(step / 2);
  const inverseScale = round(65536 / round(outputMax - outputMin));
  const clamp = (x: number) => Math.max(-32768, Math.min(32767, x));

  const lut = new Int16Array(513);
  for (let i = 0; i < 512; i++) {
    const x = round(inputMin + round(i * step));
    const next = round(inputMin + round((i + 1) * step));
    const sample = roundHalfAway(round(fn(x) * inverseScale));
    const midpoint = roundHalfAway(round(fn(round(x + halfStep)) * inverseScale));
    const interpolated = roundHalfAway(round(round(round(fn(next) * inverseScale) + sample) / 2));
    const bias = roundHalfAway(round(round(interpolated - midpoint) / 2));
    lut[i] = clamp(round(sample - bias));
  }
  lut[512] = clamp(roundHalfAway(round(fn(inputMax) * inverseScale)));
  return lut;
}

/** SOFTMAX of int16: exp(x) over [-10, 0]. In double; tflm's is in float32. */
export function softmaxExpLut16(round: (x: number) => number = identity): Int16Array {
  return lut16((x) => round(Math.exp(x)), round(10 / 65535), 32767, round(2 / 65535), 0, round);
}

/** SOFTMAX of int16: 1 / (1 + x) over [0, 1]. In double; tflm's is in float32. */
export function softmaxReciprocalLut16(round: (x: number) => number = identity): Int16Array {
  return lut16((x) => round(1 / round(1 + x)), round(1 / 65535), -32768, round(2 / 65535), 0, round);
}

function identity(x: number): number {
  return x;
}

/**
 * LOGISTIC and TANH of int16: the factor from the input to steps of 1 / (3 * 4096), as a multiplier and a right shift.
 * A power-of-two scale goes without rounding, if it is 2^-12, or for TANH 2^-11.
 */
export function sigmoidMultiplier(op: 'LOGISTIC' | 'TANH', inputScale: number): { multiplier: number; shift: number } {
  const { log2, isPowerOfTwo } = checkedLog2(inputScale);
  const leftShift = 12 + log2;
  if (isPowerOfTwo && (leftShift === 0 || (leftShift === 1 && op === 'TANH'))) {
    return { multiplier: 3 << leftShift, shift: 0 };
  }
  let multiplier = inputScale * 4096 * 3;
  let shift = 0;
  while (multiplier <= 32767 / 2 && shift <= 30) {
    shift++;
    multiplier *= 2;
  }
  return { multiplier: Math.trunc(multiplier), shift };
}

/** The nearest power of two, and whether x is one within 0.001 in the exponent, in float32. TFLite CheckedLog2. */
export function checkedLog2(x: number): { log2: number; isPowerOfTwo: boolean } {
  const exact = F(logf(x) * F(1 / F(Math.LN2)));
  const log2 = roundHalfAway(exact);
  return { log2, isPowerOfTwo: Math.abs(F(exact - log2)) < F(1e-3) };
}

/**
 * 65536 / (1 + exp(-i / 24)), the table of int16 LOGISTIC and TANH. TFLite sigmoid_table_uint16: data, because 44 of its
 * entries are one more than the nearest integer.
 */
// biome-ignore format: as a block
export const SIGMOID_TABLE = Uint16Array.of(
  32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
  43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
  51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
  57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
  61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
  63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
  64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
  64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
  65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
  65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
  65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
  65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
  65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
  65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
  65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
  65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
);
