/**
 * DEQUANTIZE: output = scale * (input - zeroPoint), in double, rounded to float32. tflm takes the first channel's scale for
 * all. In profile xnnpack what the delegate leaves is, 8 values at a time, float32(float32(scale * input) - zeroPoint * scale).
 *
 * Equals: reference/dequantize.h; optimized_ops.h Dequantize. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
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
  const isOptimized =
    node.profile === 'xnnpack' && channels.channels === 1 && !isDelegated(node) && input.zeroPoint !== 0;
  if (isOptimized) node.arithmetic = 'optimized';
  return { input, output, ...channels, whole: isOptimized ? input.size & -8 : 0 };
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
  if (p.whole === 0) return () => dequantize8(p, mask, input, output);
  const rest = { ...p, inner: input.length - p.whole };
  return () => {
    dequantizeBySum(p, mask, input, output);
    dequantize8(rest, mask, input.subarray(p.whole), output.subarray(p.whole));
  };
}

function dequantize8(p: Channels, mask: number, input: Int8Array, output: Float32Array) {
  const { scales, zeroPoints, channels, inner } = p;
  for (let i = 0, c = 0; i < input.length; c = c + 1 === channels ? 0 : c + 1) {
    const scale = scales[c];
    const zeroPoint = zeroPoints[c];
    for (const end = i + inner; i < end; i++) output[i] = scale * (((input[i] & mask) - zeroPoint) | 0);
  }
}

/** The first values. */
function dequantizeBySum(
  { scales, zeroPoints, whole }: Dequantize,
  mask: number,
  input: Int8Array,
  output: Float32Array,
) {
  const scale = scales[0];
  const zero = Math.fround(-zeroPoints[0] * scale);
  for (let i = 0; i < whole; i++) output[i] = Math.fround(scale * (input[i] & mask)) + zero;
}

function dequantize16({ scales, zeroPoints }: Channels, input: Int16Array, output: Float32Array) {
  const scale = scales[0];
  const zeroPoint = zeroPoints[0];
  for (let i = 0; i < input.length; i++) output[i] = scale * (input[i] - zeroPoint);
}

export const DEQUANTIZE = operator(prepare, bind);
