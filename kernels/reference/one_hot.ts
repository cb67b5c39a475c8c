/**
 * ONE_HOT: output[i..., j, k...] = j === indices[i..., k...] ? onValue : offValue, for j < depth, along `axis`.
 *
 * Equals: one_hot.cc, int64 indices counting by their low half. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareAxis } from '../shared/axes.ts';
import { bindCopy, fill } from '../shared/strided_copy.ts';
import { int32Words, sizeOf } from '../tensor.ts';

interface Options {
  axis: number;
}

function prepare(node: Node) {
  const { axis: axisOption } = node.options<Options>();
  const indices = node.input(0, 'int32', 'int64');
  const depths = node.values(1, 'int32');
  const [depth] = depths;
  node.require(depths.length === 1 && depth >= 0, `a depth of [${depths}]`);
  const on = node.input(2);
  const off = node.input(3, on.dtype);
  node.require(on.size === 1 && off.size === 1, `${on.size} values for on, ${off.size} for off`);
  node.require(axisOption >= -1, `axis ${axisOption}`);
  const axis = prepareAxis(node, axisOption, indices.shape.length + 1);
  const output = node.output(0, indices.shape.toSpliced(axis, 0, depth), on.dtype);
  const isEmpty = output.size === 0;
  return {
    indices,
    on,
    off,
    output,
    axis,
    depth,
    prefix: isEmpty ? 0 : sizeOf(indices.shape.slice(0, axis)),
    suffix: isEmpty ? 0 : sizeOf(indices.shape.slice(axis)),
  };
}

function bind(p: ReturnType<typeof prepare>): Eval {
  const { depth, prefix, suffix } = p;
  const isWide = p.indices.dtype === 'int64';
  const indices = int32Words(p.indices);
  const clear = fill(p.off, p.output);
  const set = bindCopy(
    { source: p.on, target: p.output, shape: [], from: 0, fromStrides: [], to: 0, toStrides: [] },
    1,
  );
  return () => {
    clear();
    for (let i = 0, at = 0; i < prefix; i++) {
      for (let k = 0; k < suffix; k++, at++) {
        const index = indices[isWide ? 2 * at : at];
        if (index >= 0 && index < depth) set(0, (i * depth + index) * suffix + k);
      }
    }
  };
}

export const ONE_HOT = operator(prepare, bind);
