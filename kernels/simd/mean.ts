/** MEAN of 8-bit values over neighbouring dimensions but the last, as those of an image: see assembly/pooling.ts. */
import type { Node, OptimizedBind } from '../kernel.ts';
import type { Sum } from '../reference/mean.ts';
import { largestMagnitude } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, packBlocks, prepareBlocks } from './requantization.ts';
import { prepareResident } from './resident.ts';

export function MEAN(p: Sum, node: Node): OptimizedBind | undefined {
  if (p.kind !== 'quantized' || p.input.dtype === 'int16' || node.singleRounding) return undefined;
  const { outputs, runs, runLength: count, runStride: depth } = p.reduction;
  const isImage = runs === 1 && outputs.strides[0] === 1 && outputs.sizes[0] === depth;
  const input = prepareResident(node, p.input);
  if (!input || !isImage) return undefined;
  const blocks = prepareBlocks(node, BLOCK);
  const tile = node.scratch('int32', BLOCK);
  return ({ bind }: SimdMemory) => {
    input.load();
    const requantization = {
      multipliers: new Int32Array(BLOCK).fill(p.multiplier),
      shifts: new Int32Array(BLOCK).fill(p.shift),
      singleRounding: p.singleRounding,
      float32Product: false,
      halfUpChannels: 0,
      outputOffset: p.outputOffset,
      activationMin: p.min,
      activationMax: p.max,
    };
    const sums = {
      bias: new Int32Array(BLOCK),
      reach: new Float64Array(BLOCK).fill(count * largestMagnitude(p.input)),
      start: new Int32Array(BLOCK).fill(p.inputOffset),
    };
    packBlocks(requantization, sums, blocks);
    return bind('mean', {
      input: input.tensor,
      isUnsigned: p.input.dtype === 'uint8',
      outer: p.output.size / depth,
      count,
      depth,
      blocks,
      output: p.output,
      tile,
    });
  };
}
