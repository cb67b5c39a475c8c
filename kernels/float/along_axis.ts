/**
 * What looks at the values along one axis, of float32: ARG_MAX and ARG_MIN, of which NaN is never one if there is another value, and
 * CUMSUM.
 *
 * Equals: reference/arg_min_max.h; Eigen's cumsum, which adds one value after the other. Deviations: among values with NaN, upstream's
 * instructions for vectors, which it uses along the last axis, may find another one.
 */
import { type Eval, type Node, type OperatorOf, operator } from '../kernel.ts';
import { prepareAxisInput } from '../shared/axes.ts';
import { int32Words, sizeOf } from '../tensor.ts';
import type { FloatForm } from './with_float.ts';

const F = Math.fround;

function prepareAxisOf(node: Node, ...dtypes: ('int32' | 'int64')[]) {
  const input = node.input(0, 'float32');
  const axis = prepareAxisInput(node, 1, input.shape.length, ...dtypes);
  const innerSize = sizeOf(input.shape.slice(axis + 1));
  return { kind: 'float' as const, input, axis, axisSize: input.shape[axis], innerSize };
}

function prepareArgMax(node: Node) {
  const p = prepareAxisOf(node);
  const { shape } = p.input;
  node.require(p.axisSize > 0, `there are no values along axis ${p.axis} of [${shape}]`);
  const output = node.output(0, shape.toSpliced(p.axis, 1), 'int32', 'int64');
  return { ...p, output, indexWords: output.dtype === 'int64' ? 2 : 1 };
}

/** The first of the greatest; sign -1: of the least. */
function argMax(sign: number): OperatorOf<FloatForm> {
  return operator(prepareArgMax, ({ input, output, axisSize, innerSize, indexWords }): Eval => {
    const [x, indices] = [input.data, int32Words(output)];
    return () => {
      indices.fill(0);
      for (let o = 0, i = 0; o < indices.length; o += indexWords, i++) {
        const from = Math.trunc(i / innerSize) * axisSize * innerSize + (i % innerSize);
        let max = x[from];
        for (let k = 1; k < axisSize; k++) {
          const value = x[from + k * innerSize];
          if (sign * value > sign * max || (Number.isNaN(max) && !Number.isNaN(value))) {
            max = value;
            indices[o] = k;
          }
        }
      }
    };
  });
}

export const argMaxFloat = argMax(1);
export const argMinFloat = argMax(-1);

function prepareCumsum(node: Node) {
  const { exclusive, reverse } = node.options<{ exclusive: boolean; reverse: boolean }>();
  const p = prepareAxisOf(node, 'int32');
  return { ...p, output: node.output(0, p.input.shape, 'float32'), exclusive, reverse };
}

export const cumsumFloat = operator(prepareCumsum, (p): Eval => {
  const { input, output, axisSize, innerSize, exclusive, reverse } = p;
  const [x, y] = [input.data, output.data];
  return () => {
    for (let i = 0; i < x.length / axisSize; i++) {
      const from = Math.trunc(i / innerSize) * axisSize * innerSize + (i % innerSize);
      let sum = 0;
      for (let k = 0; k < axisSize; k++) {
        const at = from + (reverse ? axisSize - 1 - k : k) * innerSize;
        const next = F(sum + x[at]);
        y[at] = exclusive ? sum : next;
        sum = next;
      }
    }
  };
});
