/**
 * CONCATENATION: the inputs one behind the other along `axis`. A uint8 input of another scale or zero point is
 * requantized, by a table: round(q * scale / outputScale - zeroPoint * scale / outputScale) + outputZeroPoint.
 *
 * Equals: reference/concatenation.h. Deviations: none. (Scalars, of which upstream only takes constants, become a list.)
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { type Activation, roundHalfAway, table8 } from '../quantization.ts';
import { prepareAxis } from '../shared/axes.ts';
import { lookup } from '../shared/lookup.ts';
import { prepareIsSameQuantization, prepareWholeQuantization } from '../shared/same_quantization.ts';
import { type Copy, move, prepareShifted } from '../shared/strided_copy.ts';
import type { Tensor } from '../tensor.ts';

interface Options {
  axis: number;
  fusedActivationFunction: Activation;
}

function prepare(node: Node) {
  const options = node.options<Options>();
  node.require(options.fusedActivationFunction === 'NONE', 'a fused activation is not defined');
  const first = node.input(0);
  const isList = first.shape.length === 0;
  const inputs = node.inputs.map((_, i) => node.input(i, first.dtype));
  const shapes = inputs.map(({ shape }) => (isList ? [1, ...shape] : shape));
  const rank = shapes[0].length;
  const axis = prepareAxis(node, options.axis, rank);
  for (const shape of shapes) {
    node.require(
      shape.length === rank && shape.every((dim, d) => d === axis || dim === shapes[0][d]),
      `[${shape}] and [${shapes[0]}] differ in more than axis ${axis}`,
    );
  }
  const shape = shapes[0].with(
    axis,
    shapes.reduce((sum, { [axis]: dim }) => sum + dim, 0),
  );
  const output = node.output(0, shape, first.dtype);
  const tables: { input: Tensor<'uint8'>; table: Int8Array; requantized: Tensor<'uint8'> }[] = [];
  const steps: Copy[] = [];
  const offsets = shape.map(() => 0);
  inputs.forEach((input, i) => {
    let tensor = input;
    if (!isList && !prepareIsSameQuantization(input, output)) {
      if (input.dtype === 'uint8') {
        tensor = node.scratch('uint8', input.size) as Tensor;
        const table = prepareRequantization(input, output);
        tables.push({ input: input as Tensor<'uint8'>, table, requantized: tensor as Tensor<'uint8'> });
      }
      node.require(input.dtype !== 'int8', `${input} and the output must have the same scale and zero point`);
    }
    steps.push(prepareShifted({ tensor, shape: shapes[i] }, { tensor: output, shape }, offsets));
    offsets[axis] += shapes[i][axis];
  });
  return { tables, steps };
}

/** What a uint8 becomes at another scale and zero point, as float32 arithmetic has it. */
function prepareRequantization(input: Tensor, output: Tensor): Int8Array {
  const F = Math.fround;
  const from = prepareWholeQuantization(input);
  const to = prepareWholeQuantization(output);
  const scale = F(from.scale * F(1 / to.scale));
  const bias = F(-from.zeroPoint * scale);
  return table8('uint8', 'uint8', (q) => {
    const real = roundHalfAway(F(F(q * scale) + bias));
    return (Math.abs(real) < 2 ** 31 ? real : -(2 ** 31)) + to.zeroPoint; // what is no int32 becomes the least one
  });
}

export type Concatenation = ReturnType<typeof prepare>;

function bind({ tables, steps }: Concatenation): Eval {
  const evals = tables.map(({ input, table, requantized }) => lookup(input, table, requantized));
  const join = move(steps);
  if (evals.length === 0) return join;
  return () => {
    for (let i = 0; i < evals.length; i++) evals[i]();
    join();
  };
}

export const CONCATENATION = operator(prepare, bind);
