/** MAXIMUM, MINIMUM of int8, uint8, int16 and int32: see assembly/maximum_minimum.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { Binary } from '../shared/elementwise.ts';
import { elementSize } from '../tensor.ts';
import type { SimdMemory } from './memory.ts';
import { prepareOperands } from './operands.ts';

/** As assembly/maximum_minimum.ts numbers them. */
const KINDS = ['int8', 'uint8', 'int16', 'int32'];
const MINIMUM_KINDS = 4;

export function MAXIMUM(p: Binary, node: Node) {
  return prepare(p, node, 0);
}

export function MINIMUM(p: Binary, node: Node) {
  return prepare(p, node, MINIMUM_KINDS);
}

function prepare(p: Binary, node: Node, kinds: number) {
  const { dtype } = p.output;
  const operands = KINDS.includes(dtype) ? prepareOperands(node, p) : undefined;
  if (!operands) return undefined;
  const [first, second] = operands.operands;
  const bytes = elementSize(dtype);
  return (memory: SimdMemory): Eval =>
    operands.bind(
      memory,
      memory.bind('maximumMinimum', {
        kind: kinds + KINDS.indexOf(dtype),
        input1: first.tensor,
        advance1: first.advance,
        input2: second.tensor,
        advance2: second.advance,
        output: p.output,
        count: operands.count * bytes,
        chunk: operands.chunk * bytes,
      }),
    );
}
