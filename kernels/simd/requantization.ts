/** What the module needs for the way from sums to 8-bit outputs: see assembly/requantize.ts. */
import type { Node } from '../kernel.ts';
import type { Requantization } from '../reference/convolution.ts';
import type { Tensor } from '../tensor.ts';

/** Channels of a block. */
export const BLOCK = 8;

/** Sizes in int32: of what is the same for all channels, and of a block. */
const HEADER_SIZE = 20;
const BLOCK_SIZE = 48;

/** What each channel's sum starts from, and how far from 0 it may get. */
export interface Sums {
  readonly bias: Int32Array;
  readonly largest: Float64Array;
}

export function blocksOf(channels: number): number {
  return Math.ceil(channels / BLOCK);
}

export function prepareBlocks(node: Node, channels: number): Tensor<'int32'> {
  return node.persistent('int32', HEADER_SIZE + BLOCK_SIZE * blocksOf(channels));
}

/** The ways of assembly/requantize.ts. */
const NARROW = 0;
const NARROW_T = 1;
const T = 3;
const WIDE = 2;
const EXACT = 3;

export function packBlocks(
  { multipliers, shifts, outputOffset, activationMin, activationMax }: Requantization,
  { bias, largest }: Sums,
  blocks: Tensor<'int32'>,
) {
  const words = blocks.data;
  const halves = new Int16Array(words.buffer, words.byteOffset, 2 * words.length);
  halves.fill(outputOffset, 0, 8).fill(activationMin, 8, 16).fill(activationMax, 16, 24);
  words.fill(1 << 31, 12, 13).fill(1 << 31, 14, 15);
  halves.fill(0xff, 32, 40);
  for (let first = 0, block = HEADER_SIZE; first < multipliers.length; first += BLOCK, block += BLOCK_SIZE) {
    const channels = Array.from({ length: Math.min(BLOCK, multipliers.length - first) }, (_, i) => {
      const c = first + i;
      const [multiplier, right] = [multipliers[c], 0 - shifts[c]];
      // Of a channel that no sum gets away from 0, any shift will do.
      const isZero = largest[c] * multiplier < 2 ** (29 + right);
      return { bias: bias[c], multiplier: isZero ? 0 : multiplier, right, isZero, largest: largest[c] };
    });
    const way = wayOf(channels);
    channels.forEach(({ bias, multiplier, right, isZero }, i) => {
      const e = isZero ? 4 : right;
      words[block + i] = bias;
      words[block + 8 + i] = multiplier;
      words[block + 16 + i] = 2 ** (e + 1);
      words[block + 24 + i] = 2 ** (30 - e);
      words[block + 32 + i] = 0 - e;
      halves[2 * (block + 40) + i] = 2 ** (15 - e + (way === NARROW_T ? T : 0));
    });
    words[block + 44] = way;
  }
}

/** The fastest way that is right for all channels of a block. */
function wayOf(channels: readonly { right: number; isZero: boolean; largest: number }[]): number {
  if (channels.some(({ largest }) => largest >= 2 ** 28)) return EXACT;
  const shifts = channels.filter(({ isZero }) => !isZero).map(({ right }) => right);
  const areIn = (from: number, to: number) => shifts.every((right) => right >= from && right <= to);
  return areIn(1, 7) ? NARROW : areIn(T + 1, T + 7) ? NARROW_T : areIn(0, 28) ? WIDE : EXACT;
}
