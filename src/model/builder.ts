/** Plain objects -> the bytes of a .tflite file: the reader's inverse, for tests and tools. */
import { Builder } from 'flatbuffers';
import { InputError } from '../../kernels/errors.ts';
import {
  type EnumName,
  enums,
  layouts,
  type ScalarType,
  type ScalarValue,
  type Table,
  type TableName,
  type UnionName,
  unionMembers,
  type Vector,
  vectors,
} from './schema.ts';

/** A table of which any part may be left out; vectors may be plain arrays. */
export type DeepPartial<T> = T extends Vector
  ? T | readonly T[number][]
  : T extends readonly (infer E)[]
    ? readonly DeepPartial<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
      : T;

/**
 * Writes a model. Fields left out, or equal to the schema's default, are not in the file. A union that has a type and no value
 * becomes an empty table. Throws InputError on a name that the schema does not have.
 */
export function buildModel(model: DeepPartial<Table<'Model'>>): Uint8Array {
  const builder = new Builder();
  builder.finish(buildTable(builder, 'Model', model), 'TFL3');
  return builder.asUint8Array().slice();
}

const addScalar: { [T in ScalarType]: (builder: Builder, value: ScalarValue<T>) => void } = {
  bool: (builder, value) => builder.addInt8(Number(value)),
  int8: (builder, value) => builder.addInt8(value),
  uint8: (builder, value) => builder.addInt8(value),
  uint16: (builder, value) => builder.addInt16(value),
  int32: (builder, value) => builder.addInt32(value),
  uint32: (builder, value) => builder.addInt32(value),
  float32: (builder, value) => builder.addFloat32(value),
  int64: (builder, value) => builder.addInt64(value),
  uint64: (builder, value) => builder.addInt64(value),
};

/** A field that is ready to be written into its table, whose strings, vectors and tables must be in the file before it. */
type Slot = readonly [slot: number, add: () => void];

function buildTable(builder: Builder, name: TableName, table: object): number {
  const values = table as Record<string, unknown>;
  const slots: Slot[] = [];
  const offset = (slot: number, target: number) => slots.push([slot, () => builder.addOffset(target)]);
  const scalar = (slot: number, type: ScalarType, value: unknown, initial: unknown) => {
    if (!Object.is(value, initial)) slots.push([slot, () => addScalar[type](builder, value as never)]);
  };
  for (const field of layouts[name]) {
    const { slot } = field;
    const value = values[field.name];
    if (field.kind === 'union') {
      const type = unionCode(field.union, values[`${field.name}Type`] ?? 'NONE');
      if (type === 0 && value !== undefined) throw new InputError(`${name}.${field.name} has a value but no type`);
      if (type === 0) continue;
      const member = unionMembers[field.union][type - 1];
      offset(slot + 1, member ? buildTable(builder, member, (value ?? {}) as object) : buildEmpty(builder));
      scalar(slot, 'uint8', type, 0);
    } else if (value !== undefined) {
      if (field.kind === 'scalar') scalar(slot, field.type, value, field.default);
      else if (field.kind === 'enum') scalar(slot, enums[field.enum].type, enumValue(field.enum, value), field.default);
      else if (field.kind === 'string') offset(slot, builder.createString(value as string));
      else if (field.kind === 'vector') offset(slot, buildVector(builder, field.type, field.align, value as Vector));
      else if (field.kind === 'table') offset(slot, buildTable(builder, field.table, value as object));
      else offset(slot, buildTables(builder, field.table, value as object[]));
    }
  }
  builder.startObject(1 + Math.max(-1, ...slots.map(([slot]) => slot)));
  for (const [slot, add] of slots) {
    add();
    builder.slot(slot);
  }
  return builder.endObject();
}

function buildEmpty(builder: Builder): number {
  builder.startObject(0);
  return builder.endObject();
}

function buildTables(builder: Builder, name: TableName, tables: readonly object[]): number {
  const offsets = tables.map((table) => buildTable(builder, name, table));
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.reverse()) builder.addOffset(offset);
  return builder.endVector();
}

function buildVector(builder: Builder, type: ScalarType, align: number, values: Vector): number {
  const Vector = vectors[type];
  const vector = new Vector(values as never);
  const bytes = new Uint8Array(vector.buffer);
  builder.startVector(Vector.BYTES_PER_ELEMENT, vector.length, Math.max(align, Vector.BYTES_PER_ELEMENT));
  for (let i = bytes.length - 1; i >= 0; i--) builder.writeInt8(bytes[i]!);
  return builder.endVector();
}

function enumValue(name: EnumName, value: unknown): number {
  const { names, open } = enums[name];
  const index = (names as readonly unknown[]).indexOf(value);
  const number = index >= 0 ? index : open ? numberAfter(name, value) : Number.NaN;
  if (Number.isNaN(number)) throw new InputError(`${name} has no value ${value}`);
  return number;
}

function unionCode(name: UnionName, type: unknown): number {
  if (type === 'NONE') return 0;
  const index = (unionMembers[name] as readonly unknown[]).indexOf(type);
  const code = index >= 0 ? index + 1 : numberAfter(name, type);
  if (!(code > 0 && code < 256)) throw new InputError(`${name} has no member ${type}`);
  return code;
}

/** 25 of `TensorType 25`, a value that has no name. */
const numberAfter = (name: string, value: unknown) =>
  Number(String(value).match(`^${name} (-?\\d+)$`)?.[1] ?? Number.NaN);
