/** How commands name one layer of a model. */
import { InputError } from '../../kernels/errors.ts';

export const LAYER_HELP = "one node: its number, or its output's name or a part of that";

/** What is asked for of a layer: its node's number, and the name of its first output. */
interface Layer {
  readonly node: number;
  readonly op: string;
  readonly name: string;
}

/** The one node that is meant, as a list. */
export function nodesOf<L extends Layer>(nodes: readonly L[], layer: string): L[] {
  const found = /^\d+$/.test(layer) ? nodes.filter(({ node }) => node === Number(layer)) : named(nodes, layer);
  if (found.length === 1) return found;
  if (found.length === 0) {
    throw new InputError(
      `there is no layer ${layer}: the nodes are 0 to ${nodes.length - 1}, \`requant explain\` names them`,
    );
  }
  const list = found.map(({ node, op, name }) => `\n  ${node}  ${op}  ${name}`).join('');
  throw new InputError(`${found.length} layers have a name with '${layer}' in it: give the number of one${list}`);
}

function named<L extends Layer>(nodes: readonly L[], layer: string): L[] {
  const exact = nodes.filter(({ name }) => name === layer);
  return exact.length > 0 ? exact : nodes.filter(({ name }) => name.includes(layer));
}
