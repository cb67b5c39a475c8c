/** Arrays in JSON: what `requant dump` and `requant run --json` write, and lists by name, nested or not. */
import { InputError } from '../../kernels/errors.ts';
import type { GivenArray, NpyData } from './npy_array.ts';
import { utf8 } from './text_arrays.ts';

/** @param name of the array where the file is one list */
export function readJson(bytes: Uint8Array, file: string, name: string): Map<string, GivenArray> {
  const lists = new Map<string, GivenArray[]>();
  const put: Put = (key, array) => lists.set(key, [...(lists.get(key) ?? []), array]);
  collect(parse(new TextDecoder().decode(utf8(bytes)), file), name, put, file);
  if (lists.size === 0 && name !== 'index') throw new InputError(`${file} holds no lists of numbers`);
  return new Map([...lists].flatMap(([key, list]) => stacked(key, list)));
}

type Put = (key: string, array: GivenArray) => void;

/** Several of one key and size, as the runs of `requant run --each` are: one array of examples. */
function stacked(key: string, list: readonly GivenArray[]): [string, GivenArray][] {
  const [first, ...others] = list;
  const { shape, data } = first!;
  if (others.some((other) => other.data.length !== data.length))
    return list.map((array, i) => [i === 0 ? key : `${key}, again (${i})`, array]);
  if (others.length === 0) return [[key, first!]];
  const all = Float64Array.from(list.flatMap((array) => Array.from(array.data as Float64Array)));
  return [[key, { dtype: first!.dtype, shape: [list.length, ...shape], data: typedAs(first!.dtype, all) }]];
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const line = position === undefined ? '' : `, line ${text.slice(0, Number(position)).split('\n').length}`;
    throw new InputError(`${file}${line} is no JSON: ${message.replaceAll('\n', ' ')}`, {}, { cause });
  }
}

function collect(value: unknown, key: string, put: Put, file: string): void {
  if (isList(value)) {
    const array = arrayOf(value, `${file}, ${key}`);
    if (array) put(key, array);
    else for (const [i, item] of value.entries()) collect(item, `${key}[${i}]`, put, file);
  } else if (isObject(value)) {
    const values = value.values ?? value.data;
    if (isList(values)) put(tensorKey(value, key), tensorOf({ ...value, values }, `${file}, ${key}`));
    else if (value.dtype === undefined && value.shape === undefined)
      // else a tensor without values
      for (const [name, item] of Object.entries(value)) collect(item, name, put, file);
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
  const own = typeof dtype === 'string' ? typedAs(dtype, array.data) : array.data;
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

/** The same numbers in an array of their type; of types that are not here, as they are. */
const typedAs = (dtype: string, data: NpyData): NpyData => (Object.hasOwn(MAKE, dtype) ? MAKE[dtype]!(data) : data);

/** A list of numbers, or of lists of one length; undefined where it is none. */
function arrayOf(list: readonly unknown[], where: string): GivenArray | undefined {
  const shape: number[] = [];
  for (let at: unknown = list; isList(at); at = at[0]) shape.push(at.length);
  const numbers = list.flat(shape.length) as unknown[];
  if (!isNumber(numbers[0]) || numbers.some((item) => isObject(item) || isList(item))) return undefined;
  const data = Float64Array.from(numbers, (item) => numberOf(item, where));
  const isWhole = shape.reduce((product, dim) => product * dim, 1) === data.length;
  return { dtype: 'float64', shape: isWhole ? shape : [data.length], data };
}

/** JSON has no NaN, no infinity and no int64: these stand as texts. */
function isNumber(item: unknown): item is number | boolean | string {
  if (typeof item === 'string') return /^(NaN|-?Infinity|[-+]?\d[\d.]*(e[-+]?\d+)?)$/i.test(item);
  return typeof item === 'number' || typeof item === 'boolean';
}

function numberOf(item: unknown, where: string): number {
  if (isNumber(item)) return Number(item);
  throw new InputError(`${where}: ${JSON.stringify(item).slice(0, 40)} is no number`);
}
