/**
 * Runs one subgraph: prepares its nodes, plans their memory, binds their loops, evaluates them in order.
 *
 * Nearly every graph is prepared whole, once. Where a node's prepare asks for values that are known only while the
 * graph runs (a RESHAPE to a computed shape), the nodes fall into stages: a stage is prepared when all before it has
 * run, has an arena of its own, and is prepared again only when the values that it was prepared for have changed.
 *
 *   nodes    0  1  2  3 | 4  5  6 | 7  8
 *   stage         0     |    1    |  2        node 4's prepare reads a value that node 3 computes
 *
 * What can be computed from constants and shapes alone is computed while preparing, and is then a constant itself.
 */
import { LimitError, RequantError, UnsupportedError, type UnsupportedNode } from '../kernels/errors.ts';
import {
  type Environment,
  type Eval,
  type KernelSet,
  Node,
  type NodeParts,
  type Operator,
  ValuesNotKnown,
} from '../kernels/kernel.ts';
import { type Tensor, viewOf } from '../kernels/tensor.ts';
import type { Graph } from './graph.ts';
import { planMemory, type Request } from './memory_planner.ts';

export interface ExecutorOptions extends Environment {
  /** The schema's operators, by name. */
  readonly operators: { readonly [op: string]: Operator };
  /** Operators by the custom names that files give them. */
  readonly customOps: { readonly [name: string]: Operator };
  /** Optimized kernels, the ones to try first first; the operator's own bind comes last. */
  readonly kernelSets: readonly KernelSet[];
}

/** Called after a node has run, with its outputs' data in place. */
export type Tap = (node: Node) => void;

interface Stage {
  readonly first: number;
  /** The first node that is not in this stage. */
  readonly end: number;
  /** By node, from `first`; undefined where a node was computed while preparing. */
  readonly evals: readonly (Eval | undefined)[];
  /** The values it was prepared for. */
  readonly preparedFor: readonly { readonly tensor: Tensor; readonly values: Tensor['data'] }[];
  readonly arenaBytes: number;
  /** Bytes of what was computed while preparing. */
  readonly computedBytes: number;
}

export class Executor {
  readonly graph: Graph;
  /** The prepared nodes, as far as the graph is prepared. */
  readonly nodes: Node[] = [];
  readonly #options: ExecutorOptions;
  readonly #stages: Stage[] = [];
  /** The last node that reads a tensor; nodes.length for a graph output. */
  readonly #lastUse: ReadonlyMap<Tensor, number>;
  /** Constants of the file, and what was computed from them while preparing. */
  readonly #constants: Set<Tensor>;
  readonly #variableBytes: number;
  /** Bytes of what was computed while preparing the current stage. */
  #computedBytes = 0;

  /** Prepares the graph as far as that is possible before it runs. */
  constructor(graph: Graph, options: ExecutorOptions) {
    this.graph = graph;
    this.#options = options;
    this.#lastUse = lastUses(graph);
    this.#constants = new Set(graph.tensors.filter((tensor) => tensor?.known).map((tensor) => tensor!));
    this.#variableBytes = graph.variables.reduce((sum, variable) => sum + variable.byteLength, 0);
    for (const variable of graph.variables) {
      variable.isVariable = true;
      this.#allocate(variable);
    }
    this.resetVariables();
    this.#prepareStage(0, 0);
  }

  /** Bytes of all arenas, and of the tensors that live outside them. */
  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    const sum = (of: (stage: Stage) => number) => this.#stages.reduce((bytes, stage) => bytes + of(stage), 0);
    return {
      arena: sum((stage) => stage.arenaBytes),
      variables: this.#variableBytes,
      computed: sum((stage) => stage.computedBytes),
    };
  }

  /** Multiply-accumulates of one run, as far as the graph is prepared. */
  get macs(): number {
    return this.nodes.reduce((sum, node) => sum + node.macs, 0);
  }

  /** As TFLite: int8 variables start at their zero point, all others at 0. */
  resetVariables(): void {
    for (const { data, dtype, zeroPoint } of this.graph.variables) {
      if (data instanceof BigInt64Array) data.fill(0n);
      else data.fill(dtype === 'int8' ? zeroPoint : 0);
    }
  }

  /** Evaluates every node. The inputs' data is read where it lies, the outputs' is left in place until the next run. */
  run(tap?: Tap): void {
    for (let s = 0, i = 0; i < this.graph.nodes.length; s++) {
      let stage = this.#stages[s];
      if (stage === undefined || !isPreparedFor(stage)) stage = this.#prepareStage(s, i);
      for (; i < stage.end; i++) {
        stage.evals[i - stage.first]?.();
        tap?.(this.nodes[i]!);
      }
    }
  }

  /** Prepares stage s from node `first` on, as far as values are known; the stages behind it are dropped. */
  #prepareStage(s: number, first: number): Stage {
    const { nodes } = this.graph;
    this.#stages.length = s;
    this.nodes.length = first;
    this.#forget(s, first);
    this.#computedBytes = 0;
    const prepared: unknown[] = [];
    const computed: boolean[] = [];
    const unsupported: UnsupportedNode[] = [];
    for (const parts of nodes.slice(first)) {
      try {
        const node = new Node(parts, this.#options);
        if (parts.unsupported) node.unsupported(parts.unsupported);
        prepared.push(this.#operator(node).prepare(node));
        if (unsupported.length > 0) continue;
        this.nodes.push(node);
        computed.push(this.#computeNow(node, prepared.at(-1)));
      } catch (error) {
        if (error instanceof UnsupportedError) {
          unsupported.push({ op: parts.op, node: parts.index, reason: error.message });
        } else if (unsupported.length === 0) {
          if (error instanceof ValuesNotKnown) break;
          throw inContext(error, parts);
        } // else it may be a mere consequence
      }
    }
    if (unsupported.length > 0) throw unsupportedNodes(unsupported);
    const end = this.nodes.length;
    const arenaBytes = this.#planMemory(s, first, computed);
    const stage: Stage = {
      first,
      end,
      arenaBytes,
      computedBytes: this.#computedBytes,
      evals: prepared
        .slice(0, end - first)
        .map((p, i) => (computed[i] ? undefined : this.#bind(this.nodes[first + i]!, p))),
      preparedFor: this.nodes
        .slice(first)
        .flatMap((node) => node.valuesRead)
        .filter((tensor) => !this.#constants.has(tensor))
        .map((tensor) => ({ tensor, values: tensor.data.slice() })),
    };
    this.#stages.push(stage);
    return stage;
  }

  /** Makes known to stage s's prepare all that was there before node `first` ran, and unknown what was not. */
  #forget(s: number, first: number) {
    for (const tensor of [...this.graph.inputs, ...this.graph.variables]) tensor.known = s > 0;
    for (const { index, outputs } of this.graph.nodes) {
      for (const tensor of outputs) {
        if (index >= first) this.#constants.delete(tensor);
        tensor.known = index < first || this.#constants.has(tensor);
      }
    }
  }

  #operator(node: Node): Operator {
    const known = node.isCustom ? this.#options.customOps : this.#options.operators;
    if (!Object.hasOwn(known, node.op)) {
      node.unsupported(
        node.isCustom ? 'a custom operator; give it as options.customOps' : 'requant has no such operator',
      );
    }
    return known[node.op]!;
  }

  /** Computes a node's outputs at once if they follow from constants and shapes. */
  #computeNow(node: Node, prepared: unknown): boolean {
    // A handle is known; what its variable holds is not.
    const known = node.inputs.every((input) => !input || (this.#constants.has(input) && input.dtype !== 'resource'));
    if (!(node.readsShapesOnly || (known && node.inputs.length > 0)) || node.outputs.length === 0) return false;
    for (const tensor of [...node.outputs, ...node.scratches]) {
      this.#computedBytes += tensor.byteLength;
      this.#allocate(tensor);
    }
    this.#bind(node, prepared)();
    for (const tensor of node.outputs) {
      tensor.known = true;
      this.#constants.add(tensor);
    }
    return true;
  }

  #bind(node: Node, prepared: unknown): Eval {
    for (const { kernels } of node.isCustom ? [] : this.#options.kernelSets) {
      const optimized = Object.hasOwn(kernels, node.op) ? kernels[node.op]!(prepared as never) : undefined;
      if (optimized) return optimized;
    }
    return this.#operator(node).bind(prepared as never);
  }

  /** Places the tensors that the stage's nodes write; gives the arena's size in bytes. */
  #planMemory(s: number, first: number, computed: readonly boolean[]): number {
    const tensors: Tensor[] = [];
    const requests: Request[] = [];
    const place = (tensor: Tensor, from: number, to: number) => {
      tensors.push(tensor);
      requests.push({ bytes: tensor.byteLength, first: from, last: to });
    };
    if (s === 0) for (const input of new Set(this.graph.inputs)) place(input, -1, this.#lastUse.get(input) ?? -1);
    for (let i = first; i < this.nodes.length; i++) {
      if (computed[i - first]) continue;
      const node = this.nodes[i]!;
      for (const output of node.outputs) place(output, i, this.#lastUse.get(output) ?? i);
      for (const scratch of node.scratches) place(scratch, i, i);
    }
    const { offsets, size } = planMemory(requests);
    this.#checkLimits(size);
    const arena = allocate(size);
    tensors.forEach((tensor, i) => {
      tensor.data = viewOf(tensor.dtype, arena, offsets[i]!, tensor.size);
    });
    return size;
  }

  /** Gives a tensor memory of its own. */
  #allocate(tensor: Tensor) {
    this.#checkLimits(0);
    tensor.data = viewOf(tensor.dtype, allocate(tensor.byteLength), 0, tensor.size);
  }

  #checkLimits(moreBytes: number) {
    const { limits } = this.#options;
    const { arena, variables, computed } = this.memory;
    const bytes = arena + variables + computed + this.#computedBytes + moreBytes;
    if (bytes > limits.tensorBytes) {
      throw new LimitError(`the tensors take ${bytes} bytes, more than limits.tensorBytes = ${limits.tensorBytes}`);
    }
    if (this.macs > limits.macs) {
      throw new LimitError(
        `one invoke takes ${this.macs} multiply-accumulates, more than limits.macs = ${limits.macs}`,
      );
    }
  }
}

function lastUses({ nodes, outputs }: Graph): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  for (const { index, inputs } of nodes) for (const tensor of inputs) if (tensor) last.set(tensor, index);
  for (const tensor of outputs) last.set(tensor, nodes.length);
  return last;
}

function isPreparedFor({ preparedFor }: Stage): boolean {
  return preparedFor.every(({ tensor, values }) => values.every((value, i) => value === tensor.data[i]));
}

function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    throw new LimitError(`there is no memory for ${bytes} bytes of tensors`, {}, { cause });
  }
}

/** Adds the node to an error that only knows its tensor. */
function inContext(error: unknown, { op, index }: NodeParts): unknown {
  if (!(error instanceof RequantError) || error.node !== undefined) return error;
  const { code: _, ...place } = error;
  const Same = error.constructor as new (message: string, place: object) => RequantError;
  return new Same(`${op} (node ${index}): ${error.message}`, { ...place, op, node: index });
}

function unsupportedNodes(nodes: readonly UnsupportedNode[]): UnsupportedError {
  const list = nodes.map(({ reason }) => reason).join('\n  ');
  const count = nodes.length === 1 ? 'one node' : `${nodes.length} nodes`;
  return new UnsupportedError(
    `${count} of this model cannot be run:\n  ${list}\n` +
      'requant runs quantized models, in integers; `requant inspect` shows which tensors are not quantized, and why.',
    nodes[0],
    nodes,
  );
}
