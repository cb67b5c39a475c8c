/**
 * ARG_MAX: output = the index of the greatest value along an axis, the first of them. ARG_MIN: of the least.
 *
 * Equals: reference/arg_min_max.h. Deviations: none.
 */
import { argMaxFloat, argMinFloat } from '../float/along_axis.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareAxisInput } from '../shared/axes.ts';
import { byteMask, int8View, int32Words, sizeOf, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int32', 'bool');
  const { shape } = input;
  const axis = prepareAxisInput(node, 1, shape.length);
  node.require(shape[axis] > 0, `there are no values along axis ${axis} of [${shape}]`);
  const output = node.output(0, shape.toSpliced(axis, 1), 'int32', 'int64');
  return {
    input,
    output,
    axisSize: shape[axis],
    innerSize: sizeOf(shape.slice(axis + 1)),
    indexWords: output.dtype === 'int64' ? 2 : 1,
  };
}

type ArgMax = ReturnType<typeof prepare>;

/** ARG_MIN has a flip of -1: the order of x ^ -1 is the reverse of x's. */
function bind(p: ArgMax, flip: number): Eval {
  const { input, output } = p;
  const indices = int32Words(output);
  if (input.dtype === 'int32') {
    const inputData = input.data as Int32Array;
    return () => evalArgMax32(p, inputData, flip, indices);
  }
  const inputData = int8View(input as Tensor<'int8' | 'uint8' | 'bool'>);
  const mask = byteMask(input.dtype);
  return () => evalArgMax8(p, inputData, mask, flip, indices);
}

function evalArgMax8(
  { axisSize, innerSize, indexWords }: ArgMax,
  input: Int8Array,
  mask: number,
  flip: number,
  indices: Int32Array,
) {
  indices.fill(0);
  for (let o = 0, from = 0, inner = 0; o < indices.length; o += indexWords) {
    let max = (input[from] & mask) ^ flip;
    for (let k = 1, i = from + innerSize; k < axisSize; k++, i += innerSize) {
      const value = (input[i] & mask) ^ flip;
      if (value > max) {
        max = value;
        indices[o] = k;
      }
    }
    from++;
    if (++inner === innerSize) {
      inner = 0;
      from += Math.imul(axisSize - 1, innerSize);
    }
  }
}

function evalArgMax32(
  { axisSize, innerSize, indexWords }: ArgMax,
  input: Int32Array,
  flip: number,
  indices: Int32Array,
) {
  indices.fill(0);
  for (let o = 0, from = 0, inner = 0; o < indices.length; o += indexWords) {
    let max = input[from] ^ flip;
    for (let k = 1, i = from + innerSize; k < axisSize; k++, i += innerSize) {
      const value = input[i] ^ flip;
      if (value > max) {
        max = value;
        indices[o] = k;
      }
    }
    from++;
    if (++inner === innerSize) {
      inner = 0;
      from += Math.imul(axisSize - 1, innerSize);
    }
  }
}

const integerMax = operator(prepare, (p) => bind(p, 0));
const integerMin = operator(prepare, (p) => bind(p, -1));

export const ARG_MAX = withFloat(integerMax, argMaxFloat);
export const ARG_MIN = withFloat(integerMin, argMinFloat);
