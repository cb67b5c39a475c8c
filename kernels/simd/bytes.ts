/** 8-bit types as the module's loops see them: all are int8, a uint8 being one plus 128. */
import type { Tensor } from '../tensor.ts';

/** What is xored to a byte of this tensor, and added to its zero point and limits, to make an int8 of it. */
export function flipOf({ dtype }: Tensor): number {
  return dtype === 'uint8' ? -128 : 0;
}

/** The zero point of such an int8. */
export function flippedZeroPoint(tensor: Tensor): number {
  return tensor.zeroPoint + flipOf(tensor);
}

/** Whether a zero point is a value of its tensor's type, so that what is less it has 9 bits. */
export function isPlainZeroPoint(zeroPoint: number, tensor: Tensor): boolean {
  const flipped = zeroPoint + flipOf(tensor);
  return flipped >= -128 && flipped <= 127;
}

export function hasPlainZeroPoints(...tensors: readonly Tensor[]): boolean {
  return tensors.every((tensor) => isPlainZeroPoint(tensor.zeroPoint, tensor));
}
