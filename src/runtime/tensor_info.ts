import { InputError, ModelError } from '../../kernels/errors.ts';
import { roundHalfAway, typeRange } from '../../kernels/quantization.ts';
import { arrayNameOf, type DataOf, type DType, type Quantization, sizeOf, type Tensor } from '../../kernels/tensor.ts';
import type { Place, TensorSpec } from '../model/model.ts';

/** A typed array that can hold a tensor. */
export type TensorData = DataOf[DType];

/** What is known of a tensor without running the model. */
export class TensorInfo {
  readonly index: number;
  readonly name: string;
  /** Element type, as TFLite prints it: 'int8'. */
  readonly dtype: string;
  /** As the graph is prepared now: after resizeInput, or after a run where shapes are computed. */
  readonly shape: readonly number[];
  /** With -1 for each dimension that the model allows to change. */
  readonly shapeSignature: readonly number[];
  /** real = scale * (q - zeroPoint), for the tensor or for each index of one dimension; undefined if not quantized. */
  readonly quantization: Quantization | undefined;
  readonly #place: Place;

  constructor(spec: TensorSpec, shape: readonly number[]) {
    this.index = spec.index;
    this.name = spec.name;
    this.dtype = spec.dtype;
    this.shape = [...shape];
    this.shapeSignature = spec.shapeSignature;
    this.quantization = spec.quantization;
    this.#place = spec.place;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * Real values -> the tensor's own: q = zeroPoint + round(real / scale), rounded half away from zero as TFLite's
   * QUANTIZE does, and clamped to the element type. Throws an InputError for NaN, and where nothing says how to quantize.
   */
  quantize(reals: ArrayLike<number>): TensorData {
    checkList(reals);
    if (this.dtype === 'float32') return Float32Array.from(reals);
    const { dtype } = this;
    if (!isQuantizedType(dtype) || !this.quantization) {
      throw new InputError(`${this} is ${dtype} and not quantized: give its values as they are`, {
        tensor: this.index,
      });
    }
    const { scales, zeroPoints, inner } = this.#channels();
    if (!scales.every((scale) => scale > 0 && scale < Infinity)) {
      throw new ModelError(`${this} has scale ${scales}; it must be positive and finite`, {
        ...this.#place,
        tensor: this.index,
      });
    }
    const { min, max } = typeRange(dtype);
    const values = new QUANTIZED[dtype](reals.length);
    for (let i = 0; i < reals.length; i++) {
      const c = Math.floor(i / inner) % scales.length;
      const quotient = Math.fround(Math.fround(Number(reals[i])) / scales[c]!);
      if (Number.isNaN(quotient))
        throw new InputError(`value ${i} for ${this} is not a number`, { tensor: this.index });
      values[i] = Math.min(Math.max(roundHalfAway(quotient) + zeroPoints[c]!, min), max);
    }
    return values;
  }

  /** The tensor's own values -> reals: scale * (q - zeroPoint). Values that are not quantized are taken as they are. */
  dequantize(values: ArrayLike<number | bigint>): Float32Array {
    checkList(values);
    const { scales, zeroPoints, inner } = this.#channels();
    const reals = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const c = Math.floor(i / inner) % scales.length;
      reals[i] = scales[c]! * (Number(values[i]) - zeroPoints[c]!);
    }
    return reals;
  }

  /** As texts name it: tensor 3 'conv/Relu'. */
  toString(): string {
    return `tensor ${this.index} '${this.name}'`;
  }

  /** Element i is of channel floor(i / inner) % number of scales. */
  #channels(): { scales: Float32Array; zeroPoints: Int32Array; inner: number } {
    if (!this.quantization || this.dtype === 'float32') {
      return { scales: Float32Array.of(1), zeroPoints: Int32Array.of(0), inner: 1 };
    }
    const { scales, zeroPoints, dimension } = this.quantization;
    return { scales, zeroPoints, inner: Math.max(sizeOf(this.shape.slice(dimension + 1)), 1) };
  }
}

/** A tensor with the values that one run gave it, which are yours to keep. */
export class OutputTensor extends TensorInfo {
  readonly data: TensorData;

  constructor(spec: TensorSpec, shape: readonly number[], data: TensorData) {
    super(spec, shape);
    this.data = data;
  }

  /** The values as reals: scale * (q - zeroPoint). */
  override dequantize(values: ArrayLike<number | bigint> = this.data): Float32Array {
    return super.dequantize(values);
  }
}

const QUANTIZED = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, int32: Int32Array };

function isQuantizedType(dtype: string): dtype is keyof typeof QUANTIZED {
  return Object.hasOwn(QUANTIZED, dtype);
}

/** Copies what a caller gave for a tensor into it; throws an InputError unless type and length are the tensor's own. */
export function fill(tensor: Tensor, values: unknown, role: string): void {
  const expected = arrayNameOf(tensor.dtype);
  const given = arrayName(values);
  const fits = given === expected || (given === 'Uint8ClampedArray' && expected === 'Uint8Array');
  if (!fits || (values as TensorData).length !== tensor.size) {
    throw new InputError(
      `${role} ${tensor} is ${tensor.dtype} [${tensor.shape}]: it takes ${expected} of ${tensor.size} ` +
        `values, and got ${described(values)}${advice(tensor, values)}`,
      { tensor: tensor.index },
    );
  }
  try {
    (tensor.data as Uint8Array).set(values as Uint8Array);
  } catch (cause) {
    // An empty tensor, and an array whose buffer is gone: such an array has length 0.
    throw new InputError(`the ArrayBuffer for ${role} ${tensor} was transferred`, { tensor: tensor.index }, { cause });
  }
}

function checkList(values: unknown) {
  if (typeof (values as ArrayLike<unknown> | null)?.length === 'number') return;
  throw new InputError(`the values must be a list of numbers, not ${described(values)}`);
}

/** 'Int8Array' for any Int8Array, also one of another window's or of a subclass such as Buffer. */
function arrayName(values: unknown): string | undefined {
  return ArrayBuffer.isView(values) ? (values as TensorData)[Symbol.toStringTag] : undefined;
}

/** What a caller gave, as texts name it. */
export function described(values: unknown): string {
  const name = arrayName(values);
  if (name === 'DataView') return 'a DataView';
  if (name !== undefined) return `${name} of ${(values as TensorData).length}`;
  if (Array.isArray(values)) return `a plain array of ${values.length}`;
  if (values instanceof ArrayBuffer) return 'an ArrayBuffer';
  return values === null ? 'null' : typeof values;
}

function advice({ dtype }: Tensor, values: unknown): string {
  const isReal = Array.isArray(values) || ['Float32Array', 'Float64Array'].includes(arrayName(values) ?? '');
  return isReal && dtype !== 'float32' ? "; quantize real values with the input's quantize(values)" : '';
}
