/**
 * PACK: inputs of one shape side by side along a new dimension. UNPACK: the reverse.
 *
 * Equals: pack.cc, unpack.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { prepareSameQuantization } from '../shared/same_quantization.ts';
import { move, prepareShifted } from '../shared/strided_copy.ts';
import { isSameShape } from '../tensor.ts';

interface PackOptions {
  valuesCount: number;
  axis: number;
}

function preparePack(node: Node) {
  const { valuesCount, axis: axisOption } = node.options<PackOptions>();
  const { shape, dtype } = node.input(0);
  const inputs = node.inputs.map((_, i) => node.input(i, dtype));
  node.require(inputs.length === valuesCount, `${inputs.length} inputs, and a count of ${valuesCount}`);
  const axis = prepareAxis(node, axisOption, shape.length + 1);
  const packed = shape.toSpliced(axis, 0, valuesCount);
  const output = node.output(0, packed, dtype);
  return inputs.map((input, i) => {
    node.require(isSameShape(input.shape, shape), `the inputs have shapes [${shape}] and [${input.shape}]`);
    prepareSameQuantization(node, input, output);
    const slice = { tensor: input, shape: packed.with(axis, 1) };
    return prepareShifted(
      slice,
      { tensor: output, shape: packed },
      packed.map((_, d) => (d === axis ? i : 0)),
    );
  });
}

interface UnpackOptions {
  num: number;
  axis: number;
}

function prepareUnpack(node: Node) {
  const { num, axis: axisOption } = node.options<UnpackOptions>();
  const input = node.input(0);
  const { shape } = input;
  const axis = prepareAxis(node, axisOption, shape.length);
  node.require(
    shape[axis] === num && node.outputs.length === num,
    `${node.outputs.length} outputs and a count of ${num}, for ${shape[axis]} slices`,
  );
  return node.outputs.map((_, i) => {
    const output = node.output(i, shape.toSpliced(axis, 1), input.dtype);
    prepareSameQuantization(node, input, output);
    const slice = { tensor: output, shape: shape.with(axis, 1) };
    return prepareShifted(
      { tensor: input, shape },
      slice,
      shape.map((_, d) => (d === axis ? -i : 0)),
    );
  });
}

export const PACK = operator(preparePack, move);
export const UNPACK = operator(prepareUnpack, move);
