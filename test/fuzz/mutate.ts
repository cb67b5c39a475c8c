/** Model files made wrong: blindly, byte by byte, or by what the schema says, table by table. */
import { buildModel } from '../../src/model/builder.ts';
import { readModel } from '../../src/model/reader.ts';
import {
  enums,
  type Field,
  layouts,
  type ScalarType,
  type TableName,
  unionMembers,
  type Vector,
  vectors,
} from '../../src/model/schema.ts';
import type { Random } from './random.ts';

/** The kinds of mutations, each with its share of a hundred. */
const KINDS: { readonly [kind: string]: [share: number, mutate: (seeds: Seeds, random: Random) => Uint8Array] } = {
  bytes: [15, changeBytes],
  cut: [4, cut],
  grow: [2, grow],
  splice: [10, splice],
  tables: [40, changeTables],
  numbers: [29, changeNumbers],
};

/** Files to begin with. */
export type Seeds = readonly Uint8Array[];

export function mutate(seeds: Seeds, random: Random): { kind: string; bytes: Uint8Array } {
  let share = random.below(100);
  for (const [kind, [shares, mutateOne]] of Object.entries(KINDS)) {
    if (share < shares) return { kind, bytes: mutateOne(seeds, random) };
    share -= shares;
  }
  throw new Error('the shares do not add up to 100');
}

/** Whole numbers at the edges of what fields hold and code expects. */
const EDGES = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  16,
  100,
  127,
  128,
  255,
  256,
  1000,
  32767,
  65535,
  65536,
  2 ** 20,
  2 ** 24,
  2 ** 30,
];
const INTEGERS = [...EDGES, ...EDGES.map((edge) => -edge), 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1];
const REALS = [0, -0, 1, -1, 0.5, 1e-3, 1e-10, 1e-38, 1e-45, 3e38, -3e38, 1e10, 255, 2 ** -31, 2 ** 31, Infinity, -Infinity, NaN]; // biome-ignore format: one line

// ---- blind

function changeBytes(seeds: Seeds, random: Random): Uint8Array {
  const bytes = random.of(seeds).slice();
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(bytes.length);
    if (random.once(2)) bytes[at]! ^= 1 << random.below(8);
    else bytes[at] = random.of([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  }
  return bytes;
}

function cut(seeds: Seeds, random: Random): Uint8Array {
  const bytes = random.of(seeds);
  return bytes.slice(0, random.below(bytes.length));
}

function grow(seeds: Seeds, random: Random): Uint8Array {
  const bytes = random.of(seeds);
  const at = random.once(2) ? bytes.length : random.below(bytes.length);
  return joined(bytes.subarray(0, at), random.bytes(1 + random.below(64)), bytes.subarray(at));
}

/** A piece of one file over, or into, another. */
function splice(seeds: Seeds, random: Random): Uint8Array {
  const [a, b] = [random.of(seeds), random.of(seeds)];
  const from = random.below(b.length);
  const piece = b.subarray(from, from + 1 + random.below(random.of([8, 64, 512])));
  const at = random.of([from, random.below(a.length)]) & -4;
  const end = random.once(3) ? at : at + piece.length;
  return joined(a.subarray(0, at), piece, a.subarray(end));
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// ---- by the schema

/** A table of a model, with its name in the schema. */
interface Place {
  readonly name: TableName;
  readonly table: Row;
}

type Row = Record<string, unknown>;

/** Changes one to three fields of one to three tables, of any kind, and writes the file anew. */
function changeTables(seeds: Seeds, random: Random): Uint8Array {
  return rebuilt(seeds, random, (places) => {
    const { name, table } = ofAnyName(places, random);
    changeField(random.of(layouts[name]), table, random);
  });
}

/** Changes numbers that models consist of: shapes, quantization, options, indices, small constants. */
function changeNumbers(seeds: Seeds, random: Random): Uint8Array {
  return rebuilt(seeds, random, (places) => {
    const names = new Set<string>(['Tensor', 'QuantizationParameters', 'Operator', 'Buffer', 'OperatorCode']);
    const numeric = places.filter(({ name, table }) =>
      name === 'Buffer' ? within(table.data, 1, 64) : names.has(name) || name.endsWith('Options'),
    );
    const { name, table } = ofAnyName(numeric, random);
    const fields = layouts[name].filter(({ kind, ...field }) =>
      kind === 'vector' ? within(table[field.name], 1, 4096) : kind === 'scalar' || kind === 'enum',
    );
    if (fields.length === 0) return;
    const field = random.of(fields);
    if (field.kind === 'vector') changeElement(table[field.name] as Vector, name, random);
    else changeField(field, table, random);
  });
}

function within(vector: unknown, least: number, most: number): boolean {
  const { length = 0 } = (vector ?? {}) as { length?: number };
  return length >= least && length <= most;
}

/** First a name, then a table of this name: tensors are many, and the rest is of interest too. */
function ofAnyName(places: readonly Place[], random: Random): Place {
  const name = random.of([...new Set(places.map((place) => place.name))]);
  return random.of(places.filter((place) => place.name === name));
}

function rebuilt(seeds: Seeds, random: Random, change: (places: Place[]) => void): Uint8Array {
  const model = unshared(readModel(random.of(seeds))) as Row;
  for (let n = random.of([1, 1, 2, 3]); n > 0; n--) change([...tables('Model', model)]);
  return buildModel(model);
}

/** A copy of the tables that shares nothing with the file; in constants of some size nothing will be changed. */
function unshared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unshared);
  if (ArrayBuffer.isView(value)) return value.byteLength > 4096 ? value : (value as Vector).slice();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unshared(inner)]));
}

function* tables(name: TableName, table: Row): Generator<Place> {
  if (!Object.hasOwn(layouts, name)) return; // an unknown member of a union
  if (layouts[name].length > 0) yield { name, table };
  for (const field of layouts[name]) {
    const value = table[field.name];
    if (value === undefined) continue;
    if (field.kind === 'table') yield* tables(field.table, value as Row);
    if (field.kind === 'vectorOfTables') for (const row of value as Row[]) yield* tables(field.table, row);
    if (field.kind === 'union') yield* tables(table[`${field.name}Type`] as TableName, value as Row);
  }
}

function changeField(field: Field, table: Row, random: Random) {
  const { name } = field;
  switch (field.kind) {
    case 'scalar':
      if (field.type === 'bool') table[name] = !table[name];
      else if (field.type === 'float32') table[name] = random.of(REALS);
      else if (typeof field.default === 'bigint') table[name] = BigInt.asUintN(64, BigInt(random.of(INTEGERS)));
      else table[name] = near(table[name] as number, random);
      break;
    case 'enum':
      table[name] = random.of(enums[field.enum].names);
      break;
    case 'string':
      table[name] = random.of([undefined, '', '__proto__', 'constructor', 'x'.repeat(1000), '\u0000\ud800']);
      break;
    case 'table':
      table[name] = table[name] ? undefined : {};
      break;
    case 'union': {
      const members = unionMembers[field.union];
      table[`${name}Type`] = random.of([...members, 'NONE', `${field.union} 250`]);
      if (table[`${name}Type`] === 'NONE' || random.once(2)) table[name] = undefined;
      break;
    }
    case 'vector':
      table[name] = changedVector(field.type, table[name] as Vector | undefined, random);
      break;
    case 'vectorOfTables':
      table[name] = changedList((table[name] as Row[] | undefined) ?? [], random);
      break;
  }
}

/** A number beside what was there, or any. */
function near(number: number, random: Random): number {
  return random.once(3) ? (number + random.of([-1, 1])) | 0 : random.of(INTEGERS);
}

function changedVector(type: ScalarType, vector: Vector | undefined, random: Random): Vector | undefined {
  if (vector === undefined || vector.length === 0) {
    return random.once(2) ? undefined : vectorOf(type, 1 + random.below(4), () => random.below(4));
  }
  switch (random.below(5)) {
    case 0:
      return undefined;
    case 1:
      return vector.subarray(1);
    case 2:
      return vector.subarray(0, random.below(vector.length));
    case 3:
      return vectorOf(type, vector.length + 1 + random.below(3), (i) => vector[i % vector.length]);
    default:
      changeElement(vector, '', random);
      return vector;
  }
}

function vectorOf(type: ScalarType, length: number, element: (i: number) => number | bigint): Vector {
  const isWide = type === 'int64' || type === 'uint64';
  return new vectors[type](Array.from({ length }, (_, i) => (isWide ? BigInt(element(i)) : element(i))) as never);
}

function changeElement(vector: Vector, table: string, random: Random) {
  const at = random.below(vector.length);
  if (vector instanceof BigInt64Array || vector instanceof BigUint64Array) vector[at] = BigInt(random.of(INTEGERS));
  else if (vector instanceof Float32Array)
    vector[at] = random.once(2) ? random.of(REALS) : vector[at] * 2 ** (random.below(40) - 20);
  else if (table === 'Buffer' && vector.length % 4 === 0 && random.once(2)) {
    const words = new DataView(vector.buffer, vector.byteOffset, vector.length); // an int32 list of axes, shapes, indices
    words.setInt32(at & -4, near(words.getInt32(at & -4, true), random), true);
  } else vector[at] = near(vector[at], random);
}

function changedList(list: readonly Row[], random: Random): readonly Row[] {
  if (list.length === 0) return random.once(2) ? [{}] : list;
  const at = random.below(list.length);
  const row = list[at];
  switch (random.below(4)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(random.below(list.length + 1), 0, unshared(row) as Row);
    case 2:
      return list.with(random.below(list.length), unshared(row) as Row);
    default:
      return list.toSpliced(at, 1).toSpliced(random.below(list.length), 0, row);
  }
}
