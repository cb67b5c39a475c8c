/** What TensorFlow Lite Micro refuses of a model, in a line. */
import type { MicroRefusal } from '../targets/tflm.ts';
import { clean, plural } from './text.ts';

/** 'SPLIT (node 3): its kernel takes ..., and so 2 more nodes'; empty where it refuses nothing. */
export function refusalText(refusals: readonly MicroRefusal[]): string {
  const [first, ...others] = refusals;
  if (first === undefined) return '';
  const { op, node, subgraph, reason, dies } = first;
  const where = subgraph > 0 ? `node ${node} of subgraph ${subgraph}` : `node ${node}`;
  const end = dies ? '; it ends the program there' : '';
  const more = others.length > 0 ? `; and ${plural(others.length, 'node')} more` : '';
  return `${clean(op)} (${where}): ${clean(reason)}${end}${more}`;
}
