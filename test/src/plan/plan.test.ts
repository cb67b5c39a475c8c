import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { render } from '../../../src/report/document.ts';
import { planBlocks } from '../../../src/report/plan.ts';
import { MICRO_METHODS } from '../../../src/targets/micro_operators.ts';
import { smallModel } from '../small_models.ts';

const MODELS = new URL('../../../models/', import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}/model.tflite`, MODELS));

const names = readdirSync(MODELS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));

describe.each(names)('%s', (name) => {
  const { arena, file, resolver } = plan(read(name));

  test('no two tensors that are alive together overlap, and all lie in the arena', () => {
    for (const a of arena.tensors) {
      expect(a.offset + a.bytes).toBeLessThanOrEqual(arena.bytes);
      for (const b of arena.tensors) {
        const together = a !== b && a.first <= b.last && b.first <= a.last;
        if (together && a.bytes > 0 && b.bytes > 0) {
          expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
        }
      }
    }
  });

  test('the peak is the largest sum of what is alive', () => {
    const sums = arena.alive.map((_, node) =>
      arena.tensors.reduce((sum, { first, last, bytes }) => sum + (first <= node && node <= last ? bytes : 0), 0),
    );
    expect(arena.alive).toEqual(sums);
    expect(arena.peak?.bytes).toBe(Math.max(...sums));
    expect(arena.lowerBound).toBe(Math.max(...sums));
    expect(arena.bytes).toBeLessThan(1.1 * arena.lowerBound + 16 * arena.tensors.length);
  });

  test('the file, and operators to register', () => {
    expect(file.sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(file.bytes);
    expect(resolver.missing).toEqual([]);
    expect(resolver.lines[0]).toBe(`tflite::MicroMutableOpResolver<${resolver.lines.length - 1}> resolver;`);
  });
});

test('operators that TensorFlow Lite Micro does not have', () => {
  const tensor = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint: 0 } as const;
  const nodes = [{ op: 'GELU', inputs: [0], outputs: [1], options: ['GeluOptions', {}] as const }];
  const { resolver } = plan(smallModel({ tensors: [tensor, tensor], nodes, inputs: [0], outputs: [1] }));
  expect(resolver.missing).toEqual(['GELU']);
  expect(resolver.lines).toEqual([
    'tflite::MicroMutableOpResolver<1> resolver;',
    '// GELU: TensorFlow Lite Micro has none',
  ]);
});

test('a graph without nodes', () => {
  const tensor = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint: 0 } as const;
  const planned = plan(smallModel({ tensors: [tensor], nodes: [], inputs: [0], outputs: [0] }));
  expect(planned.arena).toMatchObject({ bytes: 0, peak: null, tensors: [] });
  expect(render(planBlocks('empty.tflite', planned), 'text')).toContain('no plan takes less than 0');
});

test('methods are of operators that the schema has, each once', () => {
  const methods = Object.values(MICRO_METHODS);
  expect(new Set(methods).size).toBe(methods.length);
});
