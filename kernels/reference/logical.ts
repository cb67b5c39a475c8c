/**
 * LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT of bool; BITWISE_XOR and RIGHT_SHIFT, arithmetic for signed types, of integers.
 *
 * Equals: logical.cc, elementwise.cc, bitwise_xor.cc, right_shift.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { binary, prepareBinary, unary } from '../shared/elementwise.ts';
import { elementSize } from '../tensor.ts';

function prepareLogical(node: Node) {
  return prepareBinary(node, ['bool']);
}

function prepareBitwise(node: Node) {
  return prepareBinary(node, ['int8', 'uint8', 'int16', 'int32']);
}

function prepareShift(node: Node) {
  const p = prepareBitwise(node);
  return { ...p, maxShift: 8 * elementSize(p.input1.dtype) - 1 };
}

function prepareNot(node: Node) {
  const input = node.input(0, 'bool');
  return { input, output: node.output(0, input.shape, 'bool') };
}

export const LOGICAL_AND = operator(prepareLogical, (p) => binary(p, (a, b) => (a !== 0 && b !== 0 ? 1 : 0)));
export const LOGICAL_OR = operator(prepareLogical, (p) => binary(p, (a, b) => (a !== 0 || b !== 0 ? 1 : 0)));
export const LOGICAL_NOT = operator(prepareNot, (p) => unary(p.input, p.output, (x) => (x !== 0 ? 0 : 1)));
export const BITWISE_XOR = operator(prepareBitwise, (p) => binary(p, (a, b) => a ^ b));
export const RIGHT_SHIFT = operator(prepareShift, (p) =>
  binary(p, (a, b) => a >> Math.min(Math.max(b, 0), p.maxShift)),
);
