/**
 * Lifetimes -> offsets, exactly as TensorFlow Lite Micro's GreedyMemoryPlanner: buffers that have their offset from the file
 * first, then the largest first, and of equal ones the one that was added last; each at the lowest offset in front of, between
 * or behind the buffers that are alive at the same time.
 *
 * Source: tensorflow/lite/micro/memory_planner/greedy_memory_planner.cc. `planMemory` plans the same buffers with other orders too.
 */
import { type Plan, planMemory, type Request } from '../../runtime/memory_planner.ts';

export interface MicroRequest extends Request {
  /** Where the file says that it lies (metadata OfflineMemoryAllocation). */
  readonly offline?: number | undefined;
}

/** TFLM's planner takes quadratic time; of more buffers than any real model has, planMemory's plan will do. */
const MAX_BUFFERS = 2 ** 13;

/** @param requests their bytes are multiples of 16, as micro_allocator.cc makes them */
export function planGreedily(requests: readonly MicroRequest[]): Plan {
  if (requests.length > MAX_BUFFERS) return planMemory(requests);
  const indices = requests.map((_, i) => i);
  const online = indices.filter((i) => requests[i]!.offline === undefined).reverse();
  online.sort((a, b) => requests[b]!.bytes - requests[a]!.bytes); // stable
  const order = [...indices.filter((i) => requests[i]!.offline !== undefined), ...online];
  const offsets = new Float64Array(requests.length);
  const placed: number[] = []; // by offset
  let size = 0;
  for (const i of order) {
    const { bytes, offline } = requests[i]!;
    const offset = offline ?? firstGap(requests, placed, offsets, i);
    offsets[i] = offset;
    size = Math.max(size, offset + bytes);
    const behind = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(behind < 0 ? placed.length : behind, 0, i);
  }
  return { offsets, size };
}

function firstGap(requests: readonly MicroRequest[], placed: readonly number[], offsets: Float64Array, i: number) {
  const { bytes, first, last } = requests[i]!;
  let offset = 0;
  for (const other of placed) {
    const { bytes: size, first: begin, last: end } = requests[other]!;
    if (begin > last || first > end) continue;
    if (offsets[other]! - offset >= bytes) break;
    offset = Math.max(offset, offsets[other]! + size);
  }
  return offset;
}
