/**
 * Options of custom operators: a FlexBuffer, in nearly every file a map from names to values.
 * Layout: https://flatbuffers.dev/flatbuffers_internals (FlexBuffers).
 */

/** What a FlexBuffer holds. Whole numbers beyond 2^53 are rounded; a blob is bytes. */
export type FlexbufferValue =
  | number
  | boolean
  | string
  | null
  | Uint8Array
  | readonly FlexbufferValue[]
  | { readonly [name: string]: FlexbufferValue };

/** Types of values. */
const NULL = 0;
const INT = 1;
const UINT = 2;
const FLOAT = 3;
const KEY = 4;
const STRING = 5;
const INDIRECT_INT = 6;
const INDIRECT_UINT = 7;
const INDIRECT_FLOAT = 8;
const MAP = 9;
const VECTOR = 10;
/** Vectors of one type: of INT, UINT, FLOAT, KEY, and of strings as old files have them. */
const VECTOR_INT = 11;
const VECTOR_STRING = 15;
/** Two, three or four INT, UINT or FLOAT. */
const VECTOR_INT2 = 16;
const VECTOR_FLOAT4 = 24;
const BLOB = 25;
const BOOL = 26;
const VECTOR_BOOL = 36;

const MAX_DEPTH = 64;

/** Values may share their bytes: this is how many times over they can be read. */
const MAX_SHARING = 16;

/**
 * The map's values by name. Undefined if the bytes are no FlexBuffer with a map at its root: a position outside of them
 * makes the DataView throw, and that is the answer.
 */
export function readFlexbufferMap(bytes: Uint8Array): { readonly [name: string]: FlexbufferValue } | undefined {
  try {
    return new Reader(bytes).map();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Bytes that may still be read. */
  #left: number;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = MAX_SHARING * bytes.length;
  }

  map(): { readonly [name: string]: FlexbufferValue } | undefined {
    const end = this.#bytes.length;
    const width = this.#view.getUint8(end - 1);
    const packedType = this.#view.getUint8(end - 2);
    if (packedType >> 2 !== MAP) return undefined;
    return this.#map(this.#indirect(end - 2 - width, width), 1 << (packedType & 3));
  }

  /** A value of `width` bytes; those that do not fit have their offset there. */
  #value(packedType: number, at: number, width: number): FlexbufferValue {
    const type = packedType >> 2;
    switch (type) {
      case NULL:
        return null;
      case INT:
        return this.#int(at, width);
      case UINT:
        return this.#uint(at, width);
      case FLOAT:
        return this.#float(at, width);
      case BOOL:
        return this.#uint(at, width) !== 0;
      default:
        return this.#inner(type, this.#indirect(at, width), 1 << (packedType & 3));
    }
  }

  /** A value that lies elsewhere, with its own width. */
  #inner(type: number, at: number, width: number): FlexbufferValue {
    switch (type) {
      case KEY:
        return this.#key(at);
      case STRING:
        return new TextDecoder().decode(this.#sized(at, width));
      case BLOB:
        return this.#sized(at, width).slice();
      case INDIRECT_INT:
        return this.#int(at, width);
      case INDIRECT_UINT:
        return this.#uint(at, width);
      case INDIRECT_FLOAT:
        return this.#float(at, width);
      case MAP:
        return this.#map(at, width);
      case VECTOR:
        return this.#vector(at, width);
      case VECTOR_BOOL:
        return this.#elements(BOOL, this.#uint(at - width, width), at, width);
    }
    if (type >= VECTOR_INT && type <= VECTOR_STRING) {
      const elementType = type === VECTOR_STRING ? KEY : type - VECTOR_INT + INT;
      return this.#elements(elementType, this.#uint(at - width, width), at, width);
    }
    if (type >= VECTOR_INT2 && type <= VECTOR_FLOAT4) {
      const kind = type - VECTOR_INT2;
      return this.#elements(INT + (kind % 3), 2 + Math.floor(kind / 3), at, width);
    }
    throw new RangeError(`there is no type ${type}`);
  }

  #elements(type: number, size: number, at: number, width: number): FlexbufferValue[] {
    const values: FlexbufferValue[] = [];
    for (let i = 0; i < size; i++) values.push(this.#value(type << 2, at + i * width, width));
    return values;
  }

  /** Behind the values, a byte for the type of each. */
  #vector(at: number, width: number): FlexbufferValue[] {
    if (++this.#depth > MAX_DEPTH) throw new RangeError('too deep');
    const size = this.#uint(at - width, width);
    const values: FlexbufferValue[] = [];
    for (let i = 0; i < size; i++) {
      const type = this.#uint(at + size * width + i, 1);
      values.push(this.#value(type, at + i * width, width));
    }
    this.#depth--;
    return values;
  }

  /** A vector, and before its size the width of its keys, before that where they are. */
  #map(at: number, width: number): { readonly [name: string]: FlexbufferValue } {
    const keyWidth = this.#uint(at - 2 * width, width);
    const keys = this.#indirect(at - 3 * width, width);
    const values = this.#vector(at, width);
    return Object.fromEntries(
      values.map((value, i) => [this.#key(this.#indirect(keys + i * keyWidth, keyWidth)), value]),
    );
  }

  /** Where the offset at `at`, which counts backwards, points to. */
  #indirect(at: number, width: number): number {
    return at - this.#uint(at, width);
  }

  /** Text that ends with a zero. */
  #key(at: number): string {
    if (at < 0) throw new RangeError('a key before the bytes');
    const length = this.#bytes.subarray(at).indexOf(0);
    if (length < 0) throw new RangeError('a key without an end');
    this.#spend(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  /** Bytes whose number stands before them. */
  #sized(at: number, width: number): Uint8Array {
    const size = this.#uint(at - width, width);
    if (at + size > this.#bytes.length) throw new RangeError('bytes beyond the end');
    this.#spend(size);
    return this.#bytes.subarray(at, at + size);
  }

  #uint(at: number, width: number): number {
    this.#spend(width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  #int(at: number, width: number): number {
    this.#spend(width);
    if (width === 1) return this.#view.getInt8(at);
    if (width === 2) return this.#view.getInt16(at, true);
    if (width === 4) return this.#view.getInt32(at, true);
    return Number(this.#view.getBigInt64(at, true));
  }

  #float(at: number, width: number): number {
    this.#spend(width);
    return width === 4 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
  }

  #spend(bytes: number) {
    this.#left -= bytes;
    if (this.#left < 0) throw new RangeError('the values share too many bytes');
  }
}
