/** MUL of quantized values, by its definition: q = clamp(requantize((a - z1) * (b - z2)) + z_output). */

import { operandOffsetSlot, operandsOf } from './add.ts';
import { F, type Multiplier } from './arithmetic.ts';
import { eachValue, type Slot, type Step, VariantModel } from './hypothesis.ts';
import { readingSlot } from './linear_slots.ts';
import { activationRange, type NodeCase, scaleOf } from './node_case.ts';
import { clampSlot, layoutSlot, type OwnWay, outputOf, roundingSlot, zeroPointSlot } from './output_slots.ts';

export function mulModel(node: NodeCase, own: OwnWay): VariantModel | undefined {
  const operands = operandsOf(node);
  const to = outputOf(node);
  if (!operands || !to || node.target === 'real') return undefined;
  const { a, b, at } = operands;
  const [q1, q2] = [scaleOf(a), scaleOf(b)];
  if (!q1 || !q2) return undefined;
  const reading = readingSlot('input', a.dtype);
  const offset = operandOffsetSlot(q1.zero, q2.zero);
  const products: Step = {
    slots: [reading, offset],
    run(pick, _, positions) {
      const [read, subtract] = [pick(reading), pick(offset)];
      return Float64Array.from(positions, (position) => {
        if (position < 0) return 0;
        const x = subtract.a(read(Number(a.data[at(a, position)]!)), q1.zero);
        return x * subtract.b(read(Number(b.data[at(b, position)]!)), q2.zero);
      });
    },
  };
  const multiplier = productMultiplierSlot(q1.scale, q2.scale, to.scale);
  const rounding = roundingSlot(own, 'quantized');
  const requantize: Step = {
    slots: [multiplier, rounding],
    run(pick, before) {
      const apply = pick(rounding)(pick(multiplier));
      return before.map((product) => apply(product));
    },
  };
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  return new VariantModel(
    [
      products,
      requantize,
      eachValue(zeroPointSlot(to.zero, q1.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    layoutSlot(node),
  );
}

function productMultiplierSlot(s1: number, s2: number, so: number): Slot<Multiplier> {
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
        theirs: 'double M = s1 * s2 / s_output',
        way: of((s1 * s2) / so),
      },
      {
        id: 'output-scale-missing',
        title: 'multiplier without / s_output',
        explanation: 'The product is in steps of s1 * s2; the output in steps of its own scale.',
        theirs: 'M = s1 * s2',
        way: of(s1 * s2),
      },
      {
        id: 'scale-of-input-2-missing',
        title: 'multiplier without the scale of the second input',
        explanation: 'The product is in steps of s1 * s2.',
        theirs: 'M = s1 / s_output',
        way: of(s1 / so),
      },
      {
        id: 'scale-of-input-1-missing',
        title: 'multiplier without the scale of the first input',
        explanation: 'The product is in steps of s1 * s2.',
        theirs: 'M = s2 / s_output',
        way: of(s2 / so),
      },
    ],
  };
}
