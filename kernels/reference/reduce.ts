/**
 * REDUCE_MAX, REDUCE_MIN: the greatest, the least of the values. REDUCE_ANY, REDUCE_ALL: their logical or, and.
 * REDUCE_PROD: their product, which wraps; of quantized values, p = multiplyByQuantizedMultiplier64(p * (input -
 * inputZeroPoint)) from value to value, beginning with the first alone, and once more at the end, plus outputZeroPoint.
 * The multiplier is inputScale / outputScale^(1/n) for n values.
 *
 * Equals: reduce.cc and reference/reduce.h, ReduceGeneric and QuantizedReduceProd. Deviations: the quantized product of
 * no values, which TFLite does not write, is 1.
 */
import { multiplyByQuantizedMultiplier64, multiplyHigh, multiplyHighUnsigned } from '../fixed_point.ts';
import { reduceMaxFloat, reduceMinFloat, reduceProdFloat } from '../float/reduce.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { quantizeMultiplier, reduceMultiplier, roundHalfAway, typeRange } from '../quantization.ts';
import { prepareReduction, type Reducer, type Reducer64, reduce, reduceInt64 } from '../shared/reduction.ts';
import { prepareIsSameQuantization } from '../shared/same_quantization.ts';
import { bytesOf, type Tensor } from '../tensor.ts';

const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;

/** What is computed: in int32, given the range of the type, and in int64. */
interface Reducers {
  int32(range: { min: number; max: number }): Reducer;
  int64?: Reducer64;
}

function bindReducers({ input, output, reduction }: ReturnType<typeof prepare>, { int32, int64 }: Reducers): Eval {
  if (input.dtype === 'int64') {
    return reduceInt64(reduction, input as Tensor<'int64'>, output as Tensor<'int64'>, int64!);
  }
  const range = input.dtype === 'bool' ? { min: 0, max: 1 } : typeRange(input.dtype);
  return reduce(reduction, input as Tensor<'int32'>, output as Tensor<'int32'>, int32(range));
}

function prepare<T extends 'int8' | 'uint8' | 'int16' | 'int32' | 'int64' | 'bool'>(node: Node, ...dtypes: T[]) {
  const input = node.input(0, ...dtypes);
  return { input, ...prepareReduction(node, input) };
}

// ---- REDUCE_MAX, REDUCE_MIN

function prepareMinMax(node: Node) {
  const p = prepare(node, 'int8', 'uint8', 'int16', 'int32', 'int64');
  node.require(
    p.input.dtype === 'int32' || p.input.dtype === 'int64' || prepareIsSameQuantization(p.input, p.output),
    'input and output are quantized differently',
  );
  return p;
}

const max: Reducers = {
  // Math.max itself as `next` is not inlined: 10 ns a value, where this takes 5.5 (Node 20 on a Xeon).
  int32: ({ min }) => ({ init: min, next: (acc, value) => Math.max(acc, value) }),
  int64: {
    init: (acc) => {
      acc[0] = 0;
      acc[1] = INT32_MIN;
    },
    next: (acc, low, high) => {
      if (high > acc[1] || (high === acc[1] && (low ^ INT32_MIN) > (acc[0] ^ INT32_MIN))) {
        acc[0] = low;
        acc[1] = high;
      }
    },
  },
};

const min: Reducers = {
  int32: ({ max }) => ({ init: max, next: (acc, value) => Math.min(acc, value) }),
  int64: {
    init: (acc) => {
      acc[0] = -1;
      acc[1] = INT32_MAX;
    },
    next: (acc, low, high) => {
      if (high < acc[1] || (high === acc[1] && (low ^ INT32_MIN) < (acc[0] ^ INT32_MIN))) {
        acc[0] = low;
        acc[1] = high;
      }
    },
  },
};

// ---- REDUCE_ANY, REDUCE_ALL

function prepareBool(node: Node) {
  return prepare(node, 'bool');
}

const any: Reducers = { int32: () => ({ init: 0, next: (acc, value) => acc | (value !== 0 ? 1 : 0) }) };
const all: Reducers = { int32: () => ({ init: 1, next: (acc, value) => acc & (value !== 0 ? 1 : 0) }) };

// ---- REDUCE_PROD

function prepareProd(node: Node) {
  const p = prepare(node, 'int8', 'uint8', 'int16', 'int32', 'int64');
  const { input, output, count } = p;
  if (input.quantization === undefined || input.dtype === 'int32' || input.dtype === 'int64') {
    return { ...p, requantization: undefined, isCopy: false };
  }
  if (input.dtype === 'uint8') node.unsupported('TFLite has no product of quantized uint8 values');
  node.require(
    input.dtype !== 'int16' || (input.zeroPoint === 0 && output.zeroPoint === 0),
    'the zero points of int16 must be 0',
  );
  const { multiplier, shift } = quantizeMultiplier(
    input.scale / output.scale ** (1 / Math.max(count, 1)),
    node.singleRounding,
  );
  node.require(shift < 15, `the scales ${input.scale} and ${output.scale} are too far apart`);
  const range = typeRange(output.dtype as 'int8' | 'int16');
  const one = roundHalfAway(1 / output.scale) + output.zeroPoint;
  const isCopy = node.profile === 'xnnpack' && count === 1; // the optimized kernel looks at no dimension of size 1
  if (isCopy) node.arithmetic = 'optimized';
  return {
    ...p,
    isCopy,
    requantization: {
      multiplier: reduceMultiplier(multiplier),
      shift,
      inputOffset: 0 - input.zeroPoint, // not -0, which would be a double
      outputOffset: output.zeroPoint,
      empty: count === 0 ? Math.min(Math.max(one, range.min), range.max) : undefined,
      ...range,
    },
  };
}

function bindProd(p: ReturnType<typeof prepareProd>): Eval {
  if (!p.requantization) return bindReducers(p, product);
  if (p.isCopy) {
    const [input, output] = [bytesOf(p.input), bytesOf(p.output)];
    return () => output.set(input);
  }
  const { multiplier, shift, inputOffset, outputOffset, empty, min, max } = p.requantization;
  const scale = (high: number, low: number) => multiplyByQuantizedMultiplier64(high, low, multiplier, shift);
  let first = true;
  return reduce(p.reduction, p.input as Tensor<'int8' | 'int16'>, p.output as Tensor<'int8' | 'int16'>, {
    init: 0,
    next: (acc, value) => {
      const x = value + inputOffset;
      if (!first) return scale(multiplyHigh(acc, x), Math.imul(acc, x));
      first = false;
      return x;
    },
    finish: (acc) => {
      first = true;
      return empty ?? Math.min(Math.max((scale(acc >> 31, acc) + outputOffset) | 0, min), max);
    },
  });
}

const product: Reducers = {
  int32: () => ({ init: 1, next: Math.imul }),
  int64: {
    init: (acc) => {
      acc[0] = 1;
      acc[1] = 0;
    },
    next: (acc, low, high) => {
      acc[1] = (multiplyHighUnsigned(acc[0], low) + Math.imul(acc[0], high) + Math.imul(acc[1], low)) | 0;
      acc[0] = Math.imul(acc[0], low);
    },
  },
};

const integerMax = operator(prepareMinMax, (p) => bindReducers(p, max));
const integerMin = operator(prepareMinMax, (p) => bindReducers(p, min));

export const REDUCE_MAX = withFloat(integerMax, reduceMaxFloat);
export const REDUCE_MIN = withFloat(integerMin, reduceMinFloat);
export const REDUCE_PROD = withFloat(operator(prepareProd, bindProd), reduceProdFloat);
export const REDUCE_ANY = operator(prepareBool, (p) => bindReducers(p, any));
export const REDUCE_ALL = operator(prepareBool, (p) => bindReducers(p, all));
