/** One thread of a pool, which answers one message at a time. */
import { unpack } from './failure.ts';
import type { Spawn, Thread, ThreadError } from './thread.ts';
import type { Reply } from './worker_loop.ts';

export class Member {
  readonly #thread: Thread;
  #asked: { resolve(answer: unknown): void; reject(error: unknown): void } | undefined;
  #error: ThreadError | undefined;

  constructor(spawn: Spawn) {
    this.#thread = spawn({
      answer: (message) => this.#answered(message as Reply<unknown>),
      end: (error) => void this.end(error),
    });
    this.#thread.hold(false);
  }

  get hasEnded(): boolean {
    return this.#error !== undefined;
  }

  /** Rejects with what the thread throws, or with why it has ended; throws where the message cannot be sent. */
  ask(message: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#error) throw this.#error;
      this.#thread.post(message, transfer);
      this.#thread.hold(true); // only now: an idle thread keeps no process alive
      this.#asked = { resolve, reject };
    });
  }

  /** Ends the thread; what it was asked is rejected with this. Resolves when it has ended. */
  end(error: ThreadError): Promise<void> {
    this.#error ??= error;
    this.#asked?.reject(this.#error);
    this.#asked = undefined;
    return this.#thread.terminate();
  }

  #answered(reply: Reply<unknown>) {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#thread.hold(false);
    if ('failure' in reply) asked?.reject(unpack(reply.failure));
    else asked?.resolve(reply.answer);
  }
}
