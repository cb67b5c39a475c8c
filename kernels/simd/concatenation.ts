/** CONCATENATION: what has another scale by a table, then copies. */
import type { Eval, Node } from '../kernel.ts';
import type { Concatenation } from '../reference/concatenation.ts';
import type { Tensor } from '../tensor.ts';
import { prepareLookup } from './lookup.ts';
import type { SimdMemory } from './memory.ts';
import { inOrder, move } from './strided_copy.ts';

export function CONCATENATION({ tables, steps }: Concatenation, node: Node) {
  const scratches = new Map<Tensor, Tensor>();
  const lookups = tables.map(({ input, table, requantized }) => {
    const scratch = node.scratch('uint8', input.size);
    scratches.set(requantized, scratch);
    return prepareLookup(node, input, table, scratch);
  });
  const join = move(steps, node, scratches);
  if (!join || !lookups.every((lookup) => lookup !== undefined)) return undefined;
  return (memory: SimdMemory): Eval => inOrder([...lookups.map((bind) => bind(memory)), join(memory)]);
}
