/** Where windows lie, and what is found outside of the input. */
import type { Slot } from '../hypothesis.ts';

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
  /** Taps along y, x and the channels that the loops leave out. */
  readonly left?: { readonly y: number; readonly x: number; readonly c: number };
}

const spanOf = ({ kernel, dilation }: Extent) => (kernel - 1) * dilation + 1;
const totalPadding = (e: Extent) => Math.max((e.output - 1) * e.stride + spanOf(e) - e.input, 0);

export const RIGHT_WINDOW: WindowRule = {
  before: (extent) => Math.floor(totalPadding(extent) / 2),
  stride: ({ stride }) => stride,
  dilation: ({ dilation }) => dilation,
};

export function windowSlot(y: Extent, x: Extent, channels: number): Slot<WindowRule> {
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
          candidate: `y_input = y * ${y.stride} - ${before(y)} + i, x alike - ${before(x)}`,
          instead: { ...RIGHT_WINDOW, before },
        })),
      ...(both.some(({ dilation }) => dilation > 1)
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
      ...(both.some(({ stride }) => stride > 1)
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
      ...loops
        .filter(({ of }) => of > 1)
        .map(({ id, title, left }) => ({
          id,
          title,
          explanation: 'A loop ends one too early.',
          candidate: 'for (i = 0; i < n - 1; i++)',
          instead: { ...RIGHT_WINDOW, left },
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
      instead: 0,
    },
    {
      id: 'padded-with-zero-point-of-output',
      title: "padded with the output's zero point",
      explanation: "Real 0 of the input is stored as the input's zero point.",
      instead: outputZero,
    },
    {
      id: 'padded-with-lowest',
      title: 'padded with the lowest value of the type',
      explanation: `Real 0 is stored as ${zero}.`,
      instead: lowest,
    },
  ];
  return {
    stage: 'padding',
    line: `x = z_input = ${zero} outside of the input, which adds nothing`,
    right: null,
    wrong: values
      .filter(({ instead }) => pads && instead !== zero)
      .map((hypothesis) => ({ ...hypothesis, candidate: `x = ${hypothesis.instead} outside of the input` })),
  };
}
