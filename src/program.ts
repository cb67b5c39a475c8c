/** The subgraphs of a model as they run each other (IF, WHILE, CALL_ONCE), and the variables that they share. */
import { LimitError, ModelError } from '../kernels/errors.ts';
import type { Callee, Callees, Node, Resource } from '../kernels/kernel.ts';
import { Budget } from './budget.ts';
import { Executor, type ExecutorOptions, type Tap } from './executor.ts';
import { buildGraph, Constants } from './graph.ts';
import type { Model } from './model/model.ts';

/** Subgraphs that run one another, one inside the other. */
const MAX_DEPTH = 32;

/** Nodes and tensors in all subgraphs that nodes run, each subgraph as often as it is prepared. Real models have hundreds. */
const MAX_PARTS = 200_000;

export class Program implements Callees {
  readonly resources: Resource[] = [];
  readonly calledOnce = new Set<number>();
  readonly #model: Model;
  readonly #options: ExecutorOptions;
  readonly #budget: Budget;
  readonly #constants: Constants;
  readonly #executors = new Set<Executor>();
  readonly #preparedFor = new Map<Node, Executor[]>();
  /** Nodes and tensors of the executors that nodes run. */
  #parts = 0;
  /** The subgraphs that are being prepared, each because of a node of the one before. */
  readonly #preparing: number[] = [];

  constructor(model: Model, options: ExecutorOptions) {
    this.#model = model;
    this.#options = { ...options, callees: this };
    this.#budget = new Budget(options.limits);
    this.#constants = new Constants(options.limits.tensorBytes);
  }

  /** An executor of a subgraph, whose inputs have the shapes in the file but for those given here by tensor index. */
  executor(subgraph: number, inputShapes: ReadonlyMap<number, readonly number[]>): Executor {
    const spec = this.#model.subgraphs[subgraph];
    if (spec === undefined) {
      throw new ModelError(`there is no subgraph ${subgraph}: the file has ${this.#model.subgraphs.length}`);
    }
    if (this.#preparing.includes(subgraph)) {
      throw new ModelError(`subgraph ${subgraph} runs itself: ${[...this.#preparing, subgraph].join(' -> ')}`);
    }
    if (this.#preparing.length >= MAX_DEPTH || this.#parts > MAX_PARTS) {
      throw new LimitError(
        `the subgraphs that nodes run go more than ${MAX_DEPTH} deep, or have more than ${MAX_PARTS} nodes and tensors`,
      );
    }
    this.#preparing.push(subgraph);
    try {
      const executor = new Executor(buildGraph(spec, inputShapes, this.#constants), this.#options, this.#budget);
      this.#executors.add(executor);
      return executor;
    } finally {
      this.#preparing.pop();
    }
  }

  /** Runs the model's main graph: an invoke. */
  run(executor: Executor, tap: Tap | undefined): void {
    this.#budget.begin();
    executor.run(tap);
  }

  prepare(node: Node, subgraph: number, inputShapes: readonly (readonly number[])[]): Callee {
    const inputs = this.#model.subgraphs[subgraph]?.inputs ?? [];
    const executor = this.executor(subgraph, new Map(inputs.map((tensor, i) => [tensor, inputShapes[i] ?? []])));
    this.#preparedFor.set(node, [...(this.#preparedFor.get(node) ?? []), executor]);
    this.#parts += partsOf(executor);
    return {
      inputs: executor.graph.inputs,
      outputs: executor.graph.outputs,
      macs: executor.macs,
      isStatic: executor.nodes.length === executor.graph.nodes.length,
      run: () => {
        this.#budget.spend(executor.work + executor.nodes.length);
        executor.run();
      },
    };
  }

  release(node: Node): void {
    for (const executor of this.#preparedFor.get(node) ?? []) {
      this.#executors.delete(executor);
      this.#parts -= partsOf(executor);
      executor.dispose();
    }
    this.#preparedFor.delete(node);
  }

  allocate(bytes: number): ArrayBuffer {
    return this.#budget.allocate(bytes);
  }

  resourceNumber(name: string): number {
    const known = this.resources.findIndex((resource) => resource.name === name);
    if (known >= 0) return known;
    return this.resources.push({ name, tensor: undefined, assigned: false }) - 1;
  }

  /** Variables get their initial values, resource variables are unassigned, and CALL_ONCE will run again. */
  resetVariables(): void {
    for (const executor of this.#executors) executor.resetVariables();
    for (const resource of this.resources) resource.assigned = false;
    this.calledOnce.clear();
  }
}

function partsOf({ graph }: Executor): number {
  return 1 + graph.nodes.length + graph.tensors.length;
}
