/** Another implementation's arrays -> whose values they are, and which: nothing is passed over in silence. */
import { InputError } from '../../kernels/errors.ts';
import { isSameShape } from '../../kernels/tensor.ts';
import { countedKey } from '../io/labels.ts';
import type { GivenArray, NpyData } from '../io/npy_array.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { bytesOf, fromBytes, type ReadValues, readValues, type Shaped, signConvention } from './candidate_values.ts';
import { splitOf } from './concatenated.ts';
import type { Values } from './hypothesis.ts';

export type MatchedBy = 'name' | 'index' | 'position' | 'order';

/** One tensor's values, as the candidate has them. */
export interface TheirTensor extends ReadValues {
  readonly tensor: TensorInfo;
  /** The array's name. */
  readonly key: string;
  readonly matchedBy: MatchedBy;
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

type Named = readonly [key: string, array: GivenArray];

/** An array that a tensor was found for. */
interface Assigned {
  readonly key: string;
  readonly array: GivenArray;
  readonly tensor: TensorInfo;
  readonly by: MatchedBy;
}

/** `example`: which, where an array holds several runs. */
export function matchTheirs(
  arrays: ReadonlyMap<string, GivenArray>,
  tensors: Tensors,
  example = 0,
): { matched: TheirTensor[]; unmatched: Unmatched[] } {
  const names = namesOf(tensors);
  const unmatched: Unmatched[] = [...arrays].flatMap(([key, { unreadable }]) =>
    unreadable === undefined ? [] : [{ key, reason: unreadable }],
  );
  const readable = [...arrays].filter(([, { unreadable }]) => unreadable === undefined);
  const { assigned, left } = assign(readable, names, tensors, example);
  for (const [key, { data }] of left)
    unmatched.push({ key, reason: unknownName(key, names) + outputHint(data, tensors) });
  const orders = assigned.map(({ array, tensor }) => orderOf(array, tensor));
  const isNchw = orders.includes('NCHW') && !orders.includes('NHWC');
  const found = new Map<TensorInfo, Assigned & { shaped: Shaped }>();
  for (const entry of assigned) {
    const { key, array, tensor } = entry;
    const shaped = fitted(array, tensor, { example, isNchw, reference: tensors.ours.get(tensor.index) });
    const other = found.get(tensor);
    if (typeof shaped === 'string') unmatched.push({ key, reason: shaped + sourceText(array) });
    else if (other) unmatched.push({ key, reason: `${tensor} has the values of ${other.key} already` });
    else found.set(tensor, { ...entry, shaped });
  }
  if (found.size === 0) throw new InputError(nothingMatches(arrays, unmatched, tensors));
  const all = [...found.values()].map((entry) => ({ ...entry, reference: tensors.ours.get(entry.tensor.index) }));
  const convention = signConvention(all);
  const matched = all.map(({ key, tensor, by, shaped, reference }) => {
    return { tensor, key, matchedBy: by, ...readValues(shaped, tensor, reference, convention) };
  });
  return { matched, unmatched };
}

const sourceText = ({ source }: GivenArray) => (source === undefined ? '' : ` (${source})`);

/** By name where names fit; else by order, all together. */
function assign(readable: readonly Named[], names: Names, tensors: Tensors, example: number) {
  const left: Named[] = [];
  const assigned: Assigned[] = [];
  for (const [key, array] of readable) {
    const hit = nameFor(key, names);
    if (hit) assigned.push({ key, array, tensor: hit.tensor, by: hit.by });
    else left.push([key, array]);
  }
  const isFitting = ({ array, tensor }: Assigned) => typeof fitted(array, tensor, { example }) !== 'string';
  const isByName = assigned.some(({ by }) => by === 'name');
  if (assigned.length > 0 && (isByName || assigned.every(isFitting))) return { assigned, left };
  const ordered = inOrder(readable.filter(([key]) => !isCompanion(key, names)), tensors); // biome-ignore format: one line
  if (ordered) return { assigned: ordered, left: readable.filter(([key]) => isCompanion(key, names)) };
  return { assigned, left };
}

/** Arrays whose names mean nothing, or count otherwise than the model: as many as there are tensors, or one with all values. */
function inOrder(arrays: readonly Named[], tensors: Tensors): Assigned[] | undefined {
  const lists = listsOf(tensors);
  const list = lists.find(
    (list) =>
      list.length === arrays.length &&
      list.every((tensor, i) => typeof fitted(arrays[i]![1], tensor, { example: 0 }) !== 'string'),
  );
  if (list)
    return list.map((tensor, i) => ({ key: arrays[i]![0], array: arrays[i]![1], tensor, by: 'order' as const }));
  const [one, ...others] = arrays;
  const parts = one && others.length === 0 ? splitOf(one[0], one[1], lists) : undefined;
  return parts?.map((part) => ({ ...part, by: 'order' as const }));
}

/** Quantization parameters stand beside the values in what `requant dump` writes. */
/** Of an array without a name that means anything: why it is not the model's output, where that has another length. */
function outputHint(data: NpyData, { outputs }: Tensors): string {
  const [output, ...others] = outputs;
  if (!output || others.length > 0 || data.length !== 2 * output.size) return '';
  return `; the output has ${output.size} values, and it has ${data.length}${lengthHint(data, output)}`;
}

function isCompanion(key: string, names: Names): boolean {
  const [, of] = /^(.+)_(?:scale|zero_point)$/.exec(key) ?? [];
  return of !== undefined && names.has(of);
}

function unknownName(key: string, names: Names): string {
  return isCompanion(key, names) ? 'quantization, not values' : 'no tensor has this name';
}

type Names = ReadonlyMap<string, { readonly tensor: TensorInfo; readonly by: MatchedBy }>;

/** By the name itself, by what an identifier keeps of it, by a count in it (`03_layer`), by its last word. */
function nameFor(key: string, names: Names) {
  const counted = countedKey(key);
  const word = /\s(\S*[a-z]\S*)$/i.exec(key)?.[1] ?? key;
  return names.get(key) ?? names.get(plainName(key)) ?? (counted && names.get(counted)) ?? names.get(plainName(word));
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

/** What arrays in order can be: the outputs of all nodes, of all that compute something, or the model's; inputs before them. */
function listsOf({ inputs, outputs, nodes }: Tensors): TensorInfo[][] {
  const written = nodes.flatMap((node) => node.outputs);
  const computed = nodes.flatMap((node) => (RENAMES.includes(node.op) ? [] : node.outputs));
  return [written, computed, outputs].flatMap((list) => [[...list], [...inputs, ...list]]);
}

function nothingMatches(arrays: ReadonlyMap<string, GivenArray>, unmatched: readonly Unmatched[], { nodes }: Tensors) {
  const given = [...arrays].map(([key, { dtype, shape }]) => {
    const reason = unmatched.find((entry) => entry.key === key)?.reason;
    return `  ${key}: ${dtype === 'none' ? '' : `${dtype} [${shape}], `}${reason ?? 'it is not known whose'}`;
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

const significant = (shape: readonly number[]) => shape.filter((dim) => dim !== 1);

interface Fit {
  readonly example: number;
  readonly reference?: TensorData | undefined;
  /** Whether shapes that can be read either way are NCHW, as those of other arrays are. */
  readonly isNchw?: boolean;
}

/** The array's values in the tensor's order; a text says why they cannot be its values. */
function fitted(array: GivenArray, tensor: TensorInfo, { example, reference, isNchw = false }: Fit): Shaped | string {
  const { dtype, shape, data, notes = [] } = array;
  const [first = 0, ...rest] = shape;
  const isList = shape.length === tensor.shape.length + 1 && isSameShape(significant(rest), significant(tensor.shape));
  if (isList && first > 1) {
    if (example >= first) return `it holds ${first} examples, counted from 0; there is no example ${example}`;
    const part = data.subarray(example * tensor.size, (example + 1) * tensor.size);
    return { dtype, data: part, notes: [...notes, `example ${example} of ${first}`] };
  }
  const bytes = bytesOf(array);
  if (bytes && (array.isMemory || bytes.length !== tensor.size)) {
    const shaped = fromBytes(bytes, tensor, reference);
    return typeof shaped === 'string' ? shaped : { ...shaped, notes: [...notes, ...shaped.notes] };
  }
  if (data.length !== tensor.size) {
    const without = withoutExtras(data, tensor);
    if (without) return { dtype, data: without.data, notes: [...notes, without.note] };
    return `it has ${data.length} values, [${shape}]; ${tensor}, [${tensor.shape}], has ${tensor.size}${lengthHint(data, tensor)}`;
  }
  if (orderOf(array, tensor) === 'NCHW' || (isNchw && orderOf(array, tensor) === 'either')) {
    const note = `[${shape}] read as NCHW`;
    return { dtype, data: fromChannelsFirst(data, tensor.shape), notes: [...notes, note] };
  }
  return { dtype, data, notes };
}

/** Without the shape that programs print before the values, or the count that they print beside each. */
function withoutExtras(data: NpyData, { shape, size }: TensorInfo): { data: NpyData; note: string } | undefined {
  const rank = shape.length;
  if (data.length === size + rank && shape.every((dim, d) => Number(data[d]) === dim))
    return { data: data.subarray(rank), note: `the shape before the values, [${shape}], left out` };
  if (data.length !== 2 * size) return undefined;
  const start = Number(data[0]);
  if (start !== 0 && start !== 1) return undefined;
  for (let i = 0; i < size; i++) if (Number(data[2 * i]) !== start + i) return undefined;
  const values = data.slice(0, size);
  for (let i = 0; i < size; i++) values[i] = data[2 * i + 1]!;
  return { data: values, note: `the first of two columns, which counts from ${start}, left out` };
}

function lengthHint(data: NpyData, { size }: TensorInfo): string {
  if (data.length === 2 * size) return ': twice as many, as with decimal commas (write 0.5, not 0,5)';
  return data.length < size ? ': some are missing' : '';
}

/** Which order of the axes an array's shape says; undefined where it says none. */
function orderOf({ shape }: GivenArray, tensor: TensorInfo): 'NCHW' | 'NHWC' | 'either' | undefined {
  const nchw = channelsFirst(tensor.shape);
  if (shape.length < 3 || !nchw) return undefined;
  const [isFirst, isLast] = [nchw, tensor.shape].map((own) => isSameShape(significant(shape), significant(own)));
  if (isFirst && isLast) return shape.length === 4 ? 'either' : undefined;
  return isFirst ? 'NCHW' : isLast ? 'NHWC' : undefined;
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

/**
 * Stored values in the numbers of a candidate's: the integers, or the real numbers that they stand for, in float32. Where the
 * candidate's were printed with few digits, those that are the same to so many are the candidate's.
 */
export function valuesAs({ target, tensor, tolerance, values }: TheirTensor, data: TensorData): Values {
  const stored = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const [scale, zero] = [tensor.quantization?.scales[0] ?? 1, tensor.quantization?.zeroPoints[0] ?? 0];
  const own = target === 'quantized' ? stored : stored.map((q) => Math.fround(scale * (q - zero)));
  return tolerance ? own.map((value, i) => (Math.abs(value - values[i]!) <= tolerance[i]! ? values[i]! : value)) : own;
}
