/** CUMSUM: sums of all values up to each; of int8, rescaled. */
import { typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, type Expression, minus, name, named, plus, power, read, rescale, sum, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { indicesOf, step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { boundsOf } from './accumulator.ts';
import { centered, dimensionNames, type Explained, formula, type OperatorExplainer, outputOf, type Quantized, typeClamp } from './operator_explainer.ts'; // biome-ignore format: one line

type Cumsum = Quantized<typeof reference.CUMSUM>;

/** The values that are k before the output's place, or k after it. */
function valueBefore({ axis, exclusive, reverse }: Cumsum, indices: readonly string[]) {
  const at = indices.map((index, d): Expression => {
    if (d !== axis) return name(index);
    const moved = reverse ? plus(name(index), name('k')) : minus(name(index), name('k'));
    return plus(moved, exclusive ? (reverse ? 1 : -1) : 0);
  });
  return read('input', at);
}

export const CUMSUM: OperatorExplainer<Cumsum> = {
  explain(p): Explained {
    const { input, output, axisSize } = p;
    const names = dimensionNames(input.shape.length);
    const indices = indicesOf(names, input.shape);
    const value = valueBefore(p, names);
    const notes = ['what lies outside of the input is left out of the sum'];
    if (input.dtype !== 'int8') {
      return {
        expressions: [formula(indices, [step('output', call(input.dtype, sum({ k: axisSize }, value)))])],
        notes,
      };
    }
    const { inputOffset, outputOffset } = p;
    const steps = [
      derivationStep('real', '2 * input.scale / (2^20 * output.scale)', 'float64', [scaleOf('input', input.scale), scaleOf('output', output.scale)], (a, b) => (2 * a!) / (2 ** 20 * b!)), // biome-ignore format: one line
    ];
    const scaling = rescaling('acc', steps, [p]);
    const clamp = typeClamp('int8');
    const { min, max } = typeRange('int8');
    const terms = axisSize - (p.exclusive ? 1 : 0);
    const sums = [min + inputOffset, max + inputOffset].map((x) => 2 ** 19 * (terms * x + inputOffset));
    const range = boundsOf([2 ** 19 * inputOffset, sums[0]!], [2 ** 19 * inputOffset, sums[1]!]);
    const total = plus(sum({ k: axisSize }, centered(value, inputOffset)), inputOffset);
    const shifted = named('left shift', times(total, power(19)));
    return {
      expressions: [
        formula(indices, [
          step('acc', range.bound >= 2 ** 31 ? call('int32', shifted) : shifted),
          step('scaled', rescale(name('acc'), 0, Math.min(range.bound, 2 ** 31))),
          step('output', outputOf(name('scaled'), outputOffset, clamp)),
        ]),
      ],
      offsets: { input: inputOffset, output: outputOffset },
      accumulator: { type: 'int32', terms, ...range, from: 'types' },
      rescalings: [scaling],
      clamp,
      notes: [...notes, "the sum begins with the input's offset, as in TensorFlow Lite Micro"],
    };
  },
};
