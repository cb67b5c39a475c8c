/** AVERAGE_POOL_2D and MAX_POOL_2D, by their definition: on stored values, over what of a window lies in the image. */
import { halfAway, halfEven, wrap8 } from './arithmetic.ts';
import { eachValue, type Pick, type Positions, type Slot, type Step, type Values, VariantModel } from './hypothesis.ts';
import { type Extent, type InputLayout, inputLayoutSlot, type Padding, readingSlot, type WindowWay, windowSlot } from './linear_slots.ts'; // biome-ignore format: one line
import { activationRange, type NodeCase, nhwc, rangeOf, scaleOf } from './node_case.ts';
import { clampSlot, layoutSlot, outputOf } from './output_slots.ts';

/** The values of a window -> their sum or maximum, and by what a sum is divided. */
interface Pool {
  readonly start: number;
  join(a: number, b: number): number;
  divisor(inside: number, all: number): number;
  /** Of an average where the operator itself rounds nothing. */
  readonly round?: (mean: number) => number;
}

const AVERAGE: Pool = { start: 0, join: (a, b) => a + b, divisor: (inside) => inside };
const MAXIMUM: Pool = { start: -Infinity, join: Math.max, divisor: () => 1 };

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
  return new VariantModel(steps, layoutSlot(node));
}

function poolSlot(isAverage: boolean): Slot<Pool> {
  if (isAverage) {
    return {
      stage: 'pool',
      line: 'sum / number of values inside of the input',
      right: AVERAGE,
      wrong: [
        {
          id: 'average-counts-padding',
          title: 'divided by the size of the window, padding included',
          explanation: 'TFLite divides by the number of values that lie in the image.',
          theirs: 'sum / (filterHeight * filterWidth)',
          way: { ...AVERAGE, divisor: (_, all) => all },
        },
        {
          id: 'maximum-for-average',
          title: 'maximum instead of average',
          explanation: 'The operator is AVERAGE_POOL_2D.',
          theirs: 'max of the window',
          way: MAXIMUM,
        },
        {
          id: 'average-sum-in-8-bits',
          title: 'sum of the window in 8 bits',
          explanation: 'The sum of a window does not fit into the type of its values.',
          theirs: 'int8_t sum',
          way: { ...AVERAGE, join: (a, b) => wrap8(a + b) },
        },
      ],
    };
  }
  return {
    stage: 'pool',
    line: 'max of the values inside of the input',
    right: MAXIMUM,
    wrong: [
      {
        id: 'maximum-starts-at-0',
        title: 'maximum begins with 0',
        explanation: 'Stored values may be negative: begin with the lowest value of the type.',
        theirs: 'max = 0',
        way: { ...MAXIMUM, start: 0 },
      },
      {
        id: 'minimum-for-maximum',
        title: 'minimum instead of maximum',
        explanation: 'The operator is MAX_POOL_2D.',
        theirs: 'min of the window',
        way: { ...MAXIMUM, start: Infinity, join: Math.min },
      },
      {
        id: 'average-for-maximum',
        title: 'average instead of maximum',
        explanation: 'The operator is MAX_POOL_2D.',
        theirs: 'mean of the window',
        way: { ...AVERAGE, round: halfAway },
      },
    ],
  };
}

/** What a window finds outside of the image: null for nothing. */
function poolPaddingSlot(): Slot<Padding> {
  return {
    stage: 'padding',
    line: 'nothing outside of the input',
    right: null,
    wrong: [
      {
        id: 'pool-padded-with-0',
        title: 'window padded with 0',
        explanation: 'What lies outside of the image takes no part in a pool.',
        theirs: 'x = 0 outside of the input',
        way: 0,
      },
    ],
  };
}

function averageSlot(zero: number, isSigned: boolean): Slot<(mean: number) => number> {
  const right = isSigned ? halfAway : (mean: number) => Math.floor(mean + 0.5);
  return {
    stage: 'rounding',
    line: 'round(sum / n), halves away from zero',
    right,
    wrong: [
      {
        id: 'average-truncated',
        title: 'average truncated',
        explanation: "C's division drops the fraction, towards zero: add half of n first, with the sign of the sum.",
        theirs: 'sum / n, in integers',
        way: Math.trunc,
      },
      {
        id: 'average-floored',
        title: 'average rounded down',
        explanation: 'A shift, or a division that rounds down; TFLite rounds halves away from zero.',
        theirs: 'floor(sum / n)',
        way: Math.floor,
      },
      {
        id: 'average-half-up',
        title: 'average rounded with halves up',
        explanation: '(sum + n / 2) / n for sums of either sign; TFLite rounds halves away from zero.',
        theirs: 'floor((sum + n / 2) / n)',
        way: (mean) => Math.floor(mean + 0.5),
      },
      {
        id: 'average-half-up-truncated',
        title: 'half added to negative sums too, then truncated',
        explanation: 'Subtract half of n from sums below 0.',
        theirs: '(sum + n / 2) / n, in integers',
        way: (mean) => Math.trunc(mean + 0.5),
      },
      {
        id: 'average-half-even',
        title: 'average rounded with halves to even',
        explanation: "NumPy's round; TFLite rounds halves away from zero.",
        theirs: 'rint(sum / n)',
        way: halfEven,
      },
      {
        id: 'average-around-zero-point',
        title: 'rounded after the zero point was subtracted',
        explanation: 'TFLite averages stored values: halves are away from 0, not from the zero point.',
        theirs: `round(sum(x ${zero < 0 ? '+' : '-'} ${Math.abs(zero)}) / n) + z`,
        way: (mean) => halfAway(mean - zero) + zero,
      },
    ],
  };
}

interface WindowSlots {
  readonly reading: Slot<(stored: number) => number>;
  readonly layout: Slot<InputLayout>;
  readonly window: Slot<WindowWay>;
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
    const left = window.left ?? { y: 0, x: 0 };
    return Float64Array.from(positions, (position) => {
      if (position < 0) return 0;
      const place = Math.floor(position / channels);
      const n = Math.floor(place / (rows * columns));
      const top = (Math.floor(place / columns) % rows) * window.stride(y, x) - window.before(y);
      const start = (place % columns) * window.stride(x, y) - window.before(x);
      let [result, inside] = [pool.start, 0];
      for (let row = top; row < top + y.kernel - left.y; row++) {
        for (let column = start; column < start + x.kernel - left.x; column++) {
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          if (!isInside && padding === null) continue;
          const from = n * at.n + row * at.y + column * at.x + (position % channels) * at.c;
          result = pool.join(result, isInside ? read(this.#values[from]!) : padding!);
          inside++;
        }
      }
      const mean = result / pool.divisor(inside, y.kernel * x.kernel);
      return pool.round ? pool.round(mean) : mean;
    });
  }
}
