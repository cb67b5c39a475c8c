/** Operators that move values and leave them as they are. */
import type { Node } from '../../../kernels/kernel.ts';
import { type Copy, type Fill, stridesOf } from '../../../kernels/reference/strided_copy.ts';
import { type Explains, indices } from './account.ts';

/** `formulas` are of what the node's constant inputs say, which the notes repeat. */
function moves(
  inputs: readonly string[],
  note: string,
  formulas: (values: (role: string) => readonly number[] | undefined, node: Node) => string[] = () => [],
): Explains<unknown> {
  return {
    inputs,
    explain: (_, node) => {
      const values = (role: string) => knownValues(node, inputs.indexOf(role));
      const known = inputs.slice(1).flatMap((role) => (values(role) ? [`${role}: ${values(role)!.join(', ')}`] : []));
      return { formulas: formulas(values, node), notes: [note, ...known] };
    },
  };
}

/** A short list of whole numbers that the file has: axes, sizes. */
function knownValues(node: Node, i: number): number[] | undefined {
  const tensor = node.inputs[i];
  const isList = tensor?.known && tensor.size <= 64 && (tensor.dtype === 'int32' || tensor.dtype === 'int64');
  return isList ? Array.from<number | bigint, number>(tensor.data, Number) : undefined;
}

const SAME_ORDER = moves(['input', 'shape'], 'the same values in another shape', () => ['output = input']);

export const RESHAPE = SAME_ORDER;
export const SQUEEZE = SAME_ORDER;
export const EXPAND_DIMS = SAME_ORDER;

export const TRANSPOSE = moves(['input', 'permutation'], 'dimensions in another order', (values) => {
  const permutation = values('permutation');
  if (!permutation) return [];
  const rank = permutation.length;
  const from = permutation.map((_, d) => `i${permutation.findIndex((dim) => (dim + rank) % rank === d)}`);
  return [`output[${indices(rank)}] = input[${from.join(', ')}]`];
});

export const SLICE = moves(['input', 'begin', 'size'], 'a part of the input', (values) => {
  const begin = values('begin');
  return begin ? [`output[${indices(begin.length)}] = input[${indices(begin.length, begin)}]`] : [];
});

export const BROADCAST_TO = moves(['input', 'shape'], 'the input repeated');
export const DEPTH_TO_SPACE = moves(['input'], 'channels become blocks of pixels');
export const GATHER = moves(['input', 'indices'], 'chosen values');
export const GATHER_ND = moves(['input', 'indices'], 'chosen values');
export const MIRROR_PAD = moves(['input', 'paddings'], 'mirrored at its edges');
export const PACK = moves([], 'the inputs along a new dimension');
export const REVERSE_V2 = moves(['input', 'axes'], 'some dimensions in reverse');
export const SPACE_TO_DEPTH = moves(['input'], 'blocks of pixels become channels');
export const SPLIT = moves(['axis', 'input'], 'equal parts along one dimension');
export const SPLIT_V = moves(['input', 'sizes', 'axis'], 'parts along one dimension');
export const STRIDED_SLICE = moves(['input', 'begin', 'end', 'strides'], 'a part of the input');
export const TILE = moves(['input', 'multiples'], 'the input repeated');
export const UNPACK = moves(['input'], 'a dimension taken apart');

// ---- PAD, PADV2

const PADDING: Explains<readonly (Copy | Fill)[]> = {
  inputs: ['input', 'paddings', 'value'],
  explain(steps) {
    const inside = steps.at(-1)!;
    const { shape } = inside.target;
    let rest = inside.shape ? inside.to : 0;
    const before = stridesOf(shape).map((stride) => {
      const index = stride > 0 ? Math.floor(rest / stride) : 0;
      rest -= index * stride;
      return index;
    });
    const after = shape.map((dim, d) => dim - before[d]! - (inside.shape?.[d] ?? 0));
    const around = `before each dimension: ${before.join(', ')}; after: ${after.join(', ')}`;
    const value = steps.length > 1 && steps[0]!.source.known ? steps[0]!.source.data[0] : 'value';
    return {
      formulas: [`output[${indices(shape.length, before)}] = input[${indices(shape.length)}]`],
      notes: steps.length > 1 ? [around, `all around it is ${value}`] : [around],
    };
  },
};

export const PAD = PADDING;
export const PADV2 = PADDING;
