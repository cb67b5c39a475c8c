/** Channels that have one value whatever comes in: known from the weights, or seen on inputs. */
import type { Clamp } from '../explain/explanation.ts';
import { few } from './rule.ts';

export interface StillChannel {
  readonly channel: number;
  readonly value: number;
}

export function channelList(still: readonly StillChannel[]): string {
  return few(still.map(({ channel, value }) => `${channel} (${value})`));
}

/** How many of all, at the lowest value, at the highest. */
export function stillNumbers(still: readonly StillChannel[], of: number, { min, max }: Clamp) {
  const at = (end: number) => still.filter(({ value }) => value === end).length;
  return { channels: still.length, of, dead: at(min.value), saturated: at(max.value) };
}
