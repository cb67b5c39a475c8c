/**
 * DEQUANTIZE: output = scale * (input - zeroPoint), in double, rounded to float32. tflm takes the first channel's scale for
 * all.
 *
 * Equals: reference/dequantize.h. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { type Channels, prepareChannels } from './channels.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int16', 'int4', 'int2');
  const output = node.output(0, input.shape, 'float32');
  const all = prepareChannels(node, input, input);
  const channels = node.isMicro ? { ...all, channels: 1, inner: input.size } : all;
  node.require(
    input.dtype !== 'int16' || (channels.channels === 1 && input.zeroPoint === 0),
    `${input} is int16; it must have one scale, and zero point 0`,
  );
  return { input, output, ...channels };
}

export type Dequantize = ReturnType<typeof prepare>;

function bind(p: Dequantize): Eval {
  const output = p.output.data;
  if (p.input.dtype === 'int16') {
    const input = p.input.data as Int16Array;
    return () => dequantize16(p, input, output);
  }
  const input = int8View(p.input as Tensor<'int8' | 'uint8' | 'int4' | 'int2'>);
  const mask = byteMask(p.input.dtype);
  return () => dequantize8(p, mask, input, output);
}

function dequantize8(p: Channels, mask: number, input: Int8Array, output: Float32Array) {
  const { scales, zeroPoints, channels, inner } = p;
  for (let i = 0, c = 0; i < input.length; c = c + 1 === channels ? 0 : c + 1) {
    const scale = scales[c];
    const zeroPoint = zeroPoints[c];
    for (const end = i + inner; i < end; i++) output[i] = scale * (((input[i] & mask) - zeroPoint) | 0);
  }
}

function dequantize16({ scales, zeroPoints }: Channels, input: Int16Array, output: Float32Array) {
  const scale = scales[0];
  const zeroPoint = zeroPoints[0];
  for (let i = 0; i < input.length; i++) output[i] = scale * (input[i] - zeroPoint);
}

export const DEQUANTIZE = operator(prepare, bind);
