/**
 * QUANTIZE of real values: output = clamp(round(input / scale) + zeroPoint), in float32, rounded half away from zero.
 *
 * Equals: reference/quantize.h on x86-64, where a quotient that is not an int32 (2^31 and beyond, NaN) becomes -2^31:
 * so 3e9 / scale quantizes to the lowest value. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { typeRange } from '../quantization.ts';
import type { Tensor } from '../tensor.ts';
import { prepareChannels } from './channels.ts';

export function prepareAffineQuantize(node: Node, input: Tensor<'float32'>) {
  const output = node.output(0, input.shape, 'int8', 'uint8', 'int16');
  return { kind: 'float' as const, input, output, ...prepareChannels(node, output, input), ...typeRange(output.dtype) };
}

export function affineQuantize(p: ReturnType<typeof prepareAffineQuantize>): Eval {
  const { input, output, scales, zeroPoints, channels, inner, min, max } = p;
  const inputData = input.data;
  const outputData = output.data;
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

/** round(float32(quotient)), half away from zero, as an int32. */
function roundToInt32(quotient: number): number {
  const y = Math.fround(quotient);
  const rounded = Math.trunc(y + (y < 0 ? -0.5 : 0.5)); // exact: y has 24 bits, the sum 53
  return rounded >= -(2 ** 31) && rounded < 2 ** 31 ? rounded : -(2 ** 31);
}
