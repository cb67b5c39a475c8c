/** A candidate's values, from a file of any kind or a folder of files. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../kernels/errors.ts';
import { readArrays } from '../io/array_files.ts';
import type { GivenArray } from '../io/npy_array.ts';
import { isFolder, readFile } from './files.ts';

/** Arrays by name: that of the archive's entry, of the C array, of the label, or of the file without its ending. */
export function readTheirs(path: string): Map<string, GivenArray> {
  if (!isFolder(path)) return readArrays(readFile(path), path);
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort(inNumbers);
  const arrays = new Map(files.flatMap((file) => [...readOne(path, file)]));
  if ([...arrays.values()].every(({ unreadable }) => unreadable !== undefined)) {
    const reasons = [...arrays.values()].map(({ unreadable }) => `\n  ${unreadable}`);
    throw new InputError(
      `${path} holds no values: .npy, .npz, .csv, .txt, .log, .json, .h, .c or .bin files${reasons.join('')}`,
    );
  }
  return arrays;
}

/** node_2 before node_10. */
const inNumbers = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/** Beside others, a file that cannot be read is one that is not compared. */
function readOne(folder: string, file: string): Map<string, GivenArray> {
  const path = join(folder, file);
  try {
    return readArrays(readFile(path), path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return new Map([[file, { dtype: 'none', shape: [0], data: new Float64Array(0), unreadable: error.message }]]);
  }
}
