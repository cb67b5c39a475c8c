import { parentPort, type Transferable } from 'node:worker_threads';
import type { Port } from './worker_loop.ts';

/** In a thread of Node: the way to who started it. */
export function nodePort(): Port {
  const port = parentPort!;
  return {
    listen: (listener) => port.on('message', listener),
    post: (message, transfer) => port.postMessage(message, transfer as readonly Transferable[]),
  };
}
