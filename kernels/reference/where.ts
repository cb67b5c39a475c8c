/**
 * WHERE: output = the coordinates of the input's values that are not 0, one row for each, in order.
 *
 * Equals: where.cc. Deviations: 2^24 values at most.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { int8View, int32Halves, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'bool', 'int8', 'uint8', 'int32', 'int64', 'float32');
  const { shape } = input;
  const count = node.values(0, input.dtype).reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
  const output = node.output(0, [count, shape.length], 'int64');
  // Coordinates along a dimension of size 1 are 0; the others are counted, the innermost first.
  const columns = shape.flatMap((dim, i) => (dim === 1 ? [] : [i])).reverse();
  return {
    input,
    output,
    rank: shape.length,
    columns: Int32Array.from(columns),
    sizes: Int32Array.from(columns, (column) => shape[column]),
    counters: new Int32Array(columns.length),
  };
}

type Where = ReturnType<typeof prepare>;

function bind(p: Where): Eval {
  const isSet = bindIsSet(p.input);
  const size = p.input.size;
  const output = int32Halves(p.output);
  return () => evalWhere(p, isSet, size, output);
}

function bindIsSet(input: Tensor): (i: number) => boolean {
  if (input.dtype === 'int64') {
    const data = int32Halves(input as Tensor<'int64'>);
    return (i) => (data[i << 1] | data[(i << 1) + 1]) !== 0;
  }
  if (input.dtype === 'int32' || input.dtype === 'float32') {
    const data = input.data;
    return (i) => data[i] !== 0;
  }
  const data = int8View(input as Tensor<'bool' | 'int8' | 'uint8'>);
  return (i) => data[i] !== 0;
}

function evalWhere(
  { rank, columns, sizes, counters }: Where,
  isSet: (i: number) => boolean,
  size: number,
  output: Int32Array,
) {
  counters.fill(0);
  output.fill(0);
  for (let i = 0, row = 0; i < size; i++) {
    if (isSet(i)) {
      for (let d = 0; d < columns.length; d++) output[(row + columns[d]) << 1] = counters[d];
      row += rank;
    }
    for (let d = 0; d < columns.length; d++) {
      if (++counters[d] < sizes[d]) break;
      counters[d] = 0;
    }
  }
}

export const WHERE = operator(prepare, bind);
