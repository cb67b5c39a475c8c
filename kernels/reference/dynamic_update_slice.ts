/**
 * DYNAMIC_UPDATE_SLICE: input 0, with input 1 written over it at the place that input 2 gives, moved so that all of it is
 * inside.
 *
 * Equals: dynamic_update_slice.cc. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { copy } from '../shared/copy.ts';
import { indexReader } from '../shared/indices.ts';
import { bindCopy, prepareShifted, stridesOf } from '../shared/strided_copy.ts';

function prepare(node: Node) {
  const operand = node.input(0);
  const update = node.input(1, operand.dtype);
  const start = node.input(2, 'int32', 'int64');
  const { shape } = operand;
  node.require(
    update.shape.length === shape.length && update.shape.every((dim, d) => dim <= shape[d]),
    `an update of [${update.shape}] does not fit into [${shape}]`,
  );
  node.require(
    start.shape.length === 1 && start.shape[0] === shape.length,
    `a start of shape [${start.shape}] for ${shape.length} dimensions`,
  );
  const output = node.output(0, shape, operand.dtype);
  const strides = stridesOf(shape);
  const last = shape.map((dim, d) => dim - update.shape[d]); // the last start at which the update is inside
  const partial = last.findLastIndex((index) => index > 0);
  return {
    operand,
    output,
    start,
    last,
    strides,
    box: prepareShifted(
      { tensor: update, shape: update.shape },
      { tensor: output, shape },
      shape.map(() => 0),
    ),
    step: partial < 0 ? 0 : strides[partial], // divides the place of every start
  };
}

function bind(p: ReturnType<typeof prepare>): Eval {
  const { last, strides } = p;
  const copyAll = copy(p.operand, p.output);
  const copyUpdate = bindCopy(p.box, p.step);
  const startAt = indexReader(p.start);
  return () => {
    copyAll();
    let to = 0;
    for (let d = 0; d < last.length; d++) to += Math.max(0, Math.min(startAt(d), last[d])) * strides[d];
    copyUpdate(0, to);
  };
}

export const DYNAMIC_UPDATE_SLICE = operator(prepare, bind);
