/** Threads of browsers: Web Workers. */
import { type Spawn, ThreadError, threadError } from './thread.ts';

/** How a pool starts the threads that `create` makes; the call of `new Worker` is the caller's, where bundlers look for it. */
export function webThread(create: () => Worker): Spawn {
  return ({ answer, end }) => {
    const worker = started(create);
    worker.onmessage = ({ data }) => answer(data);
    worker.onmessageerror = () => end(new ThreadError('an answer of a thread could not be read'));
    // Of a script that could not be loaded, browsers say nothing.
    worker.onerror = ({ message }) => {
      const advice = 'its script could not be loaded: is it served, and does the page allow it (CSP worker-src)?';
      end(new ThreadError(`a thread has ended: ${message || advice}`));
    };
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      hold: () => {},
      async terminate() {
        worker.terminate();
      },
    };
  };
}

function started(create: () => Worker): Worker {
  if (typeof Worker !== 'function') throw new ThreadError('a thread cannot be started: this engine has no Worker');
  try {
    return create();
  } catch (cause) {
    throw threadError('a thread cannot be started', cause);
  }
}
