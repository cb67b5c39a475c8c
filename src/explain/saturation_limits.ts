/** The ends of an output at which values are clipped. */
import type { Bound, Clamp } from './explanation.ts';

/** Those that only the type gives: where an activation ends (the 0 of a ReLU), values end by right. */
export function typeEnds({ min, max }: Clamp): Bound[] {
  return [min, max].filter(({ real }) => real === null);
}
