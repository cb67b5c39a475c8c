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
  /** Whether the mistakes give all their values, only the most of all that were tried, or nothing was found. */
  readonly kind: 'exact' | 'nearest' | 'none';
  readonly mistakes: readonly Mistake[];
  /** Values that the mistakes give, of all. */
  readonly same: number;
  readonly values: number;
  /** Others that give all their values too, with as many mistakes. */
  readonly alternatives: readonly (readonly Mistake[])[];
  /** What may be wrong besides: it changes none of these values. */
  readonly undecided: readonly Mistake[];
  /** Combinations of mistakes that were looked at. */
  readonly tried: number;
}

export function mistakesOf(model: VariantModel, choice: Choice): Mistake[] {
  return model.hypotheses(choice).map(({ slot, hypothesis }) => {
    const { id, title, explanation, candidate } = hypothesis;
    return { id, title, explanation, candidate, stage: slot.stage, line: slot.line };
  });
}
