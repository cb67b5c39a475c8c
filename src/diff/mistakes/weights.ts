/** How weights are read: zero point, order in memory. */
import { wrap8 } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';
import { bracketed, minus } from '../node_case.ts';
import type { Offset } from './reading.ts';

export function weightOffsetSlot(zero: number, dtype: string): Slot<Offset> {
  const wrong: Slot<Offset>['wrong'][number][] = [
    {
      id: 'weights-zero-point-missing',
      title: 'zero point of the weights not subtracted',
      explanation: 'uint8 weights have a zero point.',
      candidate: '(x - z_input) * w',
      instead: (w) => w,
    },
    {
      id: 'weights-zero-point-added',
      title: 'zero point of the weights added instead of subtracted',
      explanation: 'TFLite adds an offset that is minus the zero point.',
      candidate: `(x - z_input) * (w + ${bracketed(zero)})`,
      instead: (w, z) => w + z,
    },
    {
      id: 'weights-zero-point-128',
      title: '128 subtracted from the weights instead of their zero point',
      explanation: 'Signed weights with zero point 0 would be stored so: these have another zero point.',
      candidate: '(x - z_input) * (w - 128)',
      instead: (w) => w - 128,
    },
    {
      id: 'weights-offset-wraps',
      title: 'w - z_weights computed in 8 bits',
      explanation: 'The difference needs one bit more.',
      candidate: '(int8_t)(w - z_weights)',
      instead: (w, z) => wrap8(w - z),
    },
  ];
  return {
    stage: 'zero point of the weights',
    line: `(x - z_input) * ${minus('w', zero)}`,
    right: (w, z) => w - z,
    wrong:
      dtype === 'uint8' && zero !== 0 ? wrong.filter(({ id }) => zero !== 128 || id !== 'weights-zero-point-128') : [],
  };
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
        candidate: 'w[i][o]',
        instead: (o, _y, _x, i) => i * outputs + o,
      },
    ...channelMistakes(outputs, right),
    inputs > 1 &&
      !dense && {
        id: 'weights-oihw',
        title: 'weights read in OIHW order',
        explanation: "PyTorch's order; TFLite's is OHWI.",
        candidate: 'w[o][i][y][x]',
        instead: (o, y, x, i) => ((o * inputs + i) * h + y) * w + x,
      },
    outputs > 1 &&
      !dense && {
        id: 'weights-hwio',
        title: 'weights read in HWIO order',
        explanation: "TensorFlow's own order; the converter transposes it to OHWI.",
        candidate: 'w[y][x][i][o]',
        instead: (o, y, x, i) => ((y * w + x) * inputs + i) * outputs + o,
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
      candidate: 'w[c][y][x]',
      instead: (o, y, x) => (o * h + y) * w + x,
    },
    ...channelMistakes(outputs, right),
    ...kernelMistakes(h, w, right),
  ];
  return {
    stage: 'reading the weights',
    line: 'w[y][x][c]',
    right,
    wrong: wrong.filter((entry) => entry !== false),
  };
}

/** Another output channel's weights. */
function channelMistakes(outputs: number, right: WeightLayout): (Slot<WeightLayout>['wrong'][number] | false)[] {
  return [
    outputs > 1 && {
      id: 'weights-of-next-channel',
      title: "next channel's weights",
      explanation: 'The index of the output channel is off by one.',
      candidate: `w[(o + 1) % ${outputs}]`,
      instead: (o, y, x, i) => right((o + 1) % outputs, y, x, i),
    },
    outputs > 2 && {
      id: 'weights-channels-reversed',
      title: 'output channels of the weights in reverse order',
      explanation: 'The channels of bias and scales are in the order of the file.',
      candidate: `w[${outputs - 1} - o]`,
      instead: (o, y, x, i) => right(outputs - 1 - o, y, x, i),
    },
  ];
}

function kernelMistakes(h: number, w: number, right: WeightLayout): (Slot<WeightLayout>['wrong'][number] | false)[] {
  return [
    h * w > 1 && {
      id: 'kernel-flipped',
      title: 'kernel turned by 180 degrees',
      explanation:
        'TFLite correlates: the first weight meets the first pixel. A convolution in the strict sense flips.',
      candidate: `w[${h - 1} - y][${w - 1} - x]`,
      instead: (o, y, x, i) => right(o, h - 1 - y, w - 1 - x, i),
    },
    h > 1 &&
      h === w && {
        id: 'kernel-transposed',
        title: 'rows and columns of the kernel swapped',
        explanation: 'x is the inner of the two.',
        candidate: 'w[x][y]',
        instead: (o, y, x, i) => right(o, x, y, i),
      },
  ];
}
