/** How much an exact hit says: values that are alike many times over, or in a narrow place, are given by many mistakes. */
import type { Values } from './hypothesis.ts';
import { isSame } from './same.ts';

export interface Evidence {
  /** Pairs of reference and candidate that differ, each counted once a channel. */
  readonly informative: number;
  /** The information, in bits, in which positions differ and by how much. */
  readonly bits: number;
}

/** Exact hits on fewer informative values are weak evidence. */
export const SURE_VALUES = 16;

/** Bits beyond those that choosing among all combinations takes: to name a mistake at all, and to be sure. */
const LEAST_MARGIN = 6;
const SURE_MARGIN = 16;

export type Strength = 'none' | 'weak' | 'strong';

/**
 * `channels`: the last dimension, along which parameters may differ. `limits`: of the type that the candidate's values have; one that is
 * saturated tells no more than its side.
 */
export function evidenceOf(
  candidate: Values,
  reference: Values,
  channels: number,
  limits: { readonly min: number; readonly max: number } | undefined,
): Evidence {
  const alike = new Set<string>();
  const different = new Map<string, number>();
  const free: number[] = [];
  for (const [i, value] of candidate.entries()) {
    const key = `${i % channels}:${reference[i]}:${value}`;
    if (isSame(value, reference[i]!)) alike.add(key);
    else if (!different.has(key)) {
      different.set(key, value - reference[i]!);
      if (value !== limits?.min && value !== limits?.max) free.push(value - reference[i]!);
    }
  }
  const informative = different.size;
  const bits = bitsOfChoice(alike.size + informative, informative);
  const largest = free.reduce((most, difference) => Math.max(most, Math.abs(difference)), 0);
  return {
    informative,
    bits: bits + Math.log2(1 + 2 * largest) + free.length * Math.max(bitsPerValue(free), 1) + informative - free.length,
  };
}

/** Of an exact hit of so many mistakes, out of so many that might as well be it. */
export function strengthOf({ informative, bits }: Evidence, mistakes: number, known: number): Strength {
  const margin = bits - bitsOfChoice(known, mistakes);
  if (margin < LEAST_MARGIN) return 'none';
  return informative < SURE_VALUES || margin < SURE_MARGIN ? 'weak' : 'strong';
}

/** log2 of how many ways there are to choose k of n. */
function bitsOfChoice(n: number, k: number): number {
  let bits = 0;
  for (let i = 0; i < Math.min(k, n - k); i++) bits += Math.log2((n - i) / (i + 1));
  return bits;
}

/** Bits of a real number that is not one of few. */
const REAL = 10;

/** In a difference: of few distinct ones their entropy, else that of their spread. */
function bitsPerValue(differences: readonly number[]): number {
  const distinct = new Set(differences).size;
  if (distinct <= differences.length / 2 || distinct < 3) return entropyOf(differences);
  if (!differences.every(Number.isInteger)) return REAL;
  const [least, most] = [Math.min(...differences.slice(0, 10000)), Math.max(...differences.slice(0, 10000))];
  return Math.log2(1 + most - least);
}

/** Of a list's values, in bits each. */
function entropyOf(list: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of list) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / list.length) * Math.log2(count / list.length), 0);
}

const FEW = 4;
/** Fewer values than this many times those that are missed prove nothing. */
const TIMES = 16;
const NEAREST_MARGIN = 32;

/** Whether what is reproduced of the differing values, but for a few, is too much to be chance. */
export function nearlyExact(
  { informative, bits }: Evidence,
  mistakes: number,
  known: number,
  missing: number,
  values: number,
): boolean {
  // biome-ignore format: one line
  if (mistakes === 0 || missing > FEW || missing * TIMES > informative) return false;
  const left = bits * (1 - missing / informative) - bitsOfChoice(values, missing) - 8 * missing;
  return left - bitsOfChoice(known, mistakes) >= NEAREST_MARGIN;
}
