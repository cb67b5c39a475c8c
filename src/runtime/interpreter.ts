/** Load, prepare, plan, invoke: the one place that joins a model with kernels. */
import { InputError } from '../../kernels/errors.ts';
import { type Limits, type Operator, PROFILES, type Profile } from '../../kernels/kernel.ts';
import * as custom from '../../kernels/reference/custom.ts';
import * as reference from '../../kernels/reference/index.ts';
import { simd } from '../../kernels/simd/index.ts';
import { loadModel } from '../model/loader.ts';
import type { Model } from '../model/model.ts';
import type { PreparedNode } from './executor.ts';
import { Session } from './session.ts';
import { type SignatureInfo, SignatureRunner } from './signature_runner.ts';
import { byTensor, type InvokeOptions, type NodeInfo, SubgraphRunner } from './subgraph_runner.ts';
import { described, type OutputTensor, type TensorData, TensorInfo } from './tensor_info.ts';
import { refuseCompiledModel, refuseFloatModel, withOtherProfile } from './unsupported.ts';

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
  /**
   * Whether a model of float32 layers runs, too, in which nothing is quantized; by default it is refused, so that nobody takes
   * it for one that is.
   */
  readonly allowFloat?: boolean;
  /** Operators of your own, by the custom name that the file gives them. */
  readonly customOps?: { readonly [name: string]: Operator };
}

/** One typed array per input: alone, in a list, or by tensor name or signature name. */
export type InvokeInput =
  | TensorData
  | Uint8ClampedArray
  | readonly TensorData[]
  | { readonly [name: string]: TensorData | Uint8ClampedArray };

const DEFAULT_LIMITS: Limits = { tensorBytes: 2 ** 30, macs: 2 ** 40, iterations: 2 ** 20 };
const KERNELS = ['auto', 'simd', 'reference'] as const;

/** A model, ready to run. */
export class Interpreter {
  readonly model: Model;
  readonly profile: Profile;
  /** The kernels that run. */
  readonly kernels: 'simd' | 'reference';
  readonly #session: Session;
  readonly #main: SubgraphRunner;
  /** By subgraph, as far as callers have asked for them. */
  readonly #runners = new Map<number, SubgraphRunner>();

  /**
   * Loads, verifies and prepares a model.
   *
   * @param bytes a .tflite file; it is copied
   * @throws ModelError if the file is damaged or contradicts itself, UnsupportedError if it has nodes that requant does
   *   not run (it names them all), LimitError if it is larger than options.limits, InputError for wrong arguments
   */
  constructor(bytes: Uint8Array | ArrayBuffer, options: InterpreterOptions = {}) {
    const { profile, kernels } = checkOptions(options);
    this.profile = profile;
    this.kernels = chooseKernels(kernels);
    this.model = loadModel(bytes);
    refuseCompiledModel(this.model, options.customOps);
    if (!options.allowFloat) refuseFloatModel(this.model);
    const sessionFor = (profile: Profile) =>
      new Session(this.model, {
        profile,
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        operators: reference,
        customOps: { ...custom, ...options.customOps },
        kernelSet: this.kernels === 'simd' ? simd() : undefined,
      });
    this.#session = sessionFor(this.profile);
    try {
      this.#main = this.#runner(0);
    } catch (error) {
      throw withOtherProfile(error, this.profile, (other) => sessionFor(other).prepareSubgraph(0));
    }
  }

  get inputs(): TensorInfo[] {
    return this.#main.inputs;
  }

  get outputs(): TensorInfo[] {
    return this.#main.outputs;
  }

  /** All tensors, by index. */
  get tensors(): TensorInfo[] {
    return this.#main.tensors;
  }

  /** All nodes, in the order in which they run. */
  get nodes(): NodeInfo[] {
    return this.#main.nodes;
  }

  /**
   * The nodes as their kernels have them, as far as the graph is prepared: all, but where shapes are computed. Made for
   * `explain` and its like; the data of their tensors is what the last node to write that memory left there.
   */
  get preparedNodes(): PreparedNode[] {
    return this.#main.preparedNodes;
  }

  /**
   * Bytes that the main graph's tensors take: the arena (intermediate values), variables, with the resource variables of
   * the whole model, and what is computed while preparing (constants that follow from others, weights in the order in
   * which kernels read them).
   */
  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    return this.#main.memory;
  }

  /** Multiply-accumulates of one invoke. */
  get macs(): number {
    return this.#main.macs;
  }

  /** What the model can be asked for by name, besides the main graph that `invoke` runs. */
  get signatures(): SignatureInfo[] {
    return this.model.signatures.map(({ key, subgraph, inputs, outputs }) => {
      const runner = this.#runners.get(subgraph);
      const specs = this.model.subgraphs[subgraph]!.tensors;
      const infos = (names: ReadonlyMap<string, number>) =>
        Object.fromEntries(
          [...names].map(([name, i]) => [name, runner?.info(i) ?? new TensorInfo(specs[i]!, specs[i]!.shape)]),
        );
      return { key, subgraph, inputs: infos(inputs), outputs: infos(outputs) };
    });
  }

  /**
   * The signature of this name, ready to run. Its graph is prepared when it is first asked for; variables are those of
   * the whole model.
   *
   * @throws InputError if there is no such signature; what the constructor throws, if its graph cannot be run
   */
  signature(key: string): SignatureRunner {
    const signature = this.model.signatures.find((candidate) => candidate.key === key);
    if (signature === undefined) {
      const keys = this.model.signatures.map((candidate) => `'${candidate.key}'`).join(', ');
      throw new InputError(`there is no signature '${key}'; the model has ${keys || 'none'}`);
    }
    return new SignatureRunner(signature, this.#runner(signature.subgraph));
  }

  /**
   * Runs the model on one input: typed arrays of the inputs' own element types, which are copied.
   *
   * @returns the model's outputs, in the file's order; their data is yours to keep
   * @throws InputError if the input is not what the model takes
   */
  invoke(input: InvokeInput, options: InvokeOptions = {}): OutputTensor[] {
    return this.#main.invoke(this.#arrange(input), options);
  }

  /**
   * Gives input i another shape. As in TFLite, variable tensors (LSTM, SVDF) begin anew unless it is the shape that the
   * input has; resource variables keep their values.
   */
  resizeInput(i: number, shape: readonly number[]): void {
    const { inputs } = this.#main.subgraph;
    const tensor = Number.isInteger(i) ? inputs[i] : undefined;
    if (tensor === undefined) throw new InputError(`there is no input ${i}: the model has ${counted(inputs, 'input')}`);
    this.#main.resize(new Map([[tensor, shape]]));
  }

  /** Gives several inputs other shapes at once, for models in which one alone would not fit the others: all, or by name. */
  resizeInputs(shapes: readonly (readonly number[])[] | { readonly [name: string]: readonly number[] }): void {
    const { inputs } = this.#main.subgraph;
    if (typeof shapes !== 'object' || shapes === null) {
      throw new InputError(
        `inputs are resized by a list of shapes, or by shapes by name; this is ${described(shapes)}`,
      );
    }
    if (!Array.isArray(shapes)) {
      this.#main.resize(byTensor(shapes as { readonly [name: string]: readonly number[] }, this.#names(), 'the model'));
      return;
    }
    if (shapes.length !== inputs.length) {
      throw new InputError(`the model has ${counted(inputs, 'input')}, and got ${counted(shapes, 'shape')}`);
    }
    this.#main.resize(new Map(inputs.map((tensor, i) => [tensor, shapes[i]])));
  }

  /** Forgets what the model has seen: variables (LSTM, SVDF, streaming models) get their initial values. */
  resetVariables(): void {
    this.#session.resetVariables();
  }

  /** Prepares a subgraph when it is first asked for. */
  #runner(subgraph: number): SubgraphRunner {
    const runner = this.#runners.get(subgraph) ?? new SubgraphRunner(this.#session, this.model.subgraphs[subgraph]!);
    this.#runners.set(subgraph, runner);
    return runner;
  }

  /** The values for each input, in the order of the inputs. */
  #arrange(input: InvokeInput): readonly unknown[] {
    const { inputs } = this.#main.subgraph;
    if (ArrayBuffer.isView(input)) return this.#counted([input]);
    if (Array.isArray(input)) return this.#counted(input);
    if (typeof input !== 'object' || input === null || input instanceof ArrayBuffer) {
      throw new InputError(
        `an input is a typed array, such as Int8Array, or several by name; this is ${described(input)}`,
      );
    }
    const given = byTensor(input as { readonly [name: string]: unknown }, this.#names(), 'the model');
    const missing = inputs.find((i) => !given.has(i));
    if (missing !== undefined)
      throw new InputError(`there are no values for input ${this.#main.info(missing)}`, { tensor: missing });
    return inputs.map((i) => given.get(i));
  }

  /** The inputs by tensor name and by the names that signatures give them. */
  #names(): ReadonlyMap<string, number> {
    const { index, inputs, tensors } = this.#main.subgraph;
    const signatures = this.model.signatures.filter(({ subgraph }) => subgraph === index);
    return new Map([
      ...inputs.map((i): [string, number] => [tensors[i]!.name, i]),
      ...signatures.flatMap(({ inputs: named }) => [...named]),
    ]);
  }

  #counted(given: readonly unknown[]): readonly unknown[] {
    const { inputs } = this.#main.subgraph;
    if (given.length !== inputs.length) {
      const names = this.inputs.join(', ');
      const advice = given.some((values) => typeof values === 'number') ? '; give each as a typed array' : '';
      throw new InputError(
        `the model has ${counted(inputs, 'input')} (${names}), and got values for ${given.length}${advice}`,
      );
    }
    return given;
  }
}

function counted(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}

/** Profile and kernels, by name; throws an InputError for a value that an option cannot have. */
export function checkOptions(options: InterpreterOptions) {
  for (const [name, limit] of Object.entries(options.limits ?? {})) {
    oneOf('limits', name, Object.keys(DEFAULT_LIMITS));
    if (!(limit >= 0)) throw new InputError(`options.limits.${name} is ${limit}; it must be a number from 0 on`);
  }
  for (const [name, own] of Object.entries(options.customOps ?? {})) {
    if (typeof own?.prepare !== 'function' || typeof own.bind !== 'function') {
      throw new InputError(`options.customOps.${name} is no operator; make one with operator(prepare, bind)`);
    }
  }
  return {
    profile: oneOf('profile', options.profile ?? 'tflite', PROFILES),
    kernels: oneOf('kernels', options.kernels ?? 'auto', KERNELS),
  };
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
