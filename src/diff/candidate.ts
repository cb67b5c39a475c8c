/** What another implementation gave, as arrays -> whose values they are, and which: nothing is passed over in silence. */
import { InputError } from '../../kernels/errors.ts';
import { elementSize, isDType, isSameShape, sizeOf, viewOf } from '../../kernels/tensor.ts';
import type { NpyArray, NpyData } from '../io/npy_array.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import type { Values } from './hypothesis.ts';
import { rangeOf } from './node_case.ts';

export type MatchedBy = 'name' | 'index' | 'position' | 'order';

/** One tensor's values, as they have them. */
export interface TheirTensor {
  readonly tensor: TensorInfo;
  /** The array's name. */
  readonly key: string;
  readonly matchedBy: MatchedBy;
  /** Integers as the tensor stores them, or real numbers. */
  readonly values: Values;
  readonly target: 'quantized' | 'real';
  /** The values in the tensor's own type, for nodes to run on; null where they are none. */
  readonly own: TensorData | null;
  /** What was done to read them. */
  readonly notes: readonly string[];
}

export interface Unmatched {
  readonly key: string;
  readonly reason: string;
}

/** The parts of a model that arrays can be of. */
export interface Tensors {
  readonly all: readonly TensorInfo[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly nodes: readonly NodeInfo[];
  /** TFLite's values, by tensor, where nodes write them or callers give them. */
  readonly ours: ReadonlyMap<number, TensorData>;
}

/** `example`: which, where an array holds several runs. */
export function matchTheirs(
  arrays: ReadonlyMap<string, NpyArray>,
  tensors: Tensors,
  example = 0,
): { matched: TheirTensor[]; unmatched: Unmatched[] } {
  const names = namesOf(tensors);
  const unmatched: Unmatched[] = [];
  const found = new Map<TensorInfo, TheirTensor>();
  const put = (key: string, array: NpyArray, tensor: TensorInfo, matchedBy: MatchedBy) => {
    const shaped = fitted(array, tensor, example);
    const other = found.get(tensor);
    if (typeof shaped === 'string') unmatched.push({ key, reason: shaped });
    else if (other) unmatched.push({ key, reason: `${tensor} has the values of ${other.key} already` });
    else found.set(tensor, { tensor, key, matchedBy, ...read(shaped, tensor, tensors.ours.get(tensor.index)) });
  };
  const left = [...arrays].filter(([key, array]) => {
    const hit = names.get(key) ?? names.get(plainName(key));
    if (hit) put(key, array, hit.tensor, hit.by);
    return !hit;
  });
  const inOrder = found.size === 0 && unmatched.length === 0 ? orderOf(left, tensors) : undefined;
  for (const [i, [key, array]] of left.entries()) {
    if (inOrder) put(key, array, inOrder[i]!, 'order');
    else unmatched.push({ key, reason: unknownName(key, names) });
  }
  if (found.size === 0) throw new InputError(nothingMatches(arrays, unmatched, tensors));
  return { matched: [...found.values()], unmatched };
}

/** Quantization parameters stand beside the values in what `requant dump` writes. */
function unknownName(key: string, names: ReadonlyMap<string, unknown>): string {
  const [, of] = /^(.+)_(?:scale|zero_point)$/.exec(key) ?? [];
  return of !== undefined && names.has(of) ? 'quantization, not values' : 'no tensor has this name';
}

/** Letters and digits alone, as an identifier of C or the name of a file keeps them. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/** What an array may be called. */
function namesOf({ all, inputs, outputs, nodes }: Tensors): Map<string, { tensor: TensorInfo; by: MatchedBy }> {
  const names = new Map<string, { tensor: TensorInfo; by: MatchedBy }>();
  const ambiguous = new Set<string>();
  for (const tensor of all) {
    const plain = plainName(tensor.name);
    if (names.has(plain)) ambiguous.add(plain);
    names.set(plain, { tensor, by: 'name' });
  }
  for (const name of ambiguous) names.delete(name);
  for (const { index, outputs } of nodes) {
    const [tensor] = outputs;
    if (tensor) for (const word of ['node', 'layer']) names.set(`${word}_${index}`, { tensor, by: 'position' });
  }
  inputs.forEach((tensor, i) => {
    names.set(`input_${i}`, { tensor, by: 'position' });
  });
  outputs.forEach((tensor, i) => {
    names.set(`output_${i}`, { tensor, by: 'position' });
  });
  if (inputs.length === 1) names.set('input', { tensor: inputs[0]!, by: 'position' });
  if (outputs.length === 1) names.set('output', { tensor: outputs[0]!, by: 'position' });
  for (const tensor of all) {
    names.set(`tensor_${tensor.index}`, { tensor, by: 'index' });
    names.set(String(tensor.index), { tensor, by: 'index' });
  }
  for (const tensor of all) names.set(tensor.name, { tensor, by: 'name' });
  return names;
}

/** Operators that give their input's values on as they are: implementations have none of them. */
const RENAMES = ['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS'];

/** Arrays without names that mean anything: the outputs of all nodes, of all that compute something, or the model's. */
function orderOf(arrays: readonly (readonly [string, NpyArray])[], { inputs, outputs, nodes }: Tensors) {
  const written = nodes.flatMap((node) => node.outputs);
  const computed = nodes.flatMap((node) => (RENAMES.includes(node.op) ? [] : node.outputs));
  const lists = [written, computed, outputs].flatMap((list) => [list, [...inputs, ...list]]);
  return lists.find(
    (list) =>
      list.length === arrays.length && list.every((tensor, i) => typeof fitted(arrays[i]![1], tensor, 0) !== 'string'),
  );
}

function nothingMatches(arrays: ReadonlyMap<string, NpyArray>, unmatched: readonly Unmatched[], { nodes }: Tensors) {
  const given = [...arrays].map(([key, { dtype, shape }]) => {
    const reason = unmatched.find((entry) => entry.key === key)?.reason;
    return `  ${key}: ${dtype} [${shape}]${reason ? `, ${reason}` : ''}`;
  });
  const wanted = nodes.flatMap(({ index, op, outputs }) =>
    outputs.map((tensor) => `  tensor_${tensor.index}: ${tensor.dtype} [${tensor.shape}], node ${index} ${op}`),
  );
  return [
    'none of the arrays can be told to be a tensor of the model. Given are',
    ...given.slice(0, 20),
    'name them as the tensors, or tensor_<index>, or give all outputs of nodes in order:',
    ...wanted.slice(0, 40),
  ].join('\n');
}

// ---- shapes

interface Shaped {
  readonly dtype: string;
  readonly data: NpyData;
  readonly notes: readonly string[];
}

const significant = (shape: readonly number[]) => shape.filter((dim) => dim !== 1);

/** The array's values in the tensor's order; a text says why they cannot be its values. */
function fitted({ dtype, shape, data }: NpyArray, tensor: TensorInfo, example: number): Shaped | string {
  const [first = 0, ...rest] = shape;
  const isList = shape.length === tensor.shape.length + 1 && isSameShape(significant(rest), significant(tensor.shape));
  if (isList && first > 1) {
    if (example >= first) return `it holds ${first} examples, counted from 0; there is no example ${example}`;
    const part = data.subarray(example * tensor.size, (example + 1) * tensor.size);
    return { dtype, data: part, notes: [`example ${example} of ${first}`] };
  }
  if (data.length !== tensor.size) {
    const bytes = asBytes(data, tensor);
    if (bytes) return { dtype: tensor.dtype, data: bytes, notes: ['read as raw bytes'] };
    return `it has ${data.length} values, [${shape}]; ${tensor}, [${tensor.shape}], has ${tensor.size}`;
  }
  const nchw = channelsFirst(tensor.shape);
  if (
    nchw &&
    isSameShape(significant(shape), significant(nchw)) &&
    !isSameShape(significant(shape), significant(tensor.shape))
  ) {
    // biome-ignore format: one line
    return { dtype, data: fromChannelsFirst(data, tensor.shape), notes: [`[${shape}] read as NCHW`] };
  }
  return { dtype, data, notes: [] };
}

function asBytes(data: NpyData, { dtype, size }: TensorInfo): NpyData | undefined {
  if (!(data instanceof Uint8Array) || !isDType(dtype) || data.length !== size * elementSize(dtype)) return undefined;
  return viewOf(dtype, data.slice().buffer, 0, size);
}

function channelsFirst(shape: readonly number[]): number[] | undefined {
  const [n, h, w, c] = shape;
  return shape.length === 4 ? [n!, c!, h!, w!] : undefined;
}

function fromChannelsFirst(data: NpyData, [, h = 1, w = 1, c = 1]: readonly number[]): NpyData {
  const result = data.slice();
  for (let p = 0; p < data.length; p++) {
    const at = p % (h * w * c);
    result[p] = data[p - at + (at % c) * h * w + Math.floor(at / c)]!;
  }
  return result;
}

// ---- values

type Read = Pick<TheirTensor, 'values' | 'target' | 'own' | 'notes'>;

/** Integers as they are stored, or real numbers: told apart by type and range, and where both may be, by what ours are. */
function read({ dtype, data, notes }: Shaped, tensor: TensorInfo, ours: TensorData | undefined): Read {
  const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const range = rangeOf(tensor.dtype);
  const q = tensor.quantization;
  if (tensor.dtype === 'float32') {
    const reals = values.map(Math.fround);
    return { values: reals, target: 'quantized', own: Float32Array.from(reals), notes };
  }
  if (!range || !isDType(tensor.dtype)) return { values, target: 'quantized', own: ownData(values, tensor), notes };
  const isInteger = values.every(Number.isInteger);
  const isReal = dtype === 'float32' || dtype === 'float64';
  if (isReal && q?.scales.length === 1 && !(isInteger && likesIntegers(values, tensor, ours))) {
    const [scale, zero] = [q.scales[0]!, q.zeroPoints[0]!];
    const integers = values.map((real) => Math.round(real / scale) + zero);
    const isExact = values.every((real, i) => Math.abs(real / scale + zero - integers[i]!) < 1e-3);
    if (isExact) {
      const how = `real numbers read back as integers: q = real / ${scale}${zero === 0 ? '' : ` ${zero < 0 ? '-' : '+'} ${Math.abs(zero)}`}`;
      return { values: integers, target: 'quantized', own: ownData(integers, tensor), notes: [...notes, how] };
    }
    if (ours && distance(values, ours, (v) => v) < distance(values, ours, (v) => v / scale + zero)) {
      return { values, target: 'quantized', own: null, notes: [...notes, 'stored values that are not rounded'] };
    }
    return {
      values,
      target: 'real',
      own: null,
      notes: [...notes, `real numbers, not all of them multiples of ${scale}`],
    };
  }
  if (dtype === `u${tensor.dtype}` && values.some((value) => value > range.max))
    return unsigned(values, tensor, ours, notes);
  const outside = values.filter((value) => value < range.min || value > range.max).length;
  const note = outside > 0 ? [`${outside} values are outside of ${tensor.dtype}`] : [];
  return { values, target: 'quantized', own: ownData(values, tensor), notes: [...notes, ...note] };
}

/** Of whole numbers in a float array: whether they are stored values rather than real ones. */
function likesIntegers(values: Values, tensor: TensorInfo, ours: TensorData | undefined): boolean {
  const { scales, zeroPoints } = tensor.quantization!;
  if (!ours) return true;
  return distance(values, ours, (v) => v) <= distance(values, ours, (v) => v / scales[0]! + zeroPoints[0]!);
}

function distance(values: Values, ours: TensorData, of: (value: number) => number): number {
  return values.reduce((sum, value, i) => sum + Math.abs(of(value) - Number(ours[i]!)), 0);
}

/** Unsigned numbers for a signed tensor: its bytes, or its values shifted by half of the range. */
function unsigned(values: Values, tensor: TensorInfo, ours: TensorData | undefined, notes: readonly string[]): Read {
  const half = tensor.dtype === 'int8' ? 128 : 32768;
  const wrapped = values.map((value) => (value >= half ? value - 2 * half : value));
  const shifted = values.map((value) => value - half);
  const isShifted = ours && distance(shifted, ours, (v) => v) < distance(wrapped, ours, (v) => v);
  const how = isShifted ? `minus ${half}` : 'read as two’s complement';
  const chosen = isShifted ? shifted : wrapped;
  return {
    values: chosen,
    target: 'quantized',
    own: ownData(chosen, tensor),
    notes: [...notes, `unsigned values for ${tensor.dtype}: ${how}`],
  };
}

function ownData(values: Values, tensor: TensorInfo): TensorData | null {
  const { dtype } = tensor;
  if (!isDType(dtype)) return null;
  const data = viewOf(dtype, new ArrayBuffer(values.length * elementSize(dtype)), 0, sizeOf([values.length]));
  for (const [i, value] of values.entries()) {
    if (!Number.isInteger(value)) return null;
    data[i] = data instanceof BigInt64Array ? BigInt(value) : value;
    if (Number(data[i]) !== value) return null;
  }
  return data;
}

/** Stored values in the numbers of a candidate's: the integers, or the real numbers that they stand for, in float32. */
export function valuesAs({ target, tensor }: TheirTensor, data: TensorData): Values {
  const stored = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  if (target === 'quantized') return stored;
  const [scale, zero] = [tensor.quantization!.scales[0]!, tensor.quantization!.zeroPoints[0]!];
  return stored.map((q) => Math.fround(scale * (q - zero)));
}
