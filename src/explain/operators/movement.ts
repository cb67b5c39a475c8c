/** Operators that move values and leave them as they are. */
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Box, Copy, Fill } from '../../../kernels/shared/strided_copy.ts';
import { stridesOf } from '../../../kernels/shared/strided_copy.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, condition, divided, type Expression, entry, floor, minus, number, plus, read, readFlat, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import {
  type Cases,
  type Explained,
  type OperatorExplainer,
  output,
  single,
  valueByValue,
} from './operator_explainer.ts';

/** The axis that an option or an input gives: counted from the end where it is below 0. */
function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** An input's whole numbers, as prepare read them. */
function valuesOf(node: Node, i: number): number[] {
  return Array.from(node.inputs[i]!.data as ArrayLike<number | bigint>, Number);
}

const remainder = (x: Term, count: number): Expression => minus(x, times(count, floor(divided(x, count))));

// ---- the same order

const SAME_ORDER: OperatorExplainer<unknown> = {
  explain: () => ({
    expressions: valueByValue(step('output', readFlat('input'))),
    notes: ['the same values in another shape'],
  }),
};

export const RESHAPE = SAME_ORDER;
export const SQUEEZE = SAME_ORDER;
export const EXPAND_DIMS = SAME_ORDER;

// ---- one box of the input

/** Where a copy of one box that is the whole output reads: by the strides, the input's indices. */
function boxRead(role: string, { shape }: Tensor, { from, fromStrides }: Box, indices: readonly Expression[]) {
  const strides = stridesOf(shape);
  let rest = from;
  const at = strides.map((stride, d): Term => {
    const start = shape[d] === 1 ? 0 : Math.floor(rest / stride);
    rest -= start * stride;
    return start;
  });
  fromStrides.forEach((stride, i) => {
    if (stride === 0) return;
    const d = strides.findIndex((own, k) => own <= Math.abs(stride) && stride % own === 0 && shape[k]! > 1);
    if (d < 0) return; // of a dimension of 1
    const moved = times(stride / strides[d]!, indices[i]!);
    at[d] = stride < 0 ? minus(at[d]!, times(-stride / strides[d]!, indices[i]!)) : plus(moved, at[d]!);
  });
  return read(role, at);
}

function oneBox(note: string): OperatorExplainer<readonly Copy[]> {
  return {
    explain: ([box], node) => {
      const [input, target] = [node.inputs[0]!, node.outputs[0]!];
      return { expressions: [output(target, (indices) => [[boxRead('input', input, box!, indices)]])], notes: [note] };
    },
  };
}

export const TRANSPOSE: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[0]!;
    const permutation = valuesOf(node, 1).map((d) => axisOf(d, shape.length));
    return {
      expressions: [output(node.outputs[0]!, (at) => [[read('input', shape.map((_, d) => at[permutation.indexOf(d)]!))]])], // biome-ignore format: one line
      notes: ['dimensions in another order'],
    };
  },
};

export const SLICE = oneBox('a part of the input');
export const STRIDED_SLICE = oneBox('a part of the input');

export const BROADCAST_TO: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[0]!;
    const missing = node.outputs[0]!.shape.length - shape.length;
    return {
      expressions: [output(node.outputs[0]!, (at) => [[read('input', shape.map((dim, d) => (dim === 1 ? 0 : at[d + missing]!)))]])], // biome-ignore format: one line
      notes: ['the input repeated'],
    };
  },
};

export const TILE: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[0]!;
    const tiled = node.outputs[0]!;
    const of = (i: Expression, d: number) =>
      shape[d] === 1 ? 0 : shape[d] === tiled.shape[d] ? i : remainder(i, shape[d]!);
    return { expressions: [output(tiled, (at) => [[read('input', at.map(of))]])], notes: ['the input repeated'] };
  },
};

export const REVERSE_V2: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[0]!;
    const axes = new Set(valuesOf(node, 1).map((axis) => axisOf(axis, shape.length)));
    const of = (i: Expression, d: number) => (axes.has(d) ? minus(shape[d]! - 1, i) : i);
    return {
      expressions: [output(node.outputs[0]!, (at) => [[read('input', at.map(of))]])],
      notes: [`in reverse along dimension ${[...axes].join(', ')}`],
    };
  },
};

export const REVERSE_SEQUENCE: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { seqDim, batchDim } = node.options<{ seqDim: number; batchDim: number }>();
    const rank = node.inputs[0]!.shape.length;
    const [along, batch] = [axisOf(seqDim, rank), axisOf(batchDim, rank)];
    return {
      expressions: [
        output(node.outputs[0]!, (at) => {
          const length = read('lengths', [at[batch]!]);
          const reversed = at.map((i, d) => (d === along ? minus(minus(length, 1), i) : i));
          return [
            [read('input', reversed), condition(at[along]!, '<', length)],
            [read('input', at), condition(at[along]!, '>=', length)],
          ];
        }),
      ],
      notes: ['the start of each sequence in reverse'],
    };
  },
};

// ---- parts and wholes

/** Parts of the input along an axis, one after the other. */
function parts(node: Node, role: string, axis: number): Explained {
  let start = 0;
  const expressions = node.outputs.map((part, o) => {
    const before = start;
    start += part.shape[axis]!;
    return output(
      part,
      (at) => [
        [
          read(
            role,
            at.map((i, d) => (d === axis ? plus(i, before) : i)),
          ),
        ],
      ],
      o,
    );
  });
  return { expressions, notes: [`parts along dimension ${axis}`] };
}

export const SPLIT: OperatorExplainer<unknown> = {
  explain: (_, node) => parts(node, 'input', axisOf(valuesOf(node, 0)[0]!, node.inputs[1]!.shape.length)),
};

export const SPLIT_V: OperatorExplainer<unknown> = {
  explain: (_, node) => parts(node, 'input', axisOf(valuesOf(node, 2)[0]!, node.inputs[0]!.shape.length)),
};

export const PACK: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const packed = node.outputs[0]!;
    const axis = axisOf(node.options<{ axis: number }>().axis, packed.shape.length);
    const cases = (at: Expression[]): Cases =>
      node.inputs.map((_, i) => [read(`input${i}`, at.toSpliced(axis, 1)), condition(at[axis]!, '=', i)] as const);
    return { expressions: [output(packed, cases)], notes: ['the inputs along a new dimension'] };
  },
};

export const UNPACK: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const axis = axisOf(node.options<{ axis: number }>().axis, node.inputs[0]!.shape.length);
    return {
      expressions: node.outputs.map((part, o) => output(part, (at) => [[read('input', at.toSpliced(axis, 0, number(o)))]], o)), // biome-ignore format: one line
      notes: ['a dimension taken apart'],
    };
  },
};

// ---- padding

const PADDING: OperatorExplainer<readonly (Copy | Fill)[]> = {
  explain: (steps, node) => {
    const { shape } = node.inputs[0]!;
    const before = shape.map((_, d) => valuesOf(node, 1)[2 * d]!);
    const padded = node.outputs[0]!;
    const [first] = steps;
    const isFilled = first !== undefined && !first.shape;
    const filler = node.inputs[2]
      ? single('value', node.inputs[2])
      : number(isFilled ? Number(first.source.data[0]) : 0);
    const cases = (at: Expression[]): Cases => {
      const inside = read(
        'input',
        at.map((i, d) => minus(i, before[d]!)),
      );
      if (!isFilled) return [[inside]];
      const conditions = shape.flatMap((dim, d) => [
        ...(before[d]! > 0 ? [condition(at[d]!, '>=', before[d]!)] : []),
        ...(before[d]! + dim < padded.shape[d]! ? [condition(at[d]!, '<', before[d]! + dim)] : []),
      ]);
      return [[inside, ...conditions], [filler]];
    };
    return { expressions: [output(padded, cases)] };
  },
};

export const PAD = PADDING;
export const PADV2 = PADDING;

export const MIRROR_PAD: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[0]!;
    const edge = node.options<{ mode: string }>().mode === 'REFLECT' ? 1 : 0;
    const before = shape.map((_, d) => valuesOf(node, 1)[2 * d]!);
    /** |i| mirrors at 0, and once more at the end. */
    const mirrored = (i: Expression, d: number): Expression => {
      const dim = shape[d]!;
      const x = minus(i, before[d]!);
      if (before[d] === 0 && node.outputs[0]!.shape[d] === dim) return i;
      const left = edge === 1 ? call('abs', x) : call('max', x, minus(-1, x));
      return call('min', left, minus(2 * dim - 1 - edge, left));
    };
    return {
      expressions: [output(node.outputs[0]!, (at) => [[read('input', at.map(mirrored))]])],
      notes: [`mirrored at its edges, ${edge === 1 ? 'without' : 'with'} them`],
    };
  },
};

// ---- blocks

function blockSize(node: Node): number {
  return node.options<{ blockSize: number }>().blockSize;
}

export const DEPTH_TO_SPACE: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const block = blockSize(node);
    const depth = node.outputs[0]!.shape[3]!;
    const cases = ([b, y, x, c]: Expression[]): Cases => {
      const [row, column] = [floor(divided(y!, block)), floor(divided(x!, block))];
      const within = plus(times(remainder(y!, block), block), remainder(x!, block));
      return [[read('input', [b!, row, column, plus(times(within, depth), c!)])]];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['channels become blocks of pixels'] };
  },
};

export const SPACE_TO_DEPTH: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const block = blockSize(node);
    const depth = node.inputs[0]!.shape[3]!;
    const cases = ([b, y, x, c]: Expression[]): Cases => {
      const within = floor(divided(c!, depth));
      const row = plus(times(y!, block), floor(divided(within, block)));
      const column = plus(times(x!, block), remainder(within, block));
      return [[read('input', [b!, row, column, remainder(c!, depth)])]];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['blocks of pixels become channels'] };
  },
};

/** The place inside of a block that a batch index stands for, one for each dimension of the block. */
function withinBlock(batch: Expression, blocks: readonly number[]): Expression[] {
  return blocks.map((block, d) => {
    const inner = blocks.slice(d + 1).reduce((a, b) => a * b, 1);
    return remainder(floor(divided(batch, inner)), block);
  });
}

export const SPACE_TO_BATCH_ND: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const input = node.inputs[0]!;
    const blocks = valuesOf(node, 1);
    const paddings = valuesOf(node, 2);
    const [batches] = input.shape as [number];
    const cases = ([b, ...at]: Expression[]): Cases => {
      const within = withinBlock(floor(divided(b!, batches)), blocks);
      const moved = at.map((i, d) =>
        d < blocks.length ? minus(plus(times(i, blocks[d]!), within[d]!), paddings[2 * d]!) : i,
      );
      const inside = moved.slice(0, blocks.length).flatMap((i, d) => {
        const dim = input.shape[d + 1]!;
        const isPadded = paddings[2 * d]! + paddings[2 * d + 1]! > 0;
        return isPadded ? [condition(i, '>=', 0), condition(i, '<', dim)] : [];
      });
      const value = read('input', [remainder(b!, batches), ...moved]);
      return inside.length === 0 ? [[value]] : [[value, ...inside], [number(node.outputs[0]!.zeroPoint)]];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['blocks of pixels become batches'] };
  },
};

export const BATCH_TO_SPACE_ND: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const blocks = valuesOf(node, 1);
    const crops = valuesOf(node, 2);
    const target = node.outputs[0]!;
    const cases = ([b, ...at]: Expression[]): Cases => {
      const whole = at.map((i, d) => (d < blocks.length ? plus(i, crops[2 * d]!) : i));
      let within: Expression = number(0);
      blocks.forEach((block, d) => {
        within = plus(times(within, block), remainder(whole[d]!, block));
      });
      const moved = whole.map((i, d) => (d < blocks.length ? floor(divided(i, blocks[d]!)) : i));
      return [[read('input', [plus(times(within, target.shape[0]!), b!), ...moved])]];
    };
    return { expressions: [output(target, cases)], notes: ['batches become blocks of pixels'] };
  },
};

// ---- chosen by indices

export const GATHER: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const [input, indices] = node.inputs as [Tensor, Tensor];
    const { axis: option, batchDims: batchOption = 0 } = node.options<{ axis: number; batchDims?: number }>();
    const axis = axisOf(option, input.shape.length);
    const batchDims = axisOf(batchOption, indices.shape.length);
    const inner = indices.shape.length - batchDims;
    const cases = (at: Expression[]): Cases => {
      const chosen = read('indices', [...at.slice(0, batchDims), ...at.slice(axis, axis + inner)]);
      return [[read('input', [...at.slice(0, axis), chosen, ...at.slice(axis + inner)])]];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['an index outside of the input is an error'] };
  },
};

export const GATHER_ND: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const { shape } = node.inputs[1]!;
    const depth = shape.at(-1)!;
    const cases = (at: Expression[]): Cases => {
      const place = at.slice(0, shape.length - 1);
      const chosen = Array.from({ length: depth }, (_, d) => read('indices', [...place, d]));
      return [[read('input', [...chosen, ...at.slice(shape.length - 1)])]];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['an index outside of the input is an error'] };
  },
};

export const SELECT: OperatorExplainer<Prepared<typeof reference.SELECT>> = {
  explain: ({ condition: tensor, x }, node) => {
    const chosen = (of: Expression, at?: Expression[]): Cases => [
      [read('inputTrue', at), condition(of, '!=', 0)],
      [read('inputFalse', at), condition(of, '=', 0)],
    ];
    const isByRow = node.op === 'SELECT' && tensor.shape.length === 1 && x.shape.length > 1;
    return {
      expressions: isByRow
        ? [output(node.outputs[0]!, (at) => chosen(read('condition', [tensor.size === 1 ? 0 : at[0]!]), at))]
        : valueByValue(either('output', ...chosen(read('condition')))),
    };
  },
};
export const SELECT_V2 = SELECT;

export const DYNAMIC_UPDATE_SLICE: OperatorExplainer<unknown> = {
  explain: (_, node) => {
    const [{ shape }, update] = node.inputs as [Tensor, Tensor];
    const cases = (at: Expression[]): Cases => {
      const starts = at.map((_, d) => call('min', call('max', read('start', [d]), 0), shape[d]! - update.shape[d]!));
      const inside = at.flatMap((i, d) => [
        condition(i, '>=', starts[d]!),
        condition(i, '<', plus(starts[d]!, update.shape[d]!)),
      ]);
      return [
        [
          read(
            'inputUpdate',
            at.map((i, d) => minus(i, starts[d]!)),
          ),
          ...inside,
        ],
        [read('input', at)],
      ];
    };
    return { expressions: [output(node.outputs[0]!, cases)], notes: ['a part of the input replaced'] };
  },
};

// ---- resized

export const RESIZE_NEAREST_NEIGHBOR: OperatorExplainer<
  ReturnType<(typeof reference)['RESIZE_NEAREST_NEIGHBOR']['prepare']>
> = {
  explain: (p, node) => {
    const cases = ([b, y, x, c]: Expression[]): Cases => [
      [read('input', [b!, entry('row', y!), entry('column', x!), c!])],
    ];
    return {
      expressions: [output(node.outputs[0]!, cases)],
      tables: {
        row: { first: 0, values: Array.from(p.rows) },
        column: { first: 0, values: Array.from(p.columns) },
      },
      notes: ['the nearest pixel of the input'],
    };
  },
};
