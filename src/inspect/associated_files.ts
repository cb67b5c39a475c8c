/** The files that are packed behind a model: labels, mostly. */
import { unzipSync } from 'fflate';

/** A file packed behind the model. */
export interface AssociatedFile {
  readonly name: string;
  /** Bytes that it takes in the model file. */
  readonly bytes: number;
  /** The lines of a text file: labels, mostly. */
  readonly lines?: readonly string[];
}

const MAX_FILE = 1_000_000;

/** The zip archive that the metadata tools append to a model. */
export function readAssociatedFiles(bytes: Uint8Array): AssociatedFile[] {
  const sizes = new Map<string, number>();
  try {
    const texts = unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        sizes.set(name, size);
        return name.endsWith('.txt') && originalSize <= MAX_FILE;
      },
    });
    return [...sizes].map(([name, size]) => {
      const text = Object.hasOwn(texts, name) && new TextDecoder().decode(texts[name]);
      return { name, bytes: size, ...(text !== false && { lines: text.trimEnd().split(/\r?\n/) }) };
    });
  } catch {
    return []; // There is no archive, or a damaged one: either way nothing to show.
  }
}
