/** Where the values of an output are put, which are not, and what is found there instead. */
import type { Layout, Slot } from '../hypothesis.ts';
import { type NodeCase, nhwc } from '../node_case.ts';

/** Of a node's output: other orders in which its values may be put. */
export function layoutSlot({ output }: NodeCase): Slot<Layout> {
  const { shape } = output;
  const [, h, w, c] = nhwc(shape);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const image = h * w * c;
  const wrong: (Slot<Layout>['wrong'][number] | false)[] = [
    c > 1 &&
      h * w > 1 && {
        id: 'output-nchw',
        title: 'output in NCHW order',
        explanation: 'TFLite keeps the channels innermost: NHWC.',
        candidate: `output[n][c][y][x], [${shape}] as [n, ${c}, ${h}, ${w}]`,
        instead: (p) => {
          const at = p % image;
          const [channel, place] = [Math.floor(at / (h * w)), at % (h * w)];
          return p - at + place * c + channel;
        },
      },
    h > 1 &&
      w > 1 && {
        id: 'output-transposed',
        title: 'rows and columns of the output swapped',
        explanation: 'x is the inner of the two: output[n][y][x][c].',
        candidate: 'output[n][x][y][c]',
        instead: (p) => {
          const [channel, place] = [p % c, Math.floor(p / c)];
          const [image, at] = [Math.floor(place / (h * w)), place % (h * w)];
          return ((image * h + (at % h)) * w + Math.floor(at / h)) * c + channel;
        },
      },
    shape.length === 2 &&
      rows > 1 &&
      columns > 1 && {
        id: 'output-transposed',
        title: 'output transposed',
        explanation: `The output is [${shape}], row by row.`,
        candidate: `[${columns}, ${rows}], row by row`,
        instead: (p) => (p % rows) * columns + Math.floor(p / rows),
      },
    {
      id: 'output-one-later',
      title: 'each value one position too late',
      explanation: 'The index into the output is off by one.',
      candidate: 'output[i + 1] = value[i]',
      instead: (p) => p - 1,
    },
    c > 1 && {
      id: 'output-channels-reversed',
      title: 'channels in reverse order',
      explanation: 'As an image of BGR order, or a loop that counts down.',
      candidate: `output[${c - 1} - c]`,
      instead: (p) => p - (p % c) + c - 1 - (p % c),
    },
  ];
  return { stage: 'order of the output', line: `output[${shape}], the last dimension innermost`, right: (p) => p, wrong: wrong.filter((entry) => entry !== false) }; // biome-ignore format: one line
}
