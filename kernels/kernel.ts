import { type ErrorPlace, LimitError, ModelError, UnsupportedError } from './errors.ts';
import { type DType, elementSize, extentOf, Tensor } from './tensor.ts';

/**
 * The contract between a graph and its kernels.
 *
 * A node lives through three phases:
 *
 *   prepare  once (again when a shape changes): checks everything, fixes the shapes of the outputs, does all
 *            arithmetic on real numbers, and returns what the loops need. After it nothing can fail.
 *   bind     once, after the planner has placed every tensor: takes typed arrays and parameters into locals.
 *   eval     on each invoke: integers in, integers out; allocates nothing.
 *
 * An Operator has its prepare and the reference kernel. A kernel set replaces bind alone: it gets what prepare returned,
 * and declines a node by returning undefined.
 */
export interface Operator {
  prepare(node: Node): unknown;
  bind(prepared: never): Eval;
}

export type Eval = () => void;

/** An operator of which it is known what prepare returns. */
export interface OperatorOf<P> extends Operator {
  prepare(node: Node): P;
}

/** What an operator's prepare returns: Prepared<typeof CONV_2D>. */
export type Prepared<O extends Operator> = ReturnType<O['prepare']>;

/** Joins a prepare with the bind that takes its result. */
export function operator<P>(prepare: (node: Node) => P, bind: (prepared: P) => Eval): OperatorOf<P> {
  return { prepare, bind };
}

/**
 * Optimized kernels, which compute the same bits over a memory of their own, in which all tensors of a graph then lie.
 */
export interface KernelSet {
  readonly name: string;
  /** By operator name: what sees each node once it is prepared. */
  readonly kernels: { readonly [op: string]: Optimize };
  /** Memory of zeros. A RangeError says that there is none. */
  createMemory(bytes: number): KernelMemory;
}

/**
 * Takes a node over, or declines it. What the operator's prepare asked for by node.scratch and node.persistent goes to the
 * reference kernel alone: an optimized one asks for memory of its own.
 */
export type Optimize = (prepared: never, node: Node) => OptimizedBind | undefined;

export type OptimizedBind = (memory: never) => Eval;

/** Memory of a kernel set's own making; `bind` takes from it what it calls. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** Whose bits: see "Profiles" in README.md. */
export const PROFILES = ['tflite', 'tflite-2.19', 'tflm', 'single-rounding', 'xnnpack'] as const;
export type Profile = (typeof PROFILES)[number];

/**
 * Thrown by Node.values when a tensor's values are not known before the graph runs; the executor then prepares the
 * node again when the graph has run up to it. Kernels let it pass.
 */
export class ValuesNotKnown {
  readonly tensor: Tensor;
  constructor(tensor: Tensor) {
    this.tensor = tensor;
  }
}

/** What a node may cost. */
export interface Limits {
  /** Bytes of all tensors together. */
  readonly tensorBytes: number;
  /** Multiply-accumulates (for pooling: additions) of one invoke; where a node has fewer, the values it reads and writes. */
  readonly macs: number;
  /** Iterations of one WHILE; in all of one invoke, subgraphs are run twice as often at most. */
  readonly iterations: number;
}

/** A value that outlives an invoke: what VAR_HANDLE names, and ASSIGN_VARIABLE sets. */
export interface Resource {
  readonly name: string;
  /** Its memory; undefined until a node that reads or assigns it is prepared. */
  tensor: Tensor | undefined;
  assigned: boolean;
}

/** A subgraph prepared to be run by a node of another: fill the inputs' data, run, read the outputs'. */
export interface Callee {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly macs: number;
  /** Whether the shapes of the outputs are known before it runs. */
  readonly isStatic: boolean;
  run(): void;
}

/** What the subgraphs of a model share. */
export interface Callees {
  /** Prepares a subgraph for inputs of these shapes, to be run by a node. */
  prepare(node: Node, subgraph: number, inputShapes: readonly (readonly number[])[]): Callee;
  /** Lets go of what was prepared for a node. */
  release(node: Node): void;
  /** Memory of zeros, within the limits. */
  allocate(bytes: number): ArrayBuffer;
  /** The number of the resource of this name. */
  resourceNumber(name: string): number;
  readonly resources: readonly Resource[];
  /** Subgraphs that CALL_ONCE has run. */
  readonly calledOnce: Set<number>;
}

/** Values that prepare may ask for: a list of JavaScript numbers takes much more memory than a tensor. */
const MAX_VALUES = 2 ** 24;

/** Dimensions of a tensor: many more than any model has, and few enough for loops over them in prepare. */
export const MAX_RANK = 32;

/** What nodes are prepared under. */
export interface Environment {
  readonly profile: Profile;
  readonly limits: Limits;
  /** Undefined where there is but one graph. */
  readonly callees?: Callees;
}

/** What a node is made of. */
export interface NodeParts {
  readonly op: string;
  /** Whether `op` is a name of its author's own, not of the schema. */
  readonly isCustom: boolean;
  readonly index: number;
  readonly version: number;
  /** The fields of the operator's options table, in camelCase, enumerations by name; all there, with the schema's defaults. */
  readonly options: object;
  /** A custom operator's options as the file has them. */
  readonly customOptions?: Uint8Array | undefined;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly intermediates: readonly Tensor[];
  /** Where the file has it: errors carry it. */
  readonly place?: Pick<ErrorPlace, 'path' | 'offset'> | undefined;
  /** Why no kernel can run it, where that is plain before prepare: it has a tensor of an unknown type. */
  readonly unsupported?: string | undefined;
}

/** A node as its operator's prepare sees it. */
export class Node {
  readonly op: string;
  readonly isCustom: boolean;
  readonly index: number;
  readonly version: number;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly intermediates: readonly Tensor[];
  readonly environment: Environment;
  /**
   * Set by a prepare whose eval reads no input's data, only shapes (SHAPE, RANK): the outputs are then computed once,
   * and known to the prepare of the nodes that follow.
   */
  readsShapesOnly = false;
  /**
   * Set by a prepare whose eval depends on more than its inputs' values (variables, other subgraphs): it is then never
   * computed before the graph runs, not even from constants.
   */
  hasState = false;
  /**
   * Whose arithmetic prepare took: the reference kernels', or in profile xnnpack, where it differs from theirs, the XNNPACK
   * delegate's or that of TFLite's optimized kernels, which do what the delegate leaves.
   */
  arithmetic: 'reference' | 'XNNPACK' | 'optimized' = 'reference';
  /** Whether a kernel set has taken it over. */
  isOptimized = false;
  /** Multiply-accumulates of one eval; prepare sets it where that means something. */
  macs = 0;
  /** Memory for one eval, asked for with `scratch`. */
  scratches: Tensor[] = [];
  /** Memory of the node's own, asked for with `persistent`. */
  persistents: Tensor[] = [];
  /** Those of them that carry something from one eval to the next. */
  readonly states: Tensor[] = [];
  /** The tensors of which prepare read the values. */
  readonly valuesRead: Tensor[] = [];
  readonly #parts: NodeParts;
  readonly #shaped = new Set<Tensor>();

  constructor(parts: NodeParts, environment: Environment) {
    this.op = parts.op;
    this.isCustom = parts.isCustom;
    this.index = parts.index;
    this.version = parts.version;
    this.inputs = parts.inputs;
    this.outputs = parts.outputs;
    this.intermediates = parts.intermediates;
    this.environment = environment;
    this.#parts = parts;
  }

  get profile(): Profile {
    return this.environment.profile;
  }

  /** Whether it is TensorFlow Lite Micro's bits, in either rounding. */
  get isMicro(): boolean {
    return this.profile === 'tflm' || this.profile === 'single-rounding';
  }

  /** Whether it is the bits of a build with TFLITE_SINGLE_ROUNDING=1. */
  get singleRounding(): boolean {
    return this.profile === 'single-rounding';
  }

  get limits(): Limits {
    return this.environment.limits;
  }

  /**
   * The operator's options; O names the fields of its options table that the kernel reads. Of a custom operator, the map
   * that its FlexBuffer is: there, the file decides what is in it.
   */
  options<O>(): O {
    return this.#parts.options as O;
  }

  /** A custom operator's options as the file has them: for those that are no FlexBuffer map. */
  get customOptions(): Uint8Array {
    return this.#parts.customOptions ?? new Uint8Array(0);
  }

  hasInput(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  /** Input i, in one of these types. */
  input<T extends DType>(i: number, ...dtypes: T[]): Tensor<T> {
    const tensor = this.inputs[i];
    this.require(tensor !== undefined, `input ${i} is missing`);
    return this.#typed(`input ${i}`, tensor, dtypes);
  }

  /** Input i if the node has it: optional inputs are left out at the end, or named -1 in the file. */
  optionalInput<T extends DType>(i: number, ...dtypes: T[]): Tensor<T> | undefined {
    return this.hasInput(i) ? this.input(i, ...dtypes) : undefined;
  }

  /** Output i, in one of these types, and gives it its shape: the shape in the file may be out of date. */
  output<T extends DType>(i: number, shape: readonly number[], ...dtypes: T[]): Tensor<T> {
    const tensor = this.outputs[i];
    this.require(tensor !== undefined, `output ${i} is missing`);
    this.require(
      shape.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < 2 ** 31),
      `output ${i} would have shape [${shape}]`,
    );
    if (shape.length > MAX_RANK) this.unsupported(`output ${i} would have ${shape.length} dimensions`);
    if (extentOf(shape) * elementSize(tensor.dtype) > this.limits.tensorBytes) {
      throw new LimitError(
        `${this}: output ${i} would have shape [${shape}], more than limits.tensorBytes = ${this.limits.tensorBytes}`,
        this.place,
      );
    }
    tensor.shape = shape;
    this.#shaped.add(tensor);
    return this.#typed(`output ${i}`, tensor, dtypes);
  }

  /**
   * The values of an input that decides about shapes: a list of axes, paddings, a new shape. If they are known only
   * when the graph runs, prepare is left here and called again then, as often as they change.
   */
  values(i: number, ...dtypes: DType[]): number[] {
    const tensor = this.input(i, ...(dtypes.length > 0 ? dtypes : (['int32', 'int64'] as const)));
    if (tensor.size > MAX_VALUES) {
      const message = `input ${i}, ${tensor}, has more values than the ${MAX_VALUES} that prepare reads`;
      throw new LimitError(`${this}: ${message}`, this.place);
    }
    if (!tensor.known) throw new ValuesNotKnown(tensor);
    this.valuesRead.push(tensor);
    return Array.from<number | bigint, number>(tensor.data, Number);
  }

  /** The other subgraphs, and what all share. */
  get callees(): Callees {
    const { callees } = this.environment;
    if (callees === undefined) this.unsupported('it needs other subgraphs, and there are none');
    return callees;
  }

  /** The resource of which input i is the handle. */
  resource(i: number): Resource {
    const [number] = this.values(i, 'resource');
    const resource = this.callees.resources[number ?? -1];
    this.require(resource !== undefined, `input ${i} is the handle of no resource`);
    return resource;
  }

  /** Memory that eval may use as it likes and that keeps nothing from one eval to the next. */
  scratch<T extends DType>(dtype: T, size: number): Tensor<T> {
    const tensor = new Tensor(-1, `${this.op} scratch`, dtype, [size]);
    this.scratches.push(tensor);
    return tensor;
  }

  /** Memory that keeps what bind or eval writes into it: weights in another order. */
  persistent<T extends DType>(dtype: T, size: number): Tensor<T> {
    const tensor = new Tensor(-1, `${this.op} memory`, dtype, [size]);
    this.persistents.push(tensor);
    return tensor;
  }

  /** Memory of zeros at first, in which eval keeps what the next one needs; resetVariables makes it zeros again. */
  state<T extends DType>(dtype: T, size: number): Tensor<T> {
    const tensor = this.persistent(dtype, size);
    this.states.push(tensor);
    this.hasState = true;
    return tensor;
  }

  /** What one eval costs, as limits.macs counts it. */
  get cost(): number {
    const read = this.inputs.reduce((sum, tensor) => sum + (tensor?.size ?? 0), 0);
    const written = this.outputs.reduce((sum, tensor) => sum + tensor.size, 0);
    return Math.max(this.macs, read + written);
  }

  /** After prepare: fails if the file has outputs that no prepare gave a shape, and so no eval would write. */
  checkOutputs(): void {
    const extra = this.outputs.findIndex((tensor) => !this.#shaped.has(tensor));
    this.require(extra < 0, `output ${extra}, ${this.outputs[extra]}, is one too many: the operator does not write it`);
  }

  /** Fails with a ModelError unless the model is right about this. */
  require(condition: boolean, message: string): asserts condition {
    if (!condition) throw new ModelError(`${this}: ${message}`, this.place);
  }

  /** Fails with an UnsupportedError: the model may be right, but this is not done here. */
  unsupported(message: string): never {
    throw new UnsupportedError(`${this}: ${message}`, this.place);
  }

  /** As texts name it: CONV_2D (node 3). */
  toString(): string {
    return `${this.op} (node ${this.index})`;
  }

  /** Where errors say that they were found. */
  get place(): ErrorPlace {
    return { ...this.#parts.place, op: this.op, node: this.index };
  }

  #typed<T extends DType>(role: string, tensor: Tensor, dtypes: readonly T[]): Tensor<T> {
    if (dtypes.length > 0 && !(dtypes as readonly DType[]).includes(tensor.dtype)) {
      this.unsupported(`${role}, ${tensor}, is ${tensor.dtype}; it can be ${dtypes.join(', ')}`);
    }
    return tensor as Tensor as Tensor<T>;
  }
}
