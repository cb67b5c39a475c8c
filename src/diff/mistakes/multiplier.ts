/** The real multiplier between a sum's steps and the output's. */
import type { Quantization } from '../../../kernels/tensor.ts';
import { F, type Multiplier } from '../arithmetic.ts';
import type { Hypothesis, Slot } from '../hypothesis.ts';
import { channelScale } from '../node_case.ts';

export interface Scales {
  readonly input: number;
  weights(c: number): number;
  readonly output: number;
  bias(c: number): number | undefined;
  readonly channels: number;
}

export function scalesOf(
  input: number,
  output: number,
  weights: Quantization,
  bias: Quantization | undefined | null,
  channels: number,
): Scales {
  return {
    input,
    weights: (c) => channelScale(weights, c),
    output,
    bias: (c) => (bias ? channelScale(bias, c) : undefined),
    channels: weights.scales.length === 1 ? 1 : channels,
  };
}

/** Channel c's. */
export type MultiplierOf = (c: number) => Multiplier;

type MultiplierMistake = Hypothesis & { readonly instead: MultiplierOf };

const both = (real: number): Multiplier => ({ real, float32: F(real) });

/** `legacy`: the product of the scales is rounded to float32 first, as for uint8 convolutions. */
export function multiplierSlot(s: Scales, legacy: boolean): Slot<MultiplierOf> {
  const exact: MultiplierOf = (c) => ({
    real: (s.input * s.weights(c)) / s.output,
    float32: F(F(s.input * s.weights(c)) / s.output),
  });
  const rounded: MultiplierOf = (c) => ({ ...exact(c), real: F(s.input * s.weights(c)) / s.output });
  const right = legacy ? rounded : exact;
  const perChannel = s.channels > 1;
  return {
    stage: 'multiplier',
    line: `M${perChannel ? '[c]' : ''} = s_input * s_weights${perChannel ? '[c]' : ''} / s_output = ${exact(0).real}${perChannel ? ' for c = 0' : ''}`,
    right,
    wrong: [
      ...scaleMistakes(s),
      ...(perChannel
        ? [...channelMistakes(s.channels, right), largestScale(s), ...shiftMistakes(s.channels, right)]
        : []),
      ...precisionMistakes(legacy, exact, rounded),
    ],
  };
}

/** A scale too few, or a wrong one. */
function scaleMistakes(s: Scales): MultiplierMistake[] {
  return [
    {
      id: 'output-scale-missing',
      title: 'multiplier without / s_output',
      explanation: 'The sum is in steps of s_input * s_weights; the output in steps of its own scale.',
      candidate: 'M = s_input * s_weights',
      instead: (c) => both(s.input * s.weights(c)),
    },
    {
      id: 'output-scale-multiplied',
      title: 'multiplied by the scale of the output instead of divided',
      explanation: 'The output is in steps of its own scale.',
      candidate: 'M = s_input * s_weights * s_output',
      instead: (c) => both(s.input * s.weights(c) * s.output),
    },
    {
      id: 'input-scale-missing',
      title: 'multiplier without the scale of the input',
      explanation: 'A product is in steps of s_input * s_weights.',
      candidate: 'M = s_weights / s_output',
      instead: (c) => both(s.weights(c) / s.output),
    },
    {
      id: 'weights-scale-missing',
      title: 'multiplier without the scale of the weights',
      explanation: 'A product is in steps of s_input * s_weights.',
      candidate: 'M = s_input / s_output',
      instead: () => both(s.input / s.output),
    },
    {
      id: 'multiplier-inverse',
      title: 'multiplier upside down',
      explanation: 'The sum is multiplied by what its steps are, and divided by what those of the output are.',
      candidate: 'M = s_output / (s_input * s_weights)',
      instead: (c) => both(s.output / (s.input * s.weights(c))),
    },
    ...(s.bias(0) === undefined
      ? []
      : [
          {
            id: 'bias-scale-for-output',
            title: 'scale of the bias instead of the scale of the output',
            explanation: 'The scale was read from another tensor: look the tensor up by its index in the node.',
            candidate: 'M = s_input * s_weights / s_bias, which is 1',
            instead: (c: number) => both((s.input * s.weights(c)) / s.bias(c)!),
          },
        ]),
  ];
}

/** Which channel's scale, or shift, another channel has. */
interface OtherChannel {
  readonly name: string;
  readonly title: string;
  readonly index: string;
  at(c: number): number;
}

function otherChannels(channels: number): OtherChannel[] {
  const last = channels - 1;
  return [
    { name: 'of-channel-0', title: "channel 0's {} in all channels", index: '0', at: () => 0 },
    { name: 'of-last-channel', title: "last channel's {} in all channels", index: `${last}`, at: () => last },
    { name: 'of-next-channel', title: "next channel's {}", index: `(c + 1) % ${channels}`, at: (c) => (c + 1) % channels }, // biome-ignore format: one line
    ...(channels > 2
      ? [
          { name: 'of-previous-channel', title: "previous channel's {}", index: `(c + ${last}) % ${channels}`, at: (c: number) => (c + last) % channels }, // biome-ignore format: one line
          { name: 'of-reversed-channel', title: '{}s in reverse order', index: `${last} - c`, at: (c: number) => last - c }, // biome-ignore format: one line
        ]
      : []),
  ];
}

function channelMistakes(channels: number, right: MultiplierOf): MultiplierMistake[] {
  return otherChannels(channels).map(({ name, title, index, at }) => ({
    id: `scale-${name}`,
    title: title.replace('{}', 'scale'),
    explanation: 'The weights have a scale for each channel of the output.',
    candidate: `M = s_input * s_weights[${index}] / s_output`,
    instead: (c) => right(at(c)),
  }));
}

function largestScale(s: Scales): MultiplierMistake {
  const largest = Array.from({ length: s.channels }, (_, c) => s.weights(c)).reduce((a, b) => Math.max(a, b));
  return {
    id: 'scale-of-largest-channel',
    title: 'one scale for all channels: the largest',
    explanation: 'The weights have a scale for each channel of the output.',
    candidate: 'M = s_input * max(s_weights) / s_output',
    instead: () => both((s.input * largest) / s.output),
  };
}

/** The multiplier is right, and its shift another channel's. */
function shiftMistakes(channels: number, right: MultiplierOf): MultiplierMistake[] {
  const exponent = (real: number) => Math.floor(Math.log2(real));
  const isUniform = Array.from({ length: channels }, (_, c) => exponent(right(c).real)).every((e, _, [first]) => e === first); // biome-ignore format: one line
  if (isUniform) return [];
  return otherChannels(channels).map(({ name, title, index, at }) => ({
    id: `shift-${name}`,
    title: title.replace('{}', 'shift'),
    explanation: 'Each channel has a multiplier and a shift of its own.',
    candidate: `acc * m[c], shifted by shift[${index}]`,
    instead: (c) => both(right(c).real * 2 ** (exponent(right(at(c)).real) - exponent(right(c).real))),
  }));
}

function precisionMistakes(legacy: boolean, exact: MultiplierOf, rounded: MultiplierOf): MultiplierMistake[] {
  return [
    legacy
      ? {
          id: 'scales-multiplied-in-float64',
          title: 'scales multiplied in float64',
          explanation: 'For uint8 convolutions TFLite rounds s_input * s_weights to float32 first.',
          candidate: 'M = (double)s_input * (double)s_weights / s_output',
          instead: exact,
        }
      : {
          id: 'scales-multiplied-in-float32',
          title: 'scales multiplied in float32',
          explanation: 'TFLite multiplies them in float64; the last bits of the multiplier differ.',
          candidate: 'M = (float)(s_input * s_weights) / s_output',
          instead: rounded,
        },
    {
      id: 'multiplier-in-float32',
      title: 'multiplier computed in float32',
      explanation: 'TFLite computes it in float64; the last bits of m differ.',
      candidate: 'float M = s_input * s_weights / s_output',
      instead: (c) => both(exact(c).float32),
    },
  ];
}
