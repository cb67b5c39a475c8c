/** What kernels of TensorFlow Lite Micro ask of shapes: it changes none, so that the file's own must be right. */

import type { Subgraph, TensorSpec } from '../model/model.ts';
import { alike, type Condition, sizeOf } from './micro_kernel.ts';
import { bytesOf, type NodeView } from './node_view.ts';

/** The dimensions of a shape, with 1 in front up to this rank. */
const extended = (shape: readonly number[], rank: number) => [
  ...Array.from({ length: Math.max(rank - shape.length, 0) }, () => 1),
  ...shape,
];

/** Rows by columns of both, what is summed over alike, and batches that broadcast. */
export const batchMatmulShapes: Condition = (node) => {
  const rank = Math.max(node.shape('input1').length, node.shape('input2').length);
  const [a, b] = [extended(node.shape('input1'), rank), extended(node.shape('input2'), rank)];
  const [adjX, adjY] = [node.option('adjX') === true, node.option('adjY') === true];
  const batch = a.slice(0, -2).map((dim, i) => (dim === 1 ? b[i]! : dim));
  const broadcasts = a.slice(0, -2).every((dim, i) => dim === b[i] || dim === 1 || b[i] === 1);
  const summed = a[rank - (adjX ? 2 : 1)] === b[rank - (adjY ? 1 : 2)];
  const wanted = [...batch, a[rank - (adjX ? 1 : 2)]!, b[rank - (adjY ? 2 : 1)]!];
  const output = node.shape('output');
  if (broadcasts && summed && rank <= output.length && sizeOf(wanted) === sizeOf(output)) return undefined;
  return { text: `[${node.shape('input1')}] by [${node.shape('input2')}] does not give [${output}]` };
};

export const broadcastTo: Condition = (node) => {
  const [input, output, shape] = [node.shape('input'), node.shape('output'), node.values('shape') ?? []];
  const from = output.length - input.length;
  const fits =
    output.length <= 5 &&
    from >= 0 &&
    alike(shape, output) &&
    input.every((dim, i) => dim === 1 || dim === output[from + i]);
  return fits ? undefined : { text: `[${input}] does not broadcast to [${output}] as shape says` };
};

/** It reads paddings as int32, whatever they are. */
export const paddedShape: Condition = (node) => {
  const [input, output] = [node.shape('input'), node.shape('output')];
  if (node.dtype('paddings') !== 'int32') {
    const wide = node.dtype('paddings');
    if (output.length > 0 && !isPadded(input, output, wide === 'int64' ? asInt32(node) : [])) {
      return { text: `paddings is ${wide}, and it reads int32` };
    }
    return undefined;
  }
  const paddings = node.values('paddings') ?? [];
  return isPadded(input, output, paddings) ? undefined : { text: `[${input}] with its paddings is not [${output}]` };
};

function isPadded(input: readonly number[], output: readonly number[], paddings: readonly number[]): boolean {
  return output.every((dim, i) => dim === (input[i] ?? 0) + (paddings[2 * i] ?? NaN) + (paddings[2 * i + 1] ?? NaN));
}

/** The halves of int64, the low first. */
const asInt32 = (node: NodeView) => (node.values('paddings') ?? []).flatMap((value) => [value, value < 0 ? -1 : 0]);

export const selectShapes: Condition = (node) => {
  const inputs = ['condition', 'x', 'y'].map((role) => node.shape(role));
  const output = node.shape('output');
  if (inputs.every((shape) => alike(shape, inputs[0]!))) return undefined;
  if ([...inputs, output].every((shape) => sizeOf(shape) === 1)) return undefined;
  const rank = Math.max(...inputs.map(({ length }) => length));
  const wide = inputs.map((shape) => extended(shape, rank));
  const wanted = wide[0]!.map((_, i) => Math.max(...wide.map((shape) => shape[i]!)));
  const broadcasts = wide.every((shape) => shape.every((dim, i) => dim === 1 || dim === wanted[i]));
  return broadcasts && alike(wanted, output) ? undefined : { text: `its inputs do not broadcast to [${output}]` };
};

/** The dimensions that go are 1, those that stay fit the output, and input and output take as many bytes. */
export const squeezedShape: Condition[] = [
  (node) => {
    const [input, output] = [node.shape('input'), node.shape('output')];
    const dims = [...((node.option('squeezeDims') as Iterable<number> | undefined) ?? [])];
    const gone = dims.map((dim) => (dim < 0 ? dim + input.length : dim));
    const wrong = gone.find((dim) => input[dim] !== 1);
    if (wrong !== undefined) return { text: `dimension ${wrong} of [${input}] is not 1` };
    const stay = input.filter((dim, i) => (dims.length === 0 ? dim !== 1 : !gone.includes(i)));
    return stay.every((dim, i) => (output[i] ?? -1) >= dim)
      ? undefined
      : { text: `[${input}] does not become [${output}]` };
  },
  (node) => {
    return bytesOf(node.tensor('input')) === bytesOf(node.tensor('output'))
      ? undefined
      : { text: 'input and output must take as many bytes' };
  },
];

/** It knows neither ellipses nor new axes. */
export const stridedSliceShape: Condition = (node) => {
  const [input, output] = [node.shape('input'), node.shape('output')];
  const [begin, end, strides] = ['begin', 'end', 'strides'].map((role) => node.values(role) ?? []);
  const mask = (name: string, i: number) => ((Number(node.option(name)) >> i) & 1) === 1;
  const wanted: number[] = [];
  for (const [i, size] of input.entries()) {
    const stride = strides![i] ?? NaN;
    if (stride === 0) return { text: 'a stride is 0' };
    const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
    const clamped = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, low), high);
    const first = mask('beginMask', i) ? (stride > 0 ? 0 : size - 1) : clamped(begin![i] ?? NaN);
    if (mask('shrinkAxisMask', i)) continue;
    const last = mask('endMask', i) ? (stride > 0 ? size : -1) : clamped(end![i] ?? NaN);
    wanted.push(Math.max(Math.ceil((last - first) / stride), 0));
  }
  if (alike(wanted, output)) return undefined;
  const more = ['ellipsisMask', 'newAxisMask'].some((name) => Number(node.option(name)) !== 0);
  return {
    text: more
      ? `it knows neither ellipsisMask nor newAxisMask, and so makes [${wanted}], not [${output}]`
      : `the slice of [${input}] is [${wanted}], not [${output}]`,
  };
};

// ---- control flow

const namedSubgraph = (node: NodeView, option: string) => node.subgraphs[Number(node.option(option))];

const tensorsOf = (subgraph: Subgraph, of: 'inputs' | 'outputs') => subgraph[of].map((i) => subgraph.tensors[i]);

/** As many tensors, each of as many bytes: they are copied. */
const passes = (from: readonly (TensorSpec | undefined)[], to: readonly (TensorSpec | undefined)[]) =>
  from.length === to.length && from.every((tensor, i) => bytesOf(tensor) === bytesOf(to[i]));

/** IF: what it gives to a branch, and gets from it. */
export const branches: Condition = (node) => {
  const fits = ['thenSubgraphIndex', 'elseSubgraphIndex'].every((option) => {
    const subgraph = namedSubgraph(node, option);
    if (!subgraph) return false;
    const outputs = tensorsOf(subgraph, 'outputs');
    return passes(node.inputs.slice(1), tensorsOf(subgraph, 'inputs')) && passes(outputs, node.outputs);
  });
  return fits ? undefined : { text: 'its inputs and outputs must be as large as those of its subgraphs' };
};

/** WHILE: its inputs go to its outputs, and from there to condition and body. */
export const loops: Condition = (node) => {
  const [condition, body] = ['condSubgraphIndex', 'bodySubgraphIndex'].map((option) => namedSubgraph(node, option));
  const fits =
    condition !== undefined &&
    body !== undefined &&
    passes(node.inputs, tensorsOf(condition, 'inputs')) &&
    passes(node.inputs, tensorsOf(body, 'inputs')) &&
    passes(node.inputs, node.outputs) &&
    passes(tensorsOf(body, 'outputs'), node.outputs);
  return fits ? undefined : { text: 'its inputs and outputs must be as large as those of its subgraphs' };
};
