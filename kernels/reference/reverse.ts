/**
 * REVERSE_V2: the input backwards along the axes that input 1 lists. REVERSE_SEQUENCE: backwards along seqDim, but only
 * the first elements, as many as input 1 says for each index of batchDim.
 *
 * Equals: reference/reverse.h, ReverseSequence of reference/reference_ops.h. Deviations: the axes of REVERSE_V2 need not be
 * neighbours; every length of REVERSE_SEQUENCE is checked, of which upstream checks the first.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { indexReader, outOfRange } from '../shared/indices.ts';
import { bindCopy, type Copy, move, stridesOf } from '../shared/strided_copy.ts';

function prepareReverse(node: Node): Copy[] {
  const input = node.input(0);
  const { shape } = input;
  const list = node.values(1, 'int32').map((axis) => prepareAxis(node, axis, shape.length));
  const axes = new Set(list);
  node.require(axes.size === list.length, `[${list}] names an axis twice`);
  const strides = stridesOf(shape);
  return [
    {
      source: input,
      target: node.output(0, shape, input.dtype),
      shape,
      from: list.reduce((from, d) => from + (shape[d] - 1) * strides[d], 0),
      fromStrides: strides.map((stride, d) => (axes.has(d) ? -stride : stride)),
      to: 0,
      toStrides: strides,
    },
  ];
}

interface Options {
  seqDim: number;
  batchDim: number;
}

function prepareReverseSequence(node: Node) {
  const { seqDim, batchDim } = node.options<Options>();
  const input = node.input(0);
  const { shape } = input;
  const isDimension = (d: number) => d >= 0 && d < shape.length;
  node.require(
    isDimension(seqDim) && isDimension(batchDim) && seqDim !== batchDim,
    `dimensions ${seqDim} and ${batchDim} of [${shape}]`,
  );
  const lengths = node.input(1, 'int32', 'int64');
  node.require(
    lengths.shape.length === 1 && lengths.shape[0] === shape[batchDim],
    `lengths of [${lengths.shape}] for ${shape[batchDim]} sequences`,
  );
  const output = node.output(0, shape, input.dtype);
  const strides = stridesOf(shape);
  const element: Copy = {
    source: input,
    target: output,
    shape: shape.with(seqDim, 1).with(batchDim, 1), // of one sequence
    from: 0,
    fromStrides: strides,
    to: 0,
    toStrides: strides,
  };
  const isEmpty = input.size === 0;
  return {
    node,
    lengths,
    element,
    sequences: isEmpty ? 0 : shape[batchDim],
    size: shape[seqDim],
    batchStride: strides[batchDim],
    seqStride: strides[seqDim],
  };
}

function bindReverseSequence(p: ReturnType<typeof prepareReverseSequence>): Eval {
  const { node, sequences, size, batchStride, seqStride } = p;
  const lengthAt = indexReader(p.lengths);
  const copy = bindCopy(p.element, Math.min(batchStride, seqStride)); // the smaller one divides the larger one
  return () => {
    for (let b = 0; b < sequences; b++) {
      const length = lengthAt(b);
      if (length > size) throw outOfRange(node, length, size);
      for (let s = 0; s < size; s++) {
        const to = s < length ? length - 1 - s : s;
        copy(b * batchStride + s * seqStride, b * batchStride + to * seqStride);
      }
    }
  };
}

export const REVERSE_V2 = operator(prepareReverse, move);
export const REVERSE_SEQUENCE = operator(prepareReverseSequence, bindReverseSequence);
