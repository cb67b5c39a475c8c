/**
 * ADD_N: output = the sum of all inputs, which are of one shape; int32, it wraps.
 *
 * Equals: reference/add_n.h. Deviations: none.
 */
import { addNFloat } from '../float/arithmetic.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { isSameShape } from '../tensor.ts';

function prepare(node: Node) {
  node.require(node.inputs.length >= 2, 'there must be two inputs at least');
  const inputs = node.inputs.map((_, i) => node.input(i, 'int32'));
  const { shape } = inputs[0];
  for (const input of inputs) {
    node.require(isSameShape(input.shape, shape), `inputs of shapes [${shape}] and [${input.shape}] cannot be added`);
  }
  return { inputs, output: node.output(0, shape, 'int32') };
}

function bind({ inputs, output }: ReturnType<typeof prepare>): Eval {
  const [first, ...others] = inputs.map((input) => input.data);
  const sum = output.data;
  return () => {
    sum.set(first);
    for (const values of others) accumulate(sum, values);
  };
}

function accumulate(sum: Int32Array, values: Int32Array) {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i] + values[i];
}

export const ADD_N = withFloat(operator(prepare, bind), addNFloat);
