/**
 * Which layers run in float32. That is up to their weights, so that nobody takes a float model for a quantized one:
 *
 *   integers in the file, made float32 by a DEQUANTIZE    run: their storage is quantized
 *   computed while the model runs                         run
 *   float32 in the file                                   refused: this part of the model was not quantized
 *   integers in the file, as they are                     refused: hybrid, of dynamic-range quantization
 *
 * Operators without weights run in float32 wherever they are.
 */
import type { Node } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

/** The filter, input 1 of a layer with a float32 input. */
export function prepareWeights(node: Node): Tensor<'float32'> {
  const weights = node.input(1);
  if (weights.dtype !== 'float32') {
    const { dtype } = weights;
    node.unsupported(`its activations are float32, its weights, ${weights}, are ${dtype}: hybrid, of dynamic range`);
  }
  if (weights.storedAsFloat) {
    node.unsupported(`its weights, ${weights}, are float32 in the file; they can be integers, behind a DEQUANTIZE`);
  }
  return weights as Tensor<'float32'>;
}

/** Added to each of the sums, if there is one. */
export function prepareBiasFloat(node: Node, channels: number): Tensor<'float32'> | undefined {
  const bias = node.optionalInput(2, 'float32');
  node.require(!bias || bias.size === channels, `the bias has ${bias?.size} values for ${channels} channels`);
  return bias;
}
