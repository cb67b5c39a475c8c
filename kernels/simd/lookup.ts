/** Operators that are tables of 256 bytes: see assembly/lookup.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';

/** What such an operator's prepare returns; for other types than 8-bit ones its table is another, or none. */
interface Table {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly table?: Int8Array | Int16Array | undefined;
}

export function lookup({ input, output, table }: Table, node: Node) {
  return table instanceof Int8Array ? prepareLookup(node, input, table, output) : undefined;
}

export function prepareLookup(node: Node, input: Tensor, table: Int8Array, output: Tensor) {
  const resident = prepareResident(node, input);
  if (!resident) return undefined;
  const copy = node.persistent('int8', table.length);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    copy.data.set(table);
    return bind('lookup', { input: resident.tensor, table: copy, output, count: output.size });
  };
}
