import type { Node } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

/** Scale and zero point of a tensor that is quantized as a whole; zeros for every other, as upstream keeps them. */
export function prepareWholeQuantization({ quantization }: Tensor): { scale: number; zeroPoint: number } {
  return quantization?.scales.length === 1
    ? { scale: quantization.scales[0], zeroPoint: quantization.zeroPoints[0] }
    : { scale: 0, zeroPoint: 0 };
}

/** Whether values can go from one tensor to the other as they are. */
export function prepareIsSameQuantization(a: Tensor, b: Tensor): boolean {
  const x = prepareWholeQuantization(a);
  const y = prepareWholeQuantization(b);
  return x.scale === y.scale && x.zeroPoint === y.zeroPoint;
}

/** TFLite refuses to move values to another quantization; TFLite Micro does not look. */
export function prepareSameQuantization(node: Node, a: Tensor, b: Tensor): void {
  node.require(
    node.isMicro || prepareIsSameQuantization(a, b),
    `${a} and ${b} must have the same scale and zero point`,
  );
}

/** The same for operators that look at int8, uint8 and int16 alone. */
export function prepareSameQuantizationOfIntegers(node: Node, a: Tensor, b: Tensor): void {
  if (a.dtype === 'int8' || a.dtype === 'uint8' || a.dtype === 'int16') prepareSameQuantization(node, a, b);
}
