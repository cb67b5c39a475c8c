/** Packs filters by the module: it takes a tenth of the time of a loop that the engine has not compiled yet. */
import { BLOCK } from './requantization.ts';

/** Of the packer's memory: totals and a tile, what is to be packed, what was packed. */
const TOTALS = 0;
const TILE = 64;
const SOURCE = 256;
const PACKED = 2 ** 16;
const END = 3 * 2 ** 16;

/** Loads reach beyond the columns. */
const SLACK = 16;

export interface PackedBlock {
  readonly bytes: Int8Array;
  /** Of each column, the sum of its values, and of their magnitudes. */
  readonly sums: Int32Array;
  readonly magnitudes: Int32Array;
}

/** Columns as assembly/pack.ts has them: with `taps` runs of `run` values. */
export interface Columns {
  readonly taps: number;
  readonly run: number;
  readonly isUnsigned: boolean;
  /** What is added to each value. */
  readonly offset: number;
  readonly isBytes: boolean;
}

/** One for each module; it has memory of its own, for one block of columns at a time. */
export class Packer {
  readonly #module: WebAssembly.Module;
  #instance: { readonly buffer: ArrayBuffer; readonly packColumns: (...values: number[]) => void } | undefined;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** Whether there is room for a block of which `packedBytes` come. */
  hasRoom({ taps, run }: Columns, packedBytes: number): boolean {
    return taps * run * BLOCK + SLACK <= PACKED - SOURCE && packedBytes <= END - PACKED;
  }

  /** Packs up to eight columns, which lie one behind the other; what is returned is overwritten by the next call. */
  pack(values: Int8Array, { taps, run, isUnsigned, offset, isBytes }: Columns, packedBytes: number): PackedBlock {
    const { buffer, packColumns } = (this.#instance ??= this.#instantiate());
    const source = new Int8Array(buffer, SOURCE, taps * run * BLOCK);
    source.set(values);
    source.fill(0, values.length);
    packColumns(SOURCE, taps, run, Number(isUnsigned), offset, Number(isBytes), PACKED, TOTALS, TILE);
    return {
      bytes: new Int8Array(buffer, PACKED, packedBytes),
      sums: new Int32Array(buffer, TOTALS, BLOCK),
      magnitudes: new Int32Array(buffer, TOTALS + 4 * BLOCK, BLOCK),
    };
  }

  #instantiate() {
    const memory = new WebAssembly.Memory({ initial: END / 2 ** 16 });
    const { packColumns } = new WebAssembly.Instance(this.#module, { env: { memory } }).exports;
    return { buffer: memory.buffer, packColumns: packColumns as (...values: number[]) => void };
  }
}
