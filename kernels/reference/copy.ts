import type { Eval } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

/** All bytes of a tensor to another of the same size. */
export function copy(from: Tensor, to: Tensor): Eval {
  const source = new Uint8Array(from.data.buffer, from.data.byteOffset, from.data.byteLength);
  const target = new Uint8Array(to.data.buffer, to.data.byteOffset, to.data.byteLength);
  return () => target.set(source);
}
