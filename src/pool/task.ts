import type { Member } from './pool_worker.ts';

/** A job on its way. It settles once: with its answer, or because it is given up. */
export class Task {
  readonly answer: Promise<unknown>;
  /** What a thread does for it; gone when it is settled, and with it the job's memory. */
  work: ((member: Member) => Promise<unknown>) | undefined;
  /** Called when it is given up. */
  onGivenUp: (() => void) | undefined;
  #resolve!: (answer: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(work: (member: Member) => Promise<unknown>) {
    this.work = work;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(answer: unknown): void {
    this.work = undefined;
    this.#resolve(answer);
  }

  reject(error: unknown): void {
    this.work = undefined;
    this.#reject(error);
  }

  giveUp(reason: unknown): void {
    if (!this.work) return;
    this.reject(reason);
    this.onGivenUp?.();
  }
}
