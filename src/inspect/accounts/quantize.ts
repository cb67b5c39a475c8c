/** QUANTIZE and DEQUANTIZE: between real numbers and integers, and from one scale to another. */
import type { Prepared } from '../../../kernels/kernel.ts';
import { quantizeScale } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { clamped, type Explains, magnitude, plus, plusInBrackets, requantized, typeClamp } from './account.ts';

export const QUANTIZE: Explains<Prepared<typeof reference.QUANTIZE>> = {
  inputs: ['input'],
  explain(p) {
    const clamp = typeClamp(p.output.dtype);
    if (p.kind === 'float') {
      const { output, scales, zeroPoints, channels } = p;
      const scale = channels > 1 ? 'output.scale[c]' : `${scales[0]}`;
      const quotient = `round(float32(input / ${scale}))`;
      const sum = channels > 1 ? `${quotient} + output.zeroPoint[c]` : plus(quotient, zeroPoints[0]!);
      return {
        formulas: [`output = ${clamped(sum, clamp)}`],
        offsets: channels > 1 ? {} : { output: zeroPoints[0]! },
        clamp,
        notes: [
          'a quotient of 2^31 or more, or NaN, becomes the lowest value',
          ...(channels > 1 ? [`c is the index of dimension ${output.quantization!.dimension}`] : []),
        ],
      };
    }
    const { input, output, params } = p;
    const steps = derive(quantizeScale, scaleOf('input', input.scale), scaleOf('output', output.scale));
    const scaling = rescaling('input', steps, 'double rounding', [params]);
    return {
      formulas: [
        ...requantized(
          plusInBrackets('input', params.inputOffset),
          scaling,
          magnitude(input, params.inputOffset),
          params.outputOffset,
          clamp,
        ),
      ],
      offsets: { input: params.inputOffset, output: params.outputOffset },
      rescalings: [scaling],
      clamp,
    };
  },
};

export const DEQUANTIZE: Explains<Prepared<typeof reference.DEQUANTIZE>> = {
  inputs: ['input'],
  explain({ input, scales, zeroPoints, channels }) {
    if (channels > 1) {
      return {
        formulas: ['output = float32(input.scale[c] * (input - input.zeroPoint[c]))'],
        notes: [`c is the index of dimension ${input.quantization!.dimension}`],
      };
    }
    const offset = 0 - zeroPoints[0]!;
    return {
      formulas: [`output = float32(${scales[0]} * ${plusInBrackets('input', offset)})`],
      offsets: { input: offset },
    };
  },
};
