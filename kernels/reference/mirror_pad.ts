/**
 * MIRROR_PAD: the input inside a larger output, which around it mirrors the input: SYMMETRIC with its edge (cba|abc|cba),
 * REFLECT without (cb|abc|ba). Input 1, the paddings, has a row [before, after] for each dimension.
 *
 * Equals: mirror_pad.cc. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareSameQuantizationOfIntegers } from '../shared/same_quantization.ts';
import { type Copy, move, prepareShifted, stridesOf } from '../shared/strided_copy.ts';
import { preparePairs } from './pad.ts';

interface Options {
  mode: 'REFLECT' | 'SYMMETRIC';
}

function prepare(node: Node) {
  const edge = node.options<Options>().mode === 'REFLECT' ? 1 : 0;
  const input = node.input(0);
  const paddings = preparePairs(node, 1, input.shape.length);
  input.shape.forEach((dim, d) => {
    const [before, after] = paddings[d];
    node.require(
      before >= 0 && after >= 0 && Math.max(before, after) <= dim - edge,
      `a dimension of ${dim} cannot be mirrored by [${before}, ${after}]`,
    );
  });
  const shape = input.shape.map((dim, d) => paddings[d][0] + dim + paddings[d][1]);
  const output = node.output(0, shape, input.dtype);
  prepareSameQuantizationOfIntegers(node, input, output);
  if (output.size === 0) return [];
  const offsets = paddings.map(([before]) => before);
  const inside = prepareShifted({ tensor: input, shape: input.shape }, { tensor: output, shape }, offsets);
  const steps = [inside];
  // What is written already is mirrored along one dimension after another, from the last on.
  const written = [...input.shape];
  const strides = stridesOf(shape);
  let origin = inside.to;
  for (let d = shape.length - 1; d >= 0; d--) {
    const [before, after] = paddings[d];
    const dim = input.shape[d];
    const stride = strides[d];
    const mirror = (count: number, from: number, to: number): Copy => ({
      source: output,
      target: output,
      shape: written.with(d, count),
      from: origin + from * stride,
      fromStrides: strides.with(d, -stride),
      to: origin + to * stride,
      toStrides: strides,
    });
    if (before > 0) steps.push(mirror(before, before - 1 + edge, -before));
    if (after > 0) steps.push(mirror(after, dim - 1 - edge, dim));
    origin -= before * stride;
    written[d] = shape[d];
  }
  return steps;
}

export const MIRROR_PAD = operator(prepare, move);
