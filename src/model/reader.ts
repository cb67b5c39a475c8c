/**
 * The bytes of a .tflite file -> plain objects, verified on the way.
 *
 * The ByteBuffer of the flatbuffers package answers 0 to a read outside of the file and believes every length, so each
 * position is checked before it is read. Offsets inside the file may be shared, which lets a small file describe a huge tree;
 * what is read is therefore held against a budget in proportion to the file.
 */
import { ByteBuffer } from 'flatbuffers';
import { ModelError } from '../../kernels/errors.ts';
import {
  enums,
  type Field,
  layouts,
  type ScalarType,
  type ScalarValue,
  type Table,
  type TableName,
  unionMembers,
  type Vector,
  vectors,
} from './schema.ts';

/**
 * Reads all tables of a model, and verifies their structure; what the numbers mean is for the loader. Vectors are views on
 * `bytes` where alignment permits, so `bytes` must not change afterwards. Throws ModelError, and nothing else, on any bytes.
 */
export function readModel(bytes: Uint8Array): Table<'Model'> {
  return new Reader(bytes).model();
}

/** Byte offset in its file of a table that readModel gave. */
export function offsetOf(table: object): number | undefined {
  return offsets.get(table);
}

const offsets = new WeakMap<object, number>();

/** The budget. A file in which nothing is shared spends at most 2.5 times its size, the usual one less than its size. */
const SPENDING_PER_BYTE = 3;

type Row = Record<string, unknown>;
type Union = Extract<Field, { kind: 'union' }>;

/** Every table with nothing in it. */
const absent = Object.fromEntries(Object.entries(layouts).map(([name, fields]) => [name, emptyRow(fields)]));

function emptyRow(fields: readonly Field[]): Row {
  const row: Row = {};
  for (const field of fields) {
    if (field.kind === 'union') row[`${field.name}Type`] = 'NONE';
    if (field.kind === 'scalar') row[field.name] = field.default;
    else if (field.kind === 'enum') row[field.name] = enums[field.enum].names[field.default];
    else row[field.name] = undefined;
  }
  return row;
}

/** Where a table lies; its vtable and its own extent are in the file. */
interface Extent {
  at: number;
  size: number;
  vtable: number;
  vtableSize: number;
}

const readScalar: { [T in ScalarType]: (buffer: ByteBuffer, at: number) => ScalarValue<T> } = {
  bool: (buffer, at) => buffer.readUint8(at) !== 0,
  int8: (buffer, at) => buffer.readInt8(at),
  uint8: (buffer, at) => buffer.readUint8(at),
  uint16: (buffer, at) => buffer.readUint16(at),
  int32: (buffer, at) => buffer.readInt32(at),
  uint32: (buffer, at) => buffer.readUint32(at),
  float32: (buffer, at) => buffer.readFloat32(at),
  int64: (buffer, at) => buffer.readInt64(at),
  uint64: (buffer, at) => buffer.readUint64(at),
};

class Reader {
  private readonly bytes: Uint8Array;
  private readonly buffer: ByteBuffer;
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly path: (string | number)[] = [];
  private budget: number;

  constructor(bytes: Uint8Array) {
    if (bytes.length < 8) this.fail(0, `a model of ${bytes.length} bytes; the smallest header has 8`);
    // A plain Uint8Array: slices of Node's Buffer would not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.buffer = new ByteBuffer(this.bytes);
    this.budget = bytes.length * SPENDING_PER_BYTE;
  }

  model(): Table<'Model'> {
    const identifier = String.fromCharCode(...this.bytes.subarray(4, 8));
    if (identifier !== 'TFL3') {
      const printable = identifier.replace(/[^ -~]/g, '.');
      this.fail(4, `file identifier '${printable}', expected 'TFL3': this is no .tflite file`);
    }
    const root = this.buffer.readUint32(0);
    if (root < 8) this.fail(0, `root offset ${root} points into the header`);
    return this.table('Model', this.target(0)) as Table<'Model'>;
  }

  private fail(offset: number, problem: string): never {
    const path = this.path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i ? `.${step}` : step)).join('');
    throw new ModelError(`${path || 'model'} at byte ${offset}: ${problem}`, { path, offset });
  }

  private spend(cost: number, at: number): void {
    this.budget -= cost;
    if (this.budget < 0) {
      this.fail(at, `the tables refer to the same bytes again and again, to over ${SPENDING_PER_BYTE} times the file`);
    }
  }

  private table(name: TableName, at: number): object {
    const fields = layouts[name];
    this.spend(4 + fields.length, at);
    const extent = this.extent(at);
    const table = { ...absent[name] };
    offsets.set(table, at);
    for (const field of fields) {
      this.path.push(field.name);
      const position = this.position(extent, field.slot, field.size);
      if (field.kind === 'union') this.union(table, field, extent, position);
      else if (position) table[field.name] = this.value(field, position);
      this.path.pop();
    }
    return table;
  }

  private extent(at: number): Extent {
    const end = this.bytes.length;
    const vtable = at - this.buffer.readInt32(at);
    if (vtable < 0 || vtable + 4 > end) this.fail(at, `its vtable at byte ${vtable} is outside of the file`);
    const vtableSize = this.buffer.readUint16(vtable);
    if (vtableSize < 4 || vtableSize % 2 !== 0 || vtable + vtableSize > end) {
      this.fail(vtable, `a vtable of ${vtableSize} bytes, expected an even number from 4 to ${end - vtable}`);
    }
    const size = this.buffer.readUint16(vtable + 2);
    if (size < 4 || at + size > end) {
      this.fail(vtable + 2, `a table of ${size} bytes at byte ${at}, expected 4 to ${end - at}`);
    }
    return { at, size, vtable, vtableSize };
  }

  /** Position of what the vtable has at `slot`, `size` bytes; 0 if the table leaves it out. */
  private position(extent: Extent, slot: number, size: number): number {
    const entry = 4 + 2 * slot;
    if (entry >= extent.vtableSize) return 0;
    const offset = this.buffer.readUint16(extent.vtable + entry);
    if (offset === 0) return 0;
    if (offset < 4 || offset + size > extent.size) {
      this.fail(extent.vtable + entry, `field of ${size} bytes at ${offset} in a table of ${extent.size} bytes`);
    }
    return extent.at + offset;
  }

  private value(field: Exclude<Field, { kind: 'union' }>, at: number): unknown {
    if (field.kind === 'scalar') return readScalar[field.type](this.buffer, at);
    if (field.kind === 'enum') {
      const { type, names, open } = enums[field.enum];
      const value = Number(readScalar[type](this.buffer, at));
      if (!open && !(value in names)) this.fail(at, `${field.enum} ${value}, expected ${names.join(', ')}`);
      return names[value] ?? `${field.enum} ${value}`;
    }
    const target = this.target(at);
    if (field.kind === 'table') return this.table(field.table, target);
    if (field.kind === 'vectorOfTables') return this.tables(field.table, target);
    if (field.kind === 'vector') return this.vector(field, target);
    return this.string(target);
  }

  private union(table: Row, { name, union, slot }: Union, extent: Extent, typeAt: number): void {
    const at = this.position(extent, slot + 1, 4);
    const type = typeAt ? this.buffer.readUint8(typeAt) : 0;
    if (type === 0) {
      if (at) this.fail(at, `a value of ${union} without its type`);
      return;
    }
    const member = unionMembers[union][type - 1];
    table[`${name}Type`] = member ?? `${union} ${type}`;
    if (!at) this.fail(typeAt, `type ${member ?? type} of ${union} without a value`);
    if (member) table[name] = this.table(member, this.target(at));
  }

  /** What the offset at `at` points to: always further on in the file, so there are no cycles. */
  private target(at: number): number {
    const offset = this.buffer.readUint32(at);
    const target = at + offset;
    if (offset < 4 || target + 4 > this.bytes.length) {
      this.fail(at, `offset ${offset} points to byte ${target} of a file of ${this.bytes.length} bytes`);
    }
    return target;
  }

  /** Length of the vector at `at`, whose elements are in the file. */
  private length(at: number, elementSize: number, element: string): number {
    const length = this.buffer.readUint32(at);
    const room = Math.floor((this.bytes.length - at - 4) / elementSize);
    if (length > room) this.fail(at, `a length of ${length} ${element}, the file has room for ${room}`);
    return length;
  }

  private tables(name: TableName, at: number): object[] {
    const length = this.length(at, 4, 'tables');
    this.spend(4 + 4 * length, at);
    const tables: object[] = [];
    for (let i = 0; i < length; i++) {
      this.path.push(i);
      tables.push(this.table(name, this.target(at + 4 + 4 * i)));
      this.path.pop();
    }
    return tables;
  }

  private vector({ type, align }: { type: ScalarType; align: number }, at: number): Vector {
    const Vector = vectors[type];
    const length = this.length(at, Vector.BYTES_PER_ELEMENT, type);
    const start = this.bytes.byteOffset + at + 4;
    const size = length * Vector.BYTES_PER_ELEMENT;
    // Only the data of buffers is meant to be shared; all else is looked at, element by element, wherever it occurs.
    this.spend(align > 1 ? 4 : 4 + size, at);
    if (start % Vector.BYTES_PER_ELEMENT === 0) return new Vector(this.bytes.buffer as ArrayBuffer, start, length);
    return new Vector(this.bytes.slice(at + 4, at + 4 + size).buffer, 0, length);
  }

  private string(at: number): string {
    const length = this.length(at, 1, 'bytes of text');
    this.spend(4 + length, at);
    // Copied, because TextDecoder refuses shared memory.
    return this.decoder.decode(this.bytes.slice(at + 4, at + 4 + length));
  }
}
