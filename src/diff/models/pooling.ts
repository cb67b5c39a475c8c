/** AVERAGE_POOL_2D and MAX_POOL_2D, by their definition: on stored values, over what of a window lies in the image. */
import {
  eachValue,
  type Pick,
  type Positions,
  type Slot,
  type Step,
  type Values,
  VariantModel,
} from '../hypothesis.ts';
import { clampSlot, outputOf } from '../mistakes/output.ts';
import { placementSlot } from '../mistakes/placement.ts';
import { averageSlot, type Pool, poolPaddingSlot, poolSlot } from '../mistakes/pool.ts';
import { type InputLayout, inputLayoutSlot, readingSlot } from '../mistakes/reading.ts';
import { type Extent, type Padding, type WindowRule, windowSlot } from '../mistakes/window.ts';
import { activationRange, type NodeCase, nhwc, rangeOf, scaleOf } from '../node_case.ts';

export function poolingModel(node: NodeCase): VariantModel | undefined {
  const [input] = node.inputs;
  const [from, to] = [scaleOf(input), outputOf(node)];
  const type = input && rangeOf(input.dtype);
  if (!input || !from || !to || !type || node.target === 'real') return undefined;
  const isAverage = node.op === 'AVERAGE_POOL_2D';
  const [image, result] = [nhwc(input.shape), nhwc(node.output.shape)];
  const extent = (d: 1 | 2, side: 'H' | 'W'): Extent => ({
    input: image[d],
    output: result[d],
    kernel: Number(node.options[side === 'H' ? 'filterHeight' : 'filterWidth']),
    stride: Number(node.options[`stride${side}`]),
    dilation: 1,
  });
  const window = new Window(input.data as ArrayLike<number>, image, result, extent(1, 'H'), extent(2, 'W'), {
    reading: readingSlot('input', input.dtype),
    layout: inputLayoutSlot(image),
    window: windowSlot(extent(1, 'H'), extent(2, 'W'), 1),
    padding: poolPaddingSlot(),
    pool: poolSlot(isAverage),
  });
  const limits = { active: activationRange(to.activation, to.type, to.scale, to.zero), type: to.type, zero: to.zero, activation: to.activation }; // biome-ignore format: one line
  const steps: Step[] = [window];
  if (isAverage) steps.push(eachValue(averageSlot(from.zero, type.min < 0), (round, mean) => round(mean)));
  steps.push(eachValue(clampSlot(limits), (clamp, q) => clamp(q)));
  return new VariantModel(steps, placementSlot(node));
}

interface WindowSlots {
  readonly reading: Slot<(stored: number) => number>;
  readonly layout: Slot<InputLayout>;
  readonly window: Slot<WindowRule>;
  readonly padding: Slot<Padding>;
  readonly pool: Slot<Pool>;
}

/** The first step: the maximum of each window, or its mean, not rounded. */
class Window implements Step {
  readonly slots: readonly Slot[];
  readonly #s: WindowSlots;
  readonly #values: ArrayLike<number>;
  readonly #input: readonly number[];
  readonly #output: readonly number[];
  readonly #y: Extent;
  readonly #x: Extent;

  constructor(
    values: ArrayLike<number>,
    input: readonly number[],
    output: readonly number[],
    y: Extent,
    x: Extent,
    slots: WindowSlots,
  ) {
    // biome-ignore format: one line
    this.slots = Object.values(slots);
    this.#s = slots;
    this.#values = values;
    this.#input = input;
    this.#output = output;
    this.#y = y;
    this.#x = x;
  }

  run(pick: Pick, _: Values, positions: Positions): Values {
    const [y, x] = [this.#y, this.#x];
    const [, height = 1, width = 1] = this.#input;
    const [, rows = 1, columns = 1, channels = 1] = this.#output;
    const [read, at, window] = [pick(this.#s.reading), pick(this.#s.layout), pick(this.#s.window)];
    const [padding, pool] = [pick(this.#s.padding), pick(this.#s.pool)];
    return Float64Array.from(positions, (position) => {
      if (position < 0) return 0;
      const place = Math.floor(position / channels);
      const n = Math.floor(place / (rows * columns));
      const top = (Math.floor(place / columns) % rows) * window.stride(y, x) - window.before(y);
      const start = (place % columns) * window.stride(x, y) - window.before(x);
      let [result, inside] = [pool.start, 0];
      for (let row = top; row < top + y.kernel; row++) {
        for (let column = start; column < start + x.kernel; column++) {
          if (window.isLeft?.({ y: row - top, x: column - start, c: 0 })) continue;
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          if (!isInside && padding === null) continue;
          const from = n * at.n + row * at.y + column * at.x + (position % channels) * at.c;
          result = pool.join(result, isInside ? read(this.#values[from]!) : Number(padding));
          inside++;
        }
      }
      const mean = result / pool.divisor(inside, y.kernel * x.kernel);
      return pool.round ? pool.round(mean) : mean;
    });
  }
}
