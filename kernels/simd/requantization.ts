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

/** The shift of a channel that no sum gets away from 0: any would do. */
const ANY_RIGHT = T + 1;

export function packBlocks(requantization: Requantization, sums: Sums, blocks: Tensor<'int32'>) {
  const { multipliers, shifts, outputOffset, activationMin, activationMax } = requantization;
  const words = blocks.data;
  const halves = new Int16Array(words.buffer, words.byteOffset, 2 * words.length);
  halves.fill(outputOffset, 0, 8).fill(activationMin, 8, 16).fill(activationMax, 16, 24);
  words.fill(1 << 31, 12, 13).fill(1 << 31, 14, 15);
  halves.fill(0xff, 32, 40);
  for (let c = 0; c < multipliers.length; c++) {
    const block = HEADER_SIZE + Math.trunc(c / BLOCK) * BLOCK_SIZE;
    const i = c % BLOCK;
    if (i === 0) words[block + 44] = wayOf(requantization, sums, c);
    const isZero = isAlwaysZero(requantization, sums, c);
    const right = isZero ? ANY_RIGHT : 0 - shifts[c];
    words[block + i] = sums.bias[c];
    words[block + 8 + i] = isZero ? 0 : multipliers[c];
    words[block + 16 + i] = 2 << right;
    words[block + 24 + i] = (1 << 30) >> right;
    words[block + 32 + i] = 0 - right;
    halves[2 * (block + 40) + i] = 1 << (15 - right + (words[block + 44] === NARROW_T ? T : 0));
  }
}

/** Whether every sum of channel c becomes 0: it is less than a quarter. */
function isAlwaysZero({ multipliers, shifts }: Requantization, { largest }: Sums, c: number): boolean {
  return largest[c] * multipliers[c] < 2 ** (29 - shifts[c]);
}

/** The fastest way that is right for all channels of the block that begins at `first`. */
function wayOf(requantization: Requantization, sums: Sums, first: number): number {
  const { shifts } = requantization;
  let min = ANY_RIGHT;
  let max = ANY_RIGHT;
  for (let c = first; c < Math.min(first + BLOCK, shifts.length); c++) {
    if (sums.largest[c] >= 2 ** 28) return EXACT;
    if (isAlwaysZero(requantization, sums, c)) continue;
    min = Math.min(min, 0 - shifts[c]);
    max = Math.max(max, 0 - shifts[c]);
  }
  if (min >= 1 && max <= 7) return NARROW;
  if (min >= T + 1 && max <= T + 7) return NARROW_T;
  return min >= 0 && max <= 28 ? WIDE : EXACT;
}
