/**
 * BROADCAST_ARGS: the shape that two shapes are broadcast to, dimension by dimension from the last on.
 *
 * Equals: reference/broadcast_args.h, int64 shapes counting by their low half. Deviations: shapes that do not go together
 * are an error, where upstream ends the process.
 */
import { InputError } from '../errors.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { int32Words } from '../tensor.ts';

function prepare(node: Node) {
  const shape1 = node.input(0, 'int32', 'int64');
  const shape2 = node.input(1, shape1.dtype);
  node.require(shape1.shape.length === 1 && shape2.shape.length === 1, 'the shapes are no lists');
  return { node, shape1, shape2, output: node.output(0, [Math.max(shape1.size, shape2.size)], shape1.dtype) };
}

function bind({ node, shape1, shape2, output }: ReturnType<typeof prepare>): Eval {
  const words = output.dtype === 'int64' ? 2 : 1; // of an element; the low one comes first
  const data1 = int32Words(shape1);
  const data2 = int32Words(shape2);
  const data = int32Words(output);
  return () => {
    for (let i = words; i <= data.length; i += words) {
      const dim1 = i > data1.length ? 1 : data1[data1.length - i];
      const dim2 = i > data2.length ? 1 : data2[data2.length - i];
      if (dim1 !== dim2 && dim1 !== 1 && dim2 !== 1) {
        throw new InputError(`${node}: ${dim1} and ${dim2} cannot be broadcast`, node.place);
      }
      const dim = dim1 === 1 ? dim2 : dim1;
      data[data.length - i + words - 1] = dim >> 31; // the sign, where there is a high word
      data[data.length - i] = dim;
    }
  };
}

export const BROADCAST_ARGS = operator(prepare, bind);
