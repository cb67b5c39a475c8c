/** The operators that are timed: every kernel set that has a kernel for one has the same result. */
import { describe, expect, test } from 'vitest';
import { kernelCase, kernelCases } from '../../bench/kernel_cases.ts';
import { kernelSets } from '../kernels/run_operator.ts';

describe('kernel cases', () => {
  test.each(kernelCases.map((it) => [it.name, it] as const))('%s', (_, it) => {
    const bound = kernelSets.flatMap(({ name, set }) => kernelCase(it, name, set) ?? []);
    expect(bound[0]?.kernels).toBe('reference');
    const checksums = bound.map((measured) => {
      const before = measured.checksum();
      measured.run();
      expect(measured.checksum()).not.toBe(before);
      return measured.checksum();
    });
    expect(new Set(checksums).size).toBe(1);
  });

  test('have names of their own', () => {
    expect(new Set(kernelCases.map(({ name }) => name)).size).toBe(kernelCases.length);
  });

  test('are computed by simd too, where it has a kernel of the operator', () => {
    const simd = kernelSets.find(({ name }) => name === 'simd')!.set!;
    const taken = new Set(kernelCases.filter((it) => kernelCase(it, 'simd', simd)).map(({ op }) => op));
    const timed = new Set(kernelCases.map(({ op }) => op));
    expect([...timed].filter((op) => op in simd.kernels)).toEqual([...taken]);
    expect(taken.size).toBeGreaterThan(10);
  });
});
