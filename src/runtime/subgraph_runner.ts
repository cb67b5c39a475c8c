/** A subgraph as callers run it, by position: the main graph, and those of the signatures. */
import { InputError } from '../../kernels/errors.ts';
import type { Node } from '../../kernels/kernel.ts';
import { isSameShape, type Tensor } from '../../kernels/tensor.ts';
import type { Subgraph } from '../model/model.ts';
import type { Executor, PreparedNode } from './executor.ts';
import type { Session } from './session.ts';
import { fill, OutputTensor, type TensorData, TensorInfo } from './tensor_info.ts';

export interface InvokeOptions {
  /** Called with each tensor that a node has written, right after the node has run; it changes no result. */
  readonly tap?: (tensor: OutputTensor, node: NodeInfo) => void;
  /**
   * Called with the index of each node right before it runs, and with their number after the last: to measure, or to show
   * progress. It copies nothing.
   */
  readonly beforeNode?: (node: number) => void;
  /**
   * Called with each tensor that a node has written, behind `tap`: the nodes that follow go on with the values that it
   * returns in place of the node's own. What was computed from constants while preparing is not asked for.
   */
  readonly replace?: (tensor: OutputTensor, node: NodeInfo) => TensorData | undefined;
}

/** An operator at its place in the graph. */
export interface NodeInfo {
  readonly index: number;
  readonly op: string;
  readonly version: number;
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (TensorInfo | undefined)[];
  readonly outputs: readonly TensorInfo[];
  readonly options: { readonly [field: string]: unknown };
  /** Multiply-accumulates of one run; 0 where there are none. */
  readonly macs: number;
  /** The kernels that run it: of an interpreter with 'simd' too, where they leave the node to 'reference'. */
  readonly kernels: 'simd' | 'reference';
}

/** The owner of its subgraph's executor: the one that callers run. Nodes that run the subgraph have theirs. */
export class SubgraphRunner {
  readonly subgraph: Subgraph;
  readonly #session: Session;
  readonly #executor: Executor;

  constructor(session: Session, subgraph: Subgraph) {
    this.subgraph = subgraph;
    this.#session = session;
    this.#executor = session.prepareSubgraph(subgraph.index);
  }

  get inputs(): TensorInfo[] {
    return this.subgraph.inputs.map((i) => this.info(i));
  }

  get outputs(): TensorInfo[] {
    return this.subgraph.outputs.map((i) => this.info(i));
  }

  get tensors(): TensorInfo[] {
    return this.subgraph.tensors.map(({ index }) => this.info(index));
  }

  get nodes(): NodeInfo[] {
    return this.subgraph.operators.map(({ index }) => this.#nodeInfo(index));
  }

  get preparedNodes(): PreparedNode[] {
    return this.#executor.nodes.slice();
  }

  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    const { arena, variables, computed } = this.#executor.memory;
    return { arena, variables: variables + this.#session.resourceBytes, computed };
  }

  get macs(): number {
    return this.#executor.macs;
  }

  info(i: number): TensorInfo {
    const spec = this.subgraph.tensors[i]!;
    return new TensorInfo(spec, this.#executor.graph.tensors[i]?.shape ?? spec.shape);
  }

  /** One run on these values, in the order of the inputs; the outputs are in the file's order. */
  invoke(given: readonly unknown[], { tap, replace, beforeNode }: InvokeOptions): OutputTensor[] {
    this.#session.checkIdle();
    const { graph } = this.#executor;
    graph.inputs.forEach((tensor, i) => {
      fill(tensor, given[i], 'input');
    });
    const onNode = ({ index, outputs }: Node, isComputed: boolean) => {
      const node = this.#nodeInfo(index);
      for (const tensor of outputs) {
        tap?.(this.#output(tensor), node);
        const values = isComputed ? undefined : replace?.(this.#output(tensor), node);
        if (values !== undefined) fill(tensor, values, 'the replacement of');
      }
    };
    this.#session.run(this.#executor, tap || replace ? onNode : undefined, beforeNode);
    return graph.outputs.map((tensor) => this.#output(tensor));
  }

  /** Gives inputs other shapes, by tensor index. If that fails, all is as it was. */
  resize(shapes: ReadonlyMap<number, unknown>): void {
    this.#session.checkIdle();
    const inputShapes = new Map(this.#executor.graph.inputs.map(({ index, shape }) => [index, shape]));
    let changes = false;
    for (const [tensor, shape] of shapes) {
      if (!isShape(shape)) {
        throw new InputError(`[${shape}] is no shape: it takes a list of whole numbers from 0 on`, { tensor });
      }
      changes ||= !isSameShape(shape, this.info(tensor).shape);
      inputShapes.set(tensor, [...shape]);
    }
    if (changes) this.#session.reshape(this.#executor, this.subgraph.index, inputShapes); // else variables would begin anew, as they do not in TFLite
  }

  #output(tensor: Tensor): OutputTensor {
    return new OutputTensor(this.subgraph.tensors[tensor.index]!, tensor.shape, tensor.data.slice());
  }

  #nodeInfo(i: number): NodeInfo {
    const { index, op, version, options, inputs, outputs } = this.subgraph.operators[i]!;
    return {
      index,
      op,
      version,
      options,
      inputs: inputs.map((t) => (t < 0 ? undefined : this.info(t))),
      outputs: outputs.map((t) => this.info(t)),
      macs: this.#executor.nodes[i]?.node.macs ?? 0,
      kernels: this.#executor.nodes[i]?.node.isOptimized ? 'simd' : 'reference',
    };
  }
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < 2 ** 31);
}

/** What a caller gave by name -> by tensor index. `owner` is who has the names, for error texts. */
export function byTensor<V>(
  given: { readonly [name: string]: V },
  tensors: ReadonlyMap<string, number>,
  owner: string,
): Map<number, V> {
  const found = new Map<number, V>();
  for (const [name, value] of Object.entries(given)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      throw new InputError(`${owner} has no input '${name}'; it has ${[...tensors.keys()].join(', ') || 'none'}`);
    }
    if (found.has(tensor)) {
      const names = [...tensors.keys()].filter((other) => tensors.get(other) === tensor && Object.hasOwn(given, other));
      throw new InputError(`one input is given twice, as ${names.join(' and ')}`, { tensor });
    }
    found.set(tensor, value);
  }
  return found;
}
