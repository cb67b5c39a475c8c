/** QUANTIZE and DEQUANTIZE: between real numbers and integers, and from one scale to another. */

import type { Prepared } from '../../../kernels/kernel.ts';
import { quantizeScale, roundHalfAway } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { Steps } from '../value_trace.ts';
import { operandAt } from './elementwise.ts';
import {
  clamped,
  magnitude,
  type OperatorAccount,
  plus,
  plusInBrackets,
  requantized,
  typeClamp,
} from './operator_explainer.ts';

export const QUANTIZE: OperatorAccount<Prepared<typeof reference.QUANTIZE>> = {
  ofFloat: true,
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
    const scaling = rescaling('input', steps, [params]);
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
  trace(account, { at }, p) {
    const steps = new Steps();
    const input = operandAt(steps, 'input', p.input, at);
    if (p.kind === 'float') {
      const c = channelOf(p.output, p.channels, at);
      const quotient = Math.fround(input / p.scales[c]!);
      steps.add('quotient', `float32(${input} / ${p.scales[c]})`, quotient);
      const rounded = roundHalfAway(quotient);
      const whole = rounded >= -(2 ** 31) && rounded < 2 ** 31 ? rounded : -(2 ** 31);
      steps.add('rounded', `round(${quotient})`, whole);
      return { taps: [], value: steps.output(whole, p.zeroPoints[c]!, account.clamp!), steps: steps.list };
    }
    const { inputOffset, outputOffset } = p.params;
    const scaled = steps.rescale(steps.offset('offset', input, inputOffset), account.rescalings[0]!);
    return { taps: [], value: steps.output(scaled, outputOffset, account.clamp!), steps: steps.list };
  },
};

/** Which of several scales a place has. */
function channelOf({ quantization }: Tensor, channels: number, at: readonly number[]): number {
  return channels > 1 ? at[quantization!.dimension]! : 0;
}

export const DEQUANTIZE: OperatorAccount<Prepared<typeof reference.DEQUANTIZE>> = {
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
  trace(_, { at }, p) {
    const steps = new Steps();
    const c = channelOf(p.input, p.channels, at);
    const x = steps.offset('offset', operandAt(steps, 'input', p.input, at), 0 - p.zeroPoints[c]!);
    const value = steps.add('real', `float32(${p.scales[c]} * ${x})`, Math.fround(p.scales[c]! * x));
    return { taps: [], steps: steps.list, value };
  },
};
