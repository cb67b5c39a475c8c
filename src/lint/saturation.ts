/** What runs on inputs show: outputs that are clipped, channels that never change, ranges that real inputs do not use. */
import type { NodeExplanation } from '../explain/explanation.ts';
import { typeEnds } from '../explain/saturation_limits.ts';
import { channelList, constantNumbers } from './constant_channels.ts';
import { LONGER_TRAINING } from './converter.ts';
import type { MeasuredOutput } from './measurement.ts';
import { count, type LintContext, percent, type Rule, remedy } from './rule.ts';

/** A range from calibration loses some tails by design. */
const CLIPPED_SHARE = 0.01;

const WIDER_RANGE = remedy(
  'let the range hold what real inputs give: a representative_dataset like them, prepared alike (mean, std, colours), and enough of it',
);

/** Each measured output with its node. */
function* measuredNodes({ measured, nodes, model }: LintContext) {
  const [subgraph] = model.subgraphs;
  for (const output of measured!.outputs) {
    const node = nodes.find(({ node: index }) => index === output.node);
    const place = { subgraph: subgraph!, node: subgraph!.operators[output.node]!, tensor: subgraph!.tensors[output.tensor]! }; // biome-ignore format: one line
    if (node?.clamp) yield { node, output, place };
  }
}

export const saturatedOutput: Rule = {
  id: 'saturated-output',
  severity: 'warning',
  title: 'an output that real inputs drive to the end of its type',
  why: 'what lies beyond the end of the range is lost; an end that an activation put there by right does not count',
  needsInputs: true,
  *check(context) {
    for (const { node, output, place } of measuredNodes(context)) {
      const ends = clippedAt(node, output);
      const worst = ends.reduce((most, end) => (end.share > most.share ? end : most), { share: 0, value: 0, times: 0 });
      if (!(worst.share > CLIPPED_SHARE)) continue;
      yield {
        ...place,
        text: `${percent(worst.share)} of its values are ${worst.value}, the end of ${node.clamp!.dtype}`,
        numbers: { value: worst.value, times: worst.times, of: output.count },
        remedies: [WIDER_RANGE],
      };
    }
  },
};

function clippedAt({ clamp }: NodeExplanation, { values, count: all }: MeasuredOutput) {
  return typeEnds(clamp!).map(({ value }) => {
    const times = values.get(value) ?? 0;
    return { value, times, share: times / all };
  });
}

export const unchangingChannel: Rule = {
  id: 'unchanging-channel',
  severity: 'warning',
  title: 'channels that gave one value on every input',
  why: 'they take time and memory and carried nothing: dead where it is the lowest value, saturated where it is the highest',
  needsInputs: true,
  *check(context) {
    for (const { node, output, place } of measuredNodes(context)) {
      const { least, greatest } = output;
      if (least.length < 2 || output.count === least.length) continue; // one value a channel says nothing
      const constant = least.flatMap((value, channel) => (value === greatest[channel] ? [{ channel, value }] : []));
      if (constant.length === 0) continue;
      yield {
        ...place,
        text: `${constant.length} of ${count(least.length, 'channel')}, with their value: ${channelList(constant)}`,
        numbers: constantNumbers(constant, least.length, node.clamp!),
        remedies: [
          remedy(
            'look whether the inputs are varied enough; then prune such channels, or train with a lower learning rate',
          ),
        ],
      };
    }
  },
};

const USED_SHARE = 0.5;

export const narrowOutput: Rule = {
  id: 'narrow-output',
  severity: 'warning',
  title: 'an output of which real inputs use less than half of the range',
  why: 'each halving of the range in use costs one bit of every value',
  needsInputs: true,
  *check(context) {
    for (const { node, output, place } of measuredNodes(context)) {
      if (node.outputs[0]!.scaleFrom !== 'activation range') continue;
      const { min, max } = node.clamp!;
      const [low, high] = [Math.min(...output.least), Math.max(...output.greatest)];
      const share = (high - low) / (max.value - min.value);
      if (!(share < USED_SHARE) || output.count < 100) continue;
      const isTrained = context.quantization.method === 'quantization-aware training';
      yield {
        ...place,
        text: `its values are ${low} to ${high}, of ${min.value} to ${max.value}: ${percent(share)}`,
        numbers: { low, high, least: min.value, greatest: max.value },
        remedies: [isTrained ? LONGER_TRAINING : WIDER_RANGE],
      };
    }
  },
};
