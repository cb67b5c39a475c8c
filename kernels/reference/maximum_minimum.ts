/**
 * MAXIMUM, MINIMUM: the greater, or the lesser, of both inputs as they are stored: scales are not looked at. float32 is in
 * float/arithmetic.ts.
 *
 * Equals: reference/maximum_minimum.h. Deviations: none.
 */
import { compare64 } from '../fixed_point.ts';
import { arithmetic, maximumFloat, minimumFloat, preparePair } from '../float/arithmetic.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { binary, binary64, prepareBinary } from '../shared/elementwise.ts';

function prepare(node: Node) {
  if (node.input(0).dtype === 'float32') return preparePair(node);
  return { kind: 'integer' as const, ...prepareBinary(node, ['int8', 'uint8', 'int16', 'int32', 'int64']) };
}

function bind(p: ReturnType<typeof prepare>, sign: 1 | -1): Eval {
  if (p.kind === 'float') return arithmetic(p, sign > 0 ? maximumFloat : minimumFloat);
  if (p.input1.dtype === 'int64') {
    return binary64(p, (aHigh, aLow, bHigh, bLow, y, at) => {
      const first = Math.imul(sign, compare64(aHigh, aLow, bHigh, bLow)) > 0;
      y[at] = first ? aLow : bLow;
      y[at + 1] = first ? aHigh : bHigh;
    });
  }
  return binary(p, sign > 0 ? (a, b) => Math.max(a, b) : (a, b) => Math.min(a, b));
}

export const MAXIMUM = operator(prepare, (p) => bind(p, 1));
export const MINIMUM = operator(prepare, (p) => bind(p, -1));
