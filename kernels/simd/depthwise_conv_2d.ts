/** DEPTHWISE_CONV_2D of 8-bit values with a constant filter: see assembly/depthwise_conv_2d.ts. */
import type { Eval, Node } from '../kernel.ts';
import { biasValues } from '../reference/convolution.ts';
import type { DepthwiseConv } from '../reference/depthwise_conv_2d.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { largestMagnitude } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, blocksOf, packBlocks, prepareBlocks, type Sums } from './requantization.ts';
import { prepareResident } from './resident.ts';

export function DEPTHWISE_CONV_2D(p: DepthwiseConv, node: Node) {
  const { inputDepth: depth, filterHeight, filterWidth } = p;
  const resident = prepareResident(node, p.input.tensor);
  const is8Bit = p.input.tensor.dtype !== 'int16';
  if (!resident || !is8Bit || !p.filter.isConstant || p.depthMultiplier !== 1 || p.output.size === 0) return undefined;
  const pairs = Math.ceil((filterHeight * filterWidth) / 2);
  const padding = node.persistent('int8', BLOCK * blocksOf(depth));
  const filter = node.persistent('int16', blocksOf(depth) * pairs * 2 * BLOCK);
  const blocks = prepareBlocks(node, depth);
  const taps = node.scratch('int32', 2 * pairs + 2); // moved four at a time
  const tile = node.scratch('int32', BLOCK);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    const { tensor } = p.input;
    padding.data.fill(tensor.zeroPoint);
    packBlocks(p.requantization, packFilter(p, pairs, filter.data), blocks);
    return bind('depthwiseConv2d', {
      input: resident.tensor,
      isUnsigned: tensor.dtype === 'uint8',
      batches: p.batches,
      inputHeight: p.inputHeight,
      inputWidth: p.inputWidth,
      depth,
      outputHeight: p.outputHeight,
      outputWidth: p.outputWidth,
      filterHeight,
      filterWidth,
      strideHeight: p.strideHeight,
      strideWidth: p.strideWidth,
      dilationHeight: p.dilationHeight,
      dilationWidth: p.dilationWidth,
      padTop: p.padTop,
      padLeft: p.padLeft,
      padding,
      taps,
      filter,
      blocks,
      output: p.output as Tensor,
      tile,
    });
  };
}

function packFilter(p: DepthwiseConv, pairs: number, packed: Int16Array): Sums {
  const { tensor, offset } = p.filter;
  const { inputDepth: depth, filterHeight, filterWidth } = p;
  const values = int8View(tensor as Tensor<'int8'>);
  const mask = byteMask(tensor.dtype);
  const largestInput = largestMagnitude(p.input.tensor);
  const bias = biasValues(p.bias, depth);
  const start = bias.slice();
  const reach = new Float64Array(depth);
  for (let tap = 0, from = 0; tap < filterHeight * filterWidth; tap++) {
    for (let c = 0; c < depth; c++, from++) {
      const value = (values[from] & mask) + offset;
      const pair = Math.trunc(c / BLOCK) * pairs + (tap >> 1);
      packed[pair * 2 * BLOCK + 2 * (c % BLOCK) + (tap & 1)] = value;
      start[c] += Math.imul(value, p.input.offset);
      reach[c] += Math.abs(value) * largestInput;
    }
  }
  return { bias, reach, start };
}
