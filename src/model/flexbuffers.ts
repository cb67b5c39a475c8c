/**
 * Options of custom operators: a FlexBuffer whose root is a map from names to numbers and bools, the only form that
 * builtin custom operators take. Layout: https://flatbuffers.dev/flatbuffers_internals (FlexBuffers).
 */

/** Types of values. */
const INT = 1;
const UINT = 2;
const FLOAT = 3;
const INDIRECT_INT = 6;
const INDIRECT_UINT = 7;
const INDIRECT_FLOAT = 8;
const MAP = 9;
const BOOL = 26;

/** Longer names than any option has; a limit, because keys may share their bytes. */
const MAX_KEY = 256;

/**
 * The map's scalars by name; values of other types are left out. Undefined if the bytes are no such map: a position
 * outside of them makes the DataView throw, and that is the answer.
 */
export function readFlexbufferMap(bytes: Uint8Array): { [name: string]: number | boolean } | undefined {
  try {
    return new FlexbufferMap(bytes).read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class FlexbufferMap {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): { [name: string]: number | boolean } | undefined {
    const end = this.#bytes.length;
    const rootWidth = this.#view.getUint8(end - 1);
    const rootType = this.#view.getUint8(end - 2);
    if (rootType >> 2 !== MAP) return undefined;
    const width = 1 << (rootType & 3);
    const at = this.#indirect(end - 2 - rootWidth, rootWidth);
    const size = this.#uint(at - width, width);
    // Before the size: the width of the keys, before that where they are.
    const keyWidth = this.#uint(at - 2 * width, width);
    const keys = this.#indirect(at - 3 * width, width);
    const values = new Map<string, number | boolean>();
    for (let i = 0; i < size; i++) {
      const type = this.#view.getUint8(at + size * width + i);
      const value = this.#scalar(type, at + i * width, width);
      if (value !== undefined) values.set(this.#key(this.#indirect(keys + i * keyWidth, keyWidth)), value);
    }
    return Object.fromEntries(values);
  }

  /** Where the offset at `at`, which counts backwards, points to. */
  #indirect(at: number, width: number): number {
    return at - this.#uint(at, width);
  }

  #scalar(packedType: number, at: number, width: number): number | boolean | undefined {
    const ownWidth = 1 << (packedType & 3);
    switch (packedType >> 2) {
      case INT:
        return this.#int(at, width);
      case UINT:
        return this.#uint(at, width);
      case FLOAT:
        return this.#float(at, width);
      case INDIRECT_INT:
        return this.#int(this.#indirect(at, width), ownWidth);
      case INDIRECT_UINT:
        return this.#uint(this.#indirect(at, width), ownWidth);
      case INDIRECT_FLOAT:
        return this.#float(this.#indirect(at, width), ownWidth);
      case BOOL:
        return this.#uint(at, width) !== 0;
      default:
        return undefined; // NULL, and what no option is
    }
  }

  #key(at: number): string {
    const end = at + this.#bytes.subarray(Math.max(at, 0), at + MAX_KEY).indexOf(0);
    if (at < 0 || end < at) throw new RangeError('a key without an end');
    return new TextDecoder().decode(this.#bytes.subarray(at, end));
  }

  #uint(at: number, width: number): number {
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  #int(at: number, width: number): number {
    if (width === 1) return this.#view.getInt8(at);
    if (width === 2) return this.#view.getInt16(at, true);
    if (width === 4) return this.#view.getInt32(at, true);
    return Number(this.#view.getBigInt64(at, true));
  }

  #float(at: number, width: number): number {
    return width === 4 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
  }
}
