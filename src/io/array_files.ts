/** Arrays in a file of any kind that people have them in, told by its content and its name's ending. */
import { InputError } from '../../kernels/errors.ts';
import { looksLikeC, readCArrays } from './c_arrays.ts';
import { readJson } from './json_arrays.ts';
import type { GivenArray } from './npy_array.ts';
import { readNpy, readNpz } from './npz.ts';
import { readText, utf8 } from './text_arrays.ts';

/** What a file begins with that holds no arrays. */
const OTHERS: readonly [start: readonly number[], what: string][] = [
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], 'a PNG picture'],
  [[0xff, 0xd8, 0xff, 0xe0], 'a JPEG picture'],
  [[0x25, 0x50, 0x44, 0x46, 0x2d], 'a PDF file'],
  [[0x7f, 0x45, 0x4c, 0x46], 'an ELF file'],
  [[0x1f, 0x8b, 0x08], 'a gzip archive: unpack it first'],
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file: save its arrays as .npz'],
];

const TEXTS = ['csv', 'tsv', 'txt', 'log', 'hex', 'dump', 'out'];
const C = ['h', 'hpp', 'hh', 'c', 'cc', 'cpp', 'cxx', 'ino', 'inc'];
const RAW = ['bin', 'raw', 'dat'];

/**
 * Arrays by name: those of the archive, of the C source, of the labels in a text; of a file with one, the file's own without
 * its ending. Bytes of a raw file are one array of uint8.
 *
 * @param file as messages name it
 * @throws InputError that says file and line
 */
export function readArrays(bytes: Uint8Array, file: string): Map<string, GivenArray> {
  const [, base = file, ending = ''] = /([^/\\]*?)(?:\.([^./\\]*))?$/.exec(file) ?? [];
  const kind = ending.toLowerCase();
  if (bytes.length === 0) throw new InputError(`${file} is empty`);
  const isModel = new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'TFL3';
  const other = OTHERS.find(([start]) => start.every((byte, i) => bytes[i] === byte))?.[1];
  const what = isModel ? 'a .tflite model' : other;
  if (what !== undefined) throw new InputError(`${file} is no file of values: it is ${what}`);
  if (kind === 'npz' || startsWith(bytes, 'PK\x03\x04')) return readNpz(bytes, file);
  if (kind === 'npy' || startsWith(bytes, '\x93NUMPY')) return new Map([[base, readNpy(bytes, file)]]);
  if (RAW.includes(kind)) return raw(bytes, base);
  if (C.includes(kind)) return readCArrays(bytes, file);
  if (kind === 'json') return readJson(bytes, file, base);
  const start = new TextDecoder().decode(utf8(bytes.subarray(0, 65536)));
  if (!TEXTS.includes(kind) && !isText(start)) return raw(bytes, base);
  if (/^\s*\{\s*"/.test(start)) return readJson(bytes, file, base);
  return looksLikeC(start) ? readCArrays(bytes, file) : readText(bytes, file, base, kind === 'hex');
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

function raw(bytes: Uint8Array, name: string): Map<string, GivenArray> {
  const array = { dtype: 'uint8', shape: [bytes.length], data: Uint8Array.from(bytes), isMemory: true };
  return new Map([[name, array]]);
}

/** No control characters but blanks and ends of lines, and nothing that is no character. */
function isText(start: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  return !/[\x00-\x08\x0e-\x1f\x7f\ufffd]/.test(start.slice(0, -1));
}
