/** What is wrong with a node, as plain data. */
import type { Choice, Hypothesis, VariantModel } from './hypothesis.ts';

/** A mistake, and the line of the formula to mend. */
export interface Mistake extends Hypothesis {
  /** The step of the operator. */
  readonly stage: string;
  /** The line as TFLite computes it. */
  readonly line: string;
}

export interface Diagnosis {
  /**
   * 'exact': the mistakes give all of the candidate's values. 'nearest': all but a few. 'too few values': what differs is
   * so little that chance would explain it as well; 'none': no known mistake gives these values. Of the last two no
   * mistakes are listed.
   */
  readonly kind: 'exact' | 'nearest' | 'too few values' | 'none';
  /** Whether few values tell the mistakes from others. */
  readonly weak: boolean;
  /** Values that differ from the reference's, those that are alike counted once a channel. */
  readonly informative: number;
  readonly mistakes: readonly Mistake[];
  /** Values that the mistakes give, of all. */
  readonly same: number;
  readonly values: number;
  /** Others that give all of the candidate's values too, with as many mistakes. */
  readonly alternatives: readonly (readonly Mistake[])[];
  /** What may be wrong besides: it changes none of these values. */
  readonly undecided: readonly Mistake[];
  /** Combinations of mistakes that were looked at. */
  readonly tried: number;
  /** The other compared nodes that have the same arithmetic. */
  readonly peers: Peers;
  /** Whether the operator's arithmetic is modelled, and not only where its values are put. */
  readonly hasErrorModel: boolean;
}

/** Nodes, by number. */
export interface Peers {
  /** Nodes that differ, and whose values the same mistakes give. */
  readonly explained: readonly number[];
  /** Nodes on whose values the mistakes have no effect. */
  readonly unaffected: readonly number[];
  /** Nodes of which they do not give the candidate's values. */
  readonly contradicted: readonly number[];
}

export function mistakesOf(model: VariantModel, choice: Choice): Mistake[] {
  return model.hypotheses(choice).map(({ slot, hypothesis }) => {
    const { id, title, explanation, candidate } = hypothesis;
    return { id, title, explanation, candidate, stage: slot.stage, line: slot.line };
  });
}
