/** The optimized kernels, by operator name. */
import type { KernelSet } from '../kernel.ts';
import { CONV_2D } from './conv_2d.ts';
import { DEPTHWISE_CONV_2D } from './depthwise_conv_2d.ts';
import { SimdMemory } from './module.ts';

export { isAvailable } from './module.ts';

export const simd: KernelSet = {
  name: 'simd',
  kernels: { CONV_2D, DEPTHWISE_CONV_2D },
  createMemory: (bytes) => new SimdMemory(bytes),
};
