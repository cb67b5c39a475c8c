/** Ranges that trainers start with and converters fall back to, found where data should have made others. */
import type { TensorSpec } from '../model/model.ts';
import { type DataFlow, isQuantized } from './data_flow.ts';

export interface InitialRange {
  readonly tensor: TensorSpec;
  readonly kind: 'weights' | 'activations';
  /** In words: '0 to 6'. */
  readonly range: string;
  readonly scale: number;
}

const STARTS = [
  { range: '0 to 6', scale: 6 / 255 },
  { range: '-6 to 6', scale: 12 / 255 },
  { range: '-6 to 6', scale: 12 / 254 },
];

/** Operators whose output has a range of its own: others pass their input's on. */
const RANGED = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED', 'ADD', 'MUL', 'SUB', 'RELU'];

export function initialRanges(flow: DataFlow): InitialRange[] {
  const found = flow.subgraph.tensors.flatMap((tensor): InitialRange[] => {
    const kind = rangedKind(flow, tensor);
    const scale = tensor.quantization?.scales[0];
    const start = kind && STARTS.find((other) => Math.fround(other.scale) === scale);
    return start ? [{ tensor, kind, range: start.range, scale: scale! }] : [];
  });
  // Of the activations, one may have it by chance.
  const count = (range: string) =>
    found.filter((other) => other.kind === 'activations' && other.range === range).length;
  return found.filter(({ kind, range }) => kind === 'weights' || count(range) > 1);
}

/** What a tensor with one scale is, if its range should come from data: RELU6's is rightly 0 to 6. */
export function rangedKind({ writers, kinds }: DataFlow, tensor: TensorSpec): InitialRange['kind'] | undefined {
  const writer = writers.get(tensor.index);
  if (!isQuantized(tensor) || tensor.quantization!.scales.length !== 1) return undefined;
  if (/relu6/i.test(tensor.name) || writer?.options.fusedActivationFunction === 'RELU6') return undefined;
  if (kinds[tensor.index] === 'weights') return 'weights';
  return writer && RANGED.includes(writer.op) ? 'activations' : undefined;
}
