/** Arrays that others recorded -> values of a model's tensors. */
import { InputError } from '../../kernels/errors.ts';
import { isDType, isOfBigInts, sizeOf, viewOf } from '../../kernels/tensor.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import type { NpyData } from './npz.ts';

/**
 * Values in the tensor's own element type: as they are, or the same numbers from an array of another width (an int64
 * list of int8 values). Throws an InputError where a number has no equal in the tensor's type; only float64 is rounded, to float32.
 */
export function asTensorData(data: NpyData, tensor: TensorInfo, name: string): TensorData {
  const { dtype } = tensor;
  if (!isDType(dtype)) throw new InputError(`${name}: ${tensor} is ${dtype}, which has no values here`);
  const same = viewOf(dtype, new ArrayBuffer(0), 0, 0).constructor;
  if (data.constructor === same) return data as TensorData;
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  const values = viewOf(dtype, new ArrayBuffer(data.length * 8), 0, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    values[i] = isOfBigInts(values) ? toBigInt(value) : Number(value);
    const kept = dtype === 'float32' && isReal ? Math.fround(Number(value)) : Number(value);
    if (!Object.is(Number(values[i]), kept) && Number(values[i]) !== kept) {
      throw new InputError(`${name} holds ${value}, which is no ${dtype}, as ${tensor} is`, { tensor: tensor.index });
    }
  }
  return values;
}

function toBigInt(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number.isSafeInteger(value) ? value : 0);
}

/** Whether the model lets this input have this shape: as it is, or where its signature has a -1. */
function allowsShape(input: TensorInfo, shape: readonly number[]): boolean {
  const dims = input.shapeSignature.length === input.shape.length ? input.shapeSignature : input.shape;
  return (
    dims.length === shape.length &&
    dims.every((dim, d) => dim === shape[d] || input.shape[d] === shape[d] || dim === -1)
  );
}

/**
 * The shape that an input is to have for values of this shape: theirs, where the model is open for it. As many values in
 * a shape that the model is not open for are taken as they are.
 */
export function shapeFor(input: TensorInfo, shape: readonly number[], name: string): readonly number[] {
  if (allowsShape(input, shape)) return shape;
  if (sizeOf(shape) === input.size) return input.shape;
  throw new InputError(`${name} has shape [${shape}]; ${input} takes [${input.shapeSignature}]`, {
    tensor: input.index,
  });
}
