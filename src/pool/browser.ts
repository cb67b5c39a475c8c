/** requant/pool in browsers, and wherever else there are Web Workers. */
import { Pool, type PoolOptions } from './pool.ts';
import { webThread } from './web_thread.ts';

export type { PreparedModel } from './interpreter_work.ts';
export type { PoolInvokeOptions, PoolMapOptions, PoolOptions } from './pool.ts';
export { ThreadError } from './thread.ts';

const spawn = webThread(() => new Worker(new URL('./browser_worker.js', import.meta.url), { type: 'module' }));

/** As in node.ts. */
export class InterpreterPool extends Pool {
  constructor(bytes: Uint8Array | ArrayBuffer, options: PoolOptions = {}) {
    super(bytes, options, { spawn, cores: navigator.hardwareConcurrency ?? 4 });
  }
}
