/** QUANTIZE and DEQUANTIZE, by their definition: q = clamp(round(real / scale) + zero point), real = scale * (q - zero point). */
import { isOfBigInts } from '../../../kernels/tensor.ts';
import type { ExpectedRounding } from '../arithmetic.ts';
import { eachValue, type Step, VariantModel } from '../hypothesis.ts';
import { clampSlot, dequantizeStep, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { divisionSlot, rescaleSlot } from '../mistakes/quantization.ts';
import { inputClampSlot, inputOffsetSlot, inputRoundingSlot, readingSlot } from '../mistakes/reading.ts';
import { roundingSlot } from '../mistakes/requantization.ts';
import { type NodeCase, rangeOf, scaleOf } from '../node_case.ts';

export function quantizeModel(node: NodeCase, own: ExpectedRounding): VariantModel | undefined {
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
  return new VariantModel(steps, placementSlot(node));
}

function requantizeModel(node: NodeCase, own: ExpectedRounding): VariantModel | undefined {
  const [input] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  if (!input || !from || !to || isOfBigInts(input.data)) return undefined;
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
  const multiplier = rescaleSlot(from.scale, to.scale);
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
    placementSlot(node),
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
  return new VariantModel([stored, dequantizeStep(from.scale, from.zero, {})], placementSlot(node));
}
