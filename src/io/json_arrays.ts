/** Arrays in JSON: what `requant dump` and `requant run --json` write, and lists by name, nested or not. */
import { InputError } from '../../kernels/errors.ts';
import type { GivenArray, NpyData } from './npy_array.ts';
import { utf8 } from './text_arrays.ts';

/** @param name of the array where the file is one list */
export function readJson(bytes: Uint8Array, file: string, name: string): Map<string, GivenArray> {
  const arrays = new Map<string, GivenArray>();
  collect(parse(new TextDecoder().decode(utf8(bytes)), file), name, arrays, file);
  return arrays;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const line = position === undefined ? '' : `, line ${text.slice(0, Number(position)).split('\n').length}`;
    throw new InputError(`${file}${line} is no JSON: ${message}`, {}, { cause });
  }
}

function collect(value: unknown, key: string, arrays: Map<string, GivenArray>, file: string): void {
  if (isList(value)) {
    const array = arrayOf(value, `${file}, ${key}`);
    if (array) arrays.set(arrays.has(key) ? `${key}, again` : key, array);
    else for (const [i, item] of value.entries()) collect(item, `${key}[${i}]`, arrays, file);
  } else if (isObject(value)) {
    const values = value.values ?? value.data;
    if (isList(values)) arrays.set(tensorKey(value, key), tensorOf({ ...value, values }, `${file}, ${key}`));
    else if (value.dtype === undefined && value.shape === undefined)
      // else a tensor without values
      for (const [name, item] of Object.entries(value)) collect(item, name, arrays, file);
  }
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !isList(value);

/** As requant's own files name a tensor, by index and name. */
function tensorKey({ index, name }: { readonly [key: string]: unknown }, key: string): string {
  return typeof index === 'number' ? `tensor_${index}` : typeof name === 'string' ? name : key;
}

function tensorOf({ values, shape, dtype }: { readonly [key: string]: unknown }, where: string): GivenArray {
  const array = arrayOf(values as unknown[], where);
  if (!array) throw new InputError(`${where}: its values are no list of numbers`);
  const isShape = isList(shape) && shape.every((dim) => typeof dim === 'number');
  const fits = isShape && (shape as number[]).reduce((product, dim) => product * dim, 1) === array.data.length;
  const own = typeof dtype === 'string' && Object.hasOwn(MAKE, dtype) ? MAKE[dtype]!(array.data) : array.data;
  const isExact = array.data.every((value: number | bigint, i: number) => same(value, own[i]!));
  return {
    dtype: isExact && own !== array.data ? (dtype as string) : array.dtype,
    shape: fits ? (shape as number[]) : array.shape,
    data: isExact ? own : array.data,
  };
}

/** Float32 values are written in full, as numbers of 64 bits. */
const same = (a: number | bigint, b: number | bigint) => Object.is(Number(a), Number(b)) || Number(a) === Number(b);

const MAKE: { readonly [dtype: string]: (values: NpyData) => NpyData } = {
  int8: (values) => Int8Array.from(values as Float64Array),
  uint8: (values) => Uint8Array.from(values as Float64Array),
  int16: (values) => Int16Array.from(values as Float64Array),
  int32: (values) => Int32Array.from(values as Float64Array),
  float32: (values) => Float32Array.from(values as Float64Array),
};

/** A list of numbers, or of lists of one length; undefined where it is none. */
function arrayOf(list: readonly unknown[], where: string): GivenArray | undefined {
  const shape: number[] = [];
  for (let at: unknown = list; isList(at); at = at[0]) shape.push(at.length);
  const numbers = list.flat(shape.length) as unknown[];
  if (numbers.length === 0 || numbers.some((item) => isObject(item) || isList(item))) return undefined;
  const data = Float64Array.from(numbers, (item) => numberOf(item, where));
  const isWhole = shape.reduce((product, dim) => product * dim, 1) === data.length;
  return { dtype: 'float64', shape: isWhole ? shape : [data.length], data };
}

/** JSON has no NaN, no infinity and no int64: these stand as texts. */
function numberOf(item: unknown, where: string): number {
  if (typeof item === 'number') return item;
  if (typeof item === 'boolean') return item ? 1 : 0;
  if (typeof item === 'string' && /^(NaN|-?Infinity|[-+]?\d[\d.]*(e[-+]?\d+)?)$/i.test(item)) return Number(item);
  throw new InputError(`${where}: ${JSON.stringify(item).slice(0, 40)} is no number`);
}
