/** What runs in a thread: answers one message after the other. */
import { type Failure, pack } from './failure.ts';

/** The first message to a thread, if its pool has one, then jobs. */
export type Message<Setup, Job> = { readonly setup: Setup } | { readonly job: Job };

export type Reply<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

/** An answer, and the memory of it that goes along. */
export interface Handed<Answer> {
  readonly answer: Answer;
  readonly transfer: readonly ArrayBuffer[];
}

/** The thread's end of the line. */
export interface Port {
  listen(listener: (message: unknown) => void): void;
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

export interface Work<Setup, Job> {
  setup(setup: Setup): Handed<unknown>;
  job(job: Job): Handed<unknown>;
}

export function serve<Setup, Job>(port: Port, work: Work<Setup, Job>): void {
  port.listen((given) => {
    const message = given as Message<Setup, Job>;
    try {
      const { answer, transfer } = 'setup' in message ? work.setup(message.setup) : work.job(message.job);
      port.post({ answer } satisfies Reply<unknown>, transfer);
    } catch (error) {
      port.post({ failure: pack(error) } satisfies Reply<unknown>, []);
    }
  });
}
