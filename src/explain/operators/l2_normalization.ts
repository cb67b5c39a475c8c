/** L2_NORMALIZATION: values over the root of the sum of their squares. */
import type * as reference from '../../../kernels/reference/index.ts';
import { call, name, plus, power, read, sum, type Term, times } from '../../formula/expression.ts';
import { indicesOf, step } from '../../formula/formula.ts';
import { multiplied } from '../../formula/rescaling.ts';
import { productRange } from './accumulator.ts';
import {
  centered,
  formula,
  type OperatorExplainer,
  outputOf,
  type Quantized,
  typeClamp,
} from './operator_explainer.ts';

/** The output is in steps of 1 / 2^7. */
const OUTPUT_BITS = 7;

export const L2_NORMALIZATION: OperatorExplainer<Quantized<typeof reference.L2_NORMALIZATION>> = {
  explain({ input, output, depth, inputOffset, singleRounding }) {
    const shape = [input.size / Math.max(depth, 1), depth];
    const x = (column: Term) => centered(read('input', [name('b'), column], shape), inputOffset);
    const operand = { tensor: input, offset: inputOffset };
    const range = productRange('int32', operand, operand, depth);
    const squares = sum({ j: depth }, times(x(name('j')), x(name('j'))));
    const isSigned = input.dtype === 'int8';
    const shift = call('inverseRootShift', name('acc'));
    const by = { multiplier: name('rootMultiplier'), shift: name('rootShift'), most: isSigned ? OUTPUT_BITS : 0 };
    const value = isSigned ? x(name('i')) : times(power(OUTPUT_BITS), x(name('i')));
    const clamp = typeClamp(output.dtype);
    return {
      expressions: [
        formula(indicesOf(['b', 'i'], shape), [
          step('acc', range.bound >= 2 ** 31 ? call('int32', squares) : squares),
          step('rootMultiplier', call('inverseRootMultiplier', name('acc'))),
          step('rootShift', isSigned ? plus(shift, OUTPUT_BITS) : shift),
          step('scaled', multiplied(value, by, singleRounding)),
          step('output', outputOf(name('scaled'), output.zeroPoint, clamp)),
        ]),
      ],
      offsets: { input: inputOffset, output: output.zeroPoint },
      accumulator: range,
      clamp,
      notes: [
        '1 / sqrt(acc) is inverseRootMultiplier(acc) * 2^(inverseRootShift(acc) - 31), in fixed point',
        'along the last dimension',
      ],
    };
  },
};
