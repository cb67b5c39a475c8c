/**
 * GATHER: output[batch..., outer..., i..., inner...] = input[batch..., outer..., indices[batch..., i...], inner...],
 * where the first batchDims dimensions are `batch` and dimension `axis` is the one that the indices replace.
 * GATHER_ND: output[i..., inner...] = input[indices[i..., :], inner...].
 *
 * Equals: reference/gather.h, GatherNd of reference/reference_ops.h. Deviations: GATHER_ND with indices of depth 0, which
 * upstream refuses, is the input, once for each.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { indexReader, outOfRange } from '../shared/indices.ts';
import { bindCopy, stridesOf } from '../shared/strided_copy.ts';
import { isSameShape, sizeOf } from '../tensor.ts';

interface Options {
  axis: number;
  batchDims: number;
}

function prepareGather(node: Node) {
  const options = node.options<Options>();
  const input = node.input(0);
  const indices = node.input(1, 'int16', 'int32', 'int64');
  const axis = prepareAxis(node, options.axis, input.shape.length);
  const batchDims = options.batchDims + (options.batchDims < 0 ? indices.shape.length : 0);
  node.require(
    batchDims >= 0 &&
      batchDims <= Math.min(axis, indices.shape.length) &&
      isSameShape(indices.shape.slice(0, batchDims), input.shape.slice(0, batchDims)),
    `${options.batchDims} batch dimensions do not fit indices of [${indices.shape}] into axis ${axis} of [${input.shape}]`,
  );
  const outerShape = input.shape.slice(0, axis);
  const innerShape = input.shape.slice(axis + 1);
  const output = node.output(0, [...outerShape, ...indices.shape.slice(batchDims), ...innerShape], input.dtype);
  const inner = sizeOf(innerShape);
  const axisSize = input.shape[axis];
  const count = sizeOf(indices.shape.slice(batchDims));
  const outer = sizeOf(outerShape.slice(batchDims));
  const slices = {
    source: input,
    target: output,
    shape: [outer, inner], // what one index takes
    from: 0,
    fromStrides: [axisSize * inner, 1],
    to: 0,
    toStrides: [count * inner, 1],
  };
  return {
    node,
    indices,
    slices,
    inner,
    outer,
    axisSize,
    count,
    batches: indices.size > 0 ? sizeOf(input.shape.slice(0, batchDims)) : 0,
  };
}

function bindGather(p: ReturnType<typeof prepareGather>): Eval {
  const { node, inner, outer, axisSize, count, batches } = p;
  const indexAt = indexReader(p.indices);
  const copy = bindCopy(p.slices, inner);
  const inputBatch = outer * axisSize * inner;
  const outputBatch = outer * count * inner;
  return () => {
    for (let b = 0, at = 0; b < batches; b++) {
      for (let i = 0; i < count; i++) {
        const index = indexAt(at++);
        if (index < 0 || index >= axisSize) throw outOfRange(node, index, axisSize);
        copy(b * inputBatch + index * inner, b * outputBatch + i * inner);
      }
    }
  };
}

function prepareGatherNd(node: Node) {
  const input = node.input(0);
  const indices = node.input(1, 'int16', 'int32', 'int64');
  const depth = indices.shape.at(-1) ?? -1; // indices of one element
  node.require(
    input.shape.length > 0 && depth >= 0 && depth <= input.shape.length,
    `indices of [${indices.shape}] do not point into [${input.shape}]`,
  );
  const innerShape = input.shape.slice(depth);
  const output = node.output(0, [...indices.shape.slice(0, -1), ...innerShape], input.dtype);
  const inner = sizeOf(innerShape);
  const slice = { source: input, target: output, shape: [inner], from: 0, fromStrides: [1], to: 0, toStrides: [1] };
  const sizes = input.shape.slice(0, depth);
  const count = sizeOf(indices.shape.slice(0, -1));
  return {
    node,
    indices,
    slice,
    inner,
    sizes,
    strides: stridesOf(input.shape),
    count: depth > 0 || inner > 0 ? count : 0, // where there is nothing to read or write, no limit bounds the count
  };
}

function bindGatherNd(p: ReturnType<typeof prepareGatherNd>): Eval {
  const { node, inner, sizes, strides, count } = p;
  const indexAt = indexReader(p.indices);
  const copy = bindCopy(p.slice, inner);
  return () => {
    for (let i = 0, at = 0; i < count; i++) {
      let from = 0;
      for (let d = 0; d < sizes.length; d++) {
        const index = indexAt(at++);
        if (index < 0 || index >= sizes[d]) throw outOfRange(node, index, sizes[d]);
        from += index * strides[d];
      }
      copy(from, i * inner);
    }
  };
}

export const GATHER = operator(prepareGather, bindGather);
export const GATHER_ND = operator(prepareGatherNd, bindGatherNd);
