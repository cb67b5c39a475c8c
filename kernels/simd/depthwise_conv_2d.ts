/** DEPTHWISE_CONV_2D with a constant filter: see assembly/depthwise_conv_2d.ts. */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import type { DepthwiseConv, PreparedDepthwiseConv } from '../reference/depthwise_conv_2d.ts';
import { biasValues } from '../shared/convolution.ts';
import { FOLD } from '../shared/matrix_product.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { prepareTaps } from './conv_2d.ts';
import type { Engine } from './engine.ts';
import { prepareImage } from './image.ts';
import { filterOffset, largestMagnitude, type Rows, rowsOf } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import {
  BLOCK,
  blocksOf,
  isLongPossible,
  packBlocks,
  packInt16Blocks,
  prepareBlocks,
  type Sums,
} from './requantization.ts';
import { isConstant, prepareResident } from './resident.ts';

export function depthwiseConv2d(engine: Engine) {
  return (p: PreparedDepthwiseConv, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float' || node.singleRounding) return undefined;
    if (!isConstant(p.filter.tensor, p.bias) || p.output.size === 0) return undefined;
    return p.inputDepth === 1 && p.depthMultiplier > 1
      ? prepareOneChannel(p, node, engine)
      : prepareChannels(p, node, engine);
  };
}

/** Of one input channel it is CONV_2D, with the filter the other way round. */
function prepareOneChannel(p: DepthwiseConv, node: Node, engine: Engine): OptimizedBind | undefined {
  const { image, part } = prepareTaps(p, true);
  const { tensor, offset } = p.filter;
  const depth = p.filterHeight * p.filterWidth;
  const layout = { count: 1, stride: 0, depth, depthStride: p.outputDepth, columns: p.outputDepth, columnStride: 1 };
  const { bias, requantization } = p;
  const parts = [{ ...part, filter: { tensor, offset, layout }, bias, requantization }];
  return prepareImage(p, image, parts, p.high !== undefined, node, engine);
}

/** With a multiplier, the input's channels are repeated before: then there is an input for each output channel. */
function prepareChannels(p: DepthwiseConv, node: Node, engine: Engine): OptimizedBind | undefined {
  const { inputHeight, inputWidth, outputDepth: depth, depthMultiplier, filterHeight, filterWidth } = p;
  const { tensor } = p.input;
  const resident = prepareResident(node, tensor);
  const isInt16 = tensor.dtype === 'int16';
  const isLong = p.high !== undefined;
  if (!resident || (isLong && (filterHeight * filterWidth > FOLD || !isLongPossible(p.requantization))))
    return undefined;
  const rows = rowsOf(engine, tensor);
  const units = Math.ceil((filterHeight * filterWidth) / rows.unit);
  const padding = node.persistent(tensor.dtype, BLOCK * blocksOf(depth));
  const filter = node.persistent('int8', (rows.isBytes ? 16 * units : 0) + blocksOf(depth) * units * 4 * BLOCK);
  const blocks = prepareBlocks(node, depth);
  const taps = node.scratch('int32', units * rows.unit + 4);
  const tile = node.scratch('int32', 2 * BLOCK);
  const isRepeated = depthMultiplier > 1;
  const input = isRepeated ? node.scratch(tensor.dtype, tensor.size * depthMultiplier + 2 * BLOCK) : resident.tensor;
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    padding.data.fill(tensor.zeroPoint);
    const pack = (bias: DepthwiseConv['bias']) => packFilter(p, bias, rows, units, filter);
    if (isInt16) packInt16Blocks(p.requantization, p.bias, isLong, pack, blocks);
    else packBlocks(p.requantization, pack(p.bias), blocks);
    const convolve = bind('depthwiseConv2d', {
      input,
      isInt16,
      isUnsigned: tensor.dtype === 'uint8',
      isBytes: rows.isBytes,
      flip: rows.flip,
      batches: p.batches,
      inputHeight,
      inputWidth,
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
      units,
      filterOffset: filterOffset(rows, p.filter),
      filter,
      blocks,
      output: p.output as Tensor,
      tile,
    });
    if (!isRepeated) return convolve;
    const repeat = bind('repeatValues', {
      input: resident.tensor,
      isInt16,
      count: tensor.size,
      times: depthMultiplier,
      output: input,
    });
    return () => {
      repeat();
      convolve();
    };
  };
}

function packFilter(
  p: DepthwiseConv,
  biasTensor: DepthwiseConv['bias'],
  rows: Rows,
  units: number,
  packed: Tensor<'int8'>,
): Sums {
  const { tensor, offset } = p.filter;
  const { outputDepth: depth, filterHeight, filterWidth } = p;
  const { unit } = rows;
  const values = int8View(tensor as Tensor<'int8'>);
  const mask = byteMask(tensor.dtype);
  const to = rows.isBytes ? packed.data : new Int16Array(packed.data.buffer, packed.data.byteOffset, packed.size / 2);
  const packedOffset = filterOffset(rows, p.filter);
  // The input is multiplied as it is: with its zero point, flipped as it may be.
  const zeroPoint = rows.isBytes ? rows.zeroPoint : p.input.tensor.zeroPoint;
  const largestInput = largestMagnitude(p.input.tensor);
  const bias = biasValues(biasTensor, depth);
  const start = bias.slice();
  const reach = new Float64Array(depth);
  for (let tap = 0, from = 0; tap < filterHeight * filterWidth; tap++) {
    const unitOfTap = Math.trunc(tap / unit);
    if (rows.isBytes) for (let i = tap % 4; i < 16; i += 4) to[16 * unitOfTap + i] = 1;
    for (let c = 0; c < depth; c++, from++) {
      const value = (values[from] & mask) + offset;
      const at = Math.trunc(c / BLOCK) * units + unitOfTap;
      to[(rows.isBytes ? 16 * units : 0) + (at * BLOCK + (c % BLOCK)) * unit + (tap % unit)] = value - packedOffset;
      start[c] -= Math.imul(value, zeroPoint);
      reach[c] += Math.abs(value) * largestInput;
    }
  }
  return { bias, reach, start };
}
