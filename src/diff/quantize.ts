/** QUANTIZE and DEQUANTIZE, by their definition: q = clamp(round(real / scale) + zero point), real = scale * (q - zero point). */
import { F, type Multiplier } from './arithmetic.ts';
import { eachValue, type Slot, type Step, VariantModel } from './hypothesis.ts';
import { inputClampSlot, inputOffsetSlot, inputRoundingSlot, readingSlot } from './linear_slots.ts';
import { type NodeCase, rangeOf, scaleOf } from './node_case.ts';
import { clampSlot, dequantizeStep, layoutSlot, type OwnWay, outputOf, roundingSlot, zeroPointSlot } from './output_slots.ts'; // biome-ignore format: one line

export function quantizeModel(node: NodeCase, own: OwnWay): VariantModel | undefined {
  const [input] = node.inputs;
  const to = outputOf(node);
  if (!input || !to || node.target === 'real') return undefined;
  if (input.dtype !== 'float32') return requantizeModel(node, own);
  const type = rangeOf(node.output.dtype);
  const division = divisionSlot(to.scale);
  if (!type) return undefined;
  const rounding = inputRoundingSlot(to.scale, to.zero);
  const quotients: Step = {
    slots: [division],
    run(pick, _, positions) {
      const divide = pick(division);
      return Float64Array.from(positions, (position) => divide(Number(input.data[Math.max(position, 0)]!)));
    },
  };
  const steps = [
    quotients,
    eachValue(rounding, (round, y) => round(y, to.zero)),
    eachValue(inputClampSlot(type), (limit, q) => limit(q)),
  ];
  return new VariantModel(steps, layoutSlot(node));
}

function divisionSlot(scale: number): Slot<(real: number) => number> {
  return {
    stage: 'scale',
    line: `real / ${scale}, in float32`,
    right: (real) => F(real / scale),
    wrong: [
      {
        id: 'quotient-in-float64',
        title: 'divided in float64',
        explanation: 'The quotient is a float32 in TFLite; it can then lie on the other side of a half.',
        theirs: '(double)real / scale',
        way: (real) => real / scale,
      },
      {
        id: 'multiplied-by-inverse',
        title: 'multiplied by 1 / scale in float32',
        explanation: 'The inverse is rounded: TFLite divides.',
        theirs: 'real * (1 / scale)',
        way: (real) => F(real * F(1 / scale)),
      },
      {
        id: 'scale-multiplied',
        title: 'multiplied by the scale instead of divided',
        explanation: 'q = round(real / scale) + zero point.',
        theirs: 'real * scale',
        way: (real) => real * scale,
      },
      {
        id: 'input-scale-missing',
        title: 'real values not divided by the scale',
        explanation: 'q = round(real / scale) + zero point.',
        theirs: 'real',
        way: (real) => real,
      },
      {
        id: 'scale-1-255',
        title: 'scale of 1 / 255 for the scale in the file',
        explanation: 'Pixels of 0 to 255 as they are: the file has a scale of its own.',
        theirs: 'real * 255',
        way: (real) => real * 255,
      },
    ],
  };
}

function requantizeModel(node: NodeCase, own: OwnWay): VariantModel | undefined {
  const [input] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !from || !to || input.data instanceof BigInt64Array) return undefined;
  const reading = readingSlot('input', input.dtype);
  const offset = inputOffsetSlot(from.zero, to.zero, input.dtype);
  const { data } = input;
  const values: Step = {
    slots: [reading, offset],
    run(pick, _, positions) {
      const [read, subtract] = [pick(reading), pick(offset)];
      return Float64Array.from(positions, (position) => subtract(read(data[Math.max(position, 0)]!), from.zero));
    },
  };
  const of = (real: number): Multiplier => ({ real, float32: F(real) });
  const multiplier: Slot<Multiplier> = {
    stage: 'multiplier',
    line: `M = s_input / s_output = ${from.scale / to.scale}`,
    right: of(from.scale / to.scale),
    wrong: [
      {
        id: 'not-rescaled',
        title: 'not brought to the scale of the output',
        explanation: 'Only the zero point was changed: input and output have scales of their own.',
        theirs: 'M = 1',
        way: of(1),
      },
      {
        id: 'multiplier-inverse',
        title: 'multiplier upside down',
        explanation: 'M = s_input / s_output.',
        theirs: 'M = s_output / s_input',
        way: of(to.scale / from.scale),
      },
    ],
  };
  const rounding = roundingSlot(own, 'quantized');
  const requantize: Step = {
    slots: [multiplier, rounding],
    run(pick, before) {
      const apply = pick(rounding)(pick(multiplier));
      return before.map((value) => apply(value));
    },
  };
  const limits = { active: to.type, type: to.type, zero: to.zero, activation: 'NONE' };
  return new VariantModel(
    [
      values,
      requantize,
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    layoutSlot(node),
  );
}

export function dequantizeModel(node: NodeCase): VariantModel | undefined {
  const [input] = node.inputs;
  const from = scaleOf(input);
  if (!input || !from) return undefined;
  const reading = readingSlot('input', input.dtype);
  const stored: Step = {
    slots: [reading],
    run(pick, _, positions) {
      const read = pick(reading);
      return Float64Array.from(positions, (position) => read(Number(input.data[Math.max(position, 0)]!)));
    },
  };
  return new VariantModel([stored, dequantizeStep(from.scale, from.zero, {})], layoutSlot(node));
}
