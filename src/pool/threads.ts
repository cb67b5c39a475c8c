/**
 * Threads that do one job at a time each, in the order in which the jobs come.
 *
 * A thread is started when a job finds none idle. It first gets the setup, which may take long (a model to prepare); where
 * that fails it would fail again, and the pool is over. A job that fails fails alone, and a thread that ends takes only its
 * own job with it.
 */
import pLimit, { type LimitFunction } from 'p-limit';
import { Member } from './pool_worker.ts';
import { Task } from './task.ts';
import { type Spawn, ThreadError } from './thread.ts';
import type { Message } from './worker_loop.ts';

/** Milliseconds for which a thread may go on with what was given up: most jobs end sooner, and a new thread costs more. */
const GRACE = 1000;

export interface RunOptions {
  /** Memory of the job that is handed over. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal | undefined;
}

export class Threads<Setup, Begun, Job, Answer> {
  readonly #spawn: Spawn;
  readonly #setup: Setup;
  readonly #limit: LimitFunction;
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  readonly #tasks = new Set<Task>();
  /** Behind one listener for each signal: engines warn of many. */
  readonly #bySignal = new Map<AbortSignal, Set<Task>>();
  /** What the last thread that was started answered to the setup. */
  #begun: Begun | undefined;
  /** Why nothing runs any more. */
  #over: Error | undefined;
  #ended: Promise<unknown> | undefined;

  /** Starts nothing yet. */
  constructor(spawn: Spawn, count: number, setup: Setup) {
    this.#spawn = spawn;
    this.#setup = setup;
    this.#limit = pLimit(count);
  }

  /** How many threads there may be. */
  get count(): number {
    return this.#limit.concurrency;
  }

  /** The answer to a job. Rejects with what the job throws, the signal's reason, or a ThreadError. */
  run(job: Job, { transfer = [], signal }: RunOptions = {}): Promise<Answer> {
    const message: Message<Setup, Job> = { job };
    return this.#enqueue((member) => member.ask(message, transfer) as Promise<Answer>, signal);
  }

  /** The answer to the setup, of which a thread is started if none was. */
  begin(signal?: AbortSignal): Promise<Begun> {
    return this.#enqueue(async () => this.#begun!, signal);
  }

  /** Ends every thread; what has no answer yet is rejected with the reason. */
  async close(reason: Error = new ThreadError('the pool was closed')): Promise<void> {
    this.#over ??= reason;
    this.#ended ??= Promise.all([...this.#members].map((member) => member.end(new ThreadError('the pool is over'))));
    for (const task of this.#tasks) task.giveUp(this.#over);
    await this.#ended;
  }

  #enqueue<T>(work: (member: Member) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#over) return Promise.reject(this.#over);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const task = new Task(work);
    this.#tasks.add(task);
    if (signal) this.#heed(signal, task);
    void this.#limit(async () => {
      await this.#perform(task);
      this.#tasks.delete(task);
      if (signal) this.#ignore(signal, task);
    });
    return task.answer as Promise<T>;
  }

  #heed(signal: AbortSignal, task: Task) {
    const tasks = this.#bySignal.get(signal) ?? new Set();
    if (tasks.size === 0) signal.addEventListener('abort', this.#onAbort);
    this.#bySignal.set(signal, tasks.add(task));
  }

  #ignore(signal: AbortSignal, task: Task) {
    const tasks = this.#bySignal.get(signal)!;
    tasks.delete(task);
    if (tasks.size > 0) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (event: Event) => {
    const signal = event.target as AbortSignal;
    for (const task of this.#bySignal.get(signal) ?? []) task.giveUp(signal.reason);
  };

  async #perform(task: Task): Promise<void> {
    let member: Member | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      if (task.work) member = await this.#take();
      const { work } = task; // gone if it was given up meanwhile
      if (!member || !work) return;
      const taken = member;
      task.onGivenUp = () => {
        timer = setTimeout(() => taken.end(new ThreadError('the job was given up')), GRACE);
      };
      task.resolve(await work(member));
    } catch (error) {
      task.reject(error);
    } finally {
      clearTimeout(timer);
      if (member?.hasEnded) this.#members.delete(member);
      else if (member) this.#idle.push(member);
    }
  }

  /** An idle thread, or a new one that has done the setup. */
  async #take(): Promise<Member> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.hasEnded) return idle;
      this.#members.delete(idle);
    }
    if (this.#over) throw this.#over;
    try {
      const member = new Member(this.#spawn);
      this.#members.add(member);
      const message: Message<Setup, Job> = { setup: this.#setup };
      this.#begun = (await member.ask(message, [])) as Begun;
      return member;
    } catch (error) {
      void this.close(error as Error);
      throw this.#over;
    }
  }
}
