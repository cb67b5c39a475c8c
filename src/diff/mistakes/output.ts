/** What ends nearly every quantized operator: zero point, clamp, real output. */
import { F, wrap8, wrap16 } from '../arithmetic.ts';
import { eachValue, type Slot, type Step } from '../hypothesis.ts';
import { bracketed, minus, type NodeCase, type Range, rangeOf, scaleOf } from '../node_case.ts';

type AddZero = (value: number) => number;

export function zeroPointSlot(zero: number, inputZero: number): Slot<AddZero> {
  const z = bracketed(zero);
  return {
    stage: 'zero point of the output',
    line: `q = r + z_output = r + ${z}`,
    right: (r) => r + zero,
    wrong: [
      ...(zero === 0 ? [] : zeroPointMistakes(zero)),
      ...(inputZero === zero
        ? []
        : [
            {
              id: 'output-zero-point-of-input',
              title: "zero point of the input added instead of the output's",
              explanation: 'Each tensor has a zero point of its own.',
              candidate: `q = r + ${bracketed(inputZero)}`,
              instead: (r: number) => r + inputZero,
            },
          ]),
    ],
  };
}

function zeroPointMistakes(zero: number): Slot<AddZero>['wrong'] {
  const z = bracketed(zero);
  return [
    {
      id: 'output-zero-point-missing',
      title: 'zero point of the output not added',
      explanation: 'The requantized sum is a distance from the zero point, and not yet the stored value.',
      candidate: 'q = r',
      instead: (r) => r,
    },
    {
      id: 'output-zero-point-subtracted',
      title: 'zero point of the output subtracted instead of added',
      explanation: 'It is subtracted where a value is read, and added where one is written.',
      candidate: `q = r - ${z}`,
      instead: (r) => r - zero,
    },
    {
      id: 'output-zero-point-twice',
      title: 'zero point of the output added twice',
      explanation: 'Perhaps it is in the bias already.',
      candidate: `q = r + ${z} + ${z}`,
      instead: (r) => r + 2 * zero,
    },
  ];
}

export interface Limits {
  /** What the activation leaves. */
  readonly active: Range;
  readonly type: Range;
  readonly zero: number;
  readonly activation: string;
}

const clamp = (q: number, { min, max }: Range) => Math.min(Math.max(q, min), max);

export function clampSlot({ active, type, zero, activation }: Limits): Slot<(q: number) => number> {
  const wrap = type.max > 255 ? wrap16 : type.min < 0 ? wrap8 : (q: number) => q & 0xff;
  const has = active.min > type.min || active.max < type.max;
  const name = activation === 'NONE' ? 'the activation' : activation;
  return {
    stage: 'clamp',
    line: `q = min(max(q, ${active.min}), ${active.max})${activation === 'NONE' ? '' : `, of the type and ${activation}`}`,
    right: (q) => clamp(q, active),
    wrong: [
      {
        id: 'clamp-missing',
        title: 'not clamped',
        explanation: `Values leave the type's range: below ${type.min}, above ${type.max}.`,
        candidate: 'q, as it is',
        instead: (q) => q,
      },
      {
        id: 'clamp-wraps',
        title: 'cast instead of clamped',
        explanation: 'A cast to the type keeps the low bits: 128 becomes -128.',
        candidate: 'q = (type)q',
        instead: (q) => wrap(Math.trunc(q)),
      },
      ...(has
        ? [
            {
              id: 'activation-missing',
              title: `${name} left out`,
              explanation: 'The fused activation is a clamp of the output: only the clamp to the type was done.',
              candidate: `q = min(max(q, ${type.min}), ${type.max})`,
              instead: (q: number) => clamp(q, type),
            },
          ]
        : []),
      ...(activation.startsWith('RELU')
        ? [
            {
              id: 'activation-at-stored-zero',
              title: `${name} applied to the stored value`,
              explanation: `Real 0 is stored as ${zero}: comparing the stored value with 0 cuts it elsewhere.`,
              candidate: `q = max(q, 0), then min(max(q, ${type.min}), ${type.max})`,
              instead: (q: number) => clamp(Math.max(q, 0), type),
            },
          ]
        : []),
      ...(activation === 'RELU6'
        ? [
            {
              id: 'relu6-without-6',
              title: 'RELU6 without its upper limit',
              explanation: 'Only the lower limit of the activation was applied.',
              candidate: `q = min(max(q, ${active.min}), ${type.max})`,
              instead: (q: number) => clamp(q, { min: active.min, max: type.max }),
            },
            {
              id: 'relu6-in-steps',
              title: 'RELU6 limits the stored value to 6 steps',
              explanation: 'The 6 is a real number: divide it by the scale of the output.',
              candidate: `q = min(max(q, ${active.min}), ${zero + 6})`,
              instead: (q: number) => clamp(q, { min: active.min, max: Math.min(zero + 6, type.max) }),
            },
          ]
        : []),
      {
        id: 'clamped-before-zero-point',
        title: 'clamped before the zero point was added',
        explanation: 'The sum of the two can leave the range again, and was cast.',
        candidate: `q = (type)(min(max(r, ${type.min}), ${type.max}) + z_output)`,
        instead: (q) => wrap(clamp(Math.trunc(q - zero), type) + zero),
      },
      {
        id: 'clamp-symmetric',
        title: `clamped to ${type.min + 1}`,
        explanation: 'The lowest value of the type was left out, as is done with weights.',
        candidate: `q = min(max(q, ${Math.max(active.min, type.min + 1)}), ${active.max})`,
        instead: (q) => clamp(q, { min: Math.max(active.min, type.min + 1), max: active.max }),
      },
      {
        id: 'clamp-of-other-type',
        title: `clamped to the range of ${type.min < 0 ? 'unsigned' : 'signed'} values`,
        explanation: `The output is ${type.min < 0 ? 'signed' : 'unsigned'}.`,
        candidate: type.min < 0 ? `q = min(max(q, 0), ${type.max - type.min})` : 'q = min(max(q, -128), 127)',
        instead: (q) =>
          type.min < 0 ? clamp(q, { min: 0, max: type.max - type.min }) : clamp(q, { min: -128, max: 127 }),
      },
    ],
  };
}

/** Where their output holds real numbers: how they follow from the integers. */
export function dequantizeStep(
  scale: number,
  zero: number,
  { inputScale, biasScale }: { readonly inputScale?: number; readonly biasScale?: number },
): Step {
  const slot: Slot<(q: number) => number> = {
    stage: 'real output',
    line: `real = ${scale} * ${minus('q', zero)}`,
    right: (q) => F(scale * (q - zero)),
    wrong: [
      ...(biasScale === undefined
        ? []
        : [
            {
              id: 'scale-of-bias',
              title: 'scale of the bias instead of the scale of the output',
              explanation: 'The scale was read from another tensor: look the tensor up by its index in the node.',
              candidate: `real = ${biasScale} * ${minus('q', zero)}`,
              instead: (q: number) => biasScale * (q - zero),
            },
            {
              id: 'scale-of-bias-zero-point-missing',
              title: 'scale of the bias instead of the scale of the output, and no zero point',
              explanation: 'Scale and zero point were read from another tensor: a bias has zero point 0.',
              candidate: `real = ${biasScale} * q`,
              instead: (q: number) => biasScale * q,
            },
          ]),
      ...(inputScale === undefined
        ? []
        : [
            {
              id: 'real-by-scale-of-input',
              title: 'scale of the input instead of the scale of the output',
              explanation: 'The scale was read from another tensor.',
              candidate: `real = ${inputScale} * ${minus('q', zero)}`,
              instead: (q: number) => inputScale * (q - zero),
            },
          ]),
      {
        id: 'real-without-zero-point',
        title: 'zero point not subtracted from the output',
        explanation: 'real = scale * (q - zero point).',
        candidate: `real = ${scale} * q`,
        instead: (q) => scale * q,
      },
      {
        id: 'real-plus-zero-point',
        title: 'zero point added to the output instead of subtracted',
        explanation: 'real = scale * (q - zero point).',
        candidate: `real = ${scale} * (q + ${bracketed(zero)})`,
        instead: (q) => scale * (q + zero),
      },
      {
        id: 'real-without-scale',
        title: 'integers where real numbers belong',
        explanation: 'The output was not multiplied by its scale.',
        candidate: 'real = q',
        instead: (q) => q,
      },
    ],
  };
  // They may compute in float64 or in float32: both are right.
  return eachValue(slot, (way, q) => F(way(q)));
}

/** Scale, zero point and clamp of a quantized output; undefined where it is not quantized as a whole. */
export function outputOf({ output, options }: NodeCase) {
  const type = rangeOf(output.dtype);
  const q = scaleOf(output);
  return type && q && { ...q, type, activation: String(options.fusedActivationFunction ?? 'NONE') };
}
