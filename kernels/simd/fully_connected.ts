/**
 * FULLY_CONNECTED with a constant filter. Of 8-bit values it is CONV_2D of one tap over an image of one row, a pixel for each row
 * of the batch; in profile tflite sums are requantized by assembly/double.ts. Of int16 values the module sums up
 * (assembly/int16.ts), and the reference kernel requantizes.
 */
import type { Eval, Node, OptimizedBind } from '../kernel.ts';
import { bindRequantizeAny, type FullyConnected, type PreparedFullyConnected } from '../reference/fully_connected.ts';
import { preparePointwise } from './conv_2d.ts';
import type { Engine } from './engine.ts';
import { INT16_ROWS, packMatrix, prepareMatrix } from './matrix.ts';
import type { SimdMemory } from './memory.ts';
import { BLOCK, blocksOf, isDoublePossible } from './requantization.ts';
import { isConstant, prepareResident } from './resident.ts';

export function fullyConnected(engine: Engine) {
  return (p: PreparedFullyConnected, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float') return undefined;
    const { requantization, batches, accumDepth } = p;
    if (!isConstant(p.filter.tensor) || p.filter.tensor.dtype === 'int16' || p.output.size === 0) return undefined;
    if (p.input.tensor.dtype === 'int16') return prepareInt16(p, node, engine);
    if (p.output.dtype === 'int16' || !isConstant(p.bias)) return undefined;
    const isPossible = 'factors' in requantization ? isDoublePossible(requantization) : !node.singleRounding;
    if (!isPossible) return undefined;
    const row = { batches: 1, inputHeight: 1, inputWidth: batches, inputDepth: accumDepth, outputHeight: 1 };
    return preparePointwise({ ...p, ...row, outputWidth: batches, strideHeight: 1, strideWidth: 1 }, node, engine);
  };
}

function prepareInt16(p: FullyConnected, node: Node, engine: Engine): OptimizedBind | undefined {
  const { batches, outputDepth, accumDepth } = p;
  const input = prepareResident(node, p.input.tensor);
  if (!input) return undefined;
  const isLong = p.product.high !== undefined;
  const rowStride = blocksOf(outputDepth) * BLOCK;
  const matrix = prepareMatrix(node, p.filter, INT16_ROWS, 1);
  const low = node.scratch('int32', batches * rowStride);
  const high = isLong ? node.scratch('int32', batches * rowStride) : undefined;
  const tile = node.scratch('int32', 2 * BLOCK);
  return ({ bind }: SimdMemory): Eval => {
    input.load();
    packMatrix(engine, matrix, undefined, p.input.tensor);
    const sum = bind('sumFullyConnected', {
      input: input.tensor,
      rows: batches,
      depth: accumDepth,
      units: matrix.units,
      matrix: matrix.packed,
      columns: outputDepth,
      isLong,
      low,
      high: high ?? low,
      tile,
    });
    const requantize = bindRequantizeAny({ ...p, product: { low, high } });
    return () => {
      sum();
      for (let b = 0; b < batches; b++) requantize(b * rowStride, 0, outputDepth, b * outputDepth);
    };
  };
}
