/** The real multiplier between a sum's steps and the output's. */
import { F, type Multiplier } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';

export interface Scales {
  readonly input: number;
  weights(c: number): number;
  readonly output: number;
  bias(c: number): number | undefined;
  readonly channels: number;
}

/** Channel c's. */
export type MultiplierOf = (c: number) => Multiplier;

const both = (real: number): Multiplier => ({ real, float32: F(real) });

/** `legacy`: the product of the scales is rounded to float32 first, as for uint8 convolutions. */
export function multiplierSlot(s: Scales, legacy: boolean): Slot<MultiplierOf> {
  const exact: MultiplierOf = (c) => ({
    real: (s.input * s.weights(c)) / s.output,
    float32: F(F(s.input * s.weights(c)) / s.output),
  });
  const rounded: MultiplierOf = (c) => ({ ...exact(c), real: F(s.input * s.weights(c)) / s.output });
  const perChannel = s.channels > 1;
  const scale = (c: number) => (c === 0 ? s.weights(0) : s.weights(Math.min(c, s.channels - 1)));
  const largest = () => Array.from({ length: s.channels }, (_, c) => scale(c)).reduce((a, b) => Math.max(a, b));
  const tensor = (weights: number): MultiplierOf => () => both((s.input * weights) / s.output); // biome-ignore format: one line
  const hasBias = s.bias(0) !== undefined;
  return {
    stage: 'multiplier',
    line: `M${perChannel ? '[c]' : ''} = s_input * s_weights${perChannel ? '[c]' : ''} / s_output = ${exact(0).real}${perChannel ? ' for c = 0' : ''}`,
    right: legacy ? rounded : exact,
    wrong: [
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
      ...(hasBias
        ? [
            {
              id: 'bias-scale-for-output',
              title: 'scale of the bias instead of the scale of the output',
              explanation: 'The scale was read from another tensor: look the tensor up by its index in the node.',
              candidate: 'M = s_input * s_weights / s_bias, which is 1',
              instead: (c: number) => both((s.input * s.weights(c)) / s.bias(c)!),
            },
          ]
        : []),
      ...(perChannel
        ? [
            {
              id: 'scale-of-channel-0',
              title: "channel 0's scale in all channels",
              explanation: 'The weights have a scale for each channel of the output.',
              candidate: 'M = s_input * s_weights[0] / s_output',
              instead: tensor(s.weights(0)),
            },
            {
              id: 'scale-of-largest-channel',
              title: 'one scale for all channels: the largest',
              explanation: 'The weights have a scale for each channel of the output.',
              candidate: 'M = s_input * max(s_weights) / s_output',
              instead: tensor(largest()),
            },
            {
              id: 'scale-of-last-channel',
              title: "last channel's scale in all channels",
              explanation: 'The weights have a scale for each channel of the output.',
              candidate: `M = s_input * s_weights[${s.channels - 1}] / s_output`,
              instead: tensor(s.weights(s.channels - 1)),
            },
            {
              id: 'scale-of-next-channel',
              title: "next channel's scale",
              explanation: 'The index into the scales is off by one.',
              candidate: `M = s_input * s_weights[(c + 1) % ${s.channels}] / s_output`,
              instead: (c: number) => both((s.input * s.weights((c + 1) % s.channels)) / s.output),
            },
          ]
        : []),
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
    ],
  };
}
