/// <reference lib="esnext.disposable" preserve="true" />
/** Many inputs of one model, on several threads. */
import { InputError } from '../../kernels/errors.ts';
import { copyBytes, loadModel } from '../model/loader.ts';
import type { Subgraph, TensorSpec } from '../model/model.ts';
import { checkOptions, type InterpreterOptions, type InvokeInput } from '../runtime/interpreter.ts';
import { OutputTensor, TensorInfo } from '../runtime/tensor_info.ts';
import type { PoolAnswer, PoolJob, PoolSetup, PreparedModel } from './interpreter_work.ts';
import { mapInOrder } from './map_in_order.ts';
import type { Spawn } from './thread.ts';
import { Threads } from './threads.ts';
import { handOver } from './transfer.ts';

export interface PoolOptions extends Omit<InterpreterOptions, 'customOps'> {
  /** How many threads may run at once; default: one for each core. A thread is started when there is work for it. */
  readonly threads?: number;
}

export interface PoolInvokeOptions {
  /** Gives the input up: its promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hands the input's ArrayBuffers over instead of copying what the arrays hold: they are detached here, whole. */
  readonly transfer?: boolean;
  /** The inputs' shapes, in order, where they are not the file's; see Interpreter.resizeInput. */
  readonly inputShapes?: readonly (readonly number[])[];
}

export interface PoolMapOptions extends PoolInvokeOptions {
  /** Called after each answer with the number of answers so far. */
  readonly onProgress?: (done: number) => void;
}

/** What a pool takes of the engine it runs in. */
export interface Engine {
  readonly spawn: Spawn;
  readonly cores: number;
}

/** A model in several threads, an interpreter in each. */
export class Pool {
  readonly #inputs: readonly TensorSpec[];
  readonly #outputs: readonly TensorSpec[];
  readonly #threads: Threads<PoolSetup, PreparedModel, PoolJob, PoolAnswer>;

  /**
   * Loads and verifies a model; threads are started, and prepare it, when there is work for them.
   *
   * @param bytes a .tflite file; it is copied
   * @throws ModelError if the file is damaged or contradicts itself, InputError for wrong arguments. What else
   *   `new Interpreter` throws, rejects `prepare`, `invoke` and `map`, and no thread is left.
   */
  constructor(bytes: Uint8Array | ArrayBuffer, options: PoolOptions, { spawn, cores }: Engine) {
    const { threads = cores, limits = {} } = options;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new InputError(`options.threads is ${threads}; it must be a whole number from 1 on`);
    }
    if ('customOps' in options && options.customOps !== undefined) {
      throw new InputError('options.customOps are functions, which cannot go to other threads; use an Interpreter');
    }
    const { profile, kernels } = checkOptions(options);
    const [{ tensors, inputs, outputs }] = loadModel(bytes).subgraphs as [Subgraph];
    this.#inputs = inputs.map((i) => tensors[i]!);
    this.#outputs = outputs.map((i) => tensors[i]!);
    const setup = { bytes: copyBytes(bytes, allocateShared), options: { profile, kernels, limits: { ...limits } } };
    this.#threads = new Threads(spawn, threads, setup);
  }

  /** The model's inputs, in the shapes that the file gives them. */
  get inputs(): TensorInfo[] {
    return this.#inputs.map((spec) => new TensorInfo(spec, spec.shape));
  }

  /**
   * Prepares the model in a first thread, if none has it yet: what is wrong with it is said then.
   *
   * @returns the kernels that run, the multiply-accumulates of one input, and the bytes that the tensors take in each thread
   */
  prepare({ signal }: Pick<PoolInvokeOptions, 'signal'> = {}): Promise<PreparedModel> {
    return this.#threads.begin(signal);
  }

  /**
   * Runs the model on one input, as Interpreter.invoke does. No input sees what another left: variables begin anew with each.
   *
   * @param input typed arrays of the inputs' own element types, which are copied before this returns
   * @returns the model's outputs, in the file's order. Rejects with an InputError if the input is not what the model takes,
   *   with a ThreadError if its thread ends or the pool is closed, or with the signal's reason.
   */
  async invoke(input: InvokeInput, options: PoolInvokeOptions = {}): Promise<OutputTensor[]> {
    const { signal, inputShapes: shapes = [], transfer: isTransferred = false } = options;
    signal?.throwIfAborted();
    const { own, transfer } = handOver(input, isTransferred);
    const answer = await this.#threads.run({ input: own, shapes }, { transfer, signal });
    return answer.map(({ shape, data }, i) => new OutputTensor(this.#outputs[i]!, shape, data));
  }

  /**
   * Runs the model on many inputs; as many are taken from the list, or the generator, as keep the threads busy.
   *
   * @returns the outputs for each input, in the order of the inputs. Rejects when the first input fails, as invoke does; the
   *   others are given up.
   */
  async map(
    inputs: Iterable<InvokeInput> | AsyncIterable<InvokeInput>,
    options: PoolMapOptions = {},
  ): Promise<OutputTensor[][]> {
    const { onProgress, ...each } = options;
    let done = 0;
    const invoke = async (input: InvokeInput, signal: AbortSignal) => {
      const outputs = await this.invoke(input, { ...each, signal });
      onProgress?.(++done);
      return outputs;
    };
    return await mapInOrder(inputs, 2 * this.#threads.count, invoke, options.signal);
  }

  /** Ends all threads and resolves when they have ended; inputs that have no answer yet are rejected with a ThreadError. */
  close(): Promise<void> {
    return this.#threads.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Memory that threads share, where the engine has it: else each is sent a copy, of which its interpreter makes its own. */
function allocateShared(length: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
}
