/** An operator's float32 form beside its integer one: still one operator, and one line in its file. */
import { type Node, type OperatorOf, operator } from '../kernel.ts';

/** What the prepare of a float32 form returns; `kind` tells it from what the integer one's does. */
export interface FloatForm {
  readonly kind: 'float';
}

/** `float` takes the nodes of which this input is float32, `integer` all others. */
export function withFloat<P extends object, F extends FloatForm>(
  integer: OperatorOf<P>,
  float: OperatorOf<F>,
  input = 0,
): OperatorOf<P | F> {
  const prepare = (node: Node) => (node.inputs[input]?.dtype === 'float32' ? float : integer).prepare(node);
  return operator(prepare, (p) => ('kind' in p && p.kind === 'float' ? float : integer).bind(p as never));
}
