/** Whether the candidate's values are found elsewhere: one constant, another tensor's, the same ones at other places. */
import type { TensorInfo } from '../runtime/tensor_info.ts';
import type { DifferencesContext } from './differences.ts';
import type { Values } from './hypothesis.ts';

/** Values of another tensor of the run, or of this one in another run. */
export interface OtherValues {
  readonly tensor: TensorInfo;
  /** The node that writes it; null for inputs and constants. */
  readonly node: number | null;
  readonly op: string | null;
  /** As the candidate has them, or as they are where the candidate gave none. */
  readonly whose: 'candidate' | 'reference';
  readonly values: Values;
}

/** Something that the candidate's values are equal to. */
export interface Occurrence {
  readonly kind: 'constant' | 'tensor' | 'run' | 'permutation';
  /** 'zeros', 'tensor_9', 'channels-reversed'. */
  readonly id: string;
  /** In a few words, as the end of "the candidate's values are ". */
  readonly title: string;
  /** How many of its values are so. */
  readonly values: number;
  /** Those of them that others would not have been by chance: neither the reference's value there nor the commonest one. */
  readonly informative: number;
  /** Of fewer informative values than it takes. */
  readonly weak: boolean;
  /** Where it is a tensor. */
  readonly tensor?: number;
  readonly node?: number | null;
}

/** The informative values that it takes to be sure. */
export const SURE = 16;

export function elsewhere(
  _candidate: Values,
  _reference: Values,
  _positions: readonly number[],
  _context: DifferencesContext,
): Occurrence[] {
  return [];
}
