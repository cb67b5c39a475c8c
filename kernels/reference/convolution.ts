/** What the kernels of the convolution family share: their scales, their bias, their requantization to int16. */
import type { Node } from '../kernel.ts';
import {
  type Activation,
  activationRange,
  convolutionMultiplier,
  legacyConvolutionMultiplier,
  type QuantizedType,
  quantizeMultiplier,
  reduceMultiplier,
} from '../quantization.ts';
import type { Tensor } from '../tensor.ts';

/** int32 or, for 16x8, int64: the type of the bias, or what the options say where there is none. */
export type BiasType = 'int32' | 'int64';

/**
 * Bias tensor of a convolution and the type of its accumulator. 8-bit activations add in int32; int16 activations in the
 * bias's own type, as in TFLite Micro. (TFLite goes by the option quantizedBiasType, and reads an int32 bias as pairs
 * of int64 where the option is not set; where it is set, both agree.)
 */
export function prepareBias(node: Node, i: number, input: Tensor, quantizedBiasType: string, channels: number) {
  const bias = input.dtype === 'int16' ? node.optionalInput(i, 'int64', 'int32') : node.optionalInput(i, 'int32');
  node.require(!bias || bias.size === channels, `the bias has ${bias?.size} values for ${channels} channels`);
  const wide = input.dtype === 'int16' && (bias ? bias.dtype === 'int64' : quantizedBiasType !== 'INT32');
  return { bias, accumulator: (wide ? 'int64' : 'int32') as BiasType };
}

/** Per output channel: real multiplier = input scale * filter scale / output scale, as an int32 multiplier and a shift. */
export function prepareRequantization(
  input: Tensor,
  filter: Tensor,
  output: Tensor<QuantizedType>,
  channels: number,
  accumulator: BiasType,
  activation: Activation,
) {
  const multipliers = new Int32Array(channels);
  const shifts = new Int32Array(channels);
  const realMultiplier = input.dtype === 'uint8' ? legacyConvolutionMultiplier : convolutionMultiplier;
  for (let c = 0; c < channels; c++) {
    const real = realMultiplier(input.scale, filter.scaleOf(c, channels), output.scale);
    const { multiplier, shift } = quantizeMultiplier(real);
    multipliers[c] = accumulator === 'int64' ? reduceMultiplier(multiplier) : multiplier;
    shifts[c] = shift;
  }
  return {
    multipliers,
    shifts,
    outputOffset: output.zeroPoint,
    ...activationRange(activation, output.scale, output.zeroPoint, output.dtype),
  };
}

/** The bias as int32 values, or as int64 in halves, low half first; zeros where there is none. */
export function biasValues(bias: Tensor<BiasType> | undefined, accumulator: BiasType, channels: number): Int32Array {
  const length = accumulator === 'int64' ? 2 * channels : channels;
  return bias ? new Int32Array(bias.data.buffer, bias.data.byteOffset, length) : new Int32Array(length);
}
