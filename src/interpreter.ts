/** Load, prepare, plan, invoke: the one place that joins a model with kernels. */
import { InputError } from '../kernels/errors.ts';
import type { Limits, Node, Operator, Profile } from '../kernels/kernel.ts';
import * as custom from '../kernels/reference/custom.ts';
import * as reference from '../kernels/reference/index.ts';
import { simd } from '../kernels/simd/index.ts';
import type { Tensor } from '../kernels/tensor.ts';
import type { Executor } from './executor.ts';
import { loadModel } from './model/loader.ts';
import type { Model, Subgraph } from './model/model.ts';
import { Program } from './program.ts';
import { described, fill, OutputTensor, type TensorData, TensorInfo } from './tensor_info.ts';

export interface InterpreterOptions {
  /** Whose bits; default 'tflite'. */
  readonly profile?: Profile;
  /**
   * Which kernels; the bits are the same. 'simd' is WebAssembly SIMD, and falls back on 'reference' node by node; 'auto'
   * (the default) is 'simd' where the engine has it and allows it.
   */
  readonly kernels?: 'auto' | 'simd' | 'reference';
  /** What a model may cost: above them a LimitError is thrown. Defaults: 1 GiB of tensors, 2^40 multiply-accumulates. */
  readonly limits?: Partial<Limits>;
  /** Operators of your own, by the custom name that the file gives them. */
  readonly customOps?: { readonly [name: string]: Operator };
}

export interface InvokeOptions {
  /** Called with each tensor that a node has written, right after the node has run; it changes no result. */
  readonly tap?: (tensor: OutputTensor, node: NodeInfo) => void;
}

/** One typed array per input: alone, in a list, or by tensor name or signature name. */
export type InvokeInput =
  | TensorData
  | Uint8ClampedArray
  | readonly TensorData[]
  | { readonly [name: string]: TensorData };

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
}

const DEFAULT_LIMITS: Limits = { tensorBytes: 2 ** 30, macs: 2 ** 40, iterations: 2 ** 20 };
const PROFILES: readonly Profile[] = ['tflite', 'tflm'];
const KERNELS = ['auto', 'simd', 'reference'] as const;

/** A model, ready to run. */
export class Interpreter {
  readonly model: Model;
  readonly profile: Profile;
  /** The kernels that run. */
  readonly kernels: 'simd' | 'reference';
  readonly #subgraph: Subgraph;
  readonly #options: InterpreterOptions;
  readonly #inputShapes = new Map<number, readonly number[]>();
  #program!: Program;
  #executor: Executor;
  #isRunning = false;

  /**
   * Loads, verifies and prepares a model.
   *
   * @param bytes a .tflite file; it is copied
   * @throws ModelError if the file is damaged or contradicts itself, UnsupportedError if it has nodes that requant does
   *   not run (it names them all), LimitError if it is larger than options.limits, InputError for wrong arguments
   */
  constructor(bytes: Uint8Array | ArrayBuffer, options: InterpreterOptions = {}) {
    this.profile = oneOf('profile', options.profile ?? 'tflite', PROFILES);
    this.kernels = chooseKernels(oneOf('kernels', options.kernels ?? 'auto', KERNELS));
    this.#options = options;
    for (const [name, limit] of Object.entries(options.limits ?? {})) {
      oneOf('limits', name, Object.keys(DEFAULT_LIMITS));
      if (!(limit >= 0)) throw new InputError(`options.limits.${name} is ${limit}; it must be a number from 0 on`);
    }
    this.model = loadModel(bytes);
    this.#subgraph = this.model.subgraphs[0]!;
    this.#executor = this.#prepare();
  }

  get inputs(): TensorInfo[] {
    return this.#subgraph.inputs.map((i) => this.#info(i));
  }

  get outputs(): TensorInfo[] {
    return this.#subgraph.outputs.map((i) => this.#info(i));
  }

  /** All tensors, by index. */
  get tensors(): TensorInfo[] {
    return this.#subgraph.tensors.map(({ index }) => this.#info(index));
  }

  /** All nodes, in the order in which they run. */
  get nodes(): NodeInfo[] {
    return this.#subgraph.operators.map(({ index }) => this.#nodeInfo(index));
  }

  /**
   * Bytes that the tensors take: the arena (intermediate values), variables, and what is computed while preparing
   * (constants that follow from others, weights in the order in which kernels read them).
   */
  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    return this.#executor.memory;
  }

  /** Multiply-accumulates of one invoke. */
  get macs(): number {
    return this.#executor.macs;
  }

  /**
   * Runs the model on one input: typed arrays of the inputs' own element types, which are copied.
   *
   * @returns the model's outputs, in the file's order; their data is yours to keep
   * @throws InputError if the input is not what the model takes
   */
  invoke(input: InvokeInput, { tap }: InvokeOptions = {}): OutputTensor[] {
    if (this.#isRunning) throw new InputError('a tap cannot invoke or resize the interpreter that calls it');
    const given = this.#arrange(input);
    const { graph } = this.#executor;
    graph.inputs.forEach((tensor, i) => {
      fill(tensor, given[i]);
    });
    const onNode =
      tap &&
      (({ index, outputs }: Node) => {
        const node = this.#nodeInfo(index);
        for (const tensor of outputs) tap(this.#output(tensor), node);
      });
    this.#isRunning = true;
    try {
      this.#program.run(this.#executor, onNode);
    } finally {
      this.#isRunning = false;
    }
    return graph.outputs.map((tensor) => this.#output(tensor));
  }

  /** Gives input i another shape. The values of variables are lost, as in TFLite. */
  resizeInput(i: number, shape: readonly number[]): void {
    if (this.#isRunning) throw new InputError('a tap cannot invoke or resize the interpreter that calls it');
    const { inputs } = this.#subgraph;
    const tensor = Number.isInteger(i) ? inputs[i] : undefined;
    if (tensor === undefined) throw new InputError(`there is no input ${i}: the model has ${counted(inputs, 'input')}`);
    if (!Array.isArray(shape) || !shape.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < 2 ** 31)) {
      throw new InputError(`[${shape}] is no shape: it takes a list of whole numbers from 0 on`, { tensor });
    }
    const before = this.#inputShapes.get(tensor);
    this.#inputShapes.set(tensor, [...shape]);
    try {
      this.#executor = this.#prepare();
    } catch (error) {
      if (before) this.#inputShapes.set(tensor, before);
      else this.#inputShapes.delete(tensor);
      throw error;
    }
  }

  /** Forgets what the model has seen: variables (LSTM, SVDF, streaming models) get their initial values. */
  resetVariables(): void {
    this.#program.resetVariables();
  }

  #prepare(): Executor {
    const program = new Program(this.model, {
      profile: this.profile,
      limits: { ...DEFAULT_LIMITS, ...this.#options.limits },
      operators: reference,
      customOps: { ...custom, ...this.#options.customOps },
      kernelSet: this.kernels === 'simd' ? simd() : undefined,
    });
    const executor = program.executor(this.#subgraph.index, this.#inputShapes);
    this.#program = program; // only now: a shape that fails leaves all as it was
    return executor;
  }

  /** The values for each input, in the order of the inputs. */
  #arrange(input: InvokeInput): readonly unknown[] {
    const { inputs, index } = this.#subgraph;
    if (ArrayBuffer.isView(input)) return this.#counted([input]);
    if (Array.isArray(input)) return this.#counted(input);
    if (typeof input !== 'object' || input === null || input instanceof ArrayBuffer) {
      throw new InputError(
        `an input is a typed array, such as Int8Array, or several by name; this is ${described(input)}`,
      );
    }
    const indexOf = new Map(inputs.map((i) => [this.#subgraph.tensors[i]!.name, i]));
    for (const signature of this.model.signatures) {
      if (signature.subgraph === index) for (const [name, i] of signature.inputs) indexOf.set(name, i);
    }
    const given = new Map<number, unknown>();
    for (const [name, values] of Object.entries(input)) {
      const tensor = indexOf.get(name);
      if (tensor === undefined) {
        throw new InputError(`the model has no input '${name}'; it has ${[...indexOf.keys()].join(', ')}`);
      }
      given.set(tensor, values);
    }
    const missing = inputs.find((i) => !given.has(i));
    if (missing !== undefined)
      throw new InputError(`there are no values for input ${this.#info(missing)}`, { tensor: missing });
    return inputs.map((i) => given.get(i));
  }

  #counted(given: readonly unknown[]): readonly unknown[] {
    const { inputs } = this.#subgraph;
    if (given.length !== inputs.length) {
      const names = inputs.map((i) => String(this.#info(i))).join(', ');
      const advice = given.some((values) => typeof values === 'number') ? '; give each as a typed array' : '';
      throw new InputError(
        `the model has ${counted(inputs, 'input')} (${names}), and got values for ${given.length}${advice}`,
      );
    }
    return given;
  }

  #output(tensor: Tensor): OutputTensor {
    return new OutputTensor(this.#subgraph.tensors[tensor.index]!, tensor);
  }

  #info(i: number): TensorInfo {
    const spec = this.#subgraph.tensors[i]!;
    return new TensorInfo(spec, this.#executor.graph.tensors[i]?.shape ?? spec.shape);
  }

  #nodeInfo(i: number): NodeInfo {
    const { index, op, version, options, inputs, outputs } = this.#subgraph.operators[i]!;
    return {
      index,
      op,
      version,
      options,
      inputs: inputs.map((t) => (t < 0 ? undefined : this.#info(t))),
      outputs: outputs.map((t) => this.#info(t)),
      macs: this.#executor.nodes[i]?.macs ?? 0,
    };
  }
}

function counted(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}

function chooseKernels(kernels: 'auto' | 'simd' | 'reference'): 'simd' | 'reference' {
  if (kernels === 'simd' && !simd()) {
    throw new InputError(
      "options.kernels is 'simd', but this engine has no WebAssembly SIMD, or does not allow it here",
    );
  }
  return kernels === 'auto' ? (simd() ? 'simd' : 'reference') : kernels;
}

function oneOf<T>(name: string, value: T, known: readonly T[]): T {
  if (!known.includes(value)) throw new InputError(`options.${name} is '${value}'; it can be ${known.join(', ')}`);
  return value;
}
