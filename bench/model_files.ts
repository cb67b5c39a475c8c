/** Which models are measured. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Those in models/. */
export function ownModels(): string[] {
  const folder = fileURLToPath(new URL('../../models/', import.meta.url));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name, 'model.tflite'));
}

/** The folder's name where the file is a mere model.tflite. */
export function modelName(path: string): string {
  return basename(path) === 'model.tflite' ? basename(dirname(path)) : basename(path);
}
