/**
 * DIV: output = requantize((input1 - zeroPoint1) / (input2 - zeroPoint2)), by a reciprocal in fixed point; int32:
 * input1 / input2, truncated, -2^31 / -1 saturated. FLOOR_DIV and FLOOR_MOD of plain integers: floor(input1 / input2),
 * and the remainder, which has the divisor's sign. DIV of float32 is in float/arithmetic.ts.
 *
 * Equals: reference/div.h, floor_div.cc, floor_mod.cc. Deviations: FLOOR_MOD of -2^31 and -1, where upstream
 * ends the process, is 0.
 */
import { InputError } from '../errors.ts';
import {
  divideTruncated,
  getReciprocal,
  multiplyByQuantizedMultiplier,
  multiplyByQuantizedMultiplierSmallerThanOneExp,
  reciprocalBitsOverUnit,
} from '../fixed_point.ts';
import { arithmetic, divideFloat, floorDivFloat, floorModFloat, prepareArithmetic } from '../float/arithmetic.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  activationRangeInt32,
  divMultiplier,
  type QuantizedType,
  quantizeMultiplier,
} from '../quantization.ts';
import { type BinaryFunction, binary, prepareBinary } from '../shared/elementwise.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';

interface Options {
  fusedActivationFunction: Activation;
}

function prepareDiv(node: Node) {
  if (node.input(0).dtype === 'float32') return prepareArithmetic(node);
  const p = prepareBinary(node, ['int8', 'uint8', 'int16', 'int32']);
  const { input1, input2, output } = p;
  const { fusedActivationFunction: activation } = node.options<Options>();
  if (output.dtype === 'int32') return { kind: 'int' as const, node, ...p, ...activationRangeInt32(activation) };
  const { scale, zeroPoint, dtype } = output as Tensor<QuantizedType>;
  return {
    kind: 'quantized' as const,
    node,
    ...p,
    input1Offset: 0 - input1.zeroPoint,
    input2Offset: 0 - input2.zeroPoint,
    outputOffset: zeroPoint,
    ...quantizeMultiplier(divMultiplier(input1.scale, input2.scale, scale), node.singleRounding),
    ...activationRange(activation, scale, zeroPoint, dtype),
  };
}

type Div = ReturnType<typeof prepareDiv>;
type Quantized = Extract<Div, { kind: 'quantized' }>;
type Int = Extract<Div, { kind: 'int' }>;

function bindDiv(p: Div): Eval {
  if (p.kind === 'float') return arithmetic(p, divideFloat);
  if (p.kind === 'quantized') return divide(p, (a, b) => divideQuantized(a, b, p), p.input2.zeroPoint);
  return divide(p, (a, b) => Math.min(Math.max(divideSaturated(a, b), p.activationMin), p.activationMax));
}

/** a / b, truncated; -2^31 / -1 is 2^31 - 1. */
function divideSaturated(a: number, b: number): number {
  return a === -2147483648 && b === -1 ? 2147483647 : divideTruncated(a, b);
}

function divideQuantized(a: number, b: number, p: Quantized): number {
  const divisor = (b + p.input2Offset) | 0;
  const magnitude = divisor < 0 ? (0 - divisor) | 0 : divisor;
  const dividend = Math.imul(a + p.input1Offset, divisor < 0 ? -1 : 1);
  const headroom = (Math.clz32(dividend ^ (dividend >> 31)) - 1) | 0; // leading sign bits, but one
  const unscaled = multiplyByQuantizedMultiplier(dividend, getReciprocal(magnitude), headroom, p.singleRounding);
  const shift = (p.shift - reciprocalBitsOverUnit(magnitude, 31) - headroom) | 0;
  const scaled = multiplyByQuantizedMultiplierSmallerThanOneExp(unscaled, p.multiplier, shift, p.singleRounding);
  return Math.min(Math.max((scaled + p.outputOffset) | 0, p.activationMin), p.activationMax);
}

function prepareFloor(node: Node) {
  return { node, ...prepareBinary(node, ['int8', 'int16', 'int32']) };
}

type Floor = ReturnType<typeof prepareFloor>;

function floorDiv(a: number, b: number): number {
  const quotient = divideTruncated(a, b);
  return (a ^ b) < 0 && Math.imul(quotient, b) !== a ? (quotient - 1) | 0 : quotient;
}

function floorMod(a: number, b: number): number {
  return (a - Math.imul(floorDiv(a, b), b)) | 0;
}

/** output = fn(input1, input2), or an InputError where a divisor is `zero`. */
function divide(p: Quantized | Int | Floor, fn: BinaryFunction, zero = 0): Eval {
  const { node, input2 } = p;
  const eightBits = input2.dtype === 'int8' || input2.dtype === 'uint8';
  const divisors = eightBits ? int8View(input2 as Tensor<'int8' | 'uint8'>) : (input2.data as Int16Array | Int32Array);
  const mask = byteMask(input2.dtype);
  const run = binary(p, fn);
  return () => {
    for (let i = 0; i < divisors.length; i++) {
      if ((divisors[i] & mask) === zero) {
        throw new InputError(`${node}: value ${i} of ${input2} is 0, and a divisor`, node.place);
      }
    }
    run();
  };
}

export const DIV = operator(prepareDiv, bindDiv);
const integerDiv = operator(prepareFloor, (p) => divide(p, floorDiv));
const integerMod = operator(prepareFloor, (p) => divide(p, floorMod));

export const FLOOR_DIV = withFloat(integerDiv, floorDivFloat);
export const FLOOR_MOD = withFloat(integerMod, floorModFloat);
