/**
 * STRIDED_SLICE: input[begin:end:stride, ...], as Python writes it; the masks' bits, one for each entry, say what begin,
 * end and stride cannot:
 *   beginMask, endMask   from the start, to the end (of the direction of the stride)
 *   ellipsisMask         `...`: as many whole dimensions as the other entries leave
 *   newAxisMask          a new dimension of size 1
 *   shrinkAxisMask       the one element at begin, without its dimension
 * With `offset`, end counts from begin.
 *
 * Equals: strided_slice.cc, and reference/strided_slice.h. Deviations: what makes upstream read wild or leave outputs
 * unwritten is an error: an ellipsis for no dimension before a new axis, a shrunk or offset range outside of the input.
 */
import { type Node, operator } from '../kernel.ts';
import { type Copy, move, stridesOf } from '../shared/strided_copy.ts';

interface Options {
  beginMask: number;
  endMask: number;
  ellipsisMask: number;
  newAxisMask: number;
  shrinkAxisMask: number;
  offset: boolean;
}

/** One dimension of the input, or a new one, and what is taken of it. */
interface Range {
  /** Size and stride in elements of the input's dimension. */
  size: number;
  stride: number;
  begin: number;
  end: number;
  step: number;
  fromStart: boolean;
  toEnd: boolean;
  shrink: boolean;
}

function prepare(node: Node) {
  const input = node.input(0);
  const ranges = prepareRanges(node, input.shape).map((range) => prepareTaken(node, range));
  const kept = ranges.filter(({ shrink }) => !shrink);
  const shape = kept.map(({ count }) => count);
  const output = node.output(0, shape, input.dtype);
  const copy: Copy = {
    source: input,
    target: output,
    shape,
    from: ranges.reduce((sum, { start, stride }) => sum + start * stride, 0),
    fromStrides: kept.map(({ step, stride }) => step * stride),
    to: 0,
    toStrides: stridesOf(shape),
  };
  return [copy];
}

/** The entries, spread over the dimensions of the input and the new ones. */
function prepareRanges(node: Node, shape: readonly number[]): Range[] {
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = node.options<Options>();
  const begin = node.values(1, 'int32');
  const end = node.values(2, 'int32');
  const steps = node.values(3, 'int32');
  const entries = begin.length;
  node.require(
    end.length === entries && steps.length === entries,
    `${begin.length} begins, ${end.length} ends, ${steps.length} strides`,
  );
  const has = (mask: number, entry: number) => ((mask >>> entry) & 1) === 1;
  const isNew = (entry: number) => has(newAxisMask, entry) && !has(ellipsisMask, entry);
  const newAxes = begin.filter((_, entry) => isNew(entry)).length;
  const rank = shape.length + newAxes;
  if (entries > 31 || rank > 31) {
    node.unsupported(`${rank} dimensions and ${entries} entries; at most 31 can be sliced`);
  }
  node.require(newAxisMask >>> entries === 0, `the masks name more than ${entries} entries`);
  node.require((ellipsisMask & (ellipsisMask - 1)) === 0, 'there is more than one ellipsis');
  const strides = stridesOf(shape);
  const whole = { begin: 0, end: 0, step: 1, fromStart: true, toEnd: true, shrink: false };
  const ranges: Range[] = [];
  let dimension = 0;
  const take = (range: typeof whole) => {
    node.require(dimension < shape.length, `the entries name more dimensions than [${shape}] has`);
    ranges.push({ ...range, size: shape[dimension], stride: strides[dimension++] });
  };
  for (let entry = 0; ranges.length < rank; entry++) {
    if (entry >= entries) take(whole);
    else if (has(ellipsisMask, entry)) {
      const spanned = Math.max(1, Math.min(1 + rank - entries, rank - ranges.length)); // at least one, as upstream
      for (let i = 0; i < spanned; i++) take(whole);
    } else if (isNew(entry)) ranges.push({ ...whole, end: end[entry], size: 1, stride: 0 });
    else {
      take({
        begin: begin[entry],
        end: end[entry],
        step: steps[entry],
        fromStart: has(beginMask, entry),
        toEnd: has(endMask, entry),
        shrink: has(shrinkAxisMask, entry),
      });
    }
  }
  return ranges;
}

/** The elements of a range: `count` of them, from `start` on, `step` apart. */
function prepareTaken(node: Node, range: Range) {
  const { size, begin, step, fromStart, toEnd, shrink, stride } = range;
  const { offset } = node.options<Options>();
  node.require(step !== 0 && step !== -(2 ** 31), `a stride is ${step}`);
  const clamp = (index: number) =>
    step > 0 ? Math.max(0, Math.min(index, size)) : Math.max(-1, Math.min(index, size - 1));
  const fromEnd = (index: number) => (index < 0 ? index + size : index);
  const start = fromStart ? (step > 0 ? 0 : size - 1) : clamp(fromEnd(begin));
  if (shrink) {
    node.require(start >= 0 && start < size, `index ${begin} is outside of a dimension of ${size}`);
    return { start, count: 1, step, stride, shrink };
  }
  const end = offset ? range.end + start : range.end;
  const stop = toEnd ? (step > 0 ? size : -1) : clamp(fromEnd(end));
  const count = prepareCount(stop - start, step);
  node.require(
    !offset || count === prepareCount(range.end, step),
    `${range.end} elements from ${begin} on are not inside of a dimension of ${size}`,
  );
  return { start, count, step, stride, shrink };
}

function prepareCount(distance: number, step: number): number {
  return Math.max(0, Math.ceil(distance / step));
}

export const STRIDED_SLICE = operator(prepare, move);
