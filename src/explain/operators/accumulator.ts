/** What a sum of products can become, whatever the input: from the weights and the bias themselves. */
import { typeRange } from '../../../kernels/quantization.ts';
import type { Accumulator } from '../../../kernels/shared/matrix_product.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import type { AccumulatorRange } from '../explanation.ts';

/** Where a filter has the weights of an output channel: weight k of channel o lies at o * channelStride + k * stride. */
export interface Layout {
  readonly channels: number;
  /** Weights of a channel. */
  readonly depth: number;
  readonly channelStride: number;
  readonly stride: number;
  /** Weights of different groups never meet in one sum; by default all do. */
  readonly groupOf?: (k: number) => number;
}

export interface Operand {
  readonly tensor: Tensor;
  readonly offset: number;
}

export function accumulatorRange(
  type: Accumulator,
  input: Operand,
  filter: Operand,
  bias: Tensor<'int32' | 'int64'> | undefined,
  layout: Layout,
): AccumulatorRange {
  const { channels, depth } = layout;
  const isKnown = filter.tensor.known && (bias?.known ?? true);
  const x = rangeOf(input);
  const { groups, terms } = groupsOf(layout);
  const sums = isKnown
    ? (o: number) => sumsOfWeights(filter, layout, o, groups, terms.length, x)
    : () => sumsOfTypes(rangeOf(filter), terms, x);
  const low: number[] = [];
  const high: number[] = [];
  for (let o = 0; o < channels; o++) {
    const found = sums(o);
    const added = bias?.known ? Number(bias.data[o]) : 0;
    low.push(added + found.low);
    high.push(added + found.high);
  }
  return {
    type,
    terms: depth === 0 ? 0 : Math.max(...terms),
    ...boundsOf(low, high),
    from: isKnown ? 'weights' : 'types',
  };
}

/** Of so many products of two inputs. */
export function productRange(type: Accumulator, a: Operand, b: Operand, terms: number): AccumulatorRange {
  const { low, high } = sumsOfTypes(rangeOf(b), [terms], rangeOf(a));
  return { type, terms, ...boundsOf([low], [high]), from: 'types' };
}

/** What all sums together need. */
export function boundsOf(low: readonly number[], high: readonly number[]) {
  let [least, most] = [0, 0];
  for (const value of low) if (value < least) least = value;
  for (const value of high) if (value > most) most = value;
  const bits = 1 + Math.ceil(Math.log2(Math.max(-least, most + 1)));
  return { low, high, bound: Math.max(-least, most), bits };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Of the values with their offset. */
function rangeOf({ tensor: { dtype }, offset }: Operand): Range {
  const { min, max } = dtype === 'int2' ? { min: -2, max: 1 } : typeRange(dtype as 'int8');
  return { min: min + offset, max: max + offset };
}

/** The group of each weight, numbered from 0, and how many weights each group has. */
function groupsOf({ depth, groupOf = () => 0 }: Layout) {
  const numbers = new Map<number, number>();
  const terms: number[] = [];
  const groups = Int32Array.from({ length: depth }, (_, k) => {
    const key = groupOf(k);
    const group = numbers.get(key) ?? terms.push(0) - 1;
    numbers.set(key, group);
    terms[group]! += 1;
    return group;
  });
  return { groups, terms };
}

function sumsOfWeights(filter: Operand, layout: Layout, o: number, groups: Int32Array, count: number, x: Range) {
  const weights = filter.tensor.data as Int8Array;
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  for (let k = 0; k < layout.depth; k++) {
    const weight = weights[o * layout.channelStride + k * layout.stride]! + filter.offset;
    const group = groups[k]!;
    low[group]! += weight * (weight > 0 ? x.min : x.max);
    high[group]! += weight * (weight > 0 ? x.max : x.min);
  }
  return { low: Math.min(...low), high: Math.max(...high) };
}

function sumsOfTypes(w: Range, terms: readonly number[], x: Range) {
  const most = Math.max(...terms);
  return {
    low: most * Math.min(x.min * w.max, x.max * w.min),
    high: most * Math.max(x.min * w.min, x.max * w.max),
  };
}
