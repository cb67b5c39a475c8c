/** What the commands read from and write to disk. */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, RequantError } from '../../kernels/errors.ts';
import { modelBytes } from '../io/model_file.ts';

export function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InputError(`cannot read ${path}: ${(cause as Error).message}`, {}, { cause });
  }
}

/** A .tflite file, or the one that a C source holds as an array. */
export function readModel(path: string): Uint8Array {
  return modelBytes(readFile(path), path);
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

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Names the file in the requant errors of what is done with it. */
export function about<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RequantError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** Every .tflite file in a folder and the folders in it, in the order of their names. */
export function findModels(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.tflite'))
      .map((path) => join(folder, path))
      .sort();
  } catch (cause) {
    throw new InputError(`cannot read ${folder}: ${(cause as Error).message}`, {}, { cause });
  }
}

/** A file or folder of requant's own package. */
export function ownPath(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, name);
}
