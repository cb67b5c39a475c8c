/** Channels that have one value whatever comes in: known from the weights, or seen on inputs. */
import type { Clamp, NodeExplanation } from '../explain/explanation.ts';
import { Steps } from '../explain/value_trace.ts';
import { few } from './rule.ts';

export interface ConstantChannel {
  readonly channel: number;
  readonly value: number;
}

export function channelList(constant: readonly ConstantChannel[]): string {
  return few(constant.map(({ channel, value }) => `${channel} (${value})`));
}

/** How many of all, at the lowest value, at the highest. */
export function constantNumbers(constant: readonly ConstantChannel[], of: number, { min, max }: Clamp) {
  const at = (end: number) => constant.filter(({ value }) => value === end).length;
  return { channels: constant.length, of, dead: at(min.value), saturated: at(max.value) };
}

/** The output is monotone in the sum: where its least and its greatest give one value, all do. */
export function constantChannels(node: NodeExplanation): ConstantChannel[] {
  const { accumulator, rescalings, clamp, offsets } = node;
  const [rescaling] = rescalings;
  if (accumulator?.from !== 'weights' || !rescaling || !clamp || rescaling.arithmetic === 'int16') return [];
  if (accumulator.type === 'int32' && accumulator.bits > 32) return []; // it wraps
  const outputOf = (sum: number, channel: number) => {
    const steps = new Steps();
    return steps.output(steps.rescale(sum, rescaling, channel), offsets.output ?? 0, clamp);
  };
  return accumulator.low.flatMap((low, channel) => {
    const value = outputOf(low, channel);
    return value === outputOf(accumulator.high[channel]!, channel) ? [{ channel, value }] : [];
  });
}
