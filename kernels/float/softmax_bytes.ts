/**
 * SOFTMAX of int8 and uint8 in profile xnnpack: TFLite's optimized kernel, which is float32 by definition: its sum depends on
 * the order of the values. With e[d] = exp(-scale * beta * d) for d steps below the maximum:
 * output = round(e / (outputScale * sum)) + outputZeroPoint, of uint8 without its zero point.
 *
 * Equals: optimized_ops.h Softmax of bytes. Deviations: none.
 */
import type { Eval } from '../kernel.ts';
import { roundHalfAway, typeRange } from '../quantization.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';

const F = Math.fround;

export function prepareSoftmaxBytes(
  input: Tensor<'int8' | 'uint8'>,
  output: Tensor<'int8' | 'uint8' | 'int16'>,
  beta: number,
) {
  return {
    kind: 'float32 sum' as const,
    input,
    output,
    depth: input.shape.at(-1)!,
    exps: prepareSoftmaxTable(input.scale, beta),
  };
}

/** exp(-scale * beta * d) for d in 0..255. PopulateSoftmaxLookupTable. */
export function prepareSoftmaxTable(inputScale: number, beta: number): Float32Array {
  const scale = F(-inputScale * F(beta));
  return Float32Array.from({ length: 256 }, (_, d) => Math.exp(F(scale * d)));
}

type SoftmaxBytes = ReturnType<typeof prepareSoftmaxBytes>;

export function softmaxBytes(p: SoftmaxBytes): Eval {
  const { input, output, depth, exps } = p;
  const x = int8View(input);
  const y = output.data;
  const mask = byteMask(input.dtype);
  return () => {
    for (let from = 0; from < x.length; from += depth) evalRow(p, exps, mask, x, y, from, from + depth);
  };
}

function evalRow(
  { output: { dtype, scale, zeroPoint } }: SoftmaxBytes,
  exps: Float32Array,
  mask: number,
  x: Int8Array,
  y: Int8Array | Uint8Array | Int16Array,
  from: number,
  end: number,
) {
  const { min, max } = typeRange(dtype);
  let largest = x[from] & mask;
  for (let i = from; i < end; i++) largest = Math.max(largest, x[i] & mask);
  let sum = 0;
  for (let i = from; i < end; i++) sum = F(sum + exps[largest - (x[i] & mask)]);
  const inverse = F(1 / F(sum * scale));
  for (let i = from; i < end; i++) {
    const probability = F(exps[largest - (x[i] & mask)] * inverse);
    const rounded = dtype === 'uint8' ? Math.trunc(F(probability + 0.5)) : roundHalfAway(probability) + zeroPoint;
    y[i] = Math.min(Math.max(rounded, min), max);
  }
}
