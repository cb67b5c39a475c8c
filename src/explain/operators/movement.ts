/** Operators that move values and leave them as they are. */
import type { Node } from '../../../kernels/kernel.ts';
import { type Box, type Copy, type Fill, stridesOf } from '../../../kernels/shared/strided_copy.ts';
import { sourceOf } from '../source.ts';
import { flatIndex, Steps, unflatten, valueAt } from '../value_trace.ts';
import { indices, type OperatorAccount } from './operator_explainer.ts';

/**
 * An operator by its inputs, of which those called input... are moved. `formulas` are of what the others say where they are
 * constant, which the notes repeat.
 */
function moves(
  inputs: readonly string[],
  note: string,
  formulas: (values: (role: string) => readonly number[] | undefined) => string[] = () => [],
): OperatorAccount<unknown> {
  const roleOf = (i: number) => inputs[i] ?? `input${i}`;
  const isMoved = (i: number) => roleOf(i).startsWith('input');
  return {
    inputs,
    explain: (_, node) => {
      const values = (role: string) => knownValues(node, inputs.indexOf(role));
      const known = inputs.flatMap((role, i) =>
        !isMoved(i) && values(role) ? [`${role}: ${values(role)!.join(', ')}`] : [],
      );
      return { formulas: formulas(values), notes: [note, ...known] };
    },
    trace(_, place) {
      const moved = place.node.inputs.flatMap((tensor, i) => (tensor && isMoved(i) ? [i] : []));
      const source = sourceOf(place, moved);
      const steps = new Steps();
      const value = source
        ? steps.add(
            'source',
            `${roleOf(source.input)}[${source.at.join(', ')}]`,
            valueAt(place.node.inputs[source.input]!, source.at),
          )
        : steps.add('filled', 'of no input', valueAt(place.output, place.at));
      return { taps: [], steps: steps.list, value };
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

export const BATCH_TO_SPACE_ND = moves(['input', 'block shape', 'crops'], 'batches become blocks of pixels');
export const BROADCAST_TO = moves(['input', 'shape'], 'the input repeated');
export const DEPTH_TO_SPACE = moves(['input'], 'channels become blocks of pixels');
export const DYNAMIC_UPDATE_SLICE = moves(['input', 'inputUpdate', 'start'], 'a part of the input replaced');
export const GATHER = moves(['input', 'indices'], 'chosen values');
export const GATHER_ND = moves(['input', 'indices'], 'chosen values');
export const MIRROR_PAD = moves(['input', 'paddings'], 'mirrored at its edges');
export const PACK = moves([], 'the inputs along a new dimension');
export const RESIZE_NEAREST_NEIGHBOR = moves(['input', 'size'], 'the nearest pixel of the input');
export const REVERSE_SEQUENCE = moves(['input', 'lengths'], 'the start of each sequence in reverse');
export const REVERSE_V2 = moves(['input', 'axes'], 'some dimensions in reverse');
export const SELECT = moves(['condition', 'inputTrue', 'inputFalse'], 'one of two values');
export const SELECT_V2 = SELECT;
export const SPACE_TO_BATCH_ND = moves(['input', 'block shape', 'paddings'], 'blocks of pixels become batches');
export const SPACE_TO_DEPTH = moves(['input'], 'blocks of pixels become channels');
export const SPLIT = moves(['axis', 'input'], 'equal parts along one dimension');
export const SPLIT_V = moves(['input', 'sizes', 'axis'], 'parts along one dimension');
export const STRIDED_SLICE = moves(['input', 'begin', 'end', 'strides'], 'a part of the input');
export const TILE = moves(['input', 'multiples'], 'the input repeated');
export const UNPACK = moves(['input'], 'a dimension taken apart');

// ---- PAD, PADV2

const PADDING: OperatorAccount<readonly (Copy | Fill)[]> = {
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
  trace(_, { output, at }, [first, ...others]) {
    const steps = new Steps();
    const inside = others[0] ?? first!;
    const source = inside.shape && sourceInBox(inside, flatIndex(output.shape, at));
    const value =
      source !== undefined
        ? steps.add(
            'source',
            `input[${unflatten(inside.source.shape, source).join(', ')}]`,
            inside.source.data[source]!,
          )
        : steps.add('padding', 'the value around the input', first!.source.data[0]!);
    return { taps: [], steps: steps.list, value };
  },
};

/** The element of the source that becomes an element of the target; undefined where that is outside of the box. */
export function sourceInBox({ shape, from, fromStrides, to, toStrides }: Box, target: number): number | undefined {
  let source = from;
  let rest = target - to;
  for (let d = 0; d < shape.length; d++) {
    const i = toStrides[d]! > 0 ? Math.floor(rest / toStrides[d]!) : 0;
    if (i < 0 || i >= shape[d]!) return undefined;
    source += i * fromStrides[d]!;
    rest -= i * toStrides[d]!;
  }
  return rest === 0 ? source : undefined;
}

export const PAD = PADDING;
export const PADV2 = PADDING;
