/** Operators of one 8-bit value in profile xnnpack: prepare computes all 256 answers. */
import type { Node } from '../../kernel.ts';
import { reluMultiplier, roundHalfEven, table8, xnnpackFunctions } from '../../quantization.ts';
import type { Tensor } from '../../tensor.ts';

const F = Math.fround;

type Bytes = Tensor<'int8' | 'uint8'>;

/**
 * ELU, LOGISTIC, TANH: rint(float32(float32(f(x) * float32(1 / outputScale)) + outputZeroPoint)), x and f(x) in float32.
 * Equals: XNNPACK's x8-lut, filled by its float32 kernels.
 */
export function prepareXnnpackTable(node: Node, input: Bytes, output: Bytes): Int8Array {
  node.arithmetic = 'XNNPACK';
  const fn = xnnpackFunctions[node.op];
  const inverseScale = F(1 / output.scale);
  return table8(input.dtype, output.dtype, (value) => {
    const x = F((value - input.zeroPoint) * input.scale);
    return roundHalfEven(F(F(F(fn(x)) * inverseScale) + output.zeroPoint));
  });
}

/**
 * LEAKY_RELU and, with an alpha of 1, QUANTIZE: ((128 * (zeroPoint - x)) * -multiplier + 2^14) >> 15, as PMULHRSW does it on
 * 16 bits, the multiplier rint(256 * scale), and where x is below the zero point rint(256 * float32(scale * alpha)).
 * Equals: XNNPACK's vlrelu and vcvt kernels of x86.
 */
export function prepareXnnpackRescale(node: Node, input: Bytes, output: Bytes, alpha: number): Int8Array {
  node.arithmetic = 'XNNPACK';
  const above = 0 - roundHalfEven(256 * reluMultiplier(input.scale, output.scale));
  const below = 0 - roundHalfEven(256 * F(reluMultiplier(input.scale, output.scale) * alpha));
  return table8(input.dtype, output.dtype, (value) => {
    const difference = prepareWrapped((input.zeroPoint - value) << 7);
    const multiplier = prepareWrapped(value > input.zeroPoint ? above : below);
    const scaled = prepareWrapped((Math.imul(difference, multiplier) + (1 << 14)) >> 15);
    return scaled + output.zeroPoint;
  });
}

/** The low 16 bits, signed. */
function prepareWrapped(x: number): number {
  return (x << 16) >> 16;
}
