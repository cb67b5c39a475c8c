/** QUANTIZE: the division by a scale, or the multiplier between two. */
import { F, type Multiplier } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';

export function divisionSlot(scale: number): Slot<(real: number) => number> {
  return {
    stage: 'scale',
    line: `real / ${scale}, in float32`,
    right: (real) => F(real / scale),
    wrong: [
      {
        id: 'quotient-in-float64',
        title: 'divided in float64',
        explanation: 'The quotient is a float32 in TFLite; it can then lie on the other side of a half.',
        candidate: '(double)real / scale',
        instead: (real) => real / scale,
      },
      {
        id: 'multiplied-by-inverse',
        title: 'multiplied by 1 / scale in float32',
        explanation: 'The inverse is rounded: TFLite divides.',
        candidate: 'real * (1 / scale)',
        instead: (real) => F(real * F(1 / scale)),
      },
      {
        id: 'scale-multiplied',
        title: 'multiplied by the scale instead of divided',
        explanation: 'q = round(real / scale) + zero point.',
        candidate: 'real * scale',
        instead: (real) => real * scale,
      },
      {
        id: 'input-scale-missing',
        title: 'real values not divided by the scale',
        explanation: 'q = round(real / scale) + zero point.',
        candidate: 'real',
        instead: (real) => real,
      },
      {
        id: 'scale-1-255',
        title: 'scale of 1 / 255 for the scale in the file',
        explanation: 'Pixels of 0 to 255 as they are: the file has a scale of its own.',
        candidate: 'real * 255',
        instead: (real) => real * 255,
      },
    ],
  };
}

export function rescaleSlot(input: number, output: number): Slot<Multiplier> {
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  return {
    stage: 'multiplier',
    line: `M = s_input / s_output = ${input / output}`,
    right: of(input / output),
    wrong: [
      {
        id: 'not-rescaled',
        title: 'not brought to the scale of the output',
        explanation: 'Only the zero point was changed: input and output have scales of their own.',
        candidate: 'M = 1',
        instead: of(1),
      },
      {
        id: 'multiplier-inverse',
        title: 'multiplier upside down',
        explanation: 'M = s_input / s_output.',
        candidate: 'M = s_output / s_input',
        instead: of(output / input),
      },
    ],
  };
}
