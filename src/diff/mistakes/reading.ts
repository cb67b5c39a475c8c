/** How stored values are read: quantized where nobody did, signed or not, zero points, order in memory. */
import { halfAway, halfEven, wrap8, wrap16 } from '../arithmetic.ts';
import type { Slot } from '../hypothesis.ts';
import { bracketed, minus, type Range } from '../node_case.ts';

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
        candidate: 'q = real / scale + zero point',
        instead: (y, z) => y + z,
      },
      {
        id: 'input-truncated',
        title: 'input truncated instead of rounded',
        explanation: 'A cast to int drops the fraction, after the zero point was added.',
        candidate: 'q = (int)(real / scale + zero point)',
        instead: (y, z) => Math.trunc(y + z),
      },
      {
        id: 'input-truncated-first',
        title: 'input truncated instead of rounded, before the zero point',
        explanation: 'A cast to int drops the fraction, towards zero.',
        candidate: 'q = (int)(real / scale) + zero point',
        instead: (y, z) => Math.trunc(y) + z,
      },
      {
        id: 'input-half-even',
        title: 'input rounded with halves to even',
        explanation: "NumPy's round; TFLite rounds halves away from zero.",
        candidate: 'q = rint(real / scale) + zero point',
        instead: (y, z) => halfEven(y) + z,
      },
      {
        id: 'input-quantized-without-zero-point',
        title: 'zero point not added to the input when it is quantized',
        explanation: 'q = round(real / scale) + zero point.',
        candidate: 'q = round(real / scale)',
        instead: (y) => halfAway(y),
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
        candidate: 'q, as it is',
        instead: (q) => q,
      },
      {
        id: 'input-wraps',
        title: 'input cast instead of clamped',
        explanation: 'A cast to the type keeps the low bits: 128 becomes -128.',
        candidate: 'q = (type)q',
        instead: (q) => (max > 255 ? wrap16(q) : min < 0 ? wrap8(q) : q & 0xff),
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
      candidate: `u${dtype}_t`,
      instead: (stored) => stored & mask,
    });
  }
  if (dtype === 'int8') {
    wrong.push({
      id: `${role}-shifted-to-unsigned`,
      title: `${role} shifted by 128 with the zero point left`,
      explanation: 'A uint8 tensor has a zero point that is 128 more than that of the same int8 tensor.',
      candidate: 'x + 128',
      instead: (stored) => stored + 128,
    });
  }
  if (dtype === 'uint8') {
    wrong.push({
      id: `${role}-read-signed`,
      title: `${role} read as signed`,
      explanation: 'uint8 values from 128 on become 256 less.',
      candidate: 'int8_t',
      instead: wrap8,
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
  return {
    stage: 'zero point of the input',
    line: `${minus('x', zero)} * w`,
    right: (x, z) => x - z,
    wrong: [...(zero === 0 ? [] : zeroPointMistakes(zero)), ...otherOffsets(zero, outputZero, dtype)],
  };
}

function zeroPointMistakes(zero: number): Slot<Offset>['wrong'] {
  return [
    {
      id: 'input-zero-point-added',
      title: 'zero point of the input added instead of subtracted',
      explanation: 'TFLite adds an offset that is minus the zero point: add the offset, or subtract the zero point.',
      candidate: `(x + ${bracketed(zero)}) * w`,
      instead: (x, z) => x + z,
    },
    {
      id: 'input-zero-point-missing',
      title: 'zero point of the input not subtracted',
      explanation: 'The stored value is multiplied as it is.',
      candidate: 'x * w',
      instead: (x) => x,
    },
    {
      id: 'input-zero-point-twice',
      title: 'zero point of the input subtracted twice',
      explanation: 'Perhaps it is in the bias already, or the values were shifted when they were read.',
      candidate: `(x - 2 * ${bracketed(zero)}) * w`,
      instead: (x, z) => x - 2 * z,
    },
  ];
}

function otherOffsets(zero: number, outputZero: number, dtype: string): Slot<Offset>['wrong'] {
  const wrap = dtype === 'int16' ? wrap16 : wrap8;
  return [
    ...(outputZero === zero
      ? []
      : [
          {
            id: 'input-zero-point-of-output',
            title: "zero point of the output instead of the input's",
            explanation: 'Each tensor has a zero point of its own.',
            candidate: `${minus('x', outputZero)} * w`,
            instead: (x: number) => x - outputZero,
          },
        ]),
    ...(zero === 0
      ? []
      : [
          {
            id: 'input-offset-wraps',
            title: 'x - z_input computed in the type of x',
            explanation: 'The difference needs one bit more: 127 + 128 does not fit into int8.',
            candidate: `(${dtype}_t)${minus('x', zero)} * w`,
            instead: (x: number, z: number) => (dtype === 'uint8' ? (x - z) & 0xff : wrap(x - z)),
          },
        ]),
    ...(dtype === 'uint8' && zero !== 128
      ? [
          {
            id: 'input-zero-point-128',
            title: '128 subtracted instead of the zero point',
            explanation: "The input's zero point is another.",
            candidate: '(x - 128) * w',
            instead: (x: number) => x - 128,
          },
        ]
      : []),
  ];
}

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
        candidate: 'input[n][c][y][x]',
        instead: { n: image, c: h * w, y: w, x: 1 },
      },
    h > 1 &&
      w > 1 && {
        id: 'input-transposed',
        title: 'rows and columns of the input swapped',
        explanation: 'x is the inner of the two: input[n][y][x][c].',
        candidate: 'input[n][x][y][c]',
        instead: { n: image, x: h * c, y: c, c: 1 },
      },
    flat !== undefined && {
      id: 'flattened-nchw',
      title: 'input flattened in NCHW order',
      explanation: `What is flattened is [${flat}], channels innermost: the weights expect them so.`,
      candidate: `input[c][y][x] for input[y][x][c], of [${flat}]`,
      instead: { n: image, y: image, x: image, c: 1, order: nchwOrder(flat) },
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
