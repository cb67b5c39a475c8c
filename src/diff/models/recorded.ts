/**
 * Operators whose right values are those that ran: which value of their inputs an output holds, or what it is computed from, can
 * be wrong.
 */
import { type Slot, type Source, type SourceMistake, type Step, VariantModel } from '../hypothesis.ts';
import { concatenationMistakes } from '../mistakes/concatenation.ts';
import { paddingMistakes } from '../mistakes/pad.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { flatteningMistakes } from '../mistakes/reshape.ts';
import { resizeMistakes } from '../mistakes/resize.ts';
import type { NodeCase } from '../node_case.ts';

const MISTAKES: { readonly [op: string]: (node: NodeCase) => SourceMistake[] } = {
  RESHAPE: flatteningMistakes,
  CONCATENATION: concatenationMistakes,
  PAD: paddingMistakes,
  PADV2: paddingMistakes,
  RESIZE_NEAREST_NEIGHBOR: resizeMistakes,
  RESIZE_BILINEAR: resizeMistakes,
};

/** Operators that have mistakes of their own here. */
export const RECORDED_OPS = Object.keys(MISTAKES);

export function recordedModel(node: NodeCase): VariantModel {
  const { data } = node.output;
  const make = Object.hasOwn(MISTAKES, node.op) ? MISTAKES[node.op] : undefined;
  const sources: Slot<Source> = {
    stage: 'values',
    line: `the output of ${node.op}`,
    right: (position) => Number(data[position]!),
    wrong: make?.(node) ?? [],
  };
  const step: Step = {
    slots: [sources],
    run(pick, _, positions) {
      const source = pick(sources);
      return Float64Array.from(positions, (position) => source(Math.max(position, 0)));
    },
  };
  return new VariantModel([step], placementSlot(node));
}
