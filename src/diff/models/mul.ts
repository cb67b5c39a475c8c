/** MUL of quantized values, by its definition: q = clamp(requantize((a - z1) * (b - z2)) + z_output). */
import type { ExpectedRounding } from '../arithmetic.ts';
import { eachValue, type Step, VariantModel } from '../hypothesis.ts';
import { operandOffsetSlot } from '../mistakes/operands.ts';
import { clampSlot, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { productMultiplierSlot } from '../mistakes/product.ts';
import { readingSlot } from '../mistakes/reading.ts';
import { roundingSlot } from '../mistakes/requantization.ts';
import { activationRange, type NodeCase, scaleOf } from '../node_case.ts';
import { operandsOf } from './add.ts';

export function mulModel(node: NodeCase, own: ExpectedRounding): VariantModel | undefined {
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
    placementSlot(node),
  );
}
