import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALIGNMENT,
  findOverlap,
  lowerBound,
  ORDERS,
  type Order,
  planInOrder,
  planMemory,
  type Request,
} from '../../../src/runtime/memory_planner.ts';

const request = (bytes: number, first: number, last: number): Request => ({ bytes, first, last });

/** Lifetimes as they come: any size from 0, any first and last use. */
const anyRequests = fc.array(
  fc
    .tuple(fc.nat(300), fc.integer({ min: -1, max: 30 }), fc.nat(12))
    .map(([bytes, first, length]) => request(bytes, first, first + length)),
  { maxLength: 60 },
);

describe('by hand, largest first', () => {
  test.each<{ what: string; requests: Request[]; offsets: number[]; size: number }>([
    { what: 'nothing', requests: [], offsets: [], size: 0 },
    { what: 'one, its end aligned', requests: [request(5, 0, 0)], offsets: [0], size: 16 },
    { what: 'no bytes', requests: [request(0, 0, 9)], offsets: [0], size: 0 },
    { what: 'one after the other', requests: [request(16, 0, 1), request(16, 2, 3)], offsets: [0, 0], size: 16 },
    { what: 'both at node 1', requests: [request(16, 0, 1), request(16, 1, 2)], offsets: [0, 16], size: 32 },
    {
      what: 'the largest lies lowest, whatever the order',
      requests: [request(16, 0, 2), request(48, 1, 3), request(32, 3, 4)],
      offsets: [48, 0, 48],
      size: 80,
    },
    {
      what: 'the picture in the header: the last finds its place above three others',
      requests: [request(48, 0, 3), request(32, 0, 1), request(32, 2, 3), request(16, 1, 2)],
      offsets: [0, 48, 48, 80],
      size: 96,
    },
    {
      what: 'a gap that is just large enough',
      requests: [request(64, 0, 0), request(48, 1, 1), request(32, 0, 1), request(16, 1, 1)],
      offsets: [0, 0, 64, 48],
      size: 96,
    },
    {
      what: 'a gap that is one byte too small',
      requests: [request(64, 0, 0), request(47, 1, 1), request(32, 0, 1), request(17, 1, 1)],
      offsets: [0, 0, 64, 96],
      size: 128,
    },
  ])('$what', ({ requests, offsets, size }) => {
    const found = planInOrder(requests, ORDERS[0]!);
    expect([...found.offsets]).toEqual(offsets);
    expect(found.size).toBe(size);
  });
});

describe('for any lifetimes', () => {
  const forAny = (check: (requests: Request[]) => void) => {
    const property = fc.property(anyRequests, (requests) => {
      check(requests);
    });
    fc.assert(property, { numRuns: 500 });
  };

  test('no two that are alive together share memory', () => {
    forAny((requests) => expect(findOverlap(requests, planMemory(requests))).toBeUndefined());
  });

  test('offsets are aligned, ends are inside, and the size is what is used', () => {
    forAny((requests) => {
      const { offsets, size } = planMemory(requests);
      const ends = requests.map(({ bytes }, i) => (bytes === 0 ? 0 : offsets[i]! + bytes));
      for (const offset of offsets) expect(offset % ALIGNMENT).toBe(0);
      expect(size).toBe(Math.ceil(Math.max(0, ...ends) / ALIGNMENT) * ALIGNMENT);
      expect(size).toBeGreaterThanOrEqual(lowerBound(requests));
    });
  });

  test('the same lifetimes give the same plan', () => {
    forAny((requests) => expect(planMemory(requests.map((r) => ({ ...r })))).toEqual(planMemory(requests)));
  });

  test.each(ORDERS)(
    'in this order, it is the plan of the plain algorithm, which looks at all that is placed: %s',
    (order) => {
      forAny((requests) => expect([...planInOrder(requests, order).offsets]).toEqual(plainOffsets(requests, order)));
    },
  );

  test('it is the smallest in any order, the first of them', () => {
    forAny((requests) => {
      const plans = ORDERS.map((order) => planInOrder(requests, order));
      const smallest = Math.min(...plans.map(({ size }) => size));
      expect(planMemory(requests)).toEqual(plans.find(({ size }) => size === smallest));
    });
  });
});

/** The algorithm of the header in quadratic time. */
function plainOffsets(requests: readonly Request[], rank: Order): number[] {
  const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  const offsets = requests.map(() => 0);
  const order = requests.map((_, i) => i);
  const keys = requests.map(rank);
  order.sort((a, b) => keys[b]![0] - keys[a]![0] || keys[b]![1] - keys[a]![1] || a - b);
  order.forEach((i, n) => {
    const { bytes, first, last } = requests[i]!;
    if (bytes === 0) return;
    const together = order.slice(0, n).filter((o) => requests[o]!.first <= last && first <= requests[o]!.last);
    const ends = together.map((o) => align(offsets[o]! + requests[o]!.bytes));
    const fits = (at: number) =>
      together.every((o) => at + bytes <= offsets[o]! || at >= offsets[o]! + requests[o]!.bytes);
    offsets[i] = [0, ...ends].sort((a, b) => a - b).find(fits)!;
  });
  return offsets;
}

/** Layers one after the other that keep or halve what they get, as networks do; some with a shortcut around two. */
const layeredNet = fc
  .array(fc.tuple(fc.constantFrom(1, 1, 2), fc.boolean()), { minLength: 1, maxLength: 60 })
  .map((layers) => {
    let bytes = 2 ** 20;
    return layers.map(([divisor, isShortcut], i) => {
      bytes = Math.max(16, bytes / divisor);
      return request(bytes, i, i + (isShortcut ? 3 : 1));
    });
  });

test('layered nets take at most a tenth more than the lower bound', () => {
  const property = fc.property(layeredNet, (requests) => {
    expect(planMemory(requests).size).toBeLessThanOrEqual(1.1 * lowerBound(requests));
  });
  fc.assert(property, { numRuns: 500 });
});

test('findOverlap finds one', () => {
  const requests = [request(16, 0, 1), request(16, 1, 2), request(16, 2, 3)];
  expect(findOverlap(requests, { offsets: Float64Array.of(0, 15, 0), size: 31 })).toEqual([0, 1]);
  expect(findOverlap(requests, { offsets: Float64Array.of(0, 16, 16), size: 32 })).toEqual([1, 2]);
  expect(findOverlap(requests, { offsets: Float64Array.of(0, 16, 0), size: 32 })).toBeUndefined();
});

test('lowerBound is the most that is alive at one node', () => {
  expect(lowerBound([request(16, 0, 1), request(20, 1, 2), request(1, 5, 5)])).toBe(48);
});

describe('100,000 requests are planned at once', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => i);
  const size = (i: number) => 1 + ((i * 7919) % 65_536);
  test.each<{ what: string; requests: Request[]; bound: number }>([
    { what: 'a chain', requests: many.map((i) => request(size(i), i, i + 1)), bound: 1.5 },
    { what: 'all alive at once', requests: many.map((i) => request(size(i), 0, 9)), bound: 1 },
    { what: 'all alive to the end', requests: many.map((i) => request(size(i), i, 100_000)), bound: 1 },
  ])('$what', ({ requests, bound }) => {
    const { size } = planMemory(requests); // in quadratic time it would outlast the test
    expect(size).toBeLessThanOrEqual(bound * lowerBound(requests));
  });
});
