/** Optimized kernels beside the reference's, on random operators. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { KernelSet, Node, Optimize } from '../../kernels/kernel.ts';
import { sizeOf } from '../../kernels/tensor.ts';
import { Random } from '../fuzz/random.ts';
import { kernelSets, type OperatorCase, runOperator, type TensorLiteral } from './run_operator.ts';

/** Every implementation but the reference. */
export const optimizedSets = kernelSets.flatMap(({ name, set }) => (set ? [{ name, set }] : []));

/** What a set did with an operator: whether it took the node over, and which ways of requantization it chose. */
export interface Taken {
  readonly isTaken: boolean;
  readonly ways: readonly number[];
}

/** What the bytes beyond all tensors are filled with. */
const BEYOND = 0x5a;

/**
 * Runs the operator by both, expects the same values, and tells what the set did. The set's kernel runs twice: the second time it
 * meets what the first left in scratch memory, and would show it if its weights or its input had been written to.
 */
export function compareWithReference(test: OperatorCase, set: KernelSet): Taken {
  let taken: Node | undefined;
  let beyond = new Uint8Array();
  const twice = (optimize: Optimize): Optimize => {
    return (prepared, node) => {
      const bind = optimize(prepared, node);
      if (!bind) return undefined;
      taken = node;
      return (memory) => {
        const evaluate = bind(memory);
        return () => {
          evaluate();
          evaluate();
        };
      };
    };
  };
  const actual = runOperator(test, {
    name: set.name,
    kernels: Object.fromEntries(Object.entries(set.kernels).map(([op, optimize]) => [op, twice(optimize)])),
    createMemory(bytes) {
      const memory = set.createMemory(bytes);
      beyond = new Uint8Array(memory.buffer, bytes).fill(BEYOND);
      return memory;
    },
  });
  expect(actual).toEqual(runOperator(test));
  expect(beyond.every((byte) => byte === BEYOND)).toBe(true);
  return { isTaken: taken !== undefined, ways: taken ? waysOf(taken) : [] };
}

/** Where kernels/simd/requantization.ts has the ways, in words. */
const HEADER = 28;
const BLOCK = 48;
const WAY = 44;

function waysOf({ persistents }: Node): number[] {
  const blocks = persistents.filter(({ dtype, size }) => dtype === 'int32' && size % BLOCK === HEADER);
  return blocks.flatMap(({ data }) => Array.from(data.slice(HEADER), Number).filter((_, i) => i % BLOCK === WAY));
}

/**
 * Compares operators that `draw` makes of random numbers; fast-check's seed and the case's are in the report of a failure. Each of these
 * ways must have been seen.
 */
export function compareMany(
  set: KernelSet,
  runs: number,
  draw: (random: Random) => OperatorCase,
  expected: { taken?: boolean; ways?: readonly number[] },
) {
  const seen = new Set<number>();
  let taken = 0;
  const property = fc.property(fc.noShrink(fc.integer()), (seed) => {
    const { isTaken, ways } = compareWithReference(draw(new Random(seed)), set);
    taken += isTaken ? 1 : 0;
    for (const way of ways) seen.add(way);
  });
  fc.assert(property, { seed: 20261125, numRuns: runs });
  expect(taken).toBe(expected.taken === false ? 0 : runs);
  expect([...seen]).toEqual(expect.arrayContaining([...(expected.ways ?? [])]));
}

/** A whole number from `min` to `max`. */
export function between(random: Random, min: number, max: number): number {
  return min + random.below(max - min + 1);
}

const RANGES = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], int4: [-8, 7] } as const;
type Drawn = keyof typeof RANGES;

/** A tensor of random values: its type's ends more often than others, sometimes nothing else, or only zeros. */
export function drawTensor(random: Random, dtype: Drawn, shape: readonly number[]): TensorLiteral & { data: number[] } {
  const [min, max] = RANGES[dtype];
  const kind = random.below(8);
  const value = () =>
    kind < 3 ? [max, min, 0][kind]! : random.once(8) ? random.of([min, max, 0]) : between(random, min, max);
  return { dtype, shape, data: Array.from({ length: sizeOf(shape) }, value), scale: 1, zeroPoint: 0 };
}

/** The ends more often than others. */
export function drawZeroPoint(random: Random, dtype: Drawn): number {
  if (dtype === 'int16') return 0;
  const [min, max] = RANGES[dtype];
  return random.once(3) ? random.of([min, max]) : between(random, min, max);
}

export const constant = (literal: TensorLiteral): TensorLiteral => ({ ...literal, constant: true });
