/**
 * TILE: the input repeated, dimension d as often as input 1 says. BROADCAST_TO: dimensions of size 1, and missing ones,
 * repeated to the shape that input 1 gives.
 *
 * Equals: tile.cc, reference/broadcast_to.h. Deviations: none.
 */
import { type Node, operator } from '../kernel.ts';
import { type Copy, move, stridesOf } from '../shared/strided_copy.ts';

function prepareTile(node: Node): Copy[] {
  const input = node.input(0);
  const multiples = node.values(1);
  const { shape } = input;
  node.require(
    multiples.length === shape.length && multiples.every((multiple) => multiple >= 0),
    `[${shape}] cannot be repeated [${multiples}] times`,
  );
  const tiled = shape.map((dim, d) => dim * multiples[d]);
  const output = node.output(0, tiled, input.dtype);
  const fromStrides = stridesOf(shape);
  const toStrides = stridesOf(tiled);
  return [
    {
      source: input,
      target: output,
      shape: shape.flatMap((dim, d) => [multiples[d], dim]),
      from: 0,
      fromStrides: fromStrides.flatMap((stride) => [0, stride]),
      to: 0,
      toStrides: toStrides.flatMap((stride, d) => [stride * shape[d], stride]),
    },
  ];
}

function prepareBroadcastTo(node: Node): Copy[] {
  const input = node.input(0);
  const shape = node.values(1);
  const missing = shape.length - input.shape.length;
  node.require(
    missing >= 0 && input.shape.every((dim, d) => dim === 1 || dim === shape[missing + d]),
    `[${input.shape}] cannot be broadcast to [${shape}]`,
  );
  const output = node.output(0, shape, input.dtype);
  const strides = stridesOf(input.shape).map((stride, d) => (input.shape[d] === 1 ? 0 : stride));
  const fromStrides = [...new Array<number>(missing).fill(0), ...strides];
  return [{ source: input, target: output, shape, from: 0, fromStrides, to: 0, toStrides: stridesOf(shape) }];
}

export const TILE = operator(prepareTile, move);
export const BROADCAST_TO = operator(prepareBroadcastTo, move);
