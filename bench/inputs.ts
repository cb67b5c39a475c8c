/** The inputs that everything is measured on, here and in a browser's page. */
import { isDType, viewOf } from '../kernels/tensor.ts';
import type { Interpreter, OutputTensor, TensorData } from '../src/index.ts';

/** The same values everywhere: a ramp through all bytes. */
export function rampInput(interpreter: Interpreter): TensorData[] {
  return interpreter.inputs.map((input) => {
    if (input.dtype === 'float32') return Float32Array.from({ length: input.size }, (_, i) => ((i * 37) % 255) / 255);
    const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, int32: Int32Array, bool: Uint8Array };
    const array = arrays[input.dtype as keyof typeof arrays];
    if (!array) throw new Error(`${input} is ${input.dtype}: no ramp for it`);
    const values = new array(input.size);
    for (let i = 0; i < values.length; i++) values[i] = i * 37; // wraps
    return values;
  });
}

/** Inputs from their bytes. */
export function inputsOf(interpreter: Interpreter, bytes: readonly Uint8Array[]): TensorData[] {
  return interpreter.inputs.map(({ dtype, size }, i) => {
    if (!isDType(dtype)) throw new Error(`an input is ${dtype}`);
    return viewOf(dtype, new Uint8Array(bytes[i]).buffer, 0, size);
  });
}

export function bytesOf({ data }: Pick<OutputTensor, 'data'>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
