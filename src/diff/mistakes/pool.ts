/** Pools: what joins the values of a window, and how a mean is rounded. */
import { halfAway, halfEven, wrap8 } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';
import type { Padding } from './window.ts';

/** The values of a window -> their sum or maximum, and by what a sum is divided. */
export interface Pool {
  readonly start: number;
  join(a: number, b: number): number;
  divisor(inside: number, all: number): number;
  /** Of an average where the operator itself rounds nothing. */
  readonly round?: (mean: number) => number;
}

const AVERAGE: Pool = { start: 0, join: (a, b) => a + b, divisor: (inside) => inside };
const MAXIMUM: Pool = { start: -Infinity, join: Math.max, divisor: () => 1 };

export function poolSlot(isAverage: boolean): Slot<Pool> {
  if (isAverage) {
    return {
      stage: 'pool',
      line: 'sum / number of values inside of the input',
      right: AVERAGE,
      wrong: [
        {
          id: 'average-counts-padding',
          title: 'divided by the size of the window, padding included',
          explanation: 'TFLite divides by the number of values that lie in the image.',
          candidate: 'sum / (filterHeight * filterWidth)',
          instead: { ...AVERAGE, divisor: (_, all) => all },
        },
        {
          id: 'maximum-for-average',
          title: 'maximum instead of average',
          explanation: 'The operator is AVERAGE_POOL_2D.',
          candidate: 'max of the window',
          instead: MAXIMUM,
        },
        {
          id: 'average-sum-in-8-bits',
          title: 'sum of the window in 8 bits',
          explanation: 'The sum of a window does not fit into the type of its values.',
          candidate: 'int8_t sum',
          instead: { ...AVERAGE, join: (a, b) => wrap8(a + b) },
        },
      ],
    };
  }
  return {
    stage: 'pool',
    line: 'max of the values inside of the input',
    right: MAXIMUM,
    wrong: [
      {
        id: 'maximum-starts-at-0',
        title: 'maximum begins with 0',
        explanation: 'Stored values may be negative: begin with the lowest value of the type.',
        candidate: 'max = 0',
        instead: { ...MAXIMUM, start: 0 },
      },
      {
        id: 'minimum-for-maximum',
        title: 'minimum instead of maximum',
        explanation: 'The operator is MAX_POOL_2D.',
        candidate: 'min of the window',
        instead: { ...MAXIMUM, start: Infinity, join: Math.min },
      },
      {
        id: 'average-for-maximum',
        title: 'average instead of maximum',
        explanation: 'The operator is MAX_POOL_2D.',
        candidate: 'mean of the window',
        instead: { ...AVERAGE, round: halfAway },
      },
    ],
  };
}

/** What a window finds outside of the image: null for nothing. */
export function poolPaddingSlot(): Slot<Padding> {
  return {
    stage: 'padding',
    line: 'nothing outside of the input',
    right: null,
    wrong: [
      {
        id: 'pool-padded-with-0',
        title: 'window padded with 0',
        explanation: 'What lies outside of the image takes no part in a pool.',
        candidate: 'x = 0 outside of the input',
        instead: 0,
      },
    ],
  };
}

export function averageSlot(zero: number, isSigned: boolean): Slot<(mean: number) => number> {
  const right = isSigned ? halfAway : (mean: number) => Math.floor(mean + 0.5);
  return {
    stage: 'rounding',
    line: 'round(sum / n), halves away from zero',
    right,
    wrong: [
      {
        id: 'average-truncated',
        title: 'average truncated',
        explanation: "C's division drops the fraction, towards zero: add half of n first, with the sign of the sum.",
        candidate: 'sum / n, in integers',
        instead: Math.trunc,
      },
      {
        id: 'average-floored',
        title: 'average rounded down',
        explanation: 'A shift, or a division that rounds down; TFLite rounds halves away from zero.',
        candidate: 'floor(sum / n)',
        instead: Math.floor,
      },
      {
        id: 'average-half-up',
        title: 'average rounded with halves up',
        explanation: '(sum + n / 2) / n for sums of either sign; TFLite rounds halves away from zero.',
        candidate: 'floor((sum + n / 2) / n)',
        instead: (mean) => Math.floor(mean + 0.5),
      },
      {
        id: 'average-half-up-truncated',
        title: 'half added to negative sums too, then truncated',
        explanation: 'Subtract half of n from sums below 0.',
        candidate: '(sum + n / 2) / n, in integers',
        instead: (mean) => Math.trunc(mean + 0.5),
      },
      {
        id: 'average-half-even',
        title: 'average rounded with halves to even',
        explanation: "NumPy's round; TFLite rounds halves away from zero.",
        candidate: 'rint(sum / n)',
        instead: halfEven,
      },
      {
        id: 'average-around-zero-point',
        title: 'rounded after the zero point was subtracted',
        explanation: 'TFLite averages stored values: halves are away from 0, not from the zero point.',
        candidate: `round(sum(x ${zero < 0 ? '+' : '-'} ${Math.abs(zero)}) / n) + z`,
        instead: (mean) => halfAway(mean - zero) + zero,
      },
    ],
  };
}
