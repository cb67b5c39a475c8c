/** The sum of products and its bias. */
import { wrap16 } from '../arithmetic.ts';
import type { Hypothesis, Slot } from '../hypothesis.ts';

export type Accumulator =
  | 'wide'
  | 'int16'
  | 'int16 products'
  | 'saturating int16'
  | 'saturated int16'
  | 'saturating int32'
  | 'float32';

export const ACCUMULATOR_SLOT: Slot<Accumulator> = {
  stage: 'sum',
  line: 'int32 acc',
  right: 'wide',
  wrong: [
    {
      id: 'accumulator-16-bits',
      title: 'sum in 16 bits',
      explanation: 'The sum wraps: products alone take 16 bits.',
      candidate: 'int16_t acc',
      instead: 'int16',
    },
    {
      id: 'products-in-16-bits',
      title: 'sum of products in 16 bits, the bias added behind it',
      explanation: 'The sum wraps: products alone take 16 bits.',
      candidate: 'int16_t sum; acc = sum + bias',
      instead: 'int16 products',
    },
    {
      id: 'accumulator-saturates-at-16-bits',
      title: 'sum saturates at 16 bits',
      explanation: 'Saturating 16-bit instructions: products alone take 16 bits.',
      candidate: 'acc = saturate16(acc + x * w)',
      instead: 'saturating int16',
    },
    {
      id: 'accumulator-saturated-to-16-bits',
      title: 'sum saturated to 16 bits at its end',
      explanation: 'The sum was packed into 16 bits before the requantization.',
      candidate: 'acc = saturate16(acc + bias)',
      instead: 'saturated int16',
    },
    {
      id: 'accumulator-saturates-at-32-bits',
      title: 'sum saturates at 32 bits',
      explanation: 'TFLite wraps, or takes 64 bits, where a sum leaves int32.',
      candidate: 'acc = saturate32(acc + x * w)',
      instead: 'saturating int32',
    },
    {
      id: 'accumulator-float32',
      title: 'sum in float32',
      explanation: 'A float32 holds integers up to 2^24; sums that are larger are rounded.',
      candidate: 'float acc',
      instead: 'float32',
    },
  ],
};

/** The sum of products and channel c -> the accumulator; `late` is added behind the requantization. */
export interface BiasRule {
  add(sum: number, c: number, bias: (c: number) => number): number;
  late?(c: number, bias: (c: number) => number): number;
}

type BiasMistake = Hypothesis & { readonly instead: BiasRule };

export function biasSlot(channels: number): Slot<BiasRule> {
  return {
    stage: 'bias',
    line: 'acc += bias[c]',
    right: { add: (sum, c, bias) => sum + bias(c) },
    wrong: [...BIAS_MISTAKES, ...(channels > 1 ? channelMistakes(channels) : [])],
  };
}

const BIAS_MISTAKES: readonly BiasMistake[] = [
  {
    id: 'bias-missing',
    title: 'bias not added',
    explanation: 'The bias is an int32 in steps of s_input * s_weights, and is added to the sum.',
    candidate: 'acc',
    instead: { add: (sum) => sum },
  },
  {
    id: 'bias-subtracted',
    title: 'bias subtracted',
    explanation: 'The bias is added to the sum.',
    candidate: 'acc -= bias[c]',
    instead: { add: (sum, c, bias) => sum - bias(c) },
  },
  {
    id: 'bias-twice',
    title: 'bias added twice',
    explanation: 'The sum begins with the bias, or the bias is added at its end.',
    candidate: 'acc += 2 * bias[c]',
    instead: { add: (sum, c, bias) => sum + 2 * bias(c) },
  },
  {
    id: 'bias-after-requantization',
    title: 'bias added after the requantization',
    explanation: 'The bias is in the units of the sum, and goes through the multiplier with it.',
    candidate: 'r = requantize(acc) + bias[c]',
    instead: { add: (sum) => sum, late: (c, bias) => bias(c) },
  },
  {
    id: 'bias-16-bits',
    title: 'bias read as 16 bits',
    explanation: 'It is an int32: the upper half is lost.',
    candidate: 'acc += (int16_t)bias[c]',
    instead: { add: (sum, c, bias) => sum + wrap16(bias(c)) },
  },
];

/** Another channel's bias. */
function channelMistakes(channels: number): BiasMistake[] {
  const of = (
    id: string,
    title: string,
    explanation: string,
    index: string,
    at: (c: number) => number,
  ): BiasMistake => ({
    id,
    title,
    explanation,
    candidate: `acc += bias[${index}]`,
    instead: { add: (sum, c, bias) => sum + bias(at(c)) },
  });
  const byOne = 'The index into the bias is off by one.';
  return [
    of('bias-of-channel-0', "channel 0's bias in all channels", 'Each channel has its own.', '0', () => 0),
    of('bias-of-next-channel', "next channel's bias", byOne, `(c + 1) % ${channels}`, (c) => (c + 1) % channels),
    ...(channels > 2 ? [of('bias-of-previous-channel', "previous channel's bias", byOne, `(c + ${channels - 1}) % ${channels}`, (c) => (c + channels - 1) % channels)] : []), // biome-ignore format: one line
    ...(channels > 2 ? [of('bias-reversed', 'bias in reverse order', 'Channels are counted from the first.', `${channels - 1} - c`, (c) => channels - 1 - c)] : []), // biome-ignore format: one line
  ];
}
