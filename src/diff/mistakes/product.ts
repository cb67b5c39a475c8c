/** MUL: the multiplier of a product. */
import { F, type Multiplier } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';

export function productMultiplierSlot(s1: number, s2: number, so: number): Slot<Multiplier> {
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  return {
    stage: 'multiplier',
    line: `M = s1 * s2 / s_output = ${F(F(s1 * s2) / so)}, in float32`,
    right: of(F(F(s1 * s2) / so)),
    wrong: [
      {
        id: 'multiplier-in-float64',
        title: 'multiplier computed in float64',
        explanation: 'TFLite computes it in float32; the last bits of m differ.',
        candidate: 'double M = s1 * s2 / s_output',
        instead: of((s1 * s2) / so),
      },
      {
        id: 'output-scale-missing',
        title: 'multiplier without / s_output',
        explanation: 'The product is in steps of s1 * s2; the output in steps of its own scale.',
        candidate: 'M = s1 * s2',
        instead: of(s1 * s2),
      },
      {
        id: 'scale-of-input-2-missing',
        title: 'multiplier without the scale of the second input',
        explanation: 'The product is in steps of s1 * s2.',
        candidate: 'M = s1 / s_output',
        instead: of(s1 / so),
      },
      {
        id: 'scale-of-input-1-missing',
        title: 'multiplier without the scale of the first input',
        explanation: 'The product is in steps of s1 * s2.',
        candidate: 'M = s2 / s_output',
        instead: of(s2 / so),
      },
    ],
  };
}
