/** One node taken out of its graph, on copies of its tensors: it can run again, under any profile, on any values. */
import type { Node, Profile } from '../../kernels/kernel.ts';
import * as reference from '../../kernels/reference/index.ts';
import { Tensor } from '../../kernels/tensor.ts';
import type { PreparedNode } from '../runtime/executor.ts';
import { Executor } from '../runtime/executor.ts';

export class SingleNode {
  /** As the node has them; their data can be written before each run. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly #executor: Executor;

  /**
   * The tensors' data must be in place, and is copied. `open` says which inputs will get other values: all others count
   * as constants.
   *
   * @throws what the operator's prepare throws: it may refuse under this profile
   */
  constructor(node: Node, profile: Profile, open: readonly number[] = []) {
    const copies = new Map<Tensor, Tensor>();
    const copyOf = (tensor: Tensor) => {
      const copy = copies.get(tensor) ?? copied(tensor);
      copies.set(tensor, copy);
      return copy;
    };
    // Of one tensor that is several inputs, each that gets other values is one of its own.
    this.inputs = node.inputs.map((tensor, i) => tensor && (open.includes(i) ? copied(tensor) : copyOf(tensor)));
    this.outputs = node.outputs.map(({ index, name, dtype, shape, quantization }) => {
      return new Tensor(index, name, dtype, shape, quantization);
    });
    const given = new Set(open.flatMap((i) => this.inputs[i] ?? []));
    for (const tensor of this.inputs) if (tensor) tensor.known = !given.has(tensor);
    const { op, isCustom, version, intermediates } = node;
    const parts = { op, isCustom, version, index: 0, options: node.options<object>(), intermediates };
    const data = new Map([...given].map((tensor) => [tensor, tensor.data]));
    this.#executor = new Executor(
      {
        tensors: [...this.inputs, ...this.outputs],
        inputs: [...given],
        outputs: this.outputs,
        variables: [],
        nodes: [{ ...parts, inputs: this.inputs, outputs: this.outputs }],
      },
      { profile, limits: node.limits, operators: reference, customOps: {} },
    );
    for (const [tensor, values] of data) (tensor.data as Int8Array).set(values as Int8Array); // or any other type
  }

  /** Gives the outputs their data. */
  run(): void {
    this.#executor.run();
  }

  /** After a run: what its prepare returned. */
  get prepared(): PreparedNode {
    return this.#executor.nodes[0]!;
  }
}

function copied({ index, name, dtype, shape, quantization, data, isConstant }: Tensor): Tensor {
  const copy = new Tensor(index, name, dtype, shape, quantization);
  copy.isConstant = isConstant;
  copy.data = data.slice();
  return copy;
}
