/**
 * The subgraphs of a model as callers run them (the main graph, signatures) and as they run each other (IF, WHILE,
 * CALL_ONCE), and the variables that they share.
 */
import { InputError, LimitError, ModelError } from '../../kernels/errors.ts';
import type { Callee, Callees, Node, Resource } from '../../kernels/kernel.ts';
import { bytesOf, isSameShape, type Tensor } from '../../kernels/tensor.ts';
import type { Model } from '../model/model.ts';
import { Budget } from './budget.ts';
import { Executor, type ExecutorOptions, type Tap } from './executor.ts';
import { buildGraph, Constants, type Graph } from './graph.ts';

/** Subgraphs that run one another, one inside the other. */
const MAX_DEPTH = 32;

/** Nodes and tensors in all subgraphs that nodes run, each subgraph as often as it is prepared. Real models have hundreds. */
const MAX_PARTS = 200_000;

/** Shapes of a graph's inputs by tensor index, where they are not those in the file. */
type InputShapes = ReadonlyMap<number, readonly number[]>;

export class Session implements Callees {
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
  #isRunning = false;

  constructor(model: Model, options: ExecutorOptions) {
    this.#model = model;
    this.#options = { ...options, callees: this };
    this.#budget = new Budget(options.limits);
    this.#constants = new Constants(options.limits.tensorBytes);
  }

  /** Prepares a subgraph for callers; the executor is theirs to run, by `run`. */
  prepareSubgraph(subgraph: number): Executor {
    return this.#transaction(() => this.#newExecutor(subgraph, new Map(), this.#options));
  }

  /**
   * Prepares a subgraph again, for inputs of other shapes; if that fails, all is as it was. As in TFLite, its variable
   * tensors begin anew, and resource variables keep their values. One that no other graph uses may get another shape
   * by that, and then has no value.
   */
  reshape(executor: Executor, subgraph: number, inputShapes: InputShapes): void {
    const { graph } = executor;
    const before = new Map(graph.inputs.map(({ index, shape }) => [index, shape]));
    const variables = graph.variables.map(({ data }) => data.slice());
    const load = (shapes: InputShapes) => {
      this.#prepare(subgraph, () => executor.load(this.#graph(subgraph, shapes)));
      this.#executors.add(executor);
    };
    this.#drop(executor);
    try {
      this.#transaction(() => {
        const own = this.#takeUnusedResources();
        load(inputShapes);
        this.#giveBack(own);
      });
    } catch (error) {
      load(before);
      executor.graph.variables.forEach(({ data }, i) => {
        (data as Uint8Array).set(variables[i] as Uint8Array);
      });
      throw error;
    }
  }

  /** Runs prepare; if it fails, resource variables are those that they were. */
  #transaction<T>(prepare: () => T): T {
    const before = this.resources.map(({ tensor }) => tensor);
    try {
      return prepare();
    } catch (error) {
      this.resources.forEach((resource, i) => {
        if (resource.tensor && resource.tensor !== before[i]) this.#budget.release(resource.tensor.byteLength);
        resource.tensor = before[i];
      });
      throw error;
    }
  }

  /** Takes away the memory of the resources that no prepared graph uses, for one to make it anew. */
  #takeUnusedResources(): Map<Resource, Tensor> {
    const used = new Set([...this.#executors].flatMap(resourcesOf));
    const taken = new Map<Resource, Tensor>();
    this.resources.forEach((resource, i) => {
      if (resource.tensor === undefined || used.has(i)) return;
      taken.set(resource, resource.tensor);
      resource.tensor = undefined;
    });
    return taken;
  }

  #giveBack(taken: ReadonlyMap<Resource, Tensor>) {
    for (const [resource, before] of taken) {
      const { tensor } = resource;
      if (tensor === undefined) {
        resource.tensor = before;
        continue;
      }
      if (tensor.dtype === before.dtype && isSameShape(tensor.shape, before.shape))
        bytesOf(tensor).set(bytesOf(before));
      else resource.assigned = false;
      this.#budget.release(before.byteLength);
    }
  }

  #drop(executor: Executor) {
    this.#executors.delete(executor);
    executor.dispose();
  }

  /** An executor of a subgraph, whose inputs have the shapes in the file but for those given here. */
  #newExecutor(subgraph: number, inputShapes: InputShapes, options: ExecutorOptions): Executor {
    return this.#prepare(subgraph, () => {
      const executor = new Executor(this.#graph(subgraph, inputShapes), options, this.#budget);
      this.#executors.add(executor);
      return executor;
    });
  }

  #graph(subgraph: number, inputShapes: InputShapes): Graph {
    const spec = this.#model.subgraphs[subgraph];
    if (spec === undefined) {
      throw new ModelError(`there is no subgraph ${subgraph}: the file has ${this.#model.subgraphs.length}`);
    }
    return buildGraph(spec, inputShapes, this.#constants);
  }

  /** Prepares a subgraph; preparing it may prepare others, but not itself again. */
  #prepare<T>(subgraph: number, prepare: () => T): T {
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
      return prepare();
    } finally {
      this.#preparing.pop();
    }
  }

  /** Fails if the model is running: what the graphs share can serve one run at a time. */
  checkIdle(): void {
    if (this.#isRunning)
      throw new InputError('a tap or beforeNode cannot invoke or resize the interpreter that calls it');
  }

  /** An invoke. */
  run(executor: Executor, tap?: Tap, beforeNode?: (node: number) => void): void {
    this.#budget.begin();
    this.#isRunning = true;
    try {
      executor.run(tap, beforeNode);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Bytes of the resource variables. */
  get resourceBytes(): number {
    return this.resources.reduce((sum, { tensor }) => sum + (tensor?.byteLength ?? 0), 0);
  }

  prepare(node: Node, subgraph: number, inputShapes: readonly (readonly number[])[]): Callee {
    const inputs = this.#model.subgraphs[subgraph]?.inputs ?? [];
    const shapes = new Map(inputs.map((tensor, i) => [tensor, inputShapes[i] ?? []]));
    // An engine has room for few memories of WebAssembly: it reserves gigabytes of addresses for each.
    const executor = this.#newExecutor(subgraph, shapes, { ...this.#options, kernelSet: undefined });
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
      this.#parts -= partsOf(executor);
      this.#drop(executor);
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

/** The numbers of the resources whose handles a graph has. */
function resourcesOf({ graph }: Executor): number[] {
  return graph.tensors.flatMap((tensor) =>
    tensor?.dtype === 'resource' && tensor.known ? [Number(tensor.data[0])] : [],
  );
}

function partsOf({ graph }: Executor): number {
  return 1 + graph.nodes.length + graph.tensors.length;
}
