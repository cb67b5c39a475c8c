import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Node } from '../../kernels/kernel.ts';
import { forEachRow, prepareBroadcast } from '../../kernels/shared/broadcast.ts';
import { Tensor } from '../../kernels/tensor.ts';

const parts = {
  op: 'ADD',
  isCustom: false,
  index: 0,
  version: 1,
  options: {},
  inputs: [],
  outputs: [],
  intermediates: [],
};
const node = new Node(parts, { profile: 'tflite', limits: { tensorBytes: 0, macs: 0, iterations: 0 } });
const broadcast = (...shapes: number[][]) =>
  prepareBroadcast(node, ...shapes.map((shape, i) => new Tensor(i, '', 'int8', shape)));

/** By element of the output, the element of each operand that goes with it. */
function walk(...shapes: number[][]): number[][] {
  const b = broadcast(...shapes);
  const walked: number[][] = [];
  const run = forEachRow(b, (to, from) => {
    for (let i = 0; i < b.count; i++) walked[to + i] = b.steps.map((step, operand) => from[operand] + step * i);
  });
  run();
  walked.length = 0; // the second run must start anew
  run();
  return walked;
}

/** The same from the definition. */
function definition(...shapes: number[][]): number[][] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const padded = shapes.map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  let walked: number[][] = [shapes.map(() => 0)];
  for (let d = 0; d < rank; d++) {
    const dims = padded.map((shape) => shape[d]!);
    const size = dims.find((dim) => dim !== 1) ?? 1;
    walked = walked.flatMap((from) =>
      Array.from({ length: size }, (_, i) => from.map((at, o) => at * dims[o]! + (dims[o] === 1 ? 0 : i))),
    );
  }
  return walked;
}

describe('broadcasting', () => {
  test.each([
    { what: 'equal shapes: one row', shapes: [[2, 3], [2, 3]], rows: 1, count: 6, steps: [1, 1] }, // biome-ignore format: a table
    { what: 'a scalar: one row', shapes: [[2, 3], []], rows: 1, count: 6, steps: [1, 0] }, // biome-ignore format: a table
    { what: 'two scalars', shapes: [[], [1, 1]], rows: 1, count: 1, steps: [0, 0] }, // biome-ignore format: a table
    { what: 'a vector', shapes: [[4], [2, 3, 4]], rows: 6, count: 4, steps: [1, 1] }, // biome-ignore format: a table
    { what: 'the last dimension', shapes: [[2, 3, 4], [2, 3, 1]], rows: 6, count: 4, steps: [1, 0] }, // biome-ignore format: a table
    { what: 'ones in between', shapes: [[2, 1, 3], [2, 1, 3]], rows: 1, count: 6, steps: [1, 1] }, // biome-ignore format: a table
    { what: 'both are repeated', shapes: [[2, 1], [1, 3]], rows: 2, count: 3, steps: [0, 1] }, // biome-ignore format: a table
    { what: 'nothing at all', shapes: [[0, 3], [1, 3]], rows: 0, count: 3, steps: [1, 1] }, // biome-ignore format: a table
  ])('$what', ({ shapes, rows, count, steps }) => {
    expect(broadcast(...shapes)).toMatchObject({ rows, count, steps });
    expect(walk(...shapes)).toEqual(definition(...shapes));
  });

  test('any two or three shapes walk as the definition says', () => {
    const dims = fc.array(fc.constantFrom(1, 2, 3, 4), { maxLength: 5 });
    const cut = fc.tuple(fc.nat(5), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }));
    fc.assert(
      fc.property(dims, fc.array(cut, { minLength: 2, maxLength: 3 }), (shape, cuts) => {
        const shapes = cuts.map(([from, ones]) => shape.map((dim, d) => (ones[d] ? 1 : dim)).slice(from));
        expect(walk(...shapes)).toEqual(definition(...shapes));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [[2, 3], [2, 4]], // biome-ignore format: a table
    [[0], [2]], // biome-ignore format: a table
    [[2, 3], [3, 2]], // biome-ignore format: a table
  ])('[%s] and [%s] are refused', (a, b) => {
    expect(() => broadcast(a, b)).toThrow(/do not broadcast/);
  });
});
