/** What the commands read from and write to disk. */
import { readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../kernels/errors.ts';

export function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InputError(`cannot read ${path}: ${(cause as Error).message}`, {}, { cause });
  }
}

/** Writes beside the file and renames, so that nobody ever sees half of it. */
export function writeFile(path: string, content: Uint8Array | string): void {
  const partial = `${path}.${process.pid}.part`;
  try {
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (cause) {
    try {
      unlinkSync(partial);
    } catch {
      // It was never made.
    }
    throw new InputError(`cannot write ${path}: ${(cause as Error).message}`, {}, { cause });
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Every .tflite file in a folder and the folders in it, in the order of their names. */
export function findModels(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tflite'))
    .map((path) => join(folder, path))
    .sort();
}

/** The golden file beside a model: X.npz beside X.tflite, golden.npz beside model.tflite. */
export function findGolden(model: string): string | undefined {
  const own = model.replace(/\.tflite$/, '.npz');
  if (exists(own)) return own;
  const shared = join(dirname(model), 'golden.npz');
  return basename(model) === 'model.tflite' && exists(shared) ? shared : undefined;
}
