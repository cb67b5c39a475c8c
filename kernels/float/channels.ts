import type { Node } from '../kernel.ts';
import { sizeOf, type Tensor } from '../tensor.ts';

export type Channels = ReturnType<typeof prepareChannels>;

/** Scale and zero point by channel, for quantizing or dequantizing; element i is of channel floor(i / inner) % channels. */
export function prepareChannels(node: Node, quantized: Tensor, { shape, size }: Tensor) {
  const { scales, zeroPoints, dimension } = quantized.quantization ?? {};
  node.require(
    scales !== undefined && zeroPoints !== undefined && dimension !== undefined,
    `${quantized} has no scale`,
  );
  const channels = scales.length;
  node.require(channels === 1 || channels === shape[dimension], `${quantized} has ${channels} scales`);
  for (let c = 0; c < channels; c++) quantized.scaleOf(c, channels); // checks each
  const inner = channels === 1 ? size : sizeOf(shape.slice(dimension + 1));
  return { scales, zeroPoints, channels, inner };
}
