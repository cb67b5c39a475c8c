/**
 * PAD, PADV2: the input inside a larger output. Around it lies the output's zero point, or the value that input 2 holds.
 * Input 1, the paddings, has a row [before, after] for each dimension.
 *
 * Equals: reference/pad.h. Deviations: any rank, where upstream ends at 5.
 */
import { type Node, operator } from '../kernel.ts';
import { typeRange } from '../quantization.ts';
import { prepareIsSameQuantization } from '../shared/same_quantization.ts';
import { move, prepareScalar, prepareShifted } from '../shared/strided_copy.ts';
import type { DType, Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0);
  const rank = input.shape.length;
  const paddings = preparePairs(node, 1, rank, 'int32', 'int64', 'int16', 'int8', 'bool');
  node.require(
    paddings.every(([before, after]) => before >= 0 && after >= 0),
    `a padding of [${paddings.join('], [')}] is negative`,
  );
  const shape = input.shape.map((dim, d) => paddings[d][0] + dim + paddings[d][1]);
  const output = node.output(0, shape, input.dtype);
  const inside = prepareShifted(
    { tensor: input, shape: input.shape },
    { tensor: output, shape },
    paddings.map(([before]) => before),
  );
  const value = prepareValue(node, input, output);
  return [...(output.size > input.size ? [{ source: value, target: output }] : []), inside];
}

/** The rows of an input of shape [rows, 2]. */
export function preparePairs(node: Node, i: number, rows: number, ...dtypes: DType[]): [number, number][] {
  const { shape } = node.input(i);
  node.require(
    shape.length === 2 && shape[0] === rows && shape[1] === 2,
    `input ${i} has shape [${shape}]; it must be [${rows}, 2]`,
  );
  const values = node.values(i, ...dtypes);
  return Array.from({ length: rows }, (_, d) => [values[2 * d], values[2 * d + 1]]);
}

/** What the padding is filled with. */
function prepareValue(node: Node, input: Tensor, output: Tensor): Tensor {
  const { dtype } = input;
  const isQuantized =
    dtype === 'uint8' ||
    (dtype === 'int8' && (input.quantization !== undefined || node.isMicro)) ||
    (dtype === 'int16' && input.quantization !== undefined && !node.isMicro);
  const value = node.optionalInput(2, dtype);
  if (value) {
    node.require(value.size === 1, `the value to pad with has ${value.size} elements`);
    node.require(
      !isQuantized || prepareIsSameQuantization(value, output),
      `the value to pad with must have the output's scale and zero point`,
    );
    return value;
  }
  if (!isQuantized) return prepareScalar(dtype, 0);
  const { min, max } = typeRange(dtype);
  const { zeroPoint } = output;
  node.require(
    zeroPoint >= min && zeroPoint <= max,
    `a zero point of ${zeroPoint} is no ${dtype}, and cannot be padded`,
  );
  return prepareScalar(dtype, zeroPoint);
}

export const PAD = operator(prepare, move);
export const PADV2 = operator(prepare, move);
