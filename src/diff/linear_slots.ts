/** What goes wrong before the sum of a convolution or a dense layer is there: reading, zero points, windows, weights, bias. */
import { F, halfAway, halfEven, type Multiplier, wrap8, wrap16 } from './arithmetic.ts';
import type { Slot } from './hypothesis.ts';
import { bracketed, minus, type Range } from './node_case.ts';

// ---- the input

/** real / scale, still real -> what is added to the zero point. */
export type RoundReal = (quotient: number, zero: number) => number;

/** For an input that nobody gave the integers of. */
export function inputRoundingSlot(scale: number, zero: number): Slot<RoundReal> {
  return {
    stage: 'quantizing the input',
    line: `q = round(real / ${scale}) + ${bracketed(zero)}, halves away from zero`,
    right: (y, z) => halfAway(y) + z,
    wrong: [
      {
        id: 'input-not-rounded',
        title: 'input not rounded',
        explanation: 'The quotient went into the products as a real number.',
        theirs: 'q = real / scale + zero point',
        way: (y, z) => y + z,
      },
      {
        id: 'input-truncated',
        title: 'input truncated instead of rounded',
        explanation: 'A cast to int drops the fraction, after the zero point was added.',
        theirs: 'q = (int)(real / scale + zero point)',
        way: (y, z) => Math.trunc(y + z),
      },
      {
        id: 'input-truncated-first',
        title: 'input truncated instead of rounded, before the zero point',
        explanation: 'A cast to int drops the fraction, towards zero.',
        theirs: 'q = (int)(real / scale) + zero point',
        way: (y, z) => Math.trunc(y) + z,
      },
      {
        id: 'input-half-even',
        title: 'input rounded with halves to even',
        explanation: "NumPy's round; TFLite rounds halves away from zero.",
        theirs: 'q = rint(real / scale) + zero point',
        way: (y, z) => halfEven(y) + z,
      },
      {
        id: 'input-quantized-without-zero-point',
        title: 'zero point not added to the input when it is quantized',
        explanation: 'q = round(real / scale) + zero point.',
        theirs: 'q = round(real / scale)',
        way: (y) => halfAway(y),
      },
    ],
  };
}

export function inputClampSlot({ min, max }: Range): Slot<(q: number) => number> {
  return {
    stage: 'quantizing the input',
    line: `q = min(max(q, ${min}), ${max})`,
    right: (q) => Math.min(Math.max(q, min), max),
    wrong: [
      {
        id: 'input-not-clamped',
        title: 'input not clamped',
        explanation: "Real values beyond the input's range stay beyond it.",
        theirs: 'q, as it is',
        way: (q) => q,
      },
      {
        id: 'input-wraps',
        title: 'input cast instead of clamped',
        explanation: 'A cast to the type keeps the low bits: 128 becomes -128.',
        theirs: 'q = (type)q',
        way: (q) => (max > 255 ? wrap16(q) : min < 0 ? wrap8(q) : q & 0xff),
      },
    ],
  };
}

type Read = (stored: number) => number;

/** How bytes are read. */
export function readingSlot(role: 'input' | 'weights', dtype: string): Slot<Read> {
  const wrong: Slot<Read>['wrong'][number][] = [];
  if (dtype === 'int8' || dtype === 'int16') {
    const mask = dtype === 'int8' ? 0xff : 0xffff;
    wrong.push({
      id: `${role}-read-unsigned`,
      title: `${role} read as unsigned`,
      explanation: `${dtype} values below 0 become ${mask + 1} more: a plain char is unsigned on ARM.`,
      theirs: `u${dtype}_t`,
      way: (stored) => stored & mask,
    });
  }
  if (dtype === 'int8') {
    wrong.push({
      id: `${role}-shifted-to-unsigned`,
      title: `${role} shifted by 128 with the zero point left`,
      explanation: 'A uint8 tensor has a zero point that is 128 more than that of the same int8 tensor.',
      theirs: 'x + 128',
      way: (stored) => stored + 128,
    });
  }
  if (dtype === 'uint8') {
    wrong.push({
      id: `${role}-read-signed`,
      title: `${role} read as signed`,
      explanation: 'uint8 values from 128 on become 256 less.',
      theirs: 'int8_t',
      way: wrap8,
    });
  }
  return {
    stage: `reading the ${role}`,
    line: `${dtype}, as it is stored`,
    right: (stored) => stored,
    wrong,
  };
}

/** A stored value and its zero point -> what is multiplied. */
export type Offset = (stored: number, zero: number) => number;

export function inputOffsetSlot(zero: number, outputZero: number, dtype: string): Slot<Offset> {
  const wrap = dtype === 'int16' ? wrap16 : wrap8;
  return {
    stage: 'zero point of the input',
    line: `${minus('x', zero)} * w`,
    right: (x, z) => x - z,
    wrong: [
      {
        id: 'input-zero-point-added',
        title: 'zero point of the input added instead of subtracted',
        explanation: 'TFLite adds an offset that is minus the zero point: add the offset, or subtract the zero point.',
        theirs: `(x + ${bracketed(zero)}) * w`,
        way: (x, z) => x + z,
      },
      {
        id: 'input-zero-point-missing',
        title: 'zero point of the input not subtracted',
        explanation: 'The stored value is multiplied as it is.',
        theirs: 'x * w',
        way: (x) => x,
      },
      {
        id: 'input-zero-point-twice',
        title: 'zero point of the input subtracted twice',
        explanation: 'Perhaps it is in the bias already, or the values were shifted when they were read.',
        theirs: `(x - 2 * ${bracketed(zero)}) * w`,
        way: (x, z) => x - 2 * z,
      },
      {
        id: 'input-zero-point-of-output',
        title: "zero point of the output instead of the input's",
        explanation: 'Each tensor has a zero point of its own.',
        theirs: `${minus('x', outputZero)} * w`,
        way: (x) => x - outputZero,
      },
      {
        id: 'input-offset-wraps',
        title: 'x - z_input computed in the type of x',
        explanation: 'The difference needs one bit more: 127 + 128 does not fit into int8.',
        theirs: `(${dtype}_t)${minus('x', zero)} * w`,
        way: (x, z) => (dtype === 'uint8' ? (x - z) & 0xff : wrap(x - z)),
      },
      ...(dtype === 'uint8'
        ? [
            {
              id: 'input-zero-point-128',
              title: '128 subtracted instead of the zero point',
              explanation: "The input's zero point is another.",
              theirs: '(x - 128) * w',
              way: (x: number) => x - 128,
            },
          ]
        : []),
    ],
  };
}

export function weightOffsetSlot(zero: number, dtype: string): Slot<Offset> {
  const wrong: Slot<Offset>['wrong'][number][] = [
    {
      id: 'weights-zero-point-missing',
      title: 'zero point of the weights not subtracted',
      explanation: 'uint8 weights have a zero point.',
      theirs: '(x - z_input) * w',
      way: (w) => w,
    },
    {
      id: 'weights-zero-point-added',
      title: 'zero point of the weights added instead of subtracted',
      explanation: 'TFLite adds an offset that is minus the zero point.',
      theirs: `(x - z_input) * (w + ${bracketed(zero)})`,
      way: (w, z) => w + z,
    },
    {
      id: 'weights-zero-point-128',
      title: '128 subtracted from the weights instead of their zero point',
      explanation: 'Signed weights with zero point 0 would be stored so: these have another zero point.',
      theirs: '(x - z_input) * (w - 128)',
      way: (w) => w - 128,
    },
    {
      id: 'weights-offset-wraps',
      title: 'w - z_weights computed in 8 bits',
      explanation: 'The difference needs one bit more.',
      theirs: '(int8_t)(w - z_weights)',
      way: (w, z) => wrap8(w - z),
    },
  ];
  return {
    stage: 'zero point of the weights',
    line: `(x - z_input) * ${minus('w', zero)}`,
    right: (w, z) => w - z,
    wrong: dtype === 'uint8' ? wrong : [],
  };
}

// ---- where values lie

/** How far apart in memory are neighbours along n, y, x and c. */
export interface Strides {
  readonly n: number;
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

export function inputLayoutSlot(
  [, h, w, c]: readonly [number, number, number, number],
  flat?: readonly number[],
): Slot<InputLayout> {
  const image = h * w * c;
  const wrong: (Slot<InputLayout>['wrong'][number] | false)[] = [
    c > 1 &&
      h * w > 1 && {
        id: 'input-nchw',
        title: 'input read in NCHW order',
        explanation: 'TFLite keeps the channels innermost: NHWC.',
        theirs: 'input[n][c][y][x]',
        way: { n: image, c: h * w, y: w, x: 1 },
      },
    h > 1 &&
      w > 1 && {
        id: 'input-transposed',
        title: 'rows and columns of the input swapped',
        explanation: 'x is the inner of the two: input[n][y][x][c].',
        theirs: 'input[n][x][y][c]',
        way: { n: image, x: h * c, y: c, c: 1 },
      },
    flat !== undefined && {
      id: 'flattened-nchw',
      title: 'input flattened in NCHW order',
      explanation: `What is flattened is [${flat}], channels innermost: the weights expect them so.`,
      theirs: `input[c][y][x] for input[y][x][c], of [${flat}]`,
      way: { n: image, y: image, x: image, c: 1, order: nchwOrder(flat) },
    },
  ];
  return {
    stage: 'reading the input',
    line: 'input[n][y][x][c], c innermost',
    right: { n: image, y: w * c, x: c, c: 1 },
    wrong: wrong.filter((entry) => entry !== false),
  };
}

export interface InputLayout extends Strides {
  /** Where the values along c lie, if not one after the other. */
  readonly order?: Int32Array;
}

/** Where value i of [y][x][c] is taken from, by who takes [c][y][x] for it. */
function nchwOrder(shape: readonly number[]): Int32Array {
  const [c, places] = [shape.at(-1)!, shape.slice(0, -1).reduce((product, dim) => product * dim, 1)];
  return Int32Array.from({ length: c * places }, (_, i) => (i % places) * c + Math.floor(i / places));
}

/** Where a weight lies: o the channel of the output, i that of the input. */
export type WeightLayout = (o: number, y: number, x: number, i: number) => number;

/** [outputs, height, width, inputs] as the filter has them, each output with inputs of its own. */
export function convWeightLayoutSlot(outputs: number, h: number, w: number, inputs: number): Slot<WeightLayout> {
  const dense = h * w === 1;
  const right: WeightLayout = (o, y, x, i) => ((o * h + y) * w + x) * inputs + i;
  const wrong: (Slot<WeightLayout>['wrong'][number] | false)[] = [
    outputs > 1 &&
      dense &&
      inputs > 1 && {
        id: 'weights-transposed',
        title: 'weights read transposed',
        explanation: `They are [${outputs}, ${inputs}]: a row for each output.`,
        theirs: 'w[i][o]',
        way: (o, _y, _x, i) => i * outputs + o,
      },
    inputs > 1 &&
      !dense && {
        id: 'weights-oihw',
        title: 'weights read in OIHW order',
        explanation: "PyTorch's order; TFLite's is OHWI.",
        theirs: 'w[o][i][y][x]',
        way: (o, y, x, i) => ((o * inputs + i) * h + y) * w + x,
      },
    outputs > 1 &&
      !dense && {
        id: 'weights-hwio',
        title: 'weights read in HWIO order',
        explanation: "TensorFlow's own order; the converter transposes it to OHWI.",
        theirs: 'w[y][x][i][o]',
        way: (o, y, x, i) => ((y * w + x) * inputs + i) * outputs + o,
      },
    ...kernelMistakes(h, w, right),
  ];
  return {
    stage: 'reading the weights',
    line: dense ? 'w[o][i]' : 'w[o][y][x][i]',
    right,
    wrong: wrong.filter((entry) => entry !== false),
  };
}

/** Of DEPTHWISE_CONV_2D, [1, height, width, outputs]. */
export function depthwiseWeightLayoutSlot(outputs: number, h: number, w: number): Slot<WeightLayout> {
  const right: WeightLayout = (o, y, x) => (y * w + x) * outputs + o;
  const wrong: (Slot<WeightLayout>['wrong'][number] | false)[] = [
    outputs > 1 && {
      id: 'weights-channel-first',
      title: 'weights read with the channel outermost',
      explanation: 'The filter is [1, height, width, channels], channels innermost.',
      theirs: 'w[c][y][x]',
      way: (o, y, x) => (o * h + y) * w + x,
    },
    ...kernelMistakes(h, w, right),
  ];
  return {
    stage: 'reading the weights',
    line: 'w[y][x][c]',
    right,
    wrong: wrong.filter((entry) => entry !== false),
  };
}

function kernelMistakes(h: number, w: number, right: WeightLayout): (Slot<WeightLayout>['wrong'][number] | false)[] {
  return [
    h * w > 1 && {
      id: 'kernel-flipped',
      title: 'kernel turned by 180 degrees',
      explanation:
        'TFLite correlates: the first weight meets the first pixel. A convolution in the strict sense flips.',
      theirs: `w[${h - 1} - y][${w - 1} - x]`,
      way: (o, y, x, i) => right(o, h - 1 - y, w - 1 - x, i),
    },
    h > 1 &&
      h === w && {
        id: 'kernel-transposed',
        title: 'rows and columns of the kernel swapped',
        explanation: 'x is the inner of the two.',
        theirs: 'w[x][y]',
        way: (o, y, x, i) => right(o, x, y, i),
      },
  ];
}

// ---- the window

/** Along y or x. */
export interface Extent {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export interface WindowWay {
  /** Rows or columns of padding in front. */
  before(extent: Extent): number;
  stride(own: Extent, other: Extent): number;
  dilation(extent: Extent): number;
  /** Taps along y, x and the channels that the loops leave out. */
  readonly left?: { readonly y: number; readonly x: number; readonly c: number };
}

const spanOf = ({ kernel, dilation }: Extent) => (kernel - 1) * dilation + 1;
const totalPadding = (e: Extent) => Math.max((e.output - 1) * e.stride + spanOf(e) - e.input, 0);

export const RIGHT_WINDOW: WindowWay = {
  before: (extent) => Math.floor(totalPadding(extent) / 2),
  stride: ({ stride }) => stride,
  dilation: ({ dilation }) => dilation,
};

export function windowSlot(y: Extent, x: Extent, channels: number): Slot<WindowWay> {
  const both = [y, x];
  const moves = (before: (extent: Extent) => number) => both.some((e) => before(e) !== RIGHT_WINDOW.before(e));
  const line = `y_input = y * ${y.stride} - ${RIGHT_WINDOW.before(y)} + i${y.dilation > 1 ? ` * ${y.dilation}` : ''}, x alike - ${RIGHT_WINDOW.before(x)}`;
  const paddings = [
    {
      id: 'same-padding-extra-first',
      title: 'SAME padding: the extra row and column first',
      explanation: 'Where the padding is odd, TFLite puts the extra row and column behind.',
      before: (e: Extent) => Math.ceil(totalPadding(e) / 2),
    },
    {
      id: 'padding-half-kernel',
      title: 'padding of half a kernel on every side',
      explanation:
        "PyTorch's padding=k//2. With a stride above 1, SAME padding depends on the size of the input and is often less in front.",
      before: (e: Extent) => Math.floor(spanOf(e) / 2),
    },
    {
      id: 'padding-none-before',
      title: 'no padding in front',
      explanation: 'The window begins at the first pixel, and all padding lies behind.',
      before: () => 0,
    },
    {
      id: 'padding-all-before',
      title: 'all padding in front',
      explanation: 'TFLite puts one half in front, rounded down.',
      before: totalPadding,
    },
    {
      id: 'window-one-late',
      title: 'window one row and column too late',
      explanation: 'The index of the window is off by one.',
      before: (e: Extent) => RIGHT_WINDOW.before(e) - 1,
    },
  ];
  const loops = [
    { id: 'last-row-left-out', title: 'last row of the kernel left out', left: { y: 1, x: 0, c: 0 }, of: y.kernel },
    { id: 'last-column-left-out', title: 'last column of the kernel left out', left: { y: 0, x: 1, c: 0 }, of: x.kernel }, // biome-ignore format: one line
    { id: 'last-channel-left-out', title: 'last channel of the input left out', left: { y: 0, x: 0, c: 1 }, of: channels }, // biome-ignore format: one line
  ];
  return {
    stage: 'window',
    line,
    right: RIGHT_WINDOW,
    wrong: [
      ...paddings
        .filter(({ id, before }) => moves(before) && (id !== 'window-one-late' || y.kernel * x.kernel > 1))
        .map(({ before, ...hypothesis }) => ({
          ...hypothesis,
          theirs: `y_input = y * ${y.stride} - ${before(y)} + i, x alike - ${before(x)}`,
          way: { ...RIGHT_WINDOW, before },
        })),
      ...(both.some(({ dilation }) => dilation > 1)
        ? [
            {
              id: 'dilation-ignored',
              title: 'dilation ignored',
              explanation: 'The taps of the window lie apart.',
              theirs: `y_input = y * ${y.stride} - ${RIGHT_WINDOW.before(y)} + i`,
              way: { ...RIGHT_WINDOW, dilation: () => 1 },
            },
          ]
        : []),
      ...(both.some(({ stride }) => stride > 1)
        ? [
            {
              id: 'stride-ignored',
              title: 'stride ignored',
              explanation: 'The window moves by the stride from one output to the next.',
              theirs: `y_input = y - ${RIGHT_WINDOW.before(y)} + i`,
              way: { ...RIGHT_WINDOW, stride: () => 1 },
            },
          ]
        : []),
      ...(y.stride !== x.stride
        ? [
            {
              id: 'strides-swapped',
              title: 'strides along y and x swapped',
              explanation: 'They are given apart.',
              theirs: `y_input = y * ${x.stride} - ${RIGHT_WINDOW.before(y)} + i`,
              way: { ...RIGHT_WINDOW, stride: (_: Extent, other: Extent) => other.stride },
            },
          ]
        : []),
      ...loops
        .filter(({ of }) => of > 1)
        .map(({ id, title, left }) => ({
          id,
          title,
          explanation: 'A loop ends one too early.',
          theirs: 'for (i = 0; i < n - 1; i++)',
          way: { ...RIGHT_WINDOW, left },
        })),
    ],
  };
}

/** What a tap outside of the input brings: the stored value that it is taken for; null for nothing at all. */
export type Padding = number | null;

export function paddingSlot(pads: boolean, zero: number, outputZero: number, lowest: number): Slot<Padding> {
  const values = [
    {
      id: 'padded-with-0',
      title: 'padded with 0 instead of the zero point',
      explanation: `Real 0 is stored as ${zero}: a stored 0 stands for another number.`,
      way: 0,
    },
    {
      id: 'padded-with-zero-point-of-output',
      title: "padded with the output's zero point",
      explanation: "Real 0 of the input is stored as the input's zero point.",
      way: outputZero,
    },
    {
      id: 'padded-with-lowest',
      title: 'padded with the lowest value of the type',
      explanation: `Real 0 is stored as ${zero}.`,
      way: lowest,
    },
  ];
  return {
    stage: 'padding',
    line: `x = z_input = ${zero} outside of the input, which adds nothing`,
    right: null,
    wrong: values
      .filter(({ way }) => pads && way !== zero)
      .map((hypothesis) => ({ ...hypothesis, theirs: `x = ${hypothesis.way} outside of the input` })),
  };
}

// ---- the sum

export type Accumulator = 'wide' | 'int16' | 'int16 products' | 'saturating int16' | 'float32';

export const ACCUMULATOR_SLOT: Slot<Accumulator> = {
  stage: 'sum',
  line: 'int32 acc',
  right: 'wide',
  wrong: [
    {
      id: 'accumulator-16-bits',
      title: 'sum in 16 bits',
      explanation: 'The sum wraps: products alone take 16 bits.',
      theirs: 'int16_t acc',
      way: 'int16',
    },
    {
      id: 'products-in-16-bits',
      title: 'sum of products in 16 bits, the bias added behind it',
      explanation: 'The sum wraps: products alone take 16 bits.',
      theirs: 'int16_t sum; acc = sum + bias',
      way: 'int16 products',
    },
    {
      id: 'accumulator-saturates-at-16-bits',
      title: 'sum saturates at 16 bits',
      explanation: 'Saturating 16-bit instructions: products alone take 16 bits.',
      theirs: 'acc = saturate16(acc + x * w)',
      way: 'saturating int16',
    },
    {
      id: 'accumulator-float32',
      title: 'sum in float32',
      explanation: 'A float32 holds integers up to 2^24; sums that are larger are rounded.',
      theirs: 'float acc',
      way: 'float32',
    },
  ],
};

/** The sum of products and channel c -> the accumulator; `late` is added behind the requantization. */
export interface BiasWay {
  add(sum: number, c: number, bias: (c: number) => number): number;
  late?(c: number, bias: (c: number) => number): number;
}

export function biasSlot(channels: number): Slot<BiasWay> {
  return {
    stage: 'bias',
    line: 'acc += bias[c]',
    right: { add: (sum, c, bias) => sum + bias(c) },
    wrong: [
      {
        id: 'bias-missing',
        title: 'bias not added',
        explanation: 'The bias is an int32 in steps of s_input * s_weights, and is added to the sum.',
        theirs: 'acc',
        way: { add: (sum) => sum },
      },
      {
        id: 'bias-subtracted',
        title: 'bias subtracted',
        explanation: 'The bias is added to the sum.',
        theirs: 'acc -= bias[c]',
        way: { add: (sum, c, bias) => sum - bias(c) },
      },
      {
        id: 'bias-twice',
        title: 'bias added twice',
        explanation: 'The sum begins with the bias, or the bias is added at its end.',
        theirs: 'acc += 2 * bias[c]',
        way: { add: (sum, c, bias) => sum + 2 * bias(c) },
      },
      {
        id: 'bias-after-requantization',
        title: 'bias added after the requantization',
        explanation: 'The bias is in the units of the sum, and goes through the multiplier with it.',
        theirs: 'r = requantize(acc) + bias[c]',
        way: { add: (sum) => sum, late: (c, bias) => bias(c) },
      },
      {
        id: 'bias-16-bits',
        title: 'bias read as 16 bits',
        explanation: 'It is an int32: the upper half is lost.',
        theirs: 'acc += (int16_t)bias[c]',
        way: { add: (sum, c, bias) => sum + wrap16(bias(c)) },
      },
      ...(channels > 1
        ? [
            {
              id: 'bias-of-channel-0',
              title: "channel 0's bias in all channels",
              explanation: 'Each channel has its own.',
              theirs: 'acc += bias[0]',
              way: { add: (sum: number, _: number, bias: (c: number) => number) => sum + bias(0) },
            },
            {
              id: 'bias-of-next-channel',
              title: "next channel's bias",
              explanation: 'The index into the bias is off by one.',
              theirs: `acc += bias[(c + 1) % ${channels}]`,
              way: {
                add: (sum: number, c: number, bias: (c: number) => number) => sum + bias((c + 1) % channels),
              },
            },
          ]
        : []),
    ],
  };
}

// ---- the multiplier

export interface Scales {
  readonly input: number;
  weights(c: number): number;
  readonly output: number;
  bias(c: number): number | undefined;
  readonly channels: number;
}

/** Channel c's. */
export type MultiplierWay = (c: number) => Multiplier;

const both = (real: number): Multiplier => ({ real, float32: F(real) });

/** `legacy`: the product of the scales is rounded to float32 first, as for uint8 convolutions. */
export function multiplierSlot(s: Scales, legacy: boolean): Slot<MultiplierWay> {
  const exact: MultiplierWay = (c) => ({
    real: (s.input * s.weights(c)) / s.output,
    float32: F(F(s.input * s.weights(c)) / s.output),
  });
  const rounded: MultiplierWay = (c) => ({ ...exact(c), real: F(s.input * s.weights(c)) / s.output });
  const perChannel = s.channels > 1;
  const scale = (c: number) => (c === 0 ? s.weights(0) : s.weights(Math.min(c, s.channels - 1)));
  const largest = () => Array.from({ length: s.channels }, (_, c) => scale(c)).reduce((a, b) => Math.max(a, b));
  const tensor = (weights: number): MultiplierWay => () => both((s.input * weights) / s.output); // biome-ignore format: one line
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
        theirs: 'M = s_input * s_weights',
        way: (c) => both(s.input * s.weights(c)),
      },
      {
        id: 'output-scale-multiplied',
        title: 'multiplied by the scale of the output instead of divided',
        explanation: 'The output is in steps of its own scale.',
        theirs: 'M = s_input * s_weights * s_output',
        way: (c) => both(s.input * s.weights(c) * s.output),
      },
      {
        id: 'input-scale-missing',
        title: 'multiplier without the scale of the input',
        explanation: 'A product is in steps of s_input * s_weights.',
        theirs: 'M = s_weights / s_output',
        way: (c) => both(s.weights(c) / s.output),
      },
      {
        id: 'weights-scale-missing',
        title: 'multiplier without the scale of the weights',
        explanation: 'A product is in steps of s_input * s_weights.',
        theirs: 'M = s_input / s_output',
        way: () => both(s.input / s.output),
      },
      {
        id: 'multiplier-inverse',
        title: 'multiplier upside down',
        explanation: 'The sum is multiplied by what its steps are, and divided by what those of the output are.',
        theirs: 'M = s_output / (s_input * s_weights)',
        way: (c) => both(s.output / (s.input * s.weights(c))),
      },
      ...(hasBias
        ? [
            {
              id: 'bias-scale-for-output',
              title: 'scale of the bias instead of the scale of the output',
              explanation: 'The scale was read from another tensor: look the tensor up by its index in the node.',
              theirs: 'M = s_input * s_weights / s_bias, which is 1',
              way: (c: number) => both((s.input * s.weights(c)) / s.bias(c)!),
            },
          ]
        : []),
      ...(perChannel
        ? [
            {
              id: 'scale-of-channel-0',
              title: "channel 0's scale in all channels",
              explanation: 'The weights have a scale for each channel of the output.',
              theirs: 'M = s_input * s_weights[0] / s_output',
              way: tensor(s.weights(0)),
            },
            {
              id: 'scale-of-largest-channel',
              title: 'one scale for all channels: the largest',
              explanation: 'The weights have a scale for each channel of the output.',
              theirs: 'M = s_input * max(s_weights) / s_output',
              way: tensor(largest()),
            },
            {
              id: 'scale-of-last-channel',
              title: "last channel's scale in all channels",
              explanation: 'The weights have a scale for each channel of the output.',
              theirs: `M = s_input * s_weights[${s.channels - 1}] / s_output`,
              way: tensor(s.weights(s.channels - 1)),
            },
            {
              id: 'scale-of-next-channel',
              title: "next channel's scale",
              explanation: 'The index into the scales is off by one.',
              theirs: `M = s_input * s_weights[(c + 1) % ${s.channels}] / s_output`,
              way: (c: number) => both((s.input * s.weights((c + 1) % s.channels)) / s.output),
            },
          ]
        : []),
      legacy
        ? {
            id: 'scales-multiplied-in-float64',
            title: 'scales multiplied in float64',
            explanation: 'For uint8 convolutions TFLite rounds s_input * s_weights to float32 first.',
            theirs: 'M = (double)s_input * (double)s_weights / s_output',
            way: exact,
          }
        : {
            id: 'scales-multiplied-in-float32',
            title: 'scales multiplied in float32',
            explanation: 'TFLite multiplies them in float64; the last bits of the multiplier differ.',
            theirs: 'M = (float)(s_input * s_weights) / s_output',
            way: rounded,
          },
      {
        id: 'multiplier-in-float32',
        title: 'multiplier computed in float32',
        explanation: 'TFLite computes it in float64; the last bits of m differ.',
        theirs: 'float M = s_input * s_weights / s_output',
        way: (c) => both(exact(c).float32),
      },
    ],
  };
}
