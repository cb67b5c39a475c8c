/** Where a tensor's values differ, as far as it can be told without knowing why: positions, axes, borders, periods, sizes. */
import { type DifferencesContext, elsewhere, type Occurrence } from './elsewhere.ts';
import type { Values } from './hypothesis.ts';
import { axisName } from './permutations.ts';
import { isSame } from './same.ts';

/** Of flat positions or of indices: first and last, both among them. */
export type Span = readonly [first: number, last: number];

export interface DifferentValue {
  readonly position: number;
  /** One index for each dimension. */
  readonly index: readonly number[];
  readonly candidate: number;
  readonly reference: number;
}

/** Along one dimension. */
export interface AxisDifferences {
  readonly dimension: number;
  /** 'batch', 'row', 'column', 'channel'; else 'dimension 1'. */
  readonly name: string;
  readonly size: number;
  /** The indices at which a value differs. */
  readonly indices: readonly Span[];
  readonly count: number;
  /** Lengths of vectors that the size is no multiple of, where what differs is just what lies behind the whole ones. */
  readonly remainderOf: readonly number[];
}

/** All positions that differ are of few residues. */
export interface Period {
  readonly period: number;
  readonly residues: readonly number[];
}

export interface Differences {
  readonly shape: readonly number[];
  readonly values: number;
  readonly different: number;
  /** Values of the candidate that are not a number, where the reference's are. */
  readonly notNumbers: number;
  /** |candidate - reference| where they differ. */
  readonly maxDifference: number;
  readonly meanDifference: number;
  /** Where the candidate's value is greater. */
  readonly greater: number;
  readonly first: DifferentValue;
  readonly last: DifferentValue;
  /** Least and greatest index of each dimension, both among what differs. */
  readonly box: { readonly from: readonly number[]; readonly to: readonly number[] };
  /** Dimensions of more than one index. */
  readonly axes: readonly AxisDifferences[];
  /** Rows and columns at the edges that hold all that differs; null where they are not confined to a border. */
  readonly border: number | null;
  /** null where there is none, and where the axes say as much. */
  readonly period: Period | null;
  /** All positions that differ, flat, in the reference's order. */
  readonly positions: readonly Span[];
  /** What the candidate's values are, where the same ones are found at another place. */
  readonly elsewhere: readonly Occurrence[];
}

/**
 * @param reference what the node gives on the candidate's inputs, in the candidate's numbers: stored integers or reals
 * @returns null where no value differs
 */
export function whereItDiffers(candidate: Values, reference: Values, context: DifferencesContext): Differences | null {
  const { shape } = context.tensor;
  const positions: number[] = [];
  for (let i = 0; i < candidate.length; i++) if (!isSame(candidate[i]!, reference[i]!)) positions.push(i);
  const [first] = positions;
  if (first === undefined) return null;
  const at = (position: number): DifferentValue => ({
    position,
    index: indexOf(position, shape),
    candidate: candidate[position]!,
    reference: reference[position]!,
  });
  const indices = positions.map((position) => indexOf(position, shape));
  const axes = shape.flatMap((size, d) => (size > 1 ? [axisOf(d, shape, indices)] : []));
  return {
    shape,
    values: candidate.length,
    different: positions.length,
    ...magnitudes(candidate, reference, positions),
    first: at(first),
    last: at(positions.at(-1)!),
    box: {
      from: shape.map((_, d) => indices.reduce((least, index) => Math.min(least, index[d]!), Infinity)),
      to: shape.map((_, d) => indices.reduce((most, index) => Math.max(most, index[d]!), 0)),
    },
    axes,
    border: borderOf(shape, indices),
    period: periodOf(positions, axes),
    positions: spansOf(positions),
    elsewhere: elsewhere(candidate, reference, positions, context),
  };
}

function indexOf(position: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length).fill(0);
  let rest = position;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}

function magnitudes(candidate: Values, reference: Values, positions: readonly number[]) {
  let [notNumbers, maxDifference, sum, greater] = [0, 0, 0, 0];
  for (const position of positions) {
    const difference = candidate[position]! - reference[position]!;
    if (Number.isNaN(difference)) {
      notNumbers++;
      continue;
    }
    maxDifference = Math.max(maxDifference, Math.abs(difference));
    sum += Math.abs(difference);
    if (difference > 0) greater++;
  }
  return { notNumbers, maxDifference, meanDifference: sum / Math.max(positions.length - notNumbers, 1), greater };
}

/** Neighbours together. */
export function spansOf(sorted: readonly number[]): Span[] {
  const spans: [number, number][] = [];
  for (const value of sorted) {
    const last = spans.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else spans.push([value, value]);
  }
  return spans;
}

// ---- along the dimensions

/** Fewer values prove no pattern. */
const PATTERN = 16;

const VECTORS = [4, 8, 16, 32, 64];

function axisOf(dimension: number, shape: readonly number[], indices: readonly (readonly number[])[]): AxisDifferences {
  const size = shape[dimension]!;
  const sorted = [...new Set(indices.map((index) => index[dimension]!))].sort((a, b) => a - b);
  const isTail = indices.length >= PATTERN && sorted.at(-1) === size - 1 && sorted.length === size - sorted[0]!;
  return {
    dimension,
    name: axisName(dimension, shape.length),
    size,
    indices: spansOf(sorted),
    count: sorted.length,
    remainderOf: isTail ? VECTORS.filter((length) => sorted[0]! > 0 && size - (size % length) === sorted[0]) : [],
  };
}

/** How far in from the nearest edge of the picture values differ, where much of it lies further in and most sides take part. */
function borderOf(shape: readonly number[], indices: readonly (readonly number[])[]): number | null {
  const [, height = 0, width = 0] = shape;
  if (shape.length !== 4 || indices.length < PATTERN) return null;
  let border = 0;
  const sides = new Set<string>();
  for (const [, row = 0, column = 0] of indices) {
    const distances = { top: row, bottom: height - 1 - row, left: column, right: width - 1 - column };
    const nearest = Math.min(...Object.values(distances));
    border = Math.max(border, nearest + 1);
    for (const [side, distance] of Object.entries(distances)) if (distance === nearest) sides.add(side);
  }
  const inner = (height - 2 * border) * (width - 2 * border);
  const isConfined = Math.min(height, width) > 2 * border && 4 * inner >= height * width;
  return isConfined && sides.size >= 2 && !isOneSide(indices) ? border : null;
}

/** All in one row or one column, which the axes say. */
function isOneSide(indices: readonly (readonly number[])[]): boolean {
  return [1, 2].some((d) => indices.every((index) => index[d] === indices[0]![d]));
}

const LONGEST_PERIOD = 64;

/** Of at most half of the residues, neighbours, and the fewer the better; where what differs does not fill the indices that differ. */
function periodOf(positions: readonly number[], axes: readonly AxisDifferences[]): Period | null {
  const filled = axes.reduce((product, { count }) => product * count, 1);
  if (positions.length < PATTERN || positions.length > 0.75 * filled) return null;
  let best: Period | null = null;
  for (let period = 2; period <= LONGEST_PERIOD; period++) {
    const residues = residuesOf(positions, period);
    if (!residues || spansOf(residues).length > 1) continue;
    if (!best || residues.length / period < best.residues.length / best.period) best = { period, residues };
  }
  return best;
}

/** In order; undefined where they are more than half. */
function residuesOf(positions: readonly number[], period: number): number[] | undefined {
  const residues = new Set<number>();
  for (const position of positions) {
    residues.add(position % period);
    if (2 * residues.size > period) return undefined;
  }
  return [...residues].sort((a, b) => a - b);
}
