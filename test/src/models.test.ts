/** Whole models, every output and every intermediate tensor, against TFLite's recorded answers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readGolden } from '../../src/cli/golden_file.ts';
import { verifyModel } from '../../src/inspect/verify.ts';
import { Interpreter } from '../../src/interpreter.ts';

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

  test('a wrong answer is found', () => {
    const output = golden.arrays.get('output_0')!;
    const data = output.data.slice();
    data[data.length - 1] = Number(data[data.length - 1]) === 5 ? 6 : 5;
    const wrong = { ...golden, arrays: new Map(golden.arrays).set('output_0', { ...output, data }) };
    expect(verifyModel(bytes, wrong).different).toBe(1);
  });
});
