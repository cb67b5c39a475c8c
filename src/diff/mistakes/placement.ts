/** Where the values of an output are put, which are not, and what is found there instead. */
import type { Hypothesis, Placement, Slot } from '../hypothesis.ts';
import { type NodeCase, nhwc, scaleOf } from '../node_case.ts';

type Misplaced = Hypothesis & { readonly instead: Placement };

/** Of a node's output: other places in which its values may be put. */
export function placementSlot({ output }: NodeCase): Slot<Placement> {
  const { shape } = output;
  const zero = scaleOf(output)?.zero ?? 0;
  return {
    stage: 'order of the output',
    line: `output[${shape}], the last dimension innermost`,
    right: { source: (p) => p },
    wrong: [
      ...orders(shape),
      ...shifts(shape),
      ...unwritten(shape, { title: 'left at 0', suffix: '', value: 0 }),
      ...(zero === 0 ? [] : unwritten(shape, { title: 'left at the zero point', suffix: '-zero-point', value: zero })),
    ],
  };
}

function orders(shape: readonly number[]): Misplaced[] {
  const [, h, w, c] = nhwc(shape);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const image = h * w * c;
  const wrong: (Misplaced | false)[] = [
    c > 1 &&
      h * w > 1 && {
        id: 'output-nchw',
        title: 'output in NCHW order',
        explanation: 'TFLite keeps the channels innermost: NHWC.',
        candidate: `output[n][c][y][x], [${shape}] as [n, ${c}, ${h}, ${w}]`,
        instead: {
          source: (p) => {
            const at = p % image;
            return p - at + (at % (h * w)) * c + Math.floor(at / (h * w));
          },
        },
      },
    h > 1 &&
      w > 1 && {
        id: 'output-transposed',
        title: 'rows and columns of the output swapped',
        explanation: 'x is the inner of the two: output[n][y][x][c].',
        candidate: 'output[n][x][y][c]',
        instead: {
          source: (p) => {
            const [channel, place] = [p % c, Math.floor(p / c)];
            const [image, at] = [Math.floor(place / (h * w)), place % (h * w)];
            return ((image * h + (at % h)) * w + Math.floor(at / h)) * c + channel;
          },
        },
      },
    shape.length === 2 &&
      rows > 1 &&
      columns > 1 && {
        id: 'output-transposed',
        title: 'output transposed',
        explanation: `The output is [${shape}], row by row.`,
        candidate: `[${columns}, ${rows}], row by row`,
        instead: { source: (p) => (p % rows) * columns + Math.floor(p / rows) },
      },
    c > 1 && {
      id: 'output-channels-reversed',
      title: 'channels in reverse order',
      explanation: 'As an image of BGR order, or a loop that counts down.',
      candidate: `output[${c - 1} - c]`,
      instead: { source: (p) => p - (p % c) + c - 1 - (p % c) },
    },
    c > 1 &&
      c % 2 === 0 && {
        id: 'output-channels-pair-swapped',
        title: 'channels swapped in pairs',
        explanation: 'As by the order of lanes of a vector, or of the bytes of a word.',
        candidate: 'output[c ^ 1]',
        instead: { source: (p) => p - (p % c) + ((p % c) ^ 1) },
      },
  ];
  return wrong.filter((entry) => entry !== false);
}

function shifts(shape: readonly number[]): Misplaced[] {
  const [, h, w, c] = nhwc(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const moved = (id: string, title: string, candidate: string, by: number): Misplaced => ({
    id,
    title,
    explanation: 'The index into the output is off.',
    candidate,
    instead: { source: (p) => (p + by >= size ? -1 : p + by) },
  });
  return [
    moved('output-one-later', 'each value one position too late', 'output[i + 1] = value[i]', -1),
    moved('output-one-earlier', 'each value one position too early', 'output[i - 1] = value[i]', 1),
    ...(w > 1 && c > 1 ? [moved('output-one-column-later', 'each value one column too late', 'output[n][y][x + 1][c]', -c)] : []), // biome-ignore format: one line
    ...(h > 1 ? [moved('output-one-row-later', 'each value one row too late', 'output[n][y + 1][x][c]', -c * w)] : []),
  ];
}

/** What a vectorized loop handles at once. */
const VECTORS = [4, 8, 16];

interface Left {
  readonly title: string;
  readonly suffix: string;
  readonly value: number;
}

function unwritten(shape: readonly number[], { title, suffix, value }: Left): Misplaced[] {
  const [, h, w, c] = nhwc(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const y = (p: number) => Math.floor(p / (w * c)) % h;
  const x = (p: number) => Math.floor(p / c) % w;
  const part = (id: string, what: string, candidate: string, isLeft: (p: number) => boolean): Misplaced => ({
    id: `${id}-not-written${suffix}`,
    title: `${what} not written, ${title}`,
    explanation: 'A loop ends too early, or covers whole vectors and tiles alone.',
    candidate,
    instead: { source: (p) => (isLeft(p) ? -1 : p), left: () => value },
  });
  return [
    ...(h > 1 ? [part('last-row', 'last row of the output', `y < ${h - 1}`, (p) => y(p) === h - 1)] : []),
    ...(w > 1 ? [part('last-column', 'last column of the output', `x < ${w - 1}`, (p) => x(p) === w - 1)] : []),
    ...(c > 1 ? [part('last-channel', 'last channel of the output', `c < ${c - 1}`, (p) => p % c === c - 1)] : []),
    ...VECTORS.filter((n) => c > n && c % n > 1).map((n) =>
      part(`channels-behind-${n}s`, `channels behind the whole ${n}s`, `c < ${c - (c % n)}`, (p) => p % c >= c - (c % n)),
    ), // biome-ignore format: one line
    ...(size > 3 ? [part('second-half', 'second half of the output', `i < ${size >> 1}`, (p) => p >= size >> 1)] : []),
    ...(size > 3 ? [part('whole-output', 'the output', 'nothing', () => true)] : []),
  ];
}
