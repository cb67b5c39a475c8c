/** A thread as pools see it, whatever the engine makes it of: worker_threads in Node, Web Workers in browsers. */
import { RequantError } from '../../kernels/errors.ts';

/** A thread is gone: its memory ran out, its code could not be loaded, or its pool was closed. */
export class ThreadError extends RequantError {
  override readonly name = 'ThreadError';
  readonly code = 'THREAD';
}

export interface Thread {
  /** Sends a message; what is in `transfer` is there and no longer here. */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Whether the process must stay alive for it. */
  hold(isBusy: boolean): void;
  /** Ends it, whatever it does; resolves when it has ended. */
  terminate(): Promise<void>;
}

export interface ThreadListener {
  /** A message has come. */
  answer(message: unknown): void;
  /** It has ended, or will never answer. */
  end(error: ThreadError): void;
}

/** Starts a thread. */
export type Spawn = (listener: ThreadListener) => Thread;

/** Why a thread has ended, as the engine says it. */
export function threadError(what: string, cause?: unknown): ThreadError {
  const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
  return new ThreadError(`${what}${why}`, {}, { cause });
}
