/**
 * CAST: the value in another type. To a narrower integer it wraps, bool is whether it is not 0. From and to float32 it is
 * in float/cast.ts.
 *
 * Equals: cast.cc. Deviations: uint32 only from and to int32 and narrower types.
 */
import { castFromFloat, castToFloat } from '../float/cast.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { int8View, int32Halves, type Tensor } from '../tensor.ts';

const TYPES = ['int8', 'uint8', 'int16', 'int32', 'int64', 'bool', 'float32'] as const;

function prepare(node: Node) {
  const input = node.input(0, ...TYPES, 'uint32', 'int4', 'int2');
  const output = node.output(0, input.shape, ...TYPES, 'uint32');
  const other = input.dtype === 'uint32' ? output : output.dtype === 'uint32' ? input : undefined;
  if (other?.dtype === 'int64' || other?.dtype === 'float32') {
    node.unsupported(`it casts uint32 only from and to narrower integers and int32, not ${other.dtype}`);
  }
  return { input, output };
}

function bind({ input, output }: ReturnType<typeof prepare>): Eval {
  if (input.dtype === 'float32')
    return castFromFloat(input as Tensor<'float32'>, output as Tensor<(typeof TYPES)[number]>);
  if (output.dtype === 'float32') return castToFloat(input, output as Tensor<'float32'>);
  if (output.dtype === 'bool') return castToBool(input, output as Tensor<'bool'>);
  if (input.dtype === 'int64') {
    const x = int32Halves(input as Tensor<'int64'>);
    if (output.dtype === 'int64') return () => int32Halves(output as Tensor<'int64'>).set(x);
    const y = output.data as Int32Array; // or a narrower array, which wraps what it is given
    return () => {
      for (let i = 0; i < y.length; i++) y[i] = x[2 * i];
    };
  }
  const x = input.data as Int32Array; // or a narrower array
  if (output.dtype === 'int64') {
    const y = int32Halves(output as Tensor<'int64'>);
    return () => {
      for (let i = 0; i < x.length; i++) {
        y[2 * i] = x[i];
        y[2 * i + 1] = x[i] >> 31;
      }
    };
  }
  const y = output.data as Int32Array; // or a narrower array
  return () => y.set(x);
}

function castToBool(input: Tensor, output: Tensor<'bool'>): Eval {
  const y = int8View(output);
  if (input.dtype === 'int64') {
    const x = int32Halves(input as Tensor<'int64'>);
    return () => {
      for (let i = 0; i < y.length; i++) y[i] = (x[2 * i] | x[2 * i + 1]) !== 0 ? 1 : 0;
    };
  }
  const x = input.data as Int32Array; // or a narrower array
  return () => {
    for (let i = 0; i < y.length; i++) y[i] = x[i] !== 0 ? 1 : 0;
  };
}

export const CAST = operator(prepare, bind);
