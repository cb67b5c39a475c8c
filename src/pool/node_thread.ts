/** Threads of Node. */
import type { Transferable, Worker } from 'node:worker_threads';
import { type Spawn, threadError } from './thread.ts';

/** How a pool starts the threads that `create` makes; the call of `new Worker` is the caller's, where bundlers look for it. */
export function nodeThread(create: () => Worker): Spawn {
  return ({ answer, end }) => {
    const worker = started(create);
    worker.on('message', answer);
    worker.on('messageerror', (error) => end(threadError('an answer of a thread could not be read', error)));
    worker.on('error', (error) => end(threadError('a thread has ended', error)));
    worker.on('exit', (status) => end(threadError(`a thread has ended with status ${status}`)));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer as readonly Transferable[]),
      hold: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
      async terminate() {
        worker.ref(); // or the process might end before the promise settles
        await worker.terminate();
      },
    };
  };
}

function started(create: () => Worker): Worker {
  try {
    return create();
  } catch (cause) {
    throw threadError('a thread cannot be started', cause);
  }
}
