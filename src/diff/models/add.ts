/**
 * ADD, SUB of 8 bits, by their definition: both operands in steps of twice the larger scale / 2^20, their sum requantized.
 *   a' = round(high((a - z1) * 2^20 * m1)), b' alike; q = clamp(round(high((a' + b') * m)) + z_output)
 */
import { eachValue, type Step, VariantModel } from '../hypothesis.ts';
import { operandOffsetSlot } from '../mistakes/operands.ts';
import { clampSlot, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { readingSlot } from '../mistakes/reading.ts';
import { sumSlot } from '../mistakes/sum.ts';
import { activationRange, type NodeCase, type Operand, scaleOf } from '../node_case.ts';

export interface Operands {
  readonly a: Operand;
  readonly b: Operand;
  /** Position in the output -> position in an operand, which may be broadcast. */
  at(operand: Operand, position: number): number;
}

export function operandsOf({ inputs, output }: NodeCase): Operands | undefined {
  const [a, b] = inputs;
  if (!a || !b) return undefined;
  const at = ({ shape, data }: Operand, position: number) => {
    if (data.length === output.data.length) return position;
    let [rest, from, stride] = [position, 0, 1];
    for (let d = 1; d <= output.shape.length; d++) {
      const dim = output.shape.at(-d)!;
      const own = d <= shape.length ? shape.at(-d)! : 1;
      if (own > 1) from += (rest % dim) * stride;
      stride *= own;
      rest = Math.floor(rest / dim);
    }
    return from;
  };
  return { a, b, at };
}

export function addModel(node: NodeCase): VariantModel | undefined {
  const operands = operandsOf(node);
  const to = outputOf(node);
  if (!operands || !to || to.type.max > 255 || node.target === 'real') return undefined;
  const { a, b, at } = operands;
  const [q1, q2] = [scaleOf(a), scaleOf(b)];
  if (!q1 || !q2) return undefined;
  const reading = readingSlot('input', a.dtype);
  const offset = operandOffsetSlot(q1.zero, q2.zero);
  const sum = sumSlot({ s1: q1.scale, s2: q2.scale, so: to.scale, sign: node.op === 'SUB' ? -1 : 1 });
  const step: Step = {
    slots: [reading, offset, sum],
    run(pick, _, positions) {
      const [read, subtract, add] = [pick(reading), pick(offset), pick(sum)];
      return Float64Array.from(positions, (position) => {
        if (position < 0) return 0;
        const x = subtract.a(read(Number(a.data[at(a, position)]!)), q1.zero);
        const y = subtract.b(read(Number(b.data[at(b, position)]!)), q2.zero);
        return add(x, y);
      });
    },
  };
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  return new VariantModel(
    [
      step,
      eachValue(zeroPointSlot(to.zero, q1.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    placementSlot(node),
  );
}
