import type { Eval } from '../kernel.ts';
import { bytesOf, type Tensor } from '../tensor.ts';

/** All bytes of a tensor to another of the same size. */
export function copy(from: Tensor, to: Tensor): Eval {
  const source = bytesOf(from);
  const target = bytesOf(to);
  return () => target.set(source);
}
