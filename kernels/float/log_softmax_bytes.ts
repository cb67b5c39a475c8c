/**
 * LOG_SOFTMAX of int8 and uint8 in profile xnnpack: TFLite's optimized kernel, which is float32 by definition. With e[d] =
 * exp(-scale * d) for d steps below the maximum: output = rint(input * scale / outputScale -
 * (max * scale + log(sum of e)) / outputScale) + outputZeroPoint.
 *
 * Equals: optimized_ops.h LogSoftmax of bytes. Deviations: none.
 */
import { logf } from '../float_math.ts';
import type { Eval, Node } from '../kernel.ts';
import { roundHalfEven, typeRange } from '../quantization.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { prepareSoftmaxTable } from './softmax_bytes.ts';

const F = Math.fround;

export function prepareLogSoftmaxBytes(node: Node, input: Tensor<'int8' | 'uint8'>, output: Tensor<'int8' | 'uint8'>) {
  node.arithmetic = 'optimized';
  const depth = input.shape.at(-1)!;
  return { kind: 'float32 sum' as const, input, output, depth, exps: prepareSoftmaxTable(input.scale, 1) };
}

type LogSoftmaxBytes = ReturnType<typeof prepareLogSoftmaxBytes>;

export function logSoftmaxBytes(p: LogSoftmaxBytes): Eval {
  const { input, output, depth } = p;
  const [x, y] = [int8View(input), output.data];
  const mask = byteMask(input.dtype);
  return () => {
    for (let from = 0; from < x.length; from += depth) evalRow(p, mask, x, y, from, from + depth);
  };
}

function evalRow(
  { exps, input, output }: LogSoftmaxBytes,
  mask: number,
  x: Int8Array,
  y: Int8Array | Uint8Array,
  from: number,
  end: number,
) {
  const { min, max } = typeRange(output.dtype);
  let largest = x[from] & mask;
  for (let i = from; i < end; i++) largest = Math.max(largest, x[i] & mask);
  let sum = 0;
  for (let i = from; i < end; i++) sum = F(sum + exps[largest - (x[i] & mask)]);
  const scale = F(input.scale / output.scale);
  const offset = F(F(F(input.scale * largest) + logf(sum)) / output.scale);
  for (let i = from; i < end; i++) {
    const rounded = roundHalfEven(F(F(scale * (x[i] & mask)) - offset));
    y[i] = Math.min(Math.max(rounded + output.zeroPoint, min), max);
  }
}
