/** What a model file is made of. */
import type { Model } from '../model/model.ts';
import type { DataFlow } from './data_flow.ts';

/** Bytes of the file by what they are for. */
export interface Size {
  readonly kind: 'weights' | 'biases' | 'other constants' | 'metadata' | 'associated files' | 'structure';
  readonly tensors: number;
  readonly bytes: number;
}

/** `associated` bytes of the file are files that were added to it. */
export function sizes(model: Model, flows: readonly DataFlow[], total: number, associated: number): Size[] {
  const byKind = { weights: [0, 0], bias: [0, 0], constant: [0, 0] };
  const seen = new Set<number>();
  for (const { subgraph, kinds } of flows) {
    for (const { index, constant, buffer } of subgraph.tensors) {
      if (!constant) continue;
      const kind = kinds[index];
      const sum = byKind[kind === 'weights' || kind === 'bias' ? kind : 'constant'];
      sum[0]! += 1;
      if (!seen.has(buffer)) sum[1]! += constant.length;
      seen.add(buffer);
    }
  }
  const metadata = [...model.metadata.values()].reduce((sum, value) => sum + value.length, 0);
  const known: Size[] = [
    { kind: 'weights', tensors: byKind.weights[0]!, bytes: byKind.weights[1]! },
    { kind: 'biases', tensors: byKind.bias[0]!, bytes: byKind.bias[1]! },
    { kind: 'other constants', tensors: byKind.constant[0]!, bytes: byKind.constant[1]! },
    { kind: 'metadata', tensors: 0, bytes: metadata },
    { kind: 'associated files', tensors: 0, bytes: associated },
  ];
  const rest = total - known.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...known, { kind: 'structure', tensors: 0, bytes: Math.max(rest, 0) }];
}
