/**
 * SHAPE: the sizes of the input's dimensions. RANK: how many there are.
 *
 * Equals: shape.cc, rank.cc. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { int32Halves, type Tensor } from '../tensor.ts';

function prepareShape(node: Node) {
  node.readsShapesOnly = true;
  const { shape } = node.input(0);
  return { values: shape, output: node.output(0, [shape.length], 'int32', 'int64') };
}

function prepareRank(node: Node) {
  node.readsShapesOnly = true;
  return { values: [node.input(0).shape.length], output: node.output(0, [], 'int32') };
}

function bind({ values, output }: { values: readonly number[]; output: Tensor<'int32' | 'int64'> }): Eval {
  if (output.dtype === 'int32') return () => (output.data as Int32Array).set(values);
  const halves = int32Halves(output as Tensor<'int64'>);
  return () => {
    for (let i = 0; i < values.length; i++) {
      halves[2 * i] = values[i];
      halves[2 * i + 1] = 0;
    }
  };
}

export const SHAPE = operator(prepareShape, bind);
export const RANK = operator(prepareRank, bind);
