/** requant/pool in Node: threads of worker_threads. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { nodeThread } from './node_thread.ts';
import { Pool, type PoolOptions } from './pool.ts';

export type { PreparedModel } from './interpreter_work.ts';
export type { PoolInvokeOptions, PoolMapOptions, PoolOptions } from './pool.ts';
export { ThreadError } from './thread.ts';

const spawn = nodeThread(() => new Worker(new URL('./node_worker.js', import.meta.url)));

/** A model in several threads, an interpreter in each. */
export class InterpreterPool extends Pool {
  /**
   * Loads and verifies a model; threads are started, and prepare it, when there is work for them.
   *
   * @param bytes a .tflite file; it is copied
   * @throws ModelError if the file is damaged or contradicts itself, InputError for wrong arguments. What else
   *   `new Interpreter` throws, rejects `prepare`, `invoke` and `map`, and no thread is left.
   */
  constructor(bytes: Uint8Array | ArrayBuffer, options: PoolOptions = {}) {
    super(bytes, options, { spawn, cores: availableParallelism() });
  }
}
