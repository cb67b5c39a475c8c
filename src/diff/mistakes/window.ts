/** Where windows lie, and what is found outside of the input. */
import type { Hypothesis, Slot } from '../hypothesis.ts';

/** Along y or x. */
export interface Extent {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export interface WindowRule {
  /** Rows or columns of padding in front. */
  before(extent: Extent): number;
  stride(own: Extent, other: Extent): number;
  dilation(extent: Extent): number;
  /** Taps that the loops leave out. */
  isLeft?(tap: Tap): boolean;
}

/** A weight's place in its window. */
export interface Tap {
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

const spanOf = ({ kernel, dilation }: Extent) => (kernel - 1) * dilation + 1;
const totalPadding = (e: Extent) => Math.max((e.output - 1) * e.stride + spanOf(e) - e.input, 0);

export const RIGHT_WINDOW: WindowRule = {
  before: (extent) => Math.floor(totalPadding(extent) / 2),
  stride: ({ stride }) => stride,
  dilation: ({ dilation }) => dilation,
};

type WindowMistake = Hypothesis & { readonly instead: WindowRule };

/** `channels`: what a window reads of each pixel. */
export function windowSlot(y: Extent, x: Extent, channels: number): Slot<WindowRule> {
  return {
    stage: 'window',
    line: `y_input = y * ${y.stride} - ${RIGHT_WINDOW.before(y)} + i${y.dilation > 1 ? ` * ${y.dilation}` : ''}, x alike - ${RIGHT_WINDOW.before(x)}`,
    right: RIGHT_WINDOW,
    wrong: [...paddingMistakes(y, x), ...stepMistakes(y, x), ...loopMistakes(y, x, channels)],
  };
}

/** Where the window begins. */
function paddingMistakes(y: Extent, x: Extent): WindowMistake[] {
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
    ...(y.kernel * x.kernel > 1
      ? [
          {
            id: 'window-one-late',
            title: 'window one row and column too late',
            explanation: 'The index of the window is off by one.',
            before: (e: Extent) => RIGHT_WINDOW.before(e) - 1,
          },
          {
            id: 'window-one-early',
            title: 'window one row and column too early',
            explanation: 'The index of the window is off by one.',
            before: (e: Extent) => RIGHT_WINDOW.before(e) + 1,
          },
        ]
      : []),
  ];
  return paddings
    .filter(({ before }) => [y, x].some((e) => before(e) !== RIGHT_WINDOW.before(e)))
    .map(({ before, ...hypothesis }) => ({
      ...hypothesis,
      candidate: `y_input = y * ${y.stride} - ${before(y)} + i, x alike - ${before(x)}`,
      instead: { ...RIGHT_WINDOW, before },
    }));
}

/** How far the window and its taps move. */
function stepMistakes(y: Extent, x: Extent): WindowMistake[] {
  const both = [y, x];
  return [
    ...(both.some(({ dilation, kernel }) => dilation > 1 && kernel > 1)
      ? [
          {
            id: 'dilation-ignored',
            title: 'dilation ignored',
            explanation: 'The taps of the window lie apart.',
            candidate: `y_input = y * ${y.stride} - ${RIGHT_WINDOW.before(y)} + i`,
            instead: { ...RIGHT_WINDOW, dilation: () => 1 },
          },
        ]
      : []),
    ...(both.some(({ stride, output }) => stride > 1 && output > 1)
      ? [
          {
            id: 'stride-ignored',
            title: 'stride ignored',
            explanation: 'The window moves by the stride from one output to the next.',
            candidate: `y_input = y - ${RIGHT_WINDOW.before(y)} + i`,
            instead: { ...RIGHT_WINDOW, stride: () => 1 },
          },
        ]
      : []),
    ...(y.stride !== x.stride
      ? [
          {
            id: 'strides-swapped',
            title: 'strides along y and x swapped',
            explanation: 'They are given apart.',
            candidate: `y_input = y * ${x.stride} - ${RIGHT_WINDOW.before(y)} + i`,
            instead: { ...RIGHT_WINDOW, stride: (_: Extent, other: Extent) => other.stride },
          },
        ]
      : []),
  ];
}

/** What a vectorized loop handles at once. */
const VECTORS = [4, 8, 16];

/** Taps and channels that loops leave out. */
function loopMistakes(y: Extent, x: Extent, channels: number): WindowMistake[] {
  const early = 'A loop ends one too early.';
  const loops = [
    { id: 'last-row-left-out', title: 'last row of the kernel left out', explanation: early, isLeft: ({ y: ky }: Tap) => ky === y.kernel - 1, of: y.kernel }, // biome-ignore format: one line
    { id: 'last-column-left-out', title: 'last column of the kernel left out', explanation: early, isLeft: ({ x: kx }: Tap) => kx === x.kernel - 1, of: x.kernel }, // biome-ignore format: one line
    { id: 'last-tap-left-out', title: 'last tap of the kernel left out', explanation: early, isLeft: ({ y: ky, x: kx }: Tap) => ky === y.kernel - 1 && kx === x.kernel - 1, of: y.kernel > 1 && x.kernel > 1 ? 2 : 0 }, // biome-ignore format: one line
    { id: 'last-channel-left-out', title: 'last channel of the input left out', explanation: early, isLeft: ({ c }: Tap) => c === channels - 1, of: channels }, // biome-ignore format: one line
    { id: 'first-row-left-out', title: 'first row of the kernel left out', explanation: 'A loop begins one too late.', isLeft: ({ y: ky }: Tap) => ky === 0, of: y.kernel > 1 ? y.kernel : 0 }, // biome-ignore format: one line
    ...VECTORS.filter((n) => channels > n && channels % n > 1).map((n) => ({
      id: `channels-behind-${n}s-left-out`,
      title: `channels of the input behind the whole ${n}s left out`,
      explanation: 'A loop over whole vectors has no remainder loop.',
      isLeft: ({ c }: Tap) => c >= channels - (channels % n),
      of: 2,
    })), // biome-ignore format: one line
  ];
  return loops
    .filter(({ of }) => of > 1)
    .map(({ id, title, explanation, isLeft }) => ({
      id,
      title,
      explanation,
      candidate: 'for (i = 0; i < n - 1; i++)',
      instead: { ...RIGHT_WINDOW, isLeft },
    }));
}

/** What a tap outside of the input brings: the stored value that it is taken for; null for nothing at all. */
export type Padding = number | null | 'memory' | 'offset missing at the border';

export function paddingSlot(pads: boolean, zero: number, outputZero: number, lowest: number): Slot<Padding> {
  const line = `x = z_input = ${zero} outside of the input, which adds nothing`;
  if (!pads) return { stage: 'padding', line, right: null, wrong: [] };
  const values = [
    { id: 'padded-with-0', title: 'padded with 0 instead of the zero point', explanation: `Real 0 is stored as ${zero}: a stored 0 stands for another number.`, instead: 0 }, // biome-ignore format: one line
    { id: 'padded-with-zero-point-of-output', title: "padded with the output's zero point", explanation: "Real 0 of the input is stored as the input's zero point.", instead: outputZero }, // biome-ignore format: one line
    { id: 'padded-with-lowest', title: 'padded with the lowest value of the type', explanation: `Real 0 is stored as ${zero}.`, instead: lowest }, // biome-ignore format: one line
  ];
  const others: Slot<Padding>['wrong'] = [
    {
      id: 'padding-reads-memory',
      title: 'what lies outside of the input read from memory beside it',
      explanation:
        'Rows and columns outside of the input are not told apart: the pixel before a row is the last of the row before.',
      candidate: 'x = input[y * width + x], whatever y and x',
      instead: 'memory',
    },
    {
      id: 'input-zero-point-missing-at-border',
      title: 'zero point of the input not subtracted at the border',
      explanation: 'Windows that hang over an edge have a loop of their own, which lacks the offset.',
      candidate: 'x * w in windows that hang over an edge',
      instead: 'offset missing at the border',
    },
  ];
  return {
    stage: 'padding',
    line,
    right: null,
    wrong: [
      ...values
        .filter(({ instead }, i) => instead !== zero && values.findIndex((other) => other.instead === instead) === i)
        .map((hypothesis) => ({ ...hypothesis, candidate: `x = ${hypothesis.instead} outside of the input` })),
      ...others.filter(({ instead }) => zero !== 0 || instead === 'memory'),
    ],
  };
}
