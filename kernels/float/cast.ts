/**
 * CAST from and to float32: to an integer it is cut, what does not fit is saturated, NaN becomes the highest value; bool
 * is whether it is not 0. From an integer it is rounded to the nearest float32, halves to even.
 *
 * Equals: cast.cc. Deviations: in TensorFlow 2.19 and TFLite Micro what does not fit is undefined; here it saturates too.
 */
import type { Eval } from '../kernel.ts';
import { typeRange } from '../quantization.ts';
import { int32Halves, type Tensor } from '../tensor.ts';

type CastType = 'int8' | 'uint8' | 'int16' | 'int32' | 'int64' | 'bool' | 'float32';

export function castFromFloat(input: Tensor<'float32'>, output: Tensor<CastType>): Eval {
  const x = input.data;
  if (output.dtype === 'float32') return () => output.data.set(x as never);
  if (output.dtype === 'int64') {
    const y = int32Halves(output as Tensor<'int64'>);
    return () => {
      for (let i = 0; i < x.length; i++) {
        const fits = x[i] < 2 ** 63; // not NaN
        const value = Math.max(Math.trunc(x[i]), -(2 ** 63));
        const high = Math.floor(value / 2 ** 32);
        y[2 * i] = fits ? value - high * 2 ** 32 : -1;
        y[2 * i + 1] = fits ? high : 2 ** 31 - 1;
      }
    };
  }
  const y = output.data as Int32Array; // or a narrower array
  if (output.dtype === 'bool') {
    return () => {
      for (let i = 0; i < x.length; i++) y[i] = x[i] !== 0 ? 1 : 0;
    };
  }
  const { min, max } = typeRange(output.dtype);
  return () => {
    for (let i = 0; i < x.length; i++) y[i] = x[i] < max ? Math.max(Math.trunc(x[i]), min) : max;
  };
}

export function castToFloat(input: Tensor, output: Tensor<'float32'>): Eval {
  const y = output.data;
  if (input.dtype !== 'int64') {
    const x = input.data as Int32Array; // or a narrower array
    return () => y.set(x);
  }
  const x = int32Halves(input as Tensor<'int64'>);
  return () => {
    for (let i = 0; i < y.length; i++) y[i] = int64ToFloat(x[2 * i + 1], x[2 * i]);
  };
}

/** A double has 53 bits of the 64. What float32's rounding must know of the others is whether they are 0. */
function int64ToFloat(high: number, low: number): number {
  const rest = low & 0xfff;
  return high * 2 ** 32 + (low >>> 0) - rest + (Math.abs(high) < 2 ** 20 ? rest : rest === 0 ? 0 : 0x800);
}
