/** What the module needs for the way from sums to outputs: see assembly/requantize.ts, assembly/double.ts and assembly/int16.ts. */

import type { DoubleFactor } from '../fixed_point.ts';
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import type { Node } from '../kernel.ts';
import type { DoubleRequantization } from '../reference/fully_connected.ts';
import type { Requantization } from '../shared/convolution.ts';
import type { Accumulator } from '../shared/matrix_product.ts';
import type { Tensor } from '../tensor.ts';

/** Channels of a block. */
export const BLOCK = 8;

/** Sizes in int32: of what is the same for all channels, and of a block. */
const HEADER_SIZE = 28;
const BLOCK_SIZE = 48;

/** How a channel's sum comes about. */
export interface Sums {
  readonly bias: Int32Array;
  /** How far from the bias its products may take it. */
  readonly reach: Float64Array;
  /** What it starts from: the bias, and what centering the input would take away. */
  readonly start: Int32Array;
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
const DOUBLE = 4;
const HIGH = 5;
const LONG = 6;

/** More than any output, its zero point taken away. */
const BEYOND = 2 ** 17;

/** e of a channel whose output is always the same; it goes with every way. */
const ANY_RIGHT = T + 1;

export function packBlocks(r: Requantization | DoubleRequantization, sums: Sums, blocks: Tensor<'int32'>) {
  if ('factors' in r) packDouble(r, sums, blocks);
  else packMultipliers(r, sums, blocks, true);
}

/** Of int32 sums. The ways of 16 bits are for 8-bit outputs. */
function packMultipliers(r: Requantization, sums: Sums, blocks: Tensor<'int32'>, isNarrow: boolean) {
  const words = blocks.data;
  const halves = packHeader(r, words, !isNarrow);
  const { start, multipliers, rights, largest } = simplify(r, sums);
  for (let first = 0, block = HEADER_SIZE; first < start.length; first += BLOCK, block += BLOCK_SIZE) {
    const end = Math.min(first + BLOCK, start.length);
    const way = wayOf(rights, largest, first, end, isNarrow);
    for (let c = first, i = 0; c < end; c++, i++) {
      const right = rights[c];
      words[block + i] = start[c];
      words[block + 8 + i] = multipliers[c];
      words[block + 16 + i] = (1 << right) >> 1;
      words[block + 24 + i] = 1 << (32 - right);
      words[block + 32 + i] = 0 - right;
      halves[2 * (block + 40) + i] = 1 << (15 - right + (way === NARROW_T ? T : 0));
    }
    words[block + 44] = way;
  }
}

/**
 * For outputs of every type. A clamp from 0 on is one of uint8, or makes no difference between it and int8. Returns the memory
 * in halves of words.
 */
function packHeader(
  {
    outputOffset,
    activationMin,
    activationMax,
  }: Pick<Requantization, 'outputOffset' | 'activationMin' | 'activationMax'>,
  words: Int32Array,
  is16: boolean,
): Int16Array {
  const flip = !is16 && activationMin < 0 ? 0x80 : 0;
  const halves = new Int16Array(words.buffer, words.byteOffset, 2 * words.length);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, 4 * words.length);
  halves
    .fill(outputOffset + flip, 0, 8)
    .fill(activationMin + flip, 8, 16)
    .fill(activationMax + flip, 16, 24);
  words.fill(1 << 31, 12, 13).fill(1 << 31, 14, 15);
  bytes
    .fill(activationMin + flip, 64, 80)
    .fill(activationMax + flip, 80, 96)
    .fill(flip, 96, 112);
  return halves;
}

/** The fastest way that is right for the channels of a block. */
function wayOf(rights: Int32Array, largest: Float64Array, first: number, end: number, isNarrow: boolean): number {
  let min = 32;
  let max = -32;
  for (let c = first; c < end; c++) {
    if (largest[c] >= 2 ** 30) return EXACT;
    min = Math.min(min, rights[c]);
    max = Math.max(max, rights[c]);
  }
  if (isNarrow && min >= 1 && max <= 7) return NARROW;
  if (isNarrow && min >= T + 1 && max <= T + 7) return NARROW_T;
  return min >= 2 && max <= 30 ? WIDE : EXACT;
}

/**
 * Channels as they are, but for those whose output is always the same: they get a sum, a multiplier and a shift that go with
 * every way. Trained models have many: their weights are so small that only the bias, up to 2^30, is left, or nothing.
 */
function simplify({ multipliers, shifts, singleRounding }: Requantization, { bias, reach, start }: Sums) {
  const channels = start.length;
  const simple = {
    start: start.slice(),
    multipliers: multipliers.slice(),
    rights: new Int32Array(channels),
    largest: new Float64Array(channels),
  };
  for (let c = 0; c < channels; c++) {
    const largest = reach[c] + Math.abs(bias[c]);
    const shift = shifts[c];
    simple.rights[c] = 0 - shift;
    simple.largest[c] = largest;
    const isZero = largest * multipliers[c] < 2 ** (29 - shift); // the sum becomes less than a quarter
    if (!isZero && reach[c] > 0) continue;
    const scaled = multiplyByQuantizedMultiplier(bias[c], multipliers[c], shift, singleRounding);
    const output = isZero ? 0 : Math.min(Math.max(scaled, -BEYOND), BEYOND);
    if (reach[c] === 0) simple.start[c] = output << (ANY_RIGHT + 1);
    simple.multipliers[c] = reach[c] === 0 ? 2 ** 30 : 0;
    simple.rights[c] = ANY_RIGHT;
    simple.largest[c] = 0;
  }
  return simple;
}

// ---- int16 outputs

/** Of sums of the type that the bias has; without a bias they are of int64 where `isLong`. */
export function packInt16Blocks(
  r: Requantization,
  bias: Tensor<Accumulator> | undefined,
  isLong: boolean,
  pack: (bias: Tensor<'int32'> | undefined) => Sums,
  blocks: Tensor<'int32'>,
) {
  if (!isLong) packMultipliers(r, pack(bias as Tensor<'int32'>), blocks, false);
  else packLong(r, bias as Tensor<'int64'>, pack(undefined).reach, blocks);
}

/** Whether int64 sums can be requantized: none is shifted to the left by more than their multiplier's bits. */
export function isLongPossible({ shifts }: Requantization): boolean {
  return shifts.every((shift) => shift < 15);
}

/** Shifts by which the multipliers of int64 sums are those of a doubling high multiply. */
const MIN_HIGH_SHIFT = -16;

function packLong(r: Requantization, bias: Tensor<'int64'> | undefined, reach: Float64Array, blocks: Tensor<'int32'>) {
  const words = blocks.data;
  const biases = bias ? bias.data : new BigInt64Array(reach.length);
  const longs = new BigInt64Array(words.buffer, words.byteOffset, words.length >> 1);
  packHeader(r, words, true);
  const channels = Array.from(reach, (distance, c) => {
    const [multiplier, shift] = [r.multipliers[c], r.shifts[c]];
    const largest = distance + Math.abs(Number(biases[c]));
    const isZero = largest * multiplier < 2 ** (14 - shift); // the sum becomes less than a half
    return {
      bias: biases[c],
      multiplier,
      shift,
      isZero,
      isHigh: isZero || (shift >= MIN_HIGH_SHIFT && shift <= 0),
      largest,
    };
  });
  for (let first = 0, block = HEADER_SIZE; first < channels.length; first += BLOCK, block += BLOCK_SIZE) {
    const inBlock = channels.slice(first, first + BLOCK);
    const isHigh = inBlock.every((channel) => channel.isHigh && channel.largest < 2 ** 30);
    inBlock.forEach(({ bias, multiplier, shift, isZero }, i) => {
      if (isHigh) {
        words[block + i] = Number(bias);
        words[block + 8 + i] = isZero ? 0 : multiplier << (shift - MIN_HIGH_SHIFT);
      } else {
        words[block + 8 + i] = multiplier;
        longs[(block >> 1) + 8 + i] = bias;
        words[block + 32 + i] = shift;
      }
    });
    words[block + 44] = isHigh ? HIGH : LONG;
  }
}

// ---- by doubles

/** Whether the largest factor is in 2^-31..2^-1: then no product leaves int32, and its bits have room. */
export function isDoublePossible(r: DoubleRequantization): boolean {
  const bits = leastFractionBits(r);
  return bits >= 54 && bits <= 83;
}

function packDouble(r: DoubleRequantization, { start }: Sums, blocks: Tensor<'int32'>) {
  const words = blocks.data;
  packHeader(r, words, false);
  const shift = leastFractionBits(r) - 21; // of 53 bits, 32 are left
  r.factors.forEach((factor, c) => {
    const { significandHigh, significandLow } = factor;
    const i = c % BLOCK;
    const block = HEADER_SIZE + BLOCK_SIZE * Math.trunc(c / BLOCK);
    const significand = significandHigh * 2 ** 32 + (significandLow >>> 0);
    words[block + i] = start[c];
    words[block + 8 + i] = Math.floor(significand * 2 ** (shift - fractionBits(factor)));
    words[block + 16 + 2 * i] = significandLow;
    words[block + 17 + 2 * i] = significandHigh;
    words[block + 32 + i] = fractionBits(factor);
    words[block + 40] = shift;
    words[block + 44] = DOUBLE;
  });
}

/** A factor is its significand * 2^-fractionBits. */
function fractionBits({ exponent }: DoubleFactor): number {
  return exponent + 86;
}

function leastFractionBits({ factors }: DoubleRequantization): number {
  return factors.reduce((least, factor) => Math.min(least, fractionBits(factor)), Infinity);
}
