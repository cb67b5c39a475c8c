/** MUL: the product of both inputs, less their zero points, rescaled. */
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { name, read, times } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { unscaled } from './elementwise.ts';
import { clampOf, magnitude, type OfReference, type OperatorExplainer, offset, repeated, requantized, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

export const MUL: OperatorExplainer<OfReference<typeof reference.MUL>> = {
  ofFloat: true,
  explain(p, node) {
    const { fusedActivationFunction } = node.options<{ fusedActivationFunction: Activation }>();
    if (p.kind !== 'quantized') return unscaled(times(read('input1'), read('input2')), p, fusedActivationFunction);
    const { input1, input2, input1Offset, input2Offset, outputOffset } = p;
    const output = p.output as Tensor<'int8' | 'uint8' | 'int16'>;
    const scales = [scaleOf('input1', input1.scale), scaleOf('input2', input2.scale), scaleOf('output', output.scale)];
    const scaling = rescaling('product', derive(p.realMultiplier, ...scales), [p]);
    const bound = magnitude(input1, input1Offset) * magnitude(input2, input2Offset);
    const clamp = clampOf(fusedActivationFunction, output, p);
    const product = times(offset(read('input1'), input1Offset), offset(read('input2'), input2Offset));
    return {
      expressions: valueByValue(
        step('product', product),
        ...requantized(name('product'), { rescaling: scaling, bound }, outputOffset, clamp),
      ),
      offsets: { input1: input1Offset, input2: input2Offset, output: outputOffset },
      rescalings: [scaling],
      clamp,
      notes: repeated(p),
    };
  },
};
