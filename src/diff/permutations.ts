/** Ways in which right values get to wrong places: the order of axes, slices of an axis, groups of neighbours, shifts. */
import type { Values } from './hypothesis.ts';
import { isSame } from './same.ts';

/** The candidate's value i is the reference's value `source(i)`. */
export interface Permutation {
  readonly id: string;
  /** As the end of "the candidate's values are ". */
  readonly title: string;
  /** -1 where it says nothing of a position. */
  source(position: number): number;
}

/** Positions for a first look. */
const FEW = 32;

/**
 * Those that give all the candidate's values, or all but what a shift leaves open, the simplest first. What another one
 * says already is left out. `positions` are those that differ.
 */
export function permutationsOf(
  candidate: Values,
  reference: Values,
  positions: readonly number[],
  shape: readonly number[],
): Permutation[] {
  const few = positions.filter((_, i) => i % Math.ceil(positions.length / FEW) === 0);
  const isHit = (permutation: Permutation) =>
    holds(permutation, candidate, reference, few) && holds(permutation, candidate, reference);
  const axes = axisSlices(candidate, reference, shape);
  const orders = [axisOrders(shape), axes.flatMap(sliceOrders), flatOrders(shape), axes.flatMap(otherOrders)];
  const hits = orders.flatMap((list) => [...list].filter(isHit));
  const isSaid = (hit: Permutation, i: number) =>
    hits.some(
      (other, j) => j !== i && says(other, hit, candidate.length) && (j < i || !says(hit, other, candidate.length)),
    );
  return hits.filter((hit, i) => !isSaid(hit, i));
}

function holds({ source }: Permutation, candidate: Values, reference: Values, positions?: readonly number[]): boolean {
  const count = positions?.length ?? candidate.length;
  for (let i = 0; i < count; i++) {
    const position = positions?.[i] ?? i;
    const from = source(position);
    if (from >= 0 && !isSame(candidate[position]!, reference[from]!)) return false;
  }
  return true;
}

/** Whether `a` says all that `b` says. */
function says(a: Permutation, b: Permutation, size: number): boolean {
  for (let i = 0; i < size; i++) if (b.source(i) >= 0 && a.source(i) !== b.source(i)) return false;
  return true;
}

// ---- the order of the axes in memory

/** All orders of the dimensions behind the batch, as written and as read. */
function axisOrders(shape: readonly number[]): Permutation[] {
  const rank = shape.length;
  const fixed = rank === 4 ? 1 : 0;
  const inner = shape.slice(fixed);
  const size = inner.reduce((product, dim) => product * dim, 1);
  if (inner.length < 2 || inner.length > 4) return [];
  return permuted(inner.map((_, d) => d)).flatMap((order) => {
    const letters = order.map((d) => letterOf(d + fixed, rank)).join('');
    const own = inner.map((_, d) => letterOf(d + fixed, rank)).join('');
    if (letters === own) return [];
    const from = transposed(inner, order);
    const to = new Int32Array(size);
    for (const [i, position] of from.entries()) to[position] = i;
    const names: { readonly [letters: string]: string } = { CHW: ' (channels first)', WHC: ' (rows and columns transposed)' }; // biome-ignore format: one line
    const name = names[letters] ?? '';
    const within = (map: Int32Array) => (p: number) => p - (p % size) + map[p % size]!;
    return [
      { id: `order-${letters}`, title: `in the order ${letters}${name} in place of ${own}`, source: within(from) },
      {
        id: `order-${letters}-read`,
        title: `taken to be in the order ${letters}${name}, and reordered to ${own}`,
        source: within(to),
      },
    ];
  });
}

/** As people call the dimensions of a tensor of this rank. */
export function axisName(dimension: number, rank: number): string {
  if (rank === 4) return ['batch', 'row', 'column', 'channel'][dimension]!;
  return dimension === rank - 1 ? 'channel' : `dimension ${dimension}`;
}

function letterOf(dimension: number, rank: number): string {
  return rank === 4 ? 'NHWC'[dimension]! : dimension === rank - 1 ? 'C' : `${dimension}`;
}

function permuted(list: readonly number[]): number[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, i) => permuted(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

/** For each position of the transposed array, that of the value in the original. */
function transposed(dims: readonly number[], order: readonly number[]): Int32Array {
  const strides = dims.map((_, d) => dims.slice(d + 1).reduce((product, dim) => product * dim, 1));
  const positions = new Int32Array(dims.reduce((product, dim) => product * dim, 1));
  const index = order.map(() => 0);
  for (let i = 0; i < positions.length; i++) {
    positions[i] = order.reduce((sum, d, at) => sum + index[at]! * strides[d]!, 0);
    for (let at = order.length - 1; at >= 0 && ++index[at]! === dims[order[at]!]; at--) index[at] = 0;
  }
  return positions;
}

// ---- slices of an axis

interface Slices {
  readonly dimension: number;
  readonly name: string;
  readonly size: number;
  /** Positions from one index to the next. */
  readonly stride: number;
  /** Equal numbers for equal slices. */
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
}

/** From the last axis on. */
function axisSlices(candidate: Values, reference: Values, shape: readonly number[]): Slices[] {
  const axes = [...shape.keys()].reverse().filter((dimension) => shape[dimension] !== 1);
  return axes.map((dimension) => slicesOf(candidate, reference, shape, dimension));
}

function slicesOf(candidate: Values, reference: Values, shape: readonly number[], dimension: number): Slices {
  const size = shape[dimension]!;
  const stride = shape.slice(dimension + 1).reduce((product, dim) => product * dim, 1);
  const classes = new Map<string, number>();
  const classOf = (values: Values, index: number) => {
    const key = sliceKey(values, index, size, stride);
    if (!classes.has(key)) classes.set(key, classes.size);
    return classes.get(key)!;
  };
  const all = Array.from({ length: size }, (_, i) => i);
  return {
    dimension,
    name: axisName(dimension, shape.length),
    size,
    stride,
    candidate: all.map((i) => classOf(candidate, i)),
    reference: all.map((i) => classOf(reference, i)),
  };
}

/** A hash: what is found by it is compared value by value. */
function sliceKey(values: Values, index: number, size: number, stride: number): string {
  let [a, b] = [0, 0];
  for (let start = index * stride; start < values.length; start += size * stride) {
    for (let i = start; i < start + stride; i++) {
      const value = Math.round(Math.fround(values[i]!) * 65536) | 0;
      a = (Math.imul(a, 31) + value) | 0;
      b = (Math.imul(b, 0x01000193) ^ value) | 0;
    }
  }
  return `${a},${b}`;
}

/** Which of the reference's slices an index of the candidate has: -1 is none that is known. */
type SliceOrder = (index: number) => number;

function ordered({ name, size, stride }: Slices, what: string, title: string, order: SliceOrder): Permutation {
  const source = (p: number) => {
    const index = Math.floor(p / stride) % size;
    const other = order(index);
    return other < 0 ? -1 : p + (other - index) * stride;
  };
  return { id: `${name.replaceAll(' ', '-')}-${what}`, title, source };
}

/** Orders of the slices that have a name. */
function sliceOrders(slices: Slices): Permutation[] {
  const { dimension, name, size, candidate, reference } = slices;
  const found: Permutation[] = [];
  const add = (what: string, title: string, order: SliceOrder) => {
    const isPossible = candidate.every((slice, i) => order(i) < 0 || slice === reference[order(i)]);
    if (isPossible) found.push(ordered(slices, what, title, order));
  };
  const last = size - 1;
  add('reversed', `in reverse order along dimension ${dimension}: ${name} i is ${name} ${last} - i`, (i) => last - i);
  if (size % 2 === 0) add('pairs-swapped', `swapped in pairs: ${name} 0 is ${name} 1, and 1 is 0`, (i) => i ^ 1);
  for (let k = 1; k < size; k++)
    add(`rotated-${k}`, `rotated: ${name} i is ${name} (i + ${k}) mod ${size}`, (i) => (i + k) % size);
  for (let groups = 2; groups * 2 <= size; groups++) {
    if (size % groups !== 0) continue;
    const rows = size / groups;
    const title = `interleaved: ${name} i is ${name} (i mod ${groups}) * ${rows} + floor(i / ${groups})`;
    add(`interleaved-${groups}`, title, (i) => (i % groups) * rows + Math.floor(i / groups));
  }
  for (let k = 1; 2 * k <= size; k++) {
    add(`shifted-${k}`, `shifted by ${k}: ${name} i is ${name} i - ${k}`, (i) => (i < k ? -1 : i - k));
    add(`shifted--${k}`, `shifted by ${k}: ${name} i is ${name} i + ${k}`, (i) => (i + k >= size ? -1 : i + k));
  }
  return found;
}

const LISTED = 12;

/** Every slice that differs is another of the reference's, in whatever order. */
function otherOrders(slices: Slices): Permutation[] {
  const { name, candidate, reference } = slices;
  const firstOf = new Map<number, number>();
  for (const [i, slice] of reference.entries()) if (!firstOf.has(slice)) firstOf.set(slice, i);
  const order = candidate.map((slice, i) => (slice === reference[i] ? i : (firstOf.get(slice) ?? -1)));
  const moved = order.flatMap((from, i) => (from === i ? [] : [[i, from] as const]));
  if (moved.length === 0 || moved.some(([, from]) => from < 0)) return [];
  const texts = moved.slice(0, LISTED).map(([i, from]) => `${name} ${i} is ${name} ${from}`);
  const more = moved.length > LISTED ? `, and ${moved.length - LISTED} more` : '';
  return [ordered(slices, 'other', `those of other indices: ${texts.join(', ')}${more}`, (i) => order[i]!)];
}

// ---- flat positions

const GROUPS = [2, 4, 8];
const LONGEST_SHIFT = 4096;

function* flatOrders(shape: readonly number[]): Iterable<Permutation> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  yield { id: 'reversed', title: 'in reverse order, the last first', source: (p) => size - 1 - p };
  const [, height = 1, width = 1, channels = 1] = shape;
  if (shape.length === 4) {
    const pixels = height * width;
    yield {
      id: 'rotated-180',
      title: 'of the picture turned by 180 degrees',
      source: (p) => {
        const pixel = Math.floor(p / channels) % pixels;
        return p + (pixels - 1 - 2 * pixel) * channels;
      },
    };
  }
  for (const group of GROUPS) {
    if (size % group !== 0) continue;
    yield {
      id: `groups-of-${group}-reversed`,
      title: `reversed in groups of ${group}: value ${group - 1} comes first`,
      source: (p) => p - (p % group) + (group - 1 - (p % group)),
    };
  }
  const longest = Math.min(LONGEST_SHIFT, Math.floor(size / 2));
  for (let shift = 1; shift <= longest; shift++) {
    const [by, later, earlier] = [shiftText(shift, shape), `i - ${shift}`, `i + ${shift}`];
    yield {
      id: `shifted-${shift}`,
      title: `${by} late: value i is value ${later}`,
      source: (p) => p - shift, // negative in front
    };
    yield {
      id: `shifted--${shift}`,
      title: `${by} early: value i is value ${earlier}`,
      source: (p) => (p + shift < size ? p + shift : -1),
    };
  }
}

function shiftText(shift: number, shape: readonly number[]): string {
  const channels = shape.at(-1) ?? 1;
  const row = channels * (shape.at(-2) ?? 1);
  const [count, unit] =
    shape.length === 4 && shift % row === 0
      ? [shift / row, 'row']
      : shape.length === 4 && channels > 1 && shift % channels === 0
        ? [shift / channels, 'pixel']
        : [shift, 'value'];
  return `shifted: ${count} ${unit}${count === 1 ? '' : 's'} too`;
}
