/** How often which values are in a tensor. */
import type { TensorData } from '../runtime/tensor_info.ts';

export interface Histogram {
  readonly tensor: number;
  /** How many values there are. */
  readonly values: number;
  /** The least and the greatest; 0 where there are none. */
  readonly min: number;
  readonly max: number;
  /** Where the first bin begins, and how wide each is: bin i holds values from first + i * width to below the next. */
  readonly first: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Types of few values have a bin for each of them. */
const EXACT: { readonly [dtype: string]: readonly [number, number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int4: [-8, 7],
  int2: [-2, 1],
  bool: [0, 1],
};

const BINS = 128;

export function histogram(tensor: number, dtype: string, data: TensorData): Histogram {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) [min, max] = [0, 0];
  const exact = EXACT[dtype];
  const isReal = dtype.startsWith('float');
  const span = max - min;
  const width = exact ? 1 : isReal ? span / BINS || 1 : Math.max(1, Math.ceil((span + 1) / BINS));
  const first = exact ? exact[0] : min;
  const counts = new Array<number>(exact ? exact[1] - exact[0] + 1 : BINS).fill(0);
  for (let i = 0; i < data.length; i++) {
    const bin = Math.min(Math.floor((Number(data[i]) - first) / width), counts.length - 1);
    if (bin >= 0) counts[bin] = counts[bin]! + 1; // NaN is in none
  }
  return { tensor, values: data.length, min, max, first, width, counts };
}
