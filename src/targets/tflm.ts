/** Does TensorFlow Lite Micro take this model? Decided node by node, as its AllocateTensors and Invoke do. */
import type { Model, OperatorSpec, Subgraph } from '../model/model.ts';
import { compiledFor } from './compiled.ts';
import { type Objection, objectionOf } from './micro_kernel.ts';
import { MICRO_CUSTOM_KERNELS, MICRO_KERNELS } from './micro_kernels.ts';
import { MICRO_CUSTOM_METHODS, MICRO_METHODS } from './micro_operators.ts';

/** The one accelerator whose nodes TensorFlow Lite Micro has a kernel for, where it is built for it. */
const ETHOS_U = 'ethos-u';

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
  const accelerator = compiledFor(operator);
  if (accelerator !== undefined && op !== ETHOS_U) return { text: `it is compiled for ${accelerator}` };
  if (!Object.hasOwn(isCustom ? MICRO_CUSTOM_METHODS : MICRO_METHODS, op)) return { text: 'it has no such operator' };
  const kernels = isCustom ? MICRO_CUSTOM_KERNELS : MICRO_KERNELS;
  return Object.hasOwn(kernels, op) ? objectionOf(kernels[op]!, operator, subgraph, model) : undefined;
}
