/** Channels that have one value whatever comes in: known from the weights, or seen on inputs. */
import type { Clamp, NodeExplanation } from '../explain/explanation.ts';
import { numbersOf } from '../explain/operator_explainers.ts';
import { evaluate, scopeOf, type Value } from '../formula/evaluate.ts';
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
  const { accumulator, rescalings, clamp } = node;
  const [rescaling] = rescalings;
  if (accumulator?.from !== 'weights' || !rescaling || !clamp || rescaling.arithmetic === 'int16') return [];
  if (accumulator.type === 'int32' && accumulator.bits > 32) return []; // it wraps
  return accumulator.low.flatMap((low, channel) => {
    const value = Number(requantized(node, low, channel));
    return value === Number(requantized(node, accumulator.high[channel]!, channel)) ? [{ channel, value }] : [];
  });
}

/** What becomes of a sum: by the steps of the node's formula that follow it. */
function requantized(node: NodeExplanation, sum: number, channel: number): Value {
  const { steps } = node.expressions[0]!;
  const rest = { output: 0, indices: [], steps: steps.slice(steps.findIndex(({ name }) => name === 'acc') + 1) };
  const scope = scopeOf(rest, numbersOf(node), {}, [], 0);
  scope.names.set('acc', sum).set('o', channel);
  return evaluate(rest, scope);
}
