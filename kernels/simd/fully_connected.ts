/**
 * FULLY_CONNECTED of 8-bit values with a constant filter: CONV_2D of one tap over an image of one row, a pixel for each row of
 * the batch. In profile tflite sums are requantized by assembly/double.ts.
 */
import type { Node, OptimizedBind } from '../kernel.ts';
import type { PreparedFullyConnected } from '../reference/fully_connected.ts';
import { preparePointwise } from './conv_2d.ts';
import type { Engine } from './engine.ts';
import { isDoublePossible } from './requantization.ts';
import { isConstant, prepareResident } from './resident.ts';

export function fullyConnected(engine: Engine) {
  return (p: PreparedFullyConnected, node: Node): OptimizedBind | undefined => {
    if (p.kind === 'float') return undefined;
    const { requantization, batches, accumDepth } = p;
    const input = prepareResident(node, p.input.tensor);
    const is8Bit = p.input.tensor.dtype !== 'int16' && p.output.dtype !== 'int16';
    if (!input || !is8Bit || !isConstant(p.filter.tensor, p.bias) || p.output.size === 0) return undefined;
    if ('factors' in requantization && !isDoublePossible(requantization)) return undefined;
    const image = {
      inputHeight: 1,
      inputWidth: batches,
      inputDepth: accumDepth,
      outputHeight: 1,
      outputWidth: batches,
    };
    return preparePointwise({ ...p, ...image, batches: 1, strideHeight: 1, strideWidth: 1 }, node, engine, input);
  };
}
