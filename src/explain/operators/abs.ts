/** ABS, rescaled where it is quantized; NEG and SIGN of plain integers. */
import { type QuantizedType, quantizeScale, reluMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, condition, minus, name, named, number, read } from '../../formula/expression.ts';
import { either, step } from '../../formula/formula.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { magnitude, type OperatorExplainer, offset, outputOf, type Quantized, requantized, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

export const ABS: OperatorExplainer<Quantized<typeof reference.ABS>> = {
  explain({ input, output, params }, node) {
    if (!params) return { expressions: valueByValue(step('output', call(output.dtype, call('abs', read('input'))))) };
    const { inputOffset, outputOffset, needsRescale } = params;
    const clamp = typeClamp(output.dtype as QuantizedType);
    const size = named('magnitude', call('abs', offset(read('input'), inputOffset)));
    const facts = { offsets: { input: inputOffset, output: outputOffset }, clamp };
    if (!needsRescale)
      return { expressions: valueByValue(step('output', outputOf(size, outputOffset, clamp))), ...facts };
    const multiplier = node.isMicro ? quantizeScale : reluMultiplier;
    const scaling = rescaling(
      'magnitude',
      derive(multiplier, scaleOf('input', input.scale), scaleOf('output', output.scale)),
      [params],
    );
    const by = { rescaling: scaling, bound: magnitude(input, inputOffset) };
    return {
      expressions: valueByValue(...requantized(size, by, outputOffset, clamp)),
      ...facts,
      rescalings: [scaling],
    };
  },
};

export const NEG: OperatorExplainer<Quantized<typeof reference.NEG>> = {
  explain: ({ output }) => ({
    expressions: valueByValue(step('output', call(output.dtype, minus(0, read('input'))))),
    notes: ['what is stored is negated: scales and zero points are not heeded'],
  }),
};

export const SIGN: OperatorExplainer<Quantized<typeof reference.SIGN>> = {
  explain: () => ({
    expressions: valueByValue(
      step('x', read('input')),
      either(
        'output',
        [number(1), condition(name('x'), '>', 0)],
        [number(0), condition(name('x'), '=', 0)],
        [number(-1), condition(name('x'), '<', 0)],
      ),
    ),
  }),
};
