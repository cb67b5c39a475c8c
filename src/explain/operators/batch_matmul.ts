/** BATCH_MATMUL: sums of products of two inputs, rescaled. */
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, type Expression, name, read, sum, type Term, times } from '../../formula/expression.ts';
import { indicesOf, step } from '../../formula/formula.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { productRange } from './accumulator.ts';
import { centered, clampOf, dimensionNames, type Explained, formula, type OperatorExplainer, type Quantized, requantized } from './operator_explainer.ts'; // biome-ignore format: one line

type BatchMatmul = Quantized<typeof reference.BATCH_MATMUL>;

/** The sum of products for an output at these indices. Dimensions of 1 before the last two are repeated. */
function sumOfProducts({ x, y, depth, adjX, adjY }: BatchMatmul, indices: readonly string[]): Expression {
  const matrices = indices.slice(0, -2);
  const matrix = ({ shape }: Tensor): Term[] => {
    const missing = matrices.length - (shape.length - 2);
    return shape.slice(0, -2).map((dim, d) => (dim === 1 ? 0 : name(matrices[d + missing]!)));
  };
  const [row, column] = indices.slice(-2).map(name) as [Expression, Expression];
  const k = name('k');
  const at1 = adjX ? [k, row] : [row, k];
  const at2 = adjY ? [column, k] : [k, column];
  return sum(
    { k: depth },
    times(
      centered(read('input1', [...matrix(x.tensor), ...at1]), x.offset),
      centered(read('input2', [...matrix(y.tensor), ...at2]), y.offset),
    ),
  );
}

export const BATCH_MATMUL: OperatorExplainer<BatchMatmul> = {
  explain(p): Explained {
    const { x, y, output, requantization, depth, shape, product } = p;
    const names = dimensionNames(shape.length);
    const indices = indicesOf(names, shape);
    const accumulator = product.high ? 'int64' : 'int32';
    const range = productRange(accumulator, x, y, depth);
    const total = sumOfProducts(p, names);
    const acc = accumulator === 'int32' && range.bound >= 2 ** 31 ? call('int32', total) : total;
    if (!requantization) {
      return {
        expressions: [formula(indices, [step('output', acc)])],
        accumulator: range,
        notes: ['the sum of the products of what is stored: scales and zero points are not heeded'],
      };
    }
    if (output.size === 0) return { notes: ['the output has no values'] };
    const { realMultiplier, scales, outputOffset, multipliers, shifts, singleRounding } = requantization;
    const steps = derive(
      realMultiplier,
      scaleOf('input1', scales[0]),
      scaleOf('input2', scales[1]),
      scaleOf('output', output.scale),
    );
    const prepared = { multiplier: multipliers[0]!, shift: shifts[0]!, singleRounding };
    const scaling = rescaling('acc', steps, [prepared], 0, accumulator === 'int64');
    const clamp = clampOf('NONE', output as Tensor<'int8' | 'int16'>, requantization);
    return {
      expressions: [
        formula(indices, [
          step('acc', acc, accumulator === 'int64' ? 'int64' : undefined),
          ...requantized(name('acc'), { rescaling: scaling, bound: range.bound }, outputOffset, clamp),
        ]),
      ],
      offsets: { input1: x.offset, input2: y.offset, output: outputOffset },
      accumulator: range,
      rescalings: [scaling],
      clamp,
    };
  },
};
