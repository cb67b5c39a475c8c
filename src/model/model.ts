import type { ErrorPlace } from '../../kernels/errors.ts';
import type { Quantization } from '../../kernels/tensor.ts';

/** A verified model: every index in it points at something, every constant has the bytes that its shape asks for. */
export interface Model {
  readonly version: number;
  readonly description: string;
  readonly subgraphs: readonly Subgraph[];
  readonly signatures: readonly Signature[];
  /** Metadata entries by name: 'min_runtime_version', 'TFLITE_METADATA', ... */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** Where the file has something: the path that leads to its table, and the table's byte offset. */
export type Place = Required<Pick<ErrorPlace, 'path' | 'offset'>>;

export interface Subgraph {
  readonly place: Place;
  readonly index: number;
  readonly name: string;
  readonly tensors: readonly TensorSpec[];
  /** Tensor indices. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** In the order in which they run. */
  readonly operators: readonly OperatorSpec[];
}

/** A tensor as the file has it. */
export interface TensorSpec {
  readonly place: Place;
  readonly index: number;
  readonly name: string;
  /** As TFLite prints it, 'int8'; also of types that no kernel computes on. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The shape with -1 for each dimension that may change; the shape itself where the file has no signature. */
  readonly shapeSignature: readonly number[];
  readonly quantization: Quantization | undefined;
  /** Ranges that the converter saw or trained; absent in most files. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly isVariable: boolean;
  /** Index of its buffer; several tensors may share one. */
  readonly buffer: number;
  /** A constant's bytes, little-endian, as packed in the file. */
  readonly constant: Uint8Array | undefined;
}

export interface OperatorSpec {
  readonly place: Place;
  readonly index: number;
  /** As the schema names it, or the custom operator's own name. */
  readonly op: string;
  readonly isCustom: boolean;
  readonly version: number;
  /** Tensor indices; -1 where an optional input is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly intermediates: readonly number[];
  /** All fields of the operator's options table, with the schema's defaults; a custom operator's FlexBuffer map. */
  readonly options: { readonly [field: string]: unknown };
  /** A custom operator's options as the file has them. */
  readonly customOptions: Uint8Array;
}

/** A named way into the model: names of its own for a subgraph's inputs and outputs. */
export interface Signature {
  readonly place: Place;
  readonly key: string;
  readonly subgraph: number;
  /** Tensor index by name. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}
