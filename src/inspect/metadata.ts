/** What a model file says about itself beside the graph: who converted it and how, what it is for. */
import type { Model } from '../model/model.ts';

/** From the CONVERSION_METADATA that TensorFlow 2.7 and newer write. */
export interface Conversion {
  readonly tensorflowVersion?: string;
  /** What the model was before: 'KERAS_MODEL'. */
  readonly source?: string;
  /** 'PTQ_FULL_INTEGER', 'QUANTIZATION_AWARE_TRAINING', ... */
  readonly modes: readonly string[];
}

/** From the TFLITE_METADATA that authors add, as far as it is about the whole model. */
export interface Description {
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly author?: string;
  readonly license?: string;
}

// Source: tflite/converter/schema/conversion_metadata.fbs.
const SOURCES = ['', 'SAVED_MODEL', 'KERAS_MODEL', 'CONCRETE_FUNCTIONS', 'GRAPH_DEF', 'SESSION', 'JAX', 'PYTORCH'];
const MODES: { readonly [code: number]: string } = {
  1001: 'PTQ_FLOAT16',
  1002: 'PTQ_DYNAMIC_RANGE',
  1003: 'PTQ_FULL_INTEGER',
  1004: 'PTQ_INT16',
  2000: 'QUANTIZATION_AWARE_TRAINING',
  3001: 'RANDOM_SPARSITY',
  3002: 'BLOCK_SPARSITY',
  3003: 'STRUCTURED_SPARSITY',
};

export function readConversion(model: Model): Conversion | undefined {
  return readRoot(model.metadata.get('CONVERSION_METADATA'), (root) => {
    const environment = root.table(0);
    const tensorflowVersion = environment?.string(0);
    const source = SOURCES[environment?.uint32(2) ?? 0];
    const modes = root.table(1)?.uint32s(0) ?? [];
    return {
      ...(tensorflowVersion !== undefined && { tensorflowVersion }),
      ...(source && { source }),
      modes: modes.map((code) => MODES[code] ?? `mode ${code}`),
    };
  });
}

export function readDescription(model: Model): Description | undefined {
  return readRoot(model.metadata.get('TFLITE_METADATA'), (root) => {
    const fields = { name: 0, description: 1, version: 2, author: 4, license: 5 };
    const texts = Object.entries(fields).map(([name, slot]) => [name, root.string(slot)]);
    return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
  });
}

/** The TFLite version from which on the model runs, if the converter wrote it down. */
export function readMinRuntimeVersion(model: Model): string | undefined {
  const bytes = model.metadata.get('min_runtime_version');
  return bytes && new TextDecoder().decode(bytes.slice(0, MAX_TEXT)).replace(/\0+$/, '');
}

const MAX_TEXT = 10_000;
/** Reads a flatbuffer that is small and worth nothing when it is damaged: undefined then. */
function readRoot<T>(bytes: Uint8Array | undefined, read: (root: FlatTable) => T): T | undefined {
  if (bytes === undefined || bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return read(new FlatTable(view, view.getUint32(0, true)));
  } catch (error) {
    if (error instanceof RangeError) return undefined; // DataView's answer to an offset outside of the bytes
    throw error;
  }
}

/** A flatbuffer table, its fields read by slot. Throws RangeError at anything that lies outside. */
class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  table(slot: number): FlatTable | undefined {
    const target = this.#target(slot);
    return target === undefined ? undefined : new FlatTable(this.#view, target);
  }

  uint32(slot: number): number | undefined {
    const position = this.#position(slot);
    return position === undefined ? undefined : this.#view.getUint32(position, true);
  }

  uint32s(slot: number): number[] {
    const target = this.#target(slot);
    if (target === undefined) return [];
    const length = Math.min(this.#view.getUint32(target, true), MAX_TEXT);
    return Array.from({ length }, (_, i) => this.#view.getUint32(target + 4 + 4 * i, true));
  }

  string(slot: number): string | undefined {
    const target = this.#target(slot);
    if (target === undefined) return undefined;
    const length = Math.min(this.#view.getUint32(target, true), MAX_TEXT);
    return new TextDecoder().decode(new Uint8Array(length).map((_, i) => this.#view.getUint8(target + 4 + i)));
  }

  #position(slot: number): number | undefined {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const entry = 4 + 2 * slot;
    if (entry >= this.#view.getUint16(vtable, true)) return undefined;
    const offset = this.#view.getUint16(vtable + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #target(slot: number): number | undefined {
    const position = this.#position(slot);
    return position === undefined ? undefined : position + this.#view.getUint32(position, true);
  }
}
