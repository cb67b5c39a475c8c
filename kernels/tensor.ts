import { ModelError } from './errors.ts';

/** The typed array that holds each element type. int4 and int2 values are unpacked, one to a byte; bool is 0 or 1. */
export interface DataOf {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  float32: Float32Array;
  int4: Int8Array;
  int2: Int8Array;
  /** Of TensorFlow Lite Micro's audio front end alone, as uint64. */
  uint32: Uint32Array;
  uint64: BigUint64Array;
  /** The handle of a resource variable: its number in Callees.resources. */
  resource: Int32Array;
}

/** An element type, as TFLite prints it. */
export type DType = keyof DataOf;

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float32: Float32Array,
  int4: Int8Array,
  int2: Int8Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  resource: Int32Array,
} satisfies { [T in DType]: { new (buffer: ArrayBuffer, byteOffset: number, length: number): DataOf[T] } };

/** Whether an array's elements are BigInts: of int64 and uint64. */
export function isOfBigInts(data: object): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
}

/** Bytes that one element takes in memory. */
export function elementSize(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** A typed array over `length` elements of memory; byteOffset must be a multiple of the element's size. */
export function viewOf<T extends DType>(dtype: T, buffer: ArrayBuffer, byteOffset: number, length: number): DataOf[T] {
  return new ARRAYS[dtype](buffer, byteOffset, length) as DataOf[T];
}

/** The name of the typed array that holds this element type: 'Int8Array'. */
export function arrayNameOf(dtype: DType): string {
  return ARRAYS[dtype].name;
}

/** Number of elements of a shape; a scalar, of shape [], has one. Infinity is possible, NaN is not. */
export function sizeOf(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((size, dim) => size * dim, 1);
}

/**
 * Number of elements of a shape, its dimensions of 0 taken as 1. What is held against limits is this number, so that no
 * loop over a dimension can run away: [0, 2147483647] has no elements, but two thousand million columns.
 */
export function extentOf(shape: readonly number[]): number {
  return shape.reduce((extent, dim) => extent * Math.max(dim, 1), 1);
}

export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, d) => dim === b[d]);
}

/** real = scale * (q - zeroPoint): one pair for the tensor, or one for each index of `dimension`. */
export interface Quantization {
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
  /** The dimension that the scales run over, if there are several. */
  readonly dimension: number;
}

/**
 * A tensor as kernels see it. `prepare` reads its type, shape and quantization; `data` is there from the start in a
 * known tensor (a constant, or one computed from constants alone), and after planning in every other.
 */
export class Tensor<T extends DType = DType> {
  readonly index: number;
  readonly name: string;
  readonly dtype: T;
  readonly quantization: Quantization | undefined;
  shape: readonly number[];
  data!: DataOf[T];
  /** Whether its values are in the file. */
  isConstant = false;
  /** Whether `data` can be read in prepare. */
  known = false;
  /** Whether it is state: it keeps its data from one eval to the next, and a node may write it as an input. */
  isVariable = false;

  constructor(index: number, name: string, dtype: T, shape: readonly number[], quantization?: Quantization) {
    this.index = index;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.quantization = quantization;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get byteLength(): number {
    return this.size * elementSize(this.dtype);
  }

  /** The scale of a tensor that is quantized as a whole. */
  get scale(): number {
    return this.scaleOf(0, 1);
  }

  /** The zero point of a tensor that is quantized as a whole; 0 where there is none. */
  get zeroPoint(): number {
    return this.quantization?.zeroPoints.length === 1 ? this.quantization.zeroPoints[0] : 0;
  }

  /** Channel c's scale out of `channels`; a tensor with one scale has it in every channel. */
  scaleOf(c: number, channels: number): number {
    const scales = this.quantization?.scales;
    if (scales?.length !== 1 && scales?.length !== channels) {
      const found = scales ? `${scales.length} scales` : 'no scale';
      throw new ModelError(`${this} has ${found} where ${channels === 1 ? 'one' : `1 or ${channels}`} must be`, {
        tensor: this.index,
      });
    }
    const scale = scales[scales.length === 1 ? 0 : c];
    if (!(scale > 0 && scale < Infinity)) {
      throw new ModelError(`${this} has scale ${scale}; it must be positive and finite`, { tensor: this.index });
    }
    return scale;
  }

  /** As texts name it: tensor 3 'conv/Relu'. */
  toString(): string {
    return `tensor ${this.index} '${this.name}'`;
  }
}

/**
 * The bytes of an 8-bit tensor as int8. Loops that serve int8 and uint8 read both through such a view, so that they
 * stay monomorphic, and make a uint8 of it by `& byteMask(dtype)`; what they store wraps to the same byte either way.
 */
export function int8View(tensor: Tensor<'int8' | 'uint8' | 'bool' | 'int4' | 'int2'>): Int8Array {
  const { buffer, byteOffset, length } = tensor.data;
  return new Int8Array(buffer, byteOffset, length);
}

/** What makes a number of an int8View's element: 0xff for unsigned types, -1 (every bit) for signed ones. */
export function byteMask(dtype: DType): number {
  return dtype === 'uint8' || dtype === 'bool' ? 0xff : -1;
}

/** All bytes of a tensor, of any type. */
export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An int32 tensor's values, or the 32-bit halves of an int64 tensor's, low half first. */
export function int32Words({ data }: Tensor<'int32' | 'int64'>): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
}

/** The 32-bit halves of a uint64 tensor, low half first. */
export function uint32Halves({ data }: Tensor<'uint64'>): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
}

/** The 32-bit halves of an int64 tensor, low half first. */
export function int32Halves(tensor: Tensor<'int64'>): Int32Array {
  const { buffer, byteOffset, length } = tensor.data;
  return new Int32Array(buffer, byteOffset, 2 * length);
}
