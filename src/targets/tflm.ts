/** Does TensorFlow Lite Micro take this model? Decided node by node, as its AllocateTensors and Invoke do. */
import type { Model, OperatorSpec, Subgraph } from '../model/model.ts';
import type { MicroKernel, Objection, Types } from './micro_kernel.ts';
import { MICRO_CUSTOM_KERNELS, MICRO_KERNELS } from './micro_kernels.ts';
import { MICRO_CUSTOM_METHODS, MICRO_METHODS } from './micro_operators.ts';
import { NodeView } from './node_view.ts';

/** A node that TensorFlow Lite Micro does not take. */
export interface MicroRefusal {
  readonly subgraph: number;
  readonly node: number;
  readonly op: string;
  /** Without the operator's name: 'it has no such operator', 'its kernel takes int8 or int4 for filter beside int8 for input, not uint8'. */
  readonly reason: string;
  /** The program ends there, in place of an error from AllocateTensors or Invoke. */
  readonly dies: boolean;
}

/** Every node of the model that TensorFlow Lite Micro refuses, in the order of the file. */
export function microRefusals(model: Model): MicroRefusal[] {
  return model.subgraphs.flatMap((subgraph) =>
    subgraph.operators.flatMap((operator) => {
      const objection = microObjection(operator, subgraph, model);
      if (!objection) return [];
      const { text, dies } = objection;
      return { subgraph: subgraph.index, node: operator.index, op: operator.op, reason: text, dies: dies ?? false };
    }),
  );
}

/** Why TensorFlow Lite Micro does not take a node; undefined where it does, or where its kernel is not known here. */
export function microObjection(operator: OperatorSpec, subgraph: Subgraph, model: Model): Objection | undefined {
  const { op, isCustom } = operator;
  if (!Object.hasOwn(isCustom ? MICRO_CUSTOM_METHODS : MICRO_METHODS, op)) return { text: 'it has no such operator' };
  const kernels = isCustom ? MICRO_CUSTOM_KERNELS : MICRO_KERNELS;
  return Object.hasOwn(kernels, op) ? objectionOf(kernels[op]!, operator, subgraph, model) : undefined;
}

function objectionOf(
  kernel: MicroKernel,
  operator: OperatorSpec,
  subgraph: Subgraph,
  model: Model,
): Objection | undefined {
  const [inputs, outputs] = [kernel.inputs, kernel.outputs].map(namesOf);
  const node = new NodeView(operator, subgraph, model, inputs!.names, outputs!.names);
  const missing = inputs!.names.find((name) => !inputs!.optional.has(name) && !node.tensor(name));
  if (missing) return { text: `its kernel needs ${missing}` };
  if (!inputs!.open && operator.inputs.length > inputs!.names.length) {
    return { text: `its kernel takes ${inputs!.names.length} inputs, not ${operator.inputs.length}` };
  }
  const wrongType = typeObjection(kernel.types, node, [...inputs!.names, ...outputs!.names]);
  if (wrongType) return { text: `its kernel takes ${wrongType}` };
  for (const condition of kernel.conditions ?? []) {
    const objection = condition(node);
    if (objection) return objection;
  }
  return undefined;
}

/** 'input filter bias? ...': the names, which may be left out, and whether there may be more. */
function namesOf(declared: string) {
  const words = declared.split(' ');
  const names = words.filter((word) => word !== '...').map((word) => word.replace('?', ''));
  return {
    names,
    optional: new Set(words.filter((word) => word.endsWith('?')).map((word) => word.slice(0, -1))),
    open: words.includes('...'),
  };
}

/**
 * What is wrong with the types, told by the combination that fits longest: 'no uint8 input, but float32, int8, int16';
 * 'int4 or int8 for filter beside int8 for input, not uint8'.
 */
function typeObjection(combinations: readonly Types[], node: NodeView, roles: readonly string[]): string | undefined {
  let rest = combinations;
  const fixed: string[] = [];
  for (const role of roles) {
    const dtype = node.dtype(role);
    if (dtype === undefined) continue;
    const fitting = rest.filter((types) => !types[role] || types[role].split(' ').includes(dtype));
    if (fitting.length === 0) {
      const wanted = [...new Set(rest.flatMap((types) => types[role]!.split(' ')))];
      const beside = fixed.length > 0 ? ` beside ${fixed.join(' and ')}` : '';
      return `${listed(wanted)} for ${role}${beside}, not ${dtype}`;
    }
    if (fitting.length < rest.length) fixed.push(`${dtype} for ${role}`);
    rest = fitting;
  }
  return undefined;
}

const listed = (words: readonly string[]) =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
