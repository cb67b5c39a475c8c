/** TRANSPOSE_CONV: where the products of a pixel are added. */
import type { Slot } from '../hypothesis.ts';
import type { NodeCase } from '../node_case.ts';

/** Rows and columns of the full result that lie in front of the output. */
export interface Before {
  readonly y: number;
  readonly x: number;
}

type Sides = readonly [height: number, width: number];

export function paddingBeforeSlot({ options }: NodeCase, input: Sides, output: Sides, kernel: Sides): Slot<Before> {
  const strides = [Number(options.strideH), Number(options.strideW)] as const;
  const total = (side: 0 | 1) => Math.max((input[side] - 1) * strides[side] + kernel[side] - output[side], 0);
  const each = (of: (total: number, side: 0 | 1) => number): Before => ({ y: of(total(0), 0), x: of(total(1), 1) });
  const right = each((all) => Math.floor(all / 2));
  const others = [
    { id: 'same-padding-extra-first', title: 'SAME padding: the extra row and column first', instead: each((all) => Math.ceil(all / 2)) }, // biome-ignore format: one line
    { id: 'padding-half-kernel', title: 'half a kernel cut off on every side', instead: each((_, side) => Math.floor(kernel[side] / 2)) }, // biome-ignore format: one line
    { id: 'padding-none-before', title: 'nothing cut off in front', instead: each(() => 0) },
    { id: 'padding-all-before', title: 'all cut off in front', instead: each((all) => all) },
  ];
  return {
    stage: 'window',
    line: `y = y_input * ${strides[0]} + i - ${right.y}, x alike - ${right.x}`,
    right,
    wrong: others
      .filter(({ instead }) => instead.y !== right.y || instead.x !== right.x)
      .map((other) => ({
        ...other,
        explanation: 'TFLite cuts one half off in front, rounded down.',
        candidate: `y = y_input * ${strides[0]} + i - ${other.instead.y}, x alike - ${other.instead.x}`,
      })),
  };
}
