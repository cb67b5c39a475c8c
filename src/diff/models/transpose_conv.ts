/**
 * TRANSPOSE_CONV, by its definition: the products of every input pixel with every tap are added where
 *   y = inY * stride + ky - padTop, x alike; then bias, multiplier and zero point as in CONV_2D.
 */
import type { ExpectedRounding, Requantize } from '../arithmetic.ts';
import { eachValue, type Slot, type Step, VariantModel } from '../hypothesis.ts';
import { biasSlot } from '../mistakes/accumulation.ts';
import { type MultiplierOf, multiplierSlot, scalesOf } from '../mistakes/multiplier.ts';
import { clampSlot, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { inputLayoutSlot, inputOffsetSlot, readingSlot } from '../mistakes/reading.ts';
import { roundingSlot } from '../mistakes/requantization.ts';
import { paddingBeforeSlot } from '../mistakes/transpose_conv.ts';
import { convWeightLayoutSlot, weightOffsetSlot } from '../mistakes/weights.ts';
import { activationRange, type NodeCase, nhwc, scaleOf } from '../node_case.ts';
import { requantizeStep } from './linear.ts';

export function transposeConvModel(node: NodeCase, own: ExpectedRounding): VariantModel | undefined {
  const [, filter, input, bias] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  const quantization = filter?.tensor.quantization;
  if (!input || !filter || !from || !to || !quantization || node.target === 'real') return undefined;
  const [outputs, kernelHeight, kernelWidth, depth] = nhwc(filter.shape);
  const [image, result] = [nhwc(input.shape), nhwc(node.output.shape)];
  const zeros = quantization.zeroPoints;
  const weightZero = zeros.length === 1 ? zeros[0]! : 0;
  const biasValues = bias && Array.from(bias.data as ArrayLike<number | bigint>, Number);
  const biasOf = (c: number) => biasValues?.[c] ?? 0;
  const slots = {
    reading: readingSlot('input', input.dtype),
    offset: inputOffsetSlot(from.zero, to.zero, input.dtype),
    layout: inputLayoutSlot(image),
    weightOffset: weightOffsetSlot(weightZero, filter.dtype),
    weightLayout: convWeightLayoutSlot(outputs, kernelHeight, kernelWidth, depth),
    before: paddingBeforeSlot(node, [image[1], image[2]], [result[1], result[2]], [kernelHeight, kernelWidth]),
  };
  const biases = biasSlot(outputs);
  const strides = [Number(node.options.strideH), Number(node.options.strideW)] as const;
  const sums: Step = {
    slots: [...Object.values(slots), biases],
    run(pick, _, positions) {
      const [read, subtract, at] = [pick(slots.reading), pick(slots.offset), pick(slots.layout)];
      const [subtractWeight, weightAt, before] = [pick(slots.weightOffset), pick(slots.weightLayout), pick(slots.before)]; // biome-ignore format: one line
      const bias = pick(biases);
      return Float64Array.from(positions, (position) => {
        if (position < 0) return 0;
        const o = position % outputs;
        const place = Math.floor(position / outputs);
        const [y, x] = [Math.floor(place / result[2]) % result[1], place % result[2]];
        const n = Math.floor(place / (result[1] * result[2]));
        let sum = 0;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const row = (y + before.y - ky) / strides[0];
          if (!Number.isInteger(row) || row < 0 || row >= image[1]) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const column = (x + before.x - kx) / strides[1];
            if (!Number.isInteger(column) || column < 0 || column >= image[2]) continue;
            for (let i = 0; i < depth; i++) {
              const stored = Number(input.data[n * at.n + row * at.y + column * at.x + i * at.c]!);
              const weight = Number(filter.data[weightAt(o, ky, kx, i)]!);
              sum += subtract(read(stored), from.zero) * subtractWeight(weight, weightZero);
            }
          }
        }
        return bias.add(sum, o, biasOf);
      });
    },
  };
  const scales = scalesOf(from.scale, to.scale, quantization, bias?.tensor.quantization, outputs);
  const multiplier: Slot<MultiplierOf> = multiplierSlot(scales, input.dtype === 'uint8');
  const rounding: Slot<Requantize> = roundingSlot(own, 'quantized');
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  return new VariantModel(
    [
      sums,
      requantizeStep(multiplier, rounding, biases, biasOf, outputs),
      eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
      eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
    ],
    placementSlot(node),
  );
}
