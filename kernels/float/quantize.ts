/**
 * QUANTIZE of real values: output = clamp(round(input / scale) + zeroPoint), in float32, rounded half away from zero.
 *
 * Equals: reference/quantize.h on x86-64, where a quotient that is not an int32 (2^31 and beyond, NaN) becomes -2^31:
 * so 3e9 / scale quantizes to the lowest value. In profile xnnpack, where the output has one scale, the input is multiplied by
 * float32(1 / scale) and rounded half to even: by XNNPACK's vcvt kernels, where NaN gives the highest value; or by
 * optimized_ops.h AffineQuantize, 8 values at a time; what is left is divided in double, and rounded half away from zero.
 * Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { roundHalfAway, roundHalfEven, typeRange } from '../quantization.ts';
import type { Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareChannels } from './channels.ts';

const F = Math.fround;

export function prepareAffineQuantize(node: Node, input: Tensor<'float32'>) {
  const output = node.output(0, input.shape, 'int8', 'uint8', 'int16');
  const channels = prepareChannels(node, output, input);
  if (node.profile === 'xnnpack' && channels.channels === 1)
    node.arithmetic = isDelegated(node) ? 'XNNPACK' : 'optimized';
  return {
    kind: 'float' as const,
    input,
    output,
    ...channels,
    ...typeRange(output.dtype),
    arithmetic: node.arithmetic,
  };
}

export function affineQuantize(p: ReturnType<typeof prepareAffineQuantize>): Eval {
  const { input, output, scales, zeroPoints, channels, inner, min, max } = p;
  const inputData = input.data;
  const outputData = output.data;
  if (p.arithmetic === 'XNNPACK') return () => quantizeByXnnpack(p, inputData, outputData);
  if (p.arithmetic === 'optimized') return () => quantizeOptimized(p, inputData, outputData);
  return () => {
    for (let i = 0, c = 0; i < inputData.length; c = c + 1 === channels ? 0 : c + 1) {
      const scale = scales[c];
      const zeroPoint = zeroPoints[c];
      for (const end = i + inner; i < end; i++) {
        outputData[i] = Math.min(Math.max((roundToInt32(inputData[i] / scale) + zeroPoint) | 0, min), max);
      }
    }
  };
}

type AffineQuantize = ReturnType<typeof prepareAffineQuantize>;
type Data = Int8Array | Uint8Array | Int16Array;

function quantizeByXnnpack({ scales, zeroPoints, min, max }: AffineQuantize, input: Float32Array, output: Data) {
  const inverse = F(1 / scales[0]);
  const zeroPoint = zeroPoints[0];
  for (let i = 0; i < input.length; i++) {
    const y = F(input[i] * inverse);
    output[i] = y < max - zeroPoint ? Math.max(roundHalfEven(y) + zeroPoint, min) : max; // NaN is not less
  }
}

/** What is no int32, NaN included, becomes -2^31. */
function quantizeOptimized(p: AffineQuantize, input: Float32Array, output: Data) {
  const { scales, zeroPoints, min, max } = p;
  const inverse = F(1 / scales[0]);
  const whole = input.length & -8;
  for (let i = 0; i < input.length; i++) {
    const rounded = i < whole ? roundHalfEven(F(input[i] * inverse)) : roundHalfAway(input[i] / scales[0]);
    const int32 = rounded >= -(2 ** 31) && rounded < 2 ** 31 ? rounded : -(2 ** 31);
    output[i] = Math.min(Math.max((int32 + zeroPoints[0]) | 0, min), max);
  }
}

/** round(float32(quotient)), half away from zero, as an int32. */
function roundToInt32(quotient: number): number {
  const y = Math.fround(quotient);
  const rounded = Math.trunc(y + (y < 0 ? -0.5 : 0.5)); // exact: y has 24 bits, the sum 53
  return rounded >= -(2 ** 31) && rounded < 2 ** 31 ? rounded : -(2 ** 31);
}
