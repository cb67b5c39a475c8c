/** Zero points of two operands. */
import type { Slot } from '../hypothesis.ts';
import { minus } from '../node_case.ts';
import type { Offset } from './reading.ts';

export interface OperandOffset {
  readonly a: Offset;
  readonly b: Offset;
}

export function operandOffsetSlot(z1: number, z2: number): Slot<OperandOffset> {
  const subtract: Offset = (x, z) => x - z;
  const keep: Offset = (x) => x;
  const add: Offset = (x, z) => x + z;
  return {
    stage: 'zero points of the inputs',
    line: `${minus('a', z1)}, ${minus('b', z2)}`,
    right: { a: subtract, b: subtract },
    wrong: [
      {
        id: 'input-zero-points-missing',
        title: 'zero points of the inputs not subtracted',
        explanation: 'Stored values were used as they are.',
        candidate: 'a, b',
        instead: { a: keep, b: keep },
      },
      {
        id: 'input-zero-points-added',
        title: 'zero points of the inputs added instead of subtracted',
        explanation: 'TFLite adds offsets that are minus the zero points.',
        candidate: `a + (${z1}), b + (${z2})`,
        instead: { a: add, b: add },
      },
      {
        id: 'zero-point-of-input-1-missing',
        title: 'zero point of the first input not subtracted',
        explanation: 'Each input has a zero point of its own.',
        candidate: `a, ${minus('b', z2)}`,
        instead: { a: keep, b: subtract },
      },
      {
        id: 'zero-point-of-input-2-missing',
        title: 'zero point of the second input not subtracted',
        explanation: 'Each input has a zero point of its own.',
        candidate: `${minus('a', z1)}, b`,
        instead: { a: subtract, b: keep },
      },
      {
        id: 'zero-points-swapped',
        title: 'zero points of the inputs swapped',
        explanation: 'Each input has a zero point of its own.',
        candidate: `${minus('a', z2)}, ${minus('b', z1)}`,
        instead: { a: (x) => x - z2, b: (x) => x - z1 },
      },
      {
        id: 'zero-point-of-input-1-for-both',
        title: "the first input's zero point for both",
        explanation: 'Each input has a zero point of its own.',
        candidate: `${minus('a', z1)}, ${minus('b', z1)}`,
        instead: { a: subtract, b: (x) => x - z1 },
      },
    ],
  };
}
