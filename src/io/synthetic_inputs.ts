/** Inputs that nobody gave: zeros or random numbers, the same ones from a seed on every machine. */
import { InputError } from '../../kernels/errors.ts';
import { elementSize, isDType, isOfBigInts, viewOf } from '../../kernels/tensor.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';

/** The values of one input. */
export interface GivenInput {
  readonly data: TensorData;
  /** Where they come from and what was done to them. */
  readonly source: string;
}

export function madeUp(input: TensorInfo, how: 'zeros' | 'random', seed = 0): GivenInput {
  const { dtype, size, quantization } = input;
  if (!isDType(dtype)) throw new InputError(`${input} is ${dtype}, which cannot be made up`);
  const data = viewOf(dtype, new ArrayBuffer(size * elementSize(dtype)), 0, size);
  if (how === 'zeros') {
    const reals = quantization && dtype !== 'float32' && !isOfBigInts(data);
    return { data: reals ? input.quantize(new Float32Array(size)) : data, source: reals ? 'real 0' : 'zeros' };
  }
  const random = generator(seed + input.index);
  const [low, high] = RANDOM[dtype] ?? [0, 1];
  for (let i = 0; i < size; i++) {
    const value = dtype === 'float32' ? low + (high - low) * random() : low + Math.floor((high - low + 1) * random());
    data[i] = isOfBigInts(data) ? BigInt(value) : value;
  }
  return { data, source: `random from ${low} to ${high}, seed ${seed}` };
}

/** For all that is not here, indices mostly, 0 and 1: small ones are in range. */
const RANDOM: { readonly [dtype: string]: readonly [number, number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  float32: [-1, 1],
  int4: [-8, 7],
  int2: [-2, 1],
};

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
