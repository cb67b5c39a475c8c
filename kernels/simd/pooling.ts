/** AVERAGE_POOL_2D and MAX_POOL_2D of 8-bit values: see assembly/pooling.ts. */

import type { Divisor } from '../fixed_point.ts';
import type { Node, OptimizedBind } from '../kernel.ts';
import type { Pooling, PreparedAverage, PreparedMax } from '../reference/pooling.ts';
import type { Tensor } from '../tensor.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK } from './requantization.ts';
import { prepareResident } from './resident.ts';

export function AVERAGE_POOL_2D(p: PreparedAverage, node: Node): OptimizedBind | undefined {
  if (p.kind === 'float') return undefined;
  const windows = prepareWindows(p, node);
  if (!windows) return undefined;
  const divisors = node.persistent('int32', 4 * p.divisors.length);
  const tile = node.scratch('int32', BLOCK);
  return ({ bind }: SimdMemory) => {
    windows.load();
    packDivisors(p.divisors, divisors.data);
    return bind('averagePool2d', { ...windows.arguments, divisors, tile });
  };
}

export function MAX_POOL_2D(p: PreparedMax, node: Node): OptimizedBind | undefined {
  if (p.kind === 'float') return undefined;
  const windows = prepareWindows(p, node);
  return (
    windows &&
    (({ bind }: SimdMemory) => {
      windows.load();
      return bind('maxPool2d', windows.arguments);
    })
  );
}

function prepareWindows(p: Pooling, node: Node) {
  const input = prepareResident(node, p.input);
  if (!input || p.input.dtype === 'int16' || p.output.size === 0) return undefined;
  return {
    load: input.load,
    arguments: {
      input: input.tensor,
      isUnsigned: p.input.dtype === 'uint8',
      batches: p.batches,
      inputHeight: p.inputHeight,
      inputWidth: p.inputWidth,
      depth: p.depth,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      filterHeight: p.filterHeight,
      filterWidth: p.filterWidth,
      strideHeight: p.strideHeight,
      strideWidth: p.strideWidth,
      padTop: p.padTop,
      padLeft: p.padLeft,
      output: p.output as Tensor,
      activationMin: p.activationMin,
      activationMax: p.activationMax,
    },
  };
}

/** By the number of values; those that no window has are left out. */
function packDivisors(divisors: readonly Divisor[], words: Int32Array) {
  divisors.forEach(({ multiplier, shift, half }, count) => {
    words.set([multiplier, shift, half], 4 * count);
  });
}
