/** PRELU: x rescaled from 0 on, and x times alpha below. */

import { convolutionMultiplier, mulMultiplier, quantizeScale, reluMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { condition, name, named, plus, read, rescale, times } from '../../formula/expression.ts';
import { either, step } from '../../formula/formula.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { magnitude, type OperatorExplainer, offset, outputOf, type Quantized, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

export const PRELU: OperatorExplainer<Quantized<typeof reference.PRELU>> = {
  explain(p, { isMicro, singleRounding }) {
    const { input, alpha, output } = p;
    const [from, factor, to] = [scaleOf('input', input.scale), scaleOf('alpha', alpha.scale), scaleOf('output', output.scale)]; // biome-ignore format: one line
    const above = derive(isMicro ? quantizeScale : reluMultiplier, from, to);
    const below = derive(isMicro ? convolutionMultiplier : mulMultiplier, from, factor, to);
    const rescalings = [
      rescaling('x from 0 on', above, [{ multiplier: p.multiplier1, shift: p.shift1, singleRounding }]),
      rescaling('x below 0', below, [{ multiplier: p.multiplier2, shift: p.shift2, singleRounding }]),
    ];
    const clamp = typeClamp(output.dtype);
    const x = name('x');
    const bound = magnitude(input, p.inputOffset);
    const product = named('product', times(x, offset(read('alpha'), p.alphaOffset)));
    return {
      expressions: valueByValue(
        step('x', plus(read('input'), p.inputOffset)),
        either(
          'scaled',
          [rescale(x, 0, bound), condition(x, '>=', 0)],
          [rescale(product, 1, bound * magnitude(alpha, p.alphaOffset)), condition(x, '<', 0)],
        ),
        step('output', outputOf(name('scaled'), p.outputOffset, clamp)),
      ),
      offsets: { input: p.inputOffset, alpha: p.alphaOffset, output: p.outputOffset },
      rescalings,
      clamp,
    };
  },
};
