/** SOFTMAX of int8 and uint8: see assembly/softmax.ts. */
import { roundingDivideByPOT } from '../fixed_point.ts';
import type { Eval, Node } from '../kernel.ts';
import type { Softmax } from '../reference/softmax.ts';
import { flipOf } from './bytes.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';

export function SOFTMAX(p: Softmax, node: Node) {
  if (p.kind !== 'int8' || p.output.dtype === 'int16' || p.input.size === 0) return undefined;
  const resident = prepareResident(node, p.input);
  if (!resident) return undefined;
  const exps = node.persistent('int32', 256);
  const parts = node.persistent('int32', 256);
  const answers = node.scratch('int8', 256);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    exps.data.set(p.exps);
    parts.data.set(p.exps.map((exp) => roundingDivideByPOT(exp, 12)));
    return bind('softmax8', {
      input: resident.tensor,
      flip: flipOf(p.input),
      rows: p.input.size / p.depth,
      depth: p.depth,
      exps,
      parts,
      answers,
      output: p.output,
      outputMin: p.min,
    });
  };
}
