/** Whole models, every output and every intermediate tensor, against TFLite's recorded answers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readGolden } from '../../src/cli/golden_file.ts';
import { Interpreter } from '../../src/runtime/interpreter.ts';
import type { OutputTensor, TensorData } from '../../src/runtime/tensor_info.ts';
import { verifyModel } from '../../src/verify/verify.ts';

const folder = fileURLToPath(new URL('../../models/', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(names)('%s', (name) => {
  const path = join(folder, name, 'model.tflite');
  const bytes = readFileSync(path);
  const golden = readGolden(join(folder, name, 'golden.npz'));

  test('answers as TFLite, in every tensor', () => {
    const { runs, different, firstTensor } = verifyModel(bytes, golden);
    expect({ different, firstTensor }).toEqual({ different: 0, firstTensor: null });
    expect(runs).toBe(golden.arrays.get('input_0')!.shape[0]);
    expect(golden.checksums.size).toBe(new Interpreter(bytes).nodes.flatMap((node) => node.outputs).length);
  });

  // TFLite answers a batch as it answers each of its parts.
  const hasBatch = new Interpreter(bytes).inputs.every(({ shapeSignature }) => shapeSignature[0] === -1);
  test.each(hasBatch ? (['reference', 'simd'] as const) : [])('batches of all sizes, there and back: %s', (kernels) => {
    const interpreter = new Interpreter(bytes, { kernels });
    const input = golden.arrays.get('input_0')!;
    const output = golden.arrays.get('output_0')!;
    const [size, outputSize] = [interpreter.inputs[0]!.size, interpreter.outputs[0]!.size];
    const [runs] = input.shape as [number];
    const batches = [[0, runs], [1, 1], [0, 0], [1, 2], [0, 1]] as const; // biome-ignore format: one line
    for (const [first, batch] of batches) {
      interpreter.resizeInput(0, [batch, ...input.shape.slice(2)]);
      const data = input.data.slice(first * size, (first + batch) * size) as TensorData;
      const [answer] = interpreter.invoke(data) as [OutputTensor];
      expect(answer.shape).toEqual([batch, ...output.shape.slice(2)]);
      expect(answer.data).toEqual(output.data.slice(first * outputSize, (first + batch) * outputSize));
    }
  });

  test('a wrong answer is found', () => {
    const output = golden.arrays.get('output_0')!;
    const data = output.data.slice();
    data[data.length - 1] = Number(data[data.length - 1]) === 5 ? 6 : 5;
    const wrong = { ...golden, arrays: new Map(golden.arrays).set('output_0', { ...output, data }) };
    expect(verifyModel(bytes, wrong).different).toBe(1);
  });
});
