/** MEAN, by its definition: q = clamp(requantize(sum(x) - n * z_input) + z_output), with the multiplier divided by n. */
import { eachValue, type Step, VariantModel } from '../hypothesis.ts';
import { meanMultiplierSlot, meanOffsetSlot, meanRoundingSlot } from '../mistakes/mean.ts';
import { clampSlot, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { type NodeCase, scaleOf } from '../node_case.ts';

export function meanModel(node: NodeCase): VariantModel | undefined {
  const [input, axes] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !axes || !from || !to || node.target === 'real') return undefined;
  const rank = input.shape.length;
  const reduced = new Set(Array.from(axes.data as ArrayLike<number>, (axis) => (Number(axis) + rank) % rank));
  const kept = input.shape.flatMap((_, d) => (reduced.has(d) ? [] : [d]));
  const n = input.data.length / Math.max(node.output.data.length, 1);
  const offset = meanOffsetSlot(from.zero, n);
  const strides = input.shape.map((_, d) => input.shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const groups = groupsOf(input.shape, kept, strides);
  const sums: Step = {
    slots: [offset],
    run(pick, _, positions) {
      const way = pick(offset);
      return Float64Array.from(positions, (position) => {
        let sum = 0;
        for (const i of groups[Math.max(position, 0)]!) sum += way.read(Number(input.data[i]!));
        return way.finish(sum);
      });
    },
  };
  const scales = { input: from.scale, output: to.scale };
  const multiplier = meanMultiplierSlot(scales, n);
  const rounding = meanRoundingSlot();
  const requantize: Step = {
    slots: [multiplier, rounding],
    run(pick, before) {
      const apply = pick(rounding)(pick(multiplier), n);
      return before.map((sum) => apply(sum));
    },
  };
  const limits = { active: to.type, type: to.type, zero: to.zero, activation: 'NONE' };
  return new VariantModel(
    [
      sums,
      requantize,
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    placementSlot(node),
  );
}

/** For each output, the inputs that it is the mean of. */
function groupsOf(shape: readonly number[], kept: readonly number[], strides: readonly number[]): number[][] {
  const groups: number[][] = [];
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    const to = kept.reduce((at, d) => at * shape[d]! + (Math.floor(i / strides[d]!) % shape[d]!), 0);
    (groups[to] ??= []).push(i);
  }
  return groups;
}
