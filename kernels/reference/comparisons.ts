/**
 * EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL: output = input1 ? input2, a bool. Quantized values are
 * compared as scale * 2^8 * (q - zeroPoint), rounded to an integer: real values that are less than about 2^-8 apart may
 * be equal. int16 is compared so by EQUAL and NOT_EQUAL alone; the others compare what is stored, and so does EQUAL in
 * profile tflite-2.19.
 *
 * Equals: comparisons.cc, reference/comparisons.h; scales above 1 make no sense there, nor here. Deviations: NOT_EQUAL of
 * int16 without a scale, which upstream leaves unwritten, is computed.
 */
import { compare64 } from '../fixed_point.ts';
import { comparisonFloat } from '../float/arithmetic.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { type BinaryFunction, binary, binary64ToBool, prepareBinary } from '../shared/elementwise.ts';
import { prepareScaling, rescale, rescaleTable } from '../shared/rescale.ts';
import type { Tensor } from '../tensor.ts';

const LEFT_SHIFT = 8;

function comparison(fn: BinaryFunction, isEquality = false) {
  const integer = operator(
    (node) => prepare(node, isEquality),
    (p) => bind(p, fn),
  );
  return withFloat(integer, comparisonFloat(fn));
}

function prepare(node: Node, isEquality: boolean) {
  const types = ['int8', 'uint8', 'int16', 'int32', 'int64'] as const;
  const p = prepareBinary(node, isEquality ? [...types, 'bool' as const] : types, 'bool');
  const { dtype, quantization } = p.input1;
  const int16IsScaled = isEquality && quantization !== undefined && node.profile !== 'tflite-2.19';
  const scaled = dtype === 'int8' || dtype === 'uint8' || (dtype === 'int16' && int16IsScaled);
  const scaling = (input: Tensor) => prepareScaling(node, input, input.scale, LEFT_SHIFT);
  return { ...p, scaling: scaled ? [scaling(p.input1), scaling(p.input2)] : undefined };
}

function bind(p: ReturnType<typeof prepare>, fn: BinaryFunction): Eval {
  if (p.input1.dtype === 'int64') {
    return binary64ToBool(p, (aHigh, aLow, bHigh, bLow) => fn(compare64(aHigh, aLow, bHigh, bLow), 0));
  }
  if (!p.scaling) return binary(p, fn);
  const [scaling1, scaling2] = p.scaling;
  if (p.input1.dtype === 'int16') return binary(p, (a, b) => fn(rescale(a, scaling1), rescale(b, scaling2)));
  const table1 = rescaleTable(p.input1.dtype, scaling1);
  const table2 = rescaleTable(p.input2.dtype, scaling2);
  return binary(p, (a, b) => fn(table1[a & 0xff], table2[b & 0xff]));
}

export const EQUAL = comparison((a, b) => (a === b ? 1 : 0), true);
export const NOT_EQUAL = comparison((a, b) => (a !== b ? 1 : 0), true);
export const LESS = comparison((a, b) => (a < b ? 1 : 0));
export const LESS_EQUAL = comparison((a, b) => (a <= b ? 1 : 0));
export const GREATER = comparison((a, b) => (a > b ? 1 : 0));
export const GREATER_EQUAL = comparison((a, b) => (a >= b ? 1 : 0));
