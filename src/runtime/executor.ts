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
import {
  type ErrorPlace,
  InputError,
  ModelError,
  RequantError,
  UnsupportedError,
  type UnsupportedNode,
} from '../../kernels/errors.ts';
import {
  type Environment,
  type Eval,
  type KernelMemory,
  type KernelSet,
  Node,
  type Operator,
  type OptimizedBind,
  ValuesNotKnown,
} from '../../kernels/kernel.ts';
import { bytesOf, isOfBigInts, type Tensor, viewOf } from '../../kernels/tensor.ts';
import { Budget } from './budget.ts';
import type { Graph } from './graph.ts';
import { align, type Plan, planMemory, type Request } from './memory_planner.ts';
import { reasons, unsupportedNodes } from './unsupported.ts';

export interface ExecutorOptions extends Environment {
  /** The schema's operators, by name. */
  readonly operators: { readonly [op: string]: Operator };
  /** Operators by the custom names that files give them. */
  readonly customOps: { readonly [name: string]: Operator };
  /** Optimized kernels; what they decline, the operator's own bind does. */
  readonly kernelSet?: KernelSet | undefined;
}

/** Called after a node has run, or after its turn if it was computed while preparing, with its outputs' data in place. */
export type Tap = (node: Node, isComputed: boolean) => void;

/** A node as its kernel has it. */
export interface PreparedNode {
  readonly node: Node;
  /** What the operator's prepare returned. */
  readonly prepared: unknown;
  /** Computes the outputs; undefined where they were computed while preparing. */
  readonly evaluate: Eval | undefined;
}

/** On the way to it: no memory has been planned, so nothing is bound. */
interface UnboundNode {
  readonly node: Node;
  readonly prepared: unknown;
  readonly isComputed: boolean;
  /** Of the kernel set, if it takes the node over. */
  readonly optimizedBind: OptimizedBind | undefined;
}

interface Stage {
  readonly first: number;
  /** The first node that is not in this stage. */
  readonly end: number;
  /** The values it was prepared for. */
  readonly preparedFor: readonly { readonly tensor: Tensor; readonly values: Tensor['data'] }[];
  /** What this stage and those before it cost. */
  readonly costs: Costs;
  readonly arena: Arena;
}

/** What shares a stage's arena: tensors that nodes write, and their scratch memory, each with its lifetime and its place. */
export interface Arena {
  readonly tensors: readonly Tensor[];
  readonly requests: readonly Request[];
  readonly plan: Plan;
}

interface Costs {
  /** Bytes of the arenas. */
  readonly arena: number;
  /** Bytes of what was computed while preparing. */
  readonly computed: number;
  readonly macs: number;
  /** As limits.macs counts it. */
  readonly work: number;
}

const NO_GRAPH: Graph = { tensors: [], inputs: [], outputs: [], variables: [], nodes: [] };

const NO_COSTS: Costs = { arena: 0, computed: 0, macs: 0, work: 0 };

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #budget: Budget;
  #graph: Graph = NO_GRAPH;
  readonly #nodes: PreparedNode[] = [];
  readonly #stages: Stage[] = [];
  /** The last node that reads a tensor; nodes.length for a graph output. */
  #lastUse: ReadonlyMap<Tensor, number> = new Map();
  /** Constants of the file, and what was computed from them while preparing. */
  #constants = new Set<Tensor>();
  #variables: ReadonlySet<Tensor> = new Set();
  #variableBytes = 0;
  /** Of all stages, and of the one that is being prepared. */
  #costs = NO_COSTS;

  constructor(graph: Graph, options: ExecutorOptions, budget = new Budget(options.limits)) {
    this.#options = options;
    this.#budget = budget;
    this.load(graph);
  }

  get graph(): Graph {
    return this.#graph;
  }

  /** As far as the graph is prepared. */
  get nodes(): readonly PreparedNode[] {
    return this.#nodes;
  }

  /** Prepares a graph, as far as that is possible before it runs, in place of the one before. */
  load(graph: Graph): void {
    this.dispose();
    this.#graph = graph;
    this.#lastUse = lastUses(graph);
    this.#constants = new Set(graph.tensors.filter((tensor) => tensor?.known).map((tensor) => tensor!));
    this.#variables = new Set(graph.variables);
    try {
      for (const variable of this.#variables) {
        variable.isVariable = true;
        this.#allocate(variable);
        this.#variableBytes += variable.byteLength;
      }
      this.resetVariables();
      this.#prepareStage(0, 0);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Bytes of all arenas, and of the tensors that live outside them. */
  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    const { arena, computed } = this.#costs;
    return { arena, variables: this.#variableBytes, computed };
  }

  /** One arena for each stage, as far as the graph is prepared. */
  get arenas(): readonly Arena[] {
    return this.#stages.map(({ arena }) => arena);
  }

  /** Multiply-accumulates of one run, as far as the graph is prepared. */
  get macs(): number {
    return this.#costs.macs;
  }

  /** Of one run, as limits.macs counts it, as far as the graph is prepared. */
  get work(): number {
    return this.#costs.work;
  }

  /** As TFLite: int8 variables start at their zero point, all others, and the state of operators, at 0. */
  resetVariables(): void {
    for (const { data, dtype, zeroPoint } of this.#graph.variables) {
      if (isOfBigInts(data)) data.fill(0n);
      else data.fill(dtype === 'int8' ? zeroPoint : 0);
    }
    for (const { node } of this.#nodes) for (const state of node.states) bytesOf(state).fill(0);
  }

  /** Gives back what it takes of the budget; it cannot run until it loads a graph again. */
  dispose(): void {
    this.#dropFrom(0, 0);
    this.#budget.release(this.#variableBytes);
    this.#variableBytes = 0;
  }

  /**
   * Evaluates every node. The inputs' data is read where it lies, the outputs' is left in place until the next run.
   * `beforeNode` is called with each node's index, and with their number after the last.
   */
  run(tap?: Tap, beforeNode?: (node: number) => void): void {
    const nodes = this.#nodes;
    const count = this.#graph.nodes.length;
    for (let s = 0, i = 0; i < count; s++) {
      let stage = this.#stages[s];
      if (stage === undefined || !isPreparedFor(stage)) stage = this.#prepareStage(s, i);
      for (; i < stage.end; i++) {
        const { node, evaluate } = nodes[i]!;
        beforeNode?.(i);
        evaluate?.();
        tap?.(node, evaluate === undefined);
      }
    }
    beforeNode?.(count);
  }

  /** Prepares stage s from node `first` on, as far as values are known; the stages behind it are dropped. */
  #prepareStage(s: number, first: number): Stage {
    this.#dropFrom(s, first);
    const unbound = this.#prepareNodes(s, first);
    const { memory, arena } = this.#planMemory(s, first, unbound);
    unbound.forEach(({ node, prepared, isComputed, optimizedBind }, i) => {
      const evaluate = isComputed
        ? undefined
        : (optimizedBind?.(memory as never) ?? this.#operator(node).bind(prepared as never));
      this.#nodes[first + i] = { node, prepared, evaluate };
    });
    const stage: Stage = {
      first,
      end: this.#nodes.length,
      preparedFor: [...new Set(unbound.flatMap(({ node }) => node.valuesRead))]
        .filter((tensor) => !this.#constants.has(tensor))
        .map((tensor) => ({ tensor, values: tensor.data.slice() })),
      costs: this.#costs,
      arena,
    };
    this.#stages.push(stage);
    return stage;
  }

  /** Prepares nodes from `first` to the first whose prepare needs values that are not known yet, or to the end. */
  #prepareNodes(s: number, first: number): UnboundNode[] {
    const unbound: UnboundNode[] = [];
    const unsupported: UnsupportedNode[] = [];
    let waiting = false;
    for (let i = first; i < this.#graph.nodes.length && !(waiting && s > 0); i++) {
      const node = new Node(this.#graph.nodes[i]!, this.#options);
      try {
        const operator = this.#operator(node);
        if (waiting) continue; // in stage 0 all nodes are looked up, so that what is missing is said before the graph runs
        const prepared = operator.prepare(node);
        node.checkOutputs();
        for (const input of node.inputs) if (input && this.#variables.has(input)) input.known = false; // eval may change it
        if (unsupported.length > 0) continue;
        this.#nodes.push({ node, prepared, evaluate: undefined }); // from now on it is dropped with its stage
        this.#addCosts({ macs: node.macs, work: node.cost });
        const isComputed = this.#computeNow(node, prepared);
        // What other stages wrote lies in other memories.
        const optimizedBind = isComputed || s > 0 ? undefined : this.#optimize(node, prepared);
        unbound.push({ node, prepared, isComputed, optimizedBind });
      } catch (error) {
        if (this.#nodes.at(-1)?.node !== node) this.#options.callees?.release(node);
        if (error instanceof UnsupportedError) unsupported.push(...reasons(error, node));
        else if (unsupported.length > 0)
          continue; // it may be a mere consequence
        else if (error instanceof ValuesNotKnown && (s === 0 || i > first)) waiting = true;
        else throw inContext(error, node);
      }
    }
    if (unsupported.length > 0) throw unsupportedNodes(unsupported, this.#graph);
    return unbound;
  }

  /** Drops stage s, which begins at node `first`, and all behind it; only what was there before is known then. */
  #dropFrom(s: number, first: number) {
    const costs = this.#stages[s - 1]?.costs ?? NO_COSTS;
    this.#budget.release(this.#costs.arena + this.#costs.computed - costs.arena - costs.computed);
    this.#costs = costs;
    for (const { node } of this.#nodes.slice(first)) {
      this.#options.callees?.release(node);
      for (const tensor of node.outputs) {
        this.#constants.delete(tensor);
        tensor.known = false;
      }
    }
    for (const { node } of this.#nodes.slice(this.#stages[s - 1]?.first, first)) {
      for (const tensor of node.outputs) tensor.known = true;
    }
    for (const tensor of [...this.#graph.inputs, ...this.#variables]) tensor.known = s > 0;
    this.#stages.length = s;
    this.#nodes.length = first;
  }

  #operator(node: Node): Operator {
    const { unsupported } = this.#graph.nodes[node.index]!;
    if (unsupported) node.unsupported(unsupported);
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
    const known = node.inputs.every((input) => !input || this.#constants.has(input));
    if (!(node.readsShapesOnly || (known && node.inputs.length > 0))) return false;
    if (node.hasState || node.outputs.length === 0) return false;
    this.#budget.checkMacs(this.#costs.work);
    for (const tensor of [...node.outputs, ...node.scratches, ...node.persistents]) this.#allocateComputed(tensor);
    const evaluate = this.#operator(node).bind(prepared as never);
    try {
      evaluate();
    } catch (error) {
      // No caller gave these values: they are the file's.
      throw error instanceof InputError ? new ModelError(error.message, node.place) : error;
    }
    for (const tensor of node.outputs) {
      tensor.known = true;
      this.#constants.add(tensor);
    }
    return true;
  }

  /** Offers a node to the kernel set. */
  #optimize(node: Node, prepared: unknown): OptimizedBind | undefined {
    const kernels = this.#options.kernelSet?.kernels;
    if (node.isCustom || !kernels || !Object.hasOwn(kernels, node.op)) return undefined;
    const { scratches, persistents } = node;
    node.scratches = [];
    node.persistents = [];
    const bind = kernels[node.op]!(prepared as never, node);
    if (!bind) Object.assign(node, { scratches, persistents });
    node.isOptimized = bind !== undefined;
    return bind;
  }

  /** Places the tensors that the stage's nodes write, and the memory that they keep. */
  #planMemory(s: number, first: number, unbound: readonly UnboundNode[]): { memory: KernelMemory; arena: Arena } {
    this.#budget.checkMacs(this.#costs.work);
    const tensors: Tensor[] = [];
    const requests: Request[] = [];
    const persistents: Tensor[] = [];
    const place = (tensor: Tensor, from: number, to: number) => {
      tensors.push(tensor);
      requests.push({ bytes: tensor.byteLength, first: from, last: to });
    };
    if (s === 0) for (const input of new Set(this.#graph.inputs)) place(input, -1, this.#lastUse.get(input) ?? -1);
    for (const [at, { node, isComputed }] of unbound.entries()) {
      if (isComputed) continue;
      const i = first + at;
      for (const output of node.outputs) place(output, i, this.#lastUse.get(output) ?? i);
      for (const scratch of node.scratches) place(scratch, i, i);
      persistents.push(...node.persistents);
    }
    const plan = planMemory(requests);
    let size = plan.size;
    const offsets = [...plan.offsets];
    for (const { byteLength } of persistents) {
      offsets.push(size);
      size = align(size + byteLength);
    }
    const memory = this.#createMemory(size, unbound);
    this.#addCosts({ arena: plan.size, computed: size - plan.size });
    [...tensors, ...persistents].forEach((tensor, i) => {
      tensor.data = viewOf(tensor.dtype, memory.buffer, offsets[i]!, tensor.size);
    });
    return { memory, arena: { tensors, requests, plan } };
  }

  /** The kernel set's memory where it has taken a node. */
  #createMemory(bytes: number, unbound: readonly UnboundNode[]): KernelMemory {
    const { kernelSet } = this.#options;
    if (!kernelSet || unbound.every(({ optimizedBind }) => !optimizedBind)) {
      return { buffer: this.#budget.allocate(bytes) };
    }
    return this.#budget.allocate(bytes, () => kernelSet.createMemory(bytes));
  }

  /** Gives a tensor memory of its own. */
  #allocate(tensor: Tensor) {
    tensor.data = viewOf(tensor.dtype, this.#budget.allocate(tensor.byteLength), 0, tensor.size);
  }

  #allocateComputed(tensor: Tensor) {
    this.#allocate(tensor);
    this.#addCosts({ computed: tensor.byteLength });
  }

  #addCosts({ arena = 0, computed = 0, macs = 0, work = 0 }: Partial<Costs>) {
    const costs = this.#costs;
    this.#costs = {
      arena: costs.arena + arena,
      computed: costs.computed + computed,
      macs: costs.macs + macs,
      work: costs.work + work,
    };
  }
}

function lastUses({ nodes, outputs }: Graph): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  for (const { index, inputs } of nodes) for (const tensor of inputs) if (tensor) last.set(tensor, index);
  for (const tensor of outputs) last.set(tensor, nodes.length);
  return last;
}

function isPreparedFor({ preparedFor }: Stage): boolean {
  return preparedFor.every(({ tensor, values }) => values.every((value, i) => Object.is(value, tensor.data[i])));
}

/** Adds the node to an error that only knows its tensor. */
function inContext(error: unknown, node: Node): unknown {
  if (error instanceof ValuesNotKnown)
    error = new UnsupportedError(
      `it needs ${error.tensor} when the graph is prepared, but that is known only at run time`,
    );
  if (!(error instanceof RequantError) || error.node !== undefined) return error;
  const Same = error.constructor as new (message: string, place: ErrorPlace, options: ErrorOptions) => RequantError;
  return new Same(`${node}: ${error.message}`, { ...node.place, tensor: error.tensor }, { cause: error });
}
