/** Arrays as NumPy's files have them. */

export type NpyData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array in C order; bool is a Uint8Array of 0 and 1. */
export interface NpyArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: NpyData;
}

/** An array of a file of any kind. Numbers of a text are float64, whatever they are meant as. */
export interface GivenArray extends NpyArray {
  /** Where in the file: 'line 12'. */
  readonly source?: string;
  /** What was done to read it. */
  readonly notes?: readonly string[];
  /** Bytes as they are in memory, whatever they stand for: of a raw file or a hex dump. */
  readonly isMemory?: boolean;
  /** Why it is no array of values: the file is a picture, say. Then it has none. */
  readonly unreadable?: string;
}
