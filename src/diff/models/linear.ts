/**
 * CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, by their definition:
 *   q = clamp(requantize(sum over taps of (x - z_input) * (w - z_weights) + bias[c]) + z_output)
 */
import { type ExpectedRounding, F, type Requantize, wrap16, wrap32 } from '../arithmetic.ts';
import {
  eachValue,
  type Pick,
  type Positions,
  type Slot,
  type Step,
  type Values,
  VariantModel,
} from '../hypothesis.ts';
import { ACCUMULATOR_SLOT, type Accumulator, type BiasRule, biasSlot } from '../mistakes/accumulation.ts';
import { type MultiplierOf, multiplierSlot, scalesOf } from '../mistakes/multiplier.ts';
import { clampSlot, dequantizeStep, outputOf, zeroPointSlot } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import {
  inputClampSlot,
  inputLayoutSlot,
  inputOffsetSlot,
  inputRoundingSlot,
  readingSlot,
} from '../mistakes/reading.ts';
import { roundingSlot } from '../mistakes/requantization.ts';
import {
  convWeightLayoutSlot,
  depthwiseWeightLayoutSlot,
  type WeightLayout,
  weightOffsetSlot,
} from '../mistakes/weights.ts';
import { type Extent, paddingSlot, RIGHT_WINDOW, windowSlot } from '../mistakes/window.ts';
import { activationRange, type NodeCase, nhwc, rangeOf, scaleOf } from '../node_case.ts';

/** A convolution; a dense layer is one of 1x1 on an image of 1x1. */
interface Geometry {
  readonly input: readonly [n: number, h: number, w: number, c: number];
  readonly output: readonly [n: number, h: number, w: number, c: number];
  readonly y: Extent;
  readonly x: Extent;
  /** Channels of the input that one output channel reads. */
  readonly depth: number;
  /** The first of them. */
  firstChannel(o: number): number;
}

export function linearModel(node: NodeCase, own: ExpectedRounding): VariantModel | undefined {
  const [input, filter, bias] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  const quantization = filter?.tensor.quantization;
  const type = input && rangeOf(input.dtype);
  if (!input || !filter || !quantization || !from || !to || !type) return undefined;
  const geometry = geometryOf(node, input.shape, filter.shape);
  if (!geometry) return undefined;
  const isDepthwise = node.op === 'DEPTHWISE_CONV_2D';
  const channels = geometry.output[3];
  const isSigned = input.dtype !== 'uint8';
  const zeros = quantization.zeroPoints;
  const weightZero = isSigned && zeros.length !== 1 ? 0 : zeros[0]!;
  const scales = scalesOf(from.scale, to.scale, quantization, bias?.tensor.quantization, channels);
  const isLegacy = !isSigned && node.op !== 'FULLY_CONNECTED';
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  const rounding = roundingSlot(own, node.target);
  const multiplier = multiplierSlot(scales, isLegacy);
  const biases = biasSlot(channels);
  const sums = new Sums(node, geometry, {
    ...(node.reals && { rounding: inputRoundingSlot(from.scale, from.zero), clamp: inputClampSlot(type) }),
    reading: readingSlot('input', input.dtype),
    offset: inputOffsetSlot(from.zero, to.zero, input.dtype),
    layout: inputLayoutSlot(geometry.input, node.op === 'FULLY_CONNECTED' ? node.unflattened : undefined),
    weightReading: readingSlot('weights', filter.dtype),
    weightOffset: weightOffsetSlot(weightZero, filter.dtype),
    weightLayout: isDepthwise
      ? depthwiseWeightLayoutSlot(channels, geometry.y.kernel, geometry.x.kernel)
      : convWeightLayoutSlot(channels, geometry.y.kernel, geometry.x.kernel, geometry.depth),
    window: windowSlot(geometry.y, geometry.x, geometry.depth),
    padding: paddingSlot(pads(geometry), from.zero, to.zero, type.min),
    accumulator: ACCUMULATOR_SLOT,
    bias: biases,
  });
  const steps: Step[] = [
    sums,
    requantizeStep(multiplier, rounding, biases, sums.bias, channels),
    eachValue(zeroPointSlot(to.zero, from.zero), (add, r) => add(r)),
    eachValue(clampSlot(limits), (clamp, q) => clamp(q)),
  ];
  if (node.target === 'real') {
    const biasScale = scales.bias(0);
    steps.push(dequantizeStep(to.scale, to.zero, { inputScale: from.scale, ...(biasScale !== undefined && { biasScale }) })); // biome-ignore format: one line
  }
  return new VariantModel(steps, placementSlot(node));
}

function geometryOf({ op, options, output }: NodeCase, input: readonly number[], filter: readonly number[]) {
  if (op === 'FULLY_CONNECTED') {
    const [units = 0, depth = 0] = filter;
    const batches = output.data.length / units;
    const one = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1 };
    return { input: [batches, 1, 1, depth], output: [batches, 1, 1, units], y: one, x: one, depth, firstChannel: () => 0 } satisfies Geometry; // biome-ignore format: one line
  }
  const [image, result, kernel] = [nhwc(input), nhwc(output.shape), nhwc(filter)];
  const extent = (d: 1 | 2, side: 'W' | 'H'): Extent => ({
    input: image[d],
    output: result[d],
    kernel: kernel[d],
    stride: Number(options[`stride${side}`]),
    dilation: Number(options[`dilation${side}Factor`]),
  });
  const [channels, outputs] = [image[3], result[3]];
  const depth = op === 'DEPTHWISE_CONV_2D' ? 1 : kernel[3];
  const perGroup = op === 'DEPTHWISE_CONV_2D' ? outputs / channels : outputs / (channels / depth);
  return {
    input: image,
    output: result,
    y: extent(1, 'H'),
    x: extent(2, 'W'),
    depth,
    firstChannel: (o: number) => Math.floor(o / perGroup) * depth,
  } satisfies Geometry;
}

/** Whether a window hangs over an edge. */
function pads({ y, x }: Geometry): boolean {
  return [y, x].some((extent) => {
    const before = RIGHT_WINDOW.before(extent);
    const { input, output, kernel, stride, dilation } = extent;
    return before > 0 || (output - 1) * stride - before + (kernel - 1) * dilation >= input;
  });
}

interface SumSlots {
  readonly rounding?: ReturnType<typeof inputRoundingSlot>;
  readonly clamp?: ReturnType<typeof inputClampSlot>;
  readonly reading: ReturnType<typeof readingSlot>;
  readonly offset: ReturnType<typeof inputOffsetSlot>;
  readonly layout: ReturnType<typeof inputLayoutSlot>;
  readonly weightReading: ReturnType<typeof readingSlot>;
  readonly weightOffset: ReturnType<typeof weightOffsetSlot>;
  readonly weightLayout: Slot<WeightLayout>;
  readonly window: ReturnType<typeof windowSlot>;
  readonly padding: ReturnType<typeof paddingSlot>;
  readonly accumulator: typeof ACCUMULATOR_SLOT;
  readonly bias: Slot<BiasRule>;
}

/** The first step: the sums of products, with their bias. */
class Sums implements Step {
  readonly slots: readonly Slot[];
  readonly bias: (c: number) => number;
  readonly #s: SumSlots;
  readonly #node: NodeCase;
  readonly #geometry: Geometry;
  readonly #stored: Values;
  readonly #weights: Values;
  readonly #zero: number;
  /** By the ways that they were read in. */
  readonly #inputs = new Map<string, Values>();

  constructor(node: NodeCase, geometry: Geometry, slots: SumSlots) {
    this.#node = node;
    this.#geometry = geometry;
    this.#s = slots;
    this.slots = Object.values(slots);
    const [input, filter, bias] = node.inputs;
    this.#stored = Float64Array.from(input!.data as ArrayLike<number>);
    this.#weights = Float64Array.from(filter!.data as ArrayLike<number>);
    this.#zero = scaleOf(input)!.zero;
    const biases = bias && Array.from(bias.data as ArrayLike<number | bigint>, Number);
    this.bias = (c) => biases?.[c] ?? 0;
  }

  run(pick: Pick, _: Values, positions: Positions): Values {
    const { input, output, y, x, depth, firstChannel } = this.#geometry;
    const s = this.#s;
    const values = this.#input(pick);
    const weights = this.#filter(pick);
    const at = pick(s.layout);
    const window = pick(s.window);
    const padding = pick(s.padding);
    const offset = pick(s.offset);
    const outside = typeof padding === 'number' ? offset(pick(s.reading)(padding), this.#zero) : 0;
    const atBorder = padding === 'offset missing at the border' ? this.#zero - offset(0, 0) : 0;
    const total = pick(s.accumulator);
    const bias = pick(s.bias);
    const before = [window.before(y), window.before(x)] as const;
    const stride = [window.stride(y, x), window.stride(x, y)] as const;
    const dilation = [window.dilation(y), window.dilation(x)] as const;
    const [, height, width] = input;
    const [, rows, columns, channels] = output;
    const { order } = at;
    return Float64Array.from(positions, (position) => {
      if (position < 0) return 0;
      const o = position % channels;
      const place = Math.floor(position / channels);
      const n = Math.floor(place / (rows * columns));
      const top = (Math.floor(place / columns) % rows) * stride[0] - before[0];
      const start = (place % columns) * stride[1] - before[1];
      const hangs = top < 0 || start < 0 || top + (y.kernel - 1) * dilation[0] >= height || start + (x.kernel - 1) * dilation[1] >= width; // biome-ignore format: one line
      const added = hangs ? atBorder : 0;
      const first = firstChannel(o);
      let sum = 0;
      for (let ky = 0; ky < y.kernel; ky++) {
        const row = top + ky * dilation[0];
        for (let kx = 0; kx < x.kernel; kx++) {
          const column = start + kx * dilation[1];
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          const from = n * at.n + row * at.y + column * at.x;
          for (let i = 0; i < depth; i++) {
            if (window.isLeft?.({ y: ky, x: kx, c: i })) continue;
            const c = first + i;
            const index = from + (order ? order[c]! : c * at.c);
            const value = isInside ? values[index]! + added : padding === 'memory' ? (values[index] ?? 0) : outside;
            sum = accumulated(total, sum + value * weights[((o * y.kernel + ky) * x.kernel + kx) * depth + i]!);
          }
        }
      }
      if (total === 'int16 products') sum = wrap16(sum);
      sum = finished(total, bias.add(sum, o, this.bias));
      return this.#isWide ? sum : wrap32(sum);
    });
  }

  /** int64 sums, as int16 activations have. */
  get #isWide(): boolean {
    return this.#node.inputs[0]!.dtype === 'int16';
  }

  /** x - z_input of every value. */
  #input(pick: Pick): Values {
    const { rounding, clamp, reading, offset } = this.#s;
    const ways = [rounding && pick(rounding), clamp && pick(clamp), pick(reading), pick(offset)] as const;
    return this.#kept(ways, () => {
      const [round, limit, read, subtract] = ways;
      const { reals } = this.#node;
      const q = round && limit && reals ? Float64Array.from(reals, this.#quantize(round, limit)) : this.#stored;
      return q.map((stored) => subtract(read(stored), this.#zero));
    });
  }

  /** TFLite divides in float32. An implementation that does not round divides as it likes: in float64, mostly. */
  #quantize(round: (y: number, z: number) => number, limit: (q: number) => number): (real: number) => number {
    const { scale, zero } = scaleOf(this.#node.inputs[0])!;
    const isExact = !Number.isInteger(round(0.25, 0));
    return (real) => limit(round(isExact ? real / scale : F(real / scale), zero));
  }

  /** w - z_weights of every weight, in [outputs][height][width][depth] order. */
  #filter(pick: Pick): Values {
    const { weightReading, weightOffset, weightLayout } = this.#s;
    const ways = [pick(weightReading), pick(weightOffset), pick(weightLayout)] as const;
    return this.#kept(ways, () => {
      const [read, subtract, layout] = ways;
      const { output, y, x, depth } = this.#geometry;
      const zeros = this.#node.inputs[1]!.tensor.quantization!.zeroPoints;
      const zero = zeros.length === 1 ? zeros[0]! : 0;
      const weights = new Float64Array(output[3] * y.kernel * x.kernel * depth);
      let at = 0;
      for (let o = 0; o < output[3]; o++) {
        for (let ky = 0; ky < y.kernel; ky++) {
          for (let kx = 0; kx < x.kernel; kx++) {
            for (let i = 0; i < depth; i++) {
              weights[at++] = subtract(read(this.#weights[layout(o, ky, kx, i)]!), zero);
            }
          }
        }
      }
      return weights;
    });
  }

  readonly #ways = new Map<unknown, number>();

  #kept(ways: readonly unknown[], compute: () => Values): Values {
    const key = ways
      .map((way) => {
        if (!this.#ways.has(way)) this.#ways.set(way, this.#ways.size);
        return this.#ways.get(way);
      })
      .join();
    const values = this.#inputs.get(key) ?? compute();
    this.#inputs.set(key, values);
    return values;
  }
}

const clamped = (sum: number, bits: 16 | 32) => Math.min(Math.max(sum, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1);

/** After each product. */
function accumulated(total: Accumulator, sum: number): number {
  if (total === 'wide') return sum;
  if (total === 'saturating int16') return clamped(sum, 16);
  if (total === 'saturating int32') return clamped(sum, 32);
  return total === 'float32' ? F(sum) : sum;
}

/** With the bias. */
function finished(total: Accumulator, sum: number): number {
  if (total === 'int16') return wrap16(sum);
  if (total === 'saturated int16') return clamped(sum, 16);
  return total === 'saturating int32' ? clamped(sum, 32) : sum;
}

export function requantizeStep(
  multiplier: Slot<MultiplierOf>,
  rounding: Slot<Requantize>,
  biases: Slot<BiasRule>,
  bias: (c: number) => number,
  channels: number,
): Step {
  return {
    slots: [multiplier, rounding],
    run(pick, sums, positions) {
      const [multiplierOf, requantize, { late }] = [pick(multiplier), pick(rounding), pick(biases)];
      const perChannel = new Map<number, (x: number) => number>();
      return sums.map((sum, i) => {
        const c = Math.max(positions[i]!, 0) % channels;
        let apply = perChannel.get(c);
        if (!apply) perChannel.set(c, (apply = requantize(multiplierOf(c))));
        return apply(sum) + (late ? late(c, bias) : 0);
      });
    },
  };
}
