/** NumPy's array files: .npy, one array, and .npz, a zip of them by name. */
import { unzipSync, zipSync } from 'fflate';
import { InputError } from '../../kernels/errors.ts';
import type { NpyArray, NpyData } from './npy_array.ts';

export type { NpyArray, NpyData } from './npy_array.ts';

interface NpyDataConstructor {
  new (buffer: ArrayBuffer): NpyData;
  readonly BYTES_PER_ELEMENT: number;
}

/** By NumPy's type descriptor, without the byte order. */
const TYPES: { readonly [descr: string]: { dtype: string; array: NpyDataConstructor } } = {
  i1: { dtype: 'int8', array: Int8Array },
  u1: { dtype: 'uint8', array: Uint8Array },
  b1: { dtype: 'bool', array: Uint8Array },
  i2: { dtype: 'int16', array: Int16Array },
  u2: { dtype: 'uint16', array: Uint16Array },
  i4: { dtype: 'int32', array: Int32Array },
  u4: { dtype: 'uint32', array: Uint32Array },
  i8: { dtype: 'int64', array: BigInt64Array },
  u8: { dtype: 'uint64', array: BigUint64Array },
  f4: { dtype: 'float32', array: Float32Array },
  f8: { dtype: 'float64', array: Float64Array },
};

const MAGIC = '\x93NUMPY';

/** Longer headers are not read: NumPy's own have 118 bytes, and some hundred where there are many dimensions. */
const MAX_HEADER = 10_000;

/** Reads a .npy file; throws an InputError that begins with `name` if it is not one. */
export function readNpy(file: Uint8Array, name: string): NpyArray {
  // A plain Uint8Array: slices of Node's Buffer would not copy.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 6) !== MAGIC) throw new InputError(`${name} is no .npy file: it does not begin with \\x93NUMPY`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  if (bytes.length < start) throw new InputError(`${name} is cut in its header`);
  const end = start + (start === 10 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw new InputError(`${name} is cut in its header`);
  const header = text(start, Math.min(end, start + MAX_HEADER));
  const [, order, descr] = /['"]descr['"]\s*:\s*['"]([<>|=]?)(\w+)['"]/.exec(header) ?? [];
  const shapeText = /['"]shape['"]\s*:\s*\(([\d, ]*)\)/.exec(header)?.[1];
  const type = descr !== undefined && Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (!type || shapeText === undefined || order === '>') {
    const types = Object.values(TYPES).map(({ dtype }) => dtype);
    const excerpt = header.trim().slice(0, 200);
    throw new InputError(`${name} is no little-endian array of ${types.join(', ')}: its header is ${excerpt}`);
  }
  const shape = shapeText
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1) * type.array.BYTES_PER_ELEMENT;
  if (bytes.length - end !== size)
    throw new InputError(`${name} has ${bytes.length - end} bytes of values; ${type.dtype} [${shape}] takes ${size}`);
  const data = new type.array(bytes.slice(end).buffer);
  const fortran = /['"]fortran_order['"]\s*:\s*True/.test(header) && shape.length > 1;
  return { dtype: type.dtype, shape, data: fortran ? toRowMajor(data, shape) : data };
}

/** From column-major order, NumPy's fortran_order. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (let d = shape.length - 1; d >= 0; d--) from = from * shape[d]! + index[d]!;
    result[i] = data[from]!;
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
  return result;
}

/** Writes a .npy file, format version 1.0. */
export function writeNpy({ dtype, shape, data }: NpyArray): Uint8Array {
  const descr = Object.keys(TYPES).find((key) => TYPES[key]!.dtype === dtype);
  if (descr === undefined) throw new InputError(`${dtype} arrays cannot be written as .npy`);
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${order}${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const padding = ' '.repeat(63 - ((10 + header.length) % 64)); // the data starts at a multiple of 64
  const length = header.length + padding.length + 1;
  const prefix = `${MAGIC}\x01\x00${String.fromCharCode(length & 0xff, length >> 8)}${header}${padding}\n`;
  const bytes = new Uint8Array(prefix.length + data.byteLength);
  for (let i = 0; i < prefix.length; i++) bytes[i] = prefix.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefix.length);
  return bytes;
}

/** Reads a .npz file; throws an InputError that begins with `name` if it is not one. */
export function readNpz(bytes: Uint8Array, name: string): Map<string, NpyArray> {
  let files: { [file: string]: Uint8Array };
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new InputError(`${name} is no .npz file: ${(cause as Error).message}`, {}, { cause });
  }
  return new Map(
    Object.entries(files).map(([file, content]) => [file.replace(/\.npy$/, ''), readNpy(content, `${name}: ${file}`)]),
  );
}

/** Writes a .npz file, compressed. */
export function writeNpz(arrays: ReadonlyMap<string, NpyArray>): Uint8Array {
  return zipSync(Object.fromEntries([...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)])));
}
