/** What weights alone show: channels that say nothing, that are clipped, or of which quantization left little. */

import { sizeOf } from '../../kernels/tensor.ts';

import type { DataFlow } from '../inspect/data_flow.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { channelAxis, placeOf } from '../model/operator_facts.ts';
import { channelList, constantChannels, constantNumbers } from './constant_channels.ts';
import { PER_CHANNEL } from './converter.ts';
import { count, few, percent, type Rule, remedy } from './rule.ts';

const RETRAIN = remedy(
  'a channel that is always the same can be pruned before training goes on; many of them hint at a learning rate that was too high, ' +
    'or at ranges that were clipped in conversion',
);

export const constantChannel: Rule = {
  id: 'constant-channel',
  severity: 'note',
  title: 'channels that give one value for any input (bound from weights and bias)',
  why: 'they take time and memory and carry nothing: dead where the value is the lowest, saturated where it is the highest',
  *check({ nodes, model }) {
    const [subgraph] = model.subgraphs;
    for (const node of nodes) {
      const channels = constantChannels(node);
      const total = node.accumulator?.low.length ?? 0;
      if (channels.length === 0 || channels.length === total) continue; // of all of them, another rule speaks
      yield {
        subgraph: subgraph!,
        node: subgraph!.operators[node.node],
        tensor: subgraph!.tensors[node.outputs[0]!.index],
        text: `${channels.length} of ${count(total, 'channel')} never change, with their value: ${channelList(channels)}`,
        numbers: {
          ...constantNumbers(channels, total, node.clamp!),
          macs: Math.round((node.macs * channels.length) / total),
        },
        remedies: [RETRAIN],
      };
    }
  },
};

/** Of a symmetric type, the values that only clipping or the largest weight of a channel reaches. */
const ENDS: { readonly [dtype: string]: readonly [number, number] } = { int8: [-127, 127], uint8: [0, 255] };
const CLIPPED_SHARE = 0.03;
const FEWEST_CLIPPED = 4;

export const saturatedWeights: Rule = {
  id: 'saturated-weights',
  severity: 'warning',
  title: 'channels with many weights at the ends of their type',
  why: 'of a range that the weights made themselves, one weight of a channel reaches an end: more of them were clipped',
  *check({ flows }) {
    for (const { flow, node, tensor, channels } of filters(flows)) {
      const [least, most] = ENDS[tensor.dtype]!;
      const clipped = channels.flatMap(({ values }, channel) => {
        const atEnd = values.reduce((n, value) => n + (value <= least || value >= most ? 1 : 0), 0);
        const isClipped = atEnd >= FEWEST_CLIPPED && atEnd > CLIPPED_SHARE * values.length;
        return isClipped ? [{ channel, share: atEnd / values.length }] : [];
      });
      if (clipped.length === 0) continue;
      const list = few(clipped.map(({ channel, share }) => `${channel} (${percent(share)})`));
      yield {
        subgraph: flow.subgraph,
        node,
        tensor,
        text: `${clipped.length} of ${count(channels.length, 'channel')} with more than ${percent(CLIPPED_SHARE)} of their weights at an end: ${list}`,
        numbers: {
          channels: clipped.length,
          of: channels.length,
          largestShare: Math.max(...clipped.map(({ share }) => share)),
        },
        remedies: [
          remedy(
            'let the weights make their range: quantize after training, or train the range of the fake quantization longer',
          ),
        ],
      };
    }
  },
};

const FEW_LEVELS = 8;

export const coarseChannel: Rule = {
  id: 'coarse-channel',
  severity: 'note',
  title: 'channels that one scale for the whole tensor leaves few levels',
  why: 'the largest channel makes the scale: of the small ones, most of what was trained is rounded away',
  *check({ flows }) {
    for (const { flow, node, tensor, channels } of filters(flows)) {
      if (tensor.quantization?.scales.length !== 1 || channels.length < 2) continue;
      const zeroPoint = tensor.quantization.zeroPoints[0]!;
      const coarse = channels.flatMap(({ values }, channel) => {
        const reach = values.reduce((most, value) => Math.max(most, Math.abs(value - zeroPoint)), 0);
        return reach > 0 && reach < FEW_LEVELS ? [{ channel, reach }] : [];
      });
      if (coarse.length === 0) continue;
      const list = few(coarse.map(({ channel, reach }) => `${channel} (${reach})`));
      yield {
        subgraph: flow.subgraph,
        node,
        tensor,
        text: `${coarse.length} of ${count(channels.length, 'channel')} have weights of less than ${FEW_LEVELS} steps; the channel, and its largest: ${list}`,
        numbers: { channels: coarse.length, of: channels.length },
        remedies: [PER_CHANNEL],
      };
    }
  },
};

interface Filter {
  readonly flow: DataFlow;
  readonly node: OperatorSpec;
  readonly tensor: TensorSpec;
  readonly channels: readonly { readonly values: readonly number[] }[];
}

/** The 8-bit filters of all layers, each once, by output channel. */
function* filters(flows: readonly DataFlow[]): Generator<Filter> {
  for (const flow of flows) {
    const seen = new Set<number>();
    for (const node of flow.subgraph.operators) {
      const axis = channelAxis(node.op, 'filter');
      const tensor = flow.subgraph.tensors[node.inputs[placeOf(node.op, 'filter')] ?? -1];
      if (
        axis === undefined ||
        !tensor?.constant ||
        !tensor.quantization ||
        !ENDS[tensor.dtype] ||
        seen.has(tensor.index)
      )
        continue;
      seen.add(tensor.index);
      const { constant } = tensor;
      const { length } = constant;
      const all = tensor.dtype === 'int8' ? new Int8Array(constant) : constant;
      const number = tensor.shape[axis] ?? 1;
      const size = number === 0 ? 0 : length / number;
      const inner = sizeOf(tensor.shape.slice(axis + 1));
      const at = (c: number, k: number) => all[(Math.floor(k / inner) * number + c) * inner + (k % inner)]!;
      const channels = Array.from({ length: number }, (_, c) => ({
        values: Array.from({ length: size }, (_, k) => at(c, k)),
      }));
      yield { flow, node, tensor, channels };
    }
  }
}
