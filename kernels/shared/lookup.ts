/** Operators whose output depends on one 8-bit value: prepare computes all 256 answers (`table8`), eval looks them up. */
import type { Eval } from '../kernel.ts';
import { int8View, type Tensor } from '../tensor.ts';

/** output = table[input], the table indexed by the input's raw byte. */
export function lookup(input: Tensor<'int8' | 'uint8'>, table: Int8Array | Int16Array, output: Tensor): Eval {
  const inputData = int8View(input);
  if (table instanceof Int16Array) {
    const outputData = output.data as Int16Array;
    return () => lookupInt16(inputData, table, outputData);
  }
  const outputData = int8View(output as Tensor<'int8' | 'uint8'>);
  return () => lookupInt8(inputData, table, outputData);
}

/** Of raw bytes. */
export function lookupInt8(input: Int8Array, table: Int8Array, output: Int8Array) {
  for (let i = 0; i < input.length; i++) output[i] = table[input[i] & 0xff];
}

function lookupInt16(input: Int8Array, table: Int16Array, output: Int16Array) {
  for (let i = 0; i < input.length; i++) output[i] = table[input[i] & 0xff];
}
