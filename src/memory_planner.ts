/**
 * Tensor lifetimes -> offsets in one arena.
 *
 * Greedy by size, as TFLite and TFLite Micro plan: the largest tensor first, each at the lowest aligned offset where it
 * overlaps no tensor that is placed already and alive at the same time. With few long-lived tensors, as in every
 * network of layers, this comes within a few percent of the lower bound: the largest sum of the tensors alive at one node.
 *
 *   1. sort the requests by size, largest first (then by first use, so that the plan does not depend on the engine)
 *   2. for each: collect the placed requests that are alive together with it, by offset
 *   3. walk over them and take the first gap that is large enough, or the end
 */

/** Bytes that something needs from node `first` to node `last`, both included. */
export interface Request {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Plan {
  /** Offset of each request, in bytes; a multiple of ALIGNMENT. */
  readonly offsets: readonly number[];
  /** Size of the arena in bytes. */
  readonly size: number;
}

/** Enough for every element type and for 128-bit SIMD loads. */
export const ALIGNMENT = 16;

export function planMemory(requests: readonly Request[]): Plan {
  const offsets = new Array<number>(requests.length).fill(0);
  const order = requests
    .map((_, i) => i)
    .sort((a, b) => requests[b]!.bytes - requests[a]!.bytes || requests[a]!.first - requests[b]!.first || a - b);
  const placed: number[] = []; // sorted by offset
  let size = 0;
  for (const i of order) {
    const { bytes, first, last } = requests[i]!;
    if (bytes === 0) continue;
    let offset = 0;
    for (const other of placed) {
      const o = requests[other]!;
      if (o.last < first || last < o.first) continue;
      if (offsets[other]! - offset >= bytes) break;
      offset = Math.max(offset, align(offsets[other]! + o.bytes));
    }
    offsets[i] = offset;
    size = Math.max(size, align(offset + bytes));
    const at = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(at < 0 ? placed.length : at, 0, i);
  }
  return { offsets, size };
}

/** The bytes below which no plan can be: the most that is alive at one node. */
export function lowerBound(requests: readonly Request[]): number {
  const change = new Map<number, number>();
  for (const { bytes, first, last } of requests) {
    change.set(first, (change.get(first) ?? 0) + align(bytes));
    change.set(last + 1, (change.get(last + 1) ?? 0) - align(bytes));
  }
  let alive = 0;
  let most = 0;
  for (const node of [...change.keys()].sort((a, b) => a - b)) {
    alive += change.get(node)!;
    most = Math.max(most, alive);
  }
  return most;
}

/** The first two requests that share memory while both are alive, if any: the slow check that tests run. */
export function findOverlap(requests: readonly Request[], { offsets }: Plan): [number, number] | undefined {
  for (let i = 0; i < requests.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [requests[i]!, requests[j]!];
      const together = a.first <= b.last && b.first <= a.last;
      if (together && offsets[i]! < offsets[j]! + b.bytes && offsets[j]! < offsets[i]! + a.bytes) return [j, i];
    }
  }
  return undefined;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
