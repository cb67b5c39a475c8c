/** Nodes that stand for what a compiler made for an accelerator: what they compute is in their bytes, not in the file's operators. */
import type { Model, OperatorSpec } from '../model/model.ts';

/** Custom operators by name, and for what each is compiled, with the compiler. A * stands for any end. */
const ACCELERATORS: { readonly [op: string]: string } = {
  'ethos-u': "Arm's Ethos-U, by Vela",
  'edgetpu-custom-op': "Google's Edge TPU, by edgetpu_compiler",
  'XC_*': "XMOS's xcore, by xformer",
  NeutronGraph: "NXP's eIQ Neutron, by neutron-converter",
  'vsi-npu': "VeriSilicon's NPU, by TIM-VX",
  DISPATCH_OP: "an NPU, by LiteRT's ahead-of-time compiler",
};

/** "Arm's Ethos-U, by Vela"; undefined of a node that an accelerator's compiler did not make. */
export function compiledFor({ op, isCustom }: Pick<OperatorSpec, 'op' | 'isCustom'>): string | undefined {
  if (!isCustom) return undefined;
  const name = Object.keys(ACCELERATORS).find(
    (name) => op === name || (name.endsWith('*') && op.startsWith(name.slice(0, -1))),
  );
  return name === undefined ? undefined : ACCELERATORS[name];
}

/** What to do about such a node. */
export const BEFORE_COMPILING = 'take the file from before that step';

export interface CompiledNodes {
  /** "Arm's Ethos-U, by Vela" */
  readonly accelerator: string;
  readonly nodes: readonly { readonly subgraph: number; readonly node: number; readonly op: string }[];
}

/** The nodes of a model that are compiled for accelerators, by accelerator. */
export function compiledNodes(model: Model): CompiledNodes[] {
  const found = new Map<string, CompiledNodes['nodes'][number][]>();
  for (const { index, operators } of model.subgraphs) {
    for (const operator of operators) {
      const accelerator = compiledFor(operator);
      if (accelerator === undefined) continue;
      const node = { subgraph: index, node: operator.index, op: operator.op };
      found.set(accelerator, [...(found.get(accelerator) ?? []), node]);
    }
  }
  return [...found].map(([accelerator, nodes]) => ({ accelerator, nodes }));
}
