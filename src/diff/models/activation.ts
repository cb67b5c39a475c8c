/**
 * SOFTMAX, LOGISTIC, TANH: what others compute in real numbers in place of TFLite's fixed point and tables. The reference's
 * own values are those that ran.
 */
import { eachValue, type Step, VariantModel } from '../hypothesis.ts';
import { type Compute, functionSlot, softmaxSlot } from '../mistakes/activation.ts';
import { clampSlot, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { type NodeCase, scaleOf } from '../node_case.ts';

export function activationModel(node: NodeCase): VariantModel | undefined {
  const [input] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !from || !to || node.target === 'real') return undefined;
  const { data } = node.output;
  const right: Compute = (positions) =>
    Float64Array.from(positions, (position) => Number(data[Math.max(position, 0)]!) - to.zero);
  const x = Float64Array.from(input.data as ArrayLike<number>);
  const slot = node.op === 'SOFTMAX' ? softmaxSlot(node, x, from, to.scale, right) : functionSlot(node, x, from, to.scale, right); // biome-ignore format: one line
  const step: Step = { slots: [slot], run: (pick, _, positions) => pick(slot)(positions) };
  const limits = { active: to.type, type: to.type, zero: to.zero, activation: 'NONE' };
  return new VariantModel(
    [
      step,
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    placementSlot(node),
  );
}
