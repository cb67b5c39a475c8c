/** The optimized kernels, by operator name. */
import type { KernelSet, Optimize } from '../kernel.ts';
import { ADD } from './add.ts';
import { CONCATENATION } from './concatenation.ts';
import { conv2d } from './conv_2d.ts';
import { depthwiseConv2d } from './depthwise_conv_2d.ts';
import { type Engine, plainEngine, relaxedEngine } from './engine.ts';
import { fullyConnected } from './fully_connected.ts';
import { lookup } from './lookup.ts';
import { MAXIMUM, MINIMUM } from './maximum_minimum.ts';
import { MEAN } from './mean.ts';
import { SimdMemory } from './memory.ts';
import { MUL } from './mul.ts';
import { AVERAGE_POOL_2D, MAX_POOL_2D } from './pooling.ts';
import { PRELU } from './prelu.ts';
import { DEQUANTIZE, QUANTIZE } from './quantize.ts';
import { RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR } from './resize.ts';
import { SOFTMAX } from './softmax.ts';
import { move } from './strided_copy.ts';
import { transposeConv } from './transpose_conv.ts';

function kernelSet(engine: Engine | undefined): KernelSet | undefined {
  return (
    engine && {
      name: 'simd',
      kernels: kernels(engine),
      createMemory: (bytes) => new SimdMemory(engine.module, bytes),
    }
  );
}

/** A kernel that has the reference kernels' arithmetic alone, and declines profile xnnpack's. */
function asReference(optimize: Optimize): Optimize {
  return (prepared, node) => (node.arithmetic === 'reference' ? optimize(prepared, node) : undefined);
}

function kernels(engine: Engine): { readonly [op: string]: Optimize } {
  return {
    ABS: lookup,
    ADD: asReference(ADD),
    AVERAGE_POOL_2D,
    BATCH_TO_SPACE_ND: move,
    BROADCAST_TO: move,
    CONCATENATION,
    CONV_2D: asReference(conv2d(engine)),
    DEPTHWISE_CONV_2D: asReference(depthwiseConv2d(engine)),
    DEPTH_TO_SPACE: move,
    DEQUANTIZE,
    ELU: lookup,
    EXP: lookup,
    FULLY_CONNECTED: asReference(fullyConnected(engine)),
    GELU: lookup,
    HARD_SWISH: lookup,
    LEAKY_RELU: lookup,
    LOG: lookup,
    LOGISTIC: lookup,
    MAXIMUM,
    MAX_POOL_2D,
    MEAN: asReference(MEAN),
    MINIMUM,
    MIRROR_PAD: move,
    MUL,
    PACK: move,
    PAD: move,
    PADV2: move,
    PRELU,
    QUANTIZE,
    RELU: lookup,
    RELU6: lookup,
    RELU_0_TO_1: lookup,
    RELU_N1_TO_1: lookup,
    RESIZE_BILINEAR,
    RESIZE_NEAREST_NEIGHBOR,
    REVERSE_V2: move,
    SLICE: move,
    SOFTMAX: asReference(SOFTMAX),
    SPACE_TO_BATCH_ND: move,
    SPACE_TO_DEPTH: move,
    SPLIT: move,
    SPLIT_V: move,
    STRIDED_SLICE: move,
    SUB: asReference(ADD),
    TANH: lookup,
    TILE: move,
    TRANSPOSE: move,
    TRANSPOSE_CONV: asReference(transposeConv(engine)),
    UNPACK: move,
  };
}

let fastest: { readonly set: KernelSet | undefined } | undefined;

/** The fastest set that this engine runs; undefined where it has no SIMD, or does not allow code to be compiled. */
export function simd(): KernelSet | undefined {
  fastest ??= { set: relaxedSimd() ?? plainSimd() };
  return fastest.set;
}

/** With relaxed SIMD. */
export function relaxedSimd(): KernelSet | undefined {
  return kernelSet(relaxedEngine());
}

/** Without. */
export function plainSimd(): KernelSet | undefined {
  return kernelSet(plainEngine());
}
