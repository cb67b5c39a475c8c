/** SQUARED_DIFFERENCE: both inputs brought to one scale, the square of their difference rescaled to the output's. */

import { squaredDifferenceMultipliers } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, type Expression, minus, name, read, times } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { shiftedLeft, smallerThanOne } from './common_scale.ts';
import {
  type OperatorExplainer,
  type Quantized,
  repeated,
  requantized,
  typeClamp,
  valueByValue,
} from './operator_explainer.ts';

type SquaredDifference = Quantized<typeof reference.SQUARED_DIFFERENCE>;

export const SQUARED_DIFFERENCE: OperatorExplainer<SquaredDifference> = {
  explain(p) {
    const { input1, input2, output, params } = p;
    const d = name('difference');
    const square = (x: Expression): Expression => times(x, x);
    if (!params) {
      const difference = call('int32', minus(read('input1'), read('input2')));
      const steps = [step('difference', difference), step('output', call('int32', square(d)))];
      return { expressions: valueByValue(...steps), notes: repeated(p) };
    }
    const { scaling1, scaling2, outputOffset } = params;
    const scales = [scaleOf('input1', input1.scale), scaleOf('input2', input2.scale), scaleOf('output', output.scale)];
    const real = (formula: string, of: 'input1' | 'input2' | 'output') =>
      derivationStep('real', formula, 'float64', scales, (a, b, c) => squaredDifferenceMultipliers(a!, b!, c!)[of]);
    const rescalings = [
      rescaling('input1', [real('input1.scale / twice the larger scale', 'input1')], [scaling1], scaling1.leftShift),
      rescaling('input2', [real('input2.scale / twice the larger scale', 'input2')], [scaling2], scaling2.leftShift),
      rescaling('square', [real('twice the larger scale, squared / (2^14 * output.scale)', 'output')], [params]),
    ];
    const clamp = typeClamp('int8');
    return {
      expressions: valueByValue(
        ...smallerThanOne('a', shiftedLeft('input1', scaling1), 0, rescalings),
        ...smallerThanOne('b', shiftedLeft('input2', scaling2), 1, rescalings),
        step('difference', minus(name('a'), name('b'))),
        step('square', call('int32', square(d))),
        ...requantized(name('square'), { rescaling: rescalings[2]!, bound: 0, index: 2 }, outputOffset, clamp),
      ),
      offsets: { input1: scaling1.offset, input2: scaling2.offset, output: outputOffset },
      rescalings,
      clamp,
      notes: repeated(p),
    };
  },
};
