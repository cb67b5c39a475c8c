/** Values of another implementation, from whatever it writes: .npz, .npy, .csv, C arrays, raw bytes, or a folder of them. */
import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { InputError } from '../../kernels/errors.ts';
import { type NpyArray, readNpy, readNpz } from '../io/npz.ts';
import { isFolder, readFile } from './files.ts';

/** Arrays by name: that of the archive's entry, of the C array, or of the file without its ending. */
export function readTheirs(path: string): Map<string, NpyArray> {
  if (!isFolder(path)) return readOne(path);
  const files = readdirSync(path).sort(inNumbers);
  const arrays = new Map(files.flatMap((file) => [...readOne(join(path, file))]));
  if (arrays.size === 0) throw new InputError(`${path} holds no values: .npy, .npz, .csv, .h, .c or .bin files`);
  return arrays;
}

/** node_2 before node_10. */
const inNumbers = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

function readOne(path: string): Map<string, NpyArray> {
  const ending = extname(path).toLowerCase();
  const name = basename(path, extname(path));
  const bytes = readFile(path);
  switch (ending) {
    case '.npz':
      return new Map(readNpz(bytes, path));
    case '.npy':
      return new Map([[name, readNpy(bytes, path)]]);
    case '.csv':
    case '.txt':
      return new Map([[name, numbers(new TextDecoder().decode(bytes), path)]]);
    case '.h':
    case '.c':
    case '.cc':
    case '.cpp':
      return readC(new TextDecoder().decode(bytes), path);
    default:
      return new Map([[name, { dtype: 'uint8', shape: [bytes.length], data: Uint8Array.from(bytes) }]]);
  }
}

/** Numbers with commas, blanks or ends of lines between them. */
function numbers(text: string, path: string): NpyArray {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  const data = Float64Array.from(words, (word) => {
    const value = Number(word.replace(/(?<=[\d.])(?:[uU]?[lL]{0,2}|[fF])$/, ''));
    if (Number.isNaN(value) && !/^nan$/i.test(word)) throw new InputError(`${path}: ${word.slice(0, 40)} is no number`);
    return value;
  });
  return { dtype: 'float64', shape: [data.length], data };
}

/** Every array that is initialized: `const int8_t conv[] = { 1, -2, 0x7f };`. */
function readC(text: string, path: string): Map<string, NpyArray> {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ');
  const arrays = new Map<string, NpyArray>();
  for (const [, name, values] of code.matchAll(/(\w+)\s*(?:\[[^\]]*\]\s*)+=\s*\{((?:[^{};]|\{[^{};]*\})*)\}/g)) {
    arrays.set(name!, numbers(values!.replace(/[{}]|\([a-z_0-9]+\)/g, ' '), `${path}, ${name}`));
  }
  if (arrays.size === 0) throw new InputError(`${path} has no array with values`);
  return arrays;
}
