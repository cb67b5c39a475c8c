/** The pool alone, with threads that the test steers. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError, LimitError, ModelError, UnsupportedError } from '../../../kernels/errors.ts';
import { type Failure, pack, unpack } from '../../../src/pool/failure.ts';
import type { PoolSetup } from '../../../src/pool/interpreter_work.ts';
import { mapInOrder } from '../../../src/pool/map_in_order.ts';
import { Pool } from '../../../src/pool/pool.ts';
import { type Spawn, type Thread, ThreadError, type ThreadListener } from '../../../src/pool/thread.ts';
import { Threads } from '../../../src/pool/threads.ts';
import { type Handed, type Port, serve } from '../../../src/pool/worker_loop.ts';
import { reshapeModel } from '../small_models.ts';

class FakeThread implements Thread {
  readonly messages: unknown[] = [];
  isHeld = true;
  hasEnded = false;
  readonly listener: ThreadListener;

  constructor(listener: ThreadListener) {
    this.listener = listener;
    threads.push(this);
  }

  post(message: unknown) {
    this.messages.push(message);
  }

  hold(isBusy: boolean) {
    this.isHeld = isBusy;
  }

  async terminate() {
    this.hasEnded = true;
  }

  /** What it was asked last. */
  get asked() {
    return this.messages.at(-1);
  }

  async answer(answer: unknown) {
    this.listener.answer({ answer });
    await settled();
  }

  async fail(error: Error) {
    this.listener.answer({ failure: structuredClone(pack(error)) });
    await settled();
  }

  async crash() {
    this.listener.end(new ThreadError('a thread has ended: out of memory'));
    await settled();
  }
}

let threads: FakeThread[] = [];
const spawn: Spawn = (listener) => new FakeThread(listener);
const poolOf = (count: number) => new Threads<string, string, string, string>(spawn, count, 'model');

/** All that can go on without a thread has gone on. */
const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A job, and what has become of it. */
async function ask(pool: ReturnType<typeof poolOf>, job: string, signal?: AbortSignal) {
  const asked: { answer?: string; error?: unknown } = {};
  pool.run(job, { signal }).then(
    (answer) => Object.assign(asked, { answer }),
    (error) => Object.assign(asked, { error }),
  );
  await settled();
  return asked;
}

/** The answer to the setup, of every thread that has got no more than that. */
async function setUp() {
  for (const thread of threads) if (thread.messages.length === 1) await thread.answer('prepared');
}

beforeEach(() => {
  threads = [];
});

describe('jobs', () => {
  test('a thread is started for a job that finds none idle, and set up first', async () => {
    const pool = poolOf(2);
    expect(threads).toHaveLength(0);
    const first = await ask(pool, 'a');
    expect(threads.map(({ messages }) => messages)).toEqual([[{ setup: 'model' }]]);
    await setUp();
    expect(threads[0]!.asked).toEqual({ job: 'a' });
    await threads[0]!.answer('A');
    expect(first).toEqual({ answer: 'A' });
    const second = await ask(pool, 'b');
    await threads[0]!.answer('B');
    expect([second, threads.length]).toEqual([{ answer: 'B' }, 1]);
  });

  test('no more threads than allowed; the others wait, in order', async () => {
    const pool = poolOf(2);
    const asked = [];
    for (const job of ['a', 'b', 'c', 'd']) asked.push(await ask(pool, job));
    await setUp();
    expect(threads.map((thread) => thread.asked)).toEqual([{ job: 'a' }, { job: 'b' }]);
    await threads[1]!.answer('B');
    expect(threads.map((thread) => thread.asked)).toEqual([{ job: 'a' }, { job: 'c' }]);
    await threads[1]!.answer('C');
    await threads[0]!.answer('A');
    await threads[1]!.answer('D');
    expect(asked).toEqual(['A', 'B', 'C', 'D'].map((answer) => ({ answer })));
    expect(threads).toHaveLength(2);
  });

  test('only a busy thread keeps the process alive', async () => {
    const pool = poolOf(1);
    await ask(pool, 'a');
    expect(threads[0]!.isHeld).toBe(true);
    await setUp();
    expect(threads[0]!.isHeld).toBe(true);
    await threads[0]!.answer('A');
    expect(threads[0]!.isHeld).toBe(false);
  });

  test('a job that fails fails alone', async () => {
    const pool = poolOf(1);
    const [bad, good] = [await ask(pool, 'bad'), await ask(pool, 'good')];
    await setUp();
    await threads[0]!.fail(new InputError('wrong', { tensor: 3 }));
    await threads[0]!.answer('good');
    expect(bad.error).toBeInstanceOf(InputError);
    expect(bad.error).toMatchObject({ message: 'wrong', tensor: 3 });
    expect([good.answer, threads.length, threads[0]!.hasEnded]).toEqual(['good', 1, false]);
  });

  test('a message that cannot be sent fails alone', async () => {
    const pool = poolOf(1);
    await ask(pool, 'a');
    await setUp();
    await threads[0]!.answer('A');
    vi.spyOn(threads[0]!, 'post').mockImplementationOnce(() => {
      throw new TypeError('not cloned');
    });
    expect((await ask(pool, 'b')).error).toMatchObject({ message: 'not cloned' });
    const c = await ask(pool, 'c');
    await threads[0]!.answer('C');
    expect([c.answer, threads.length, threads[0]!.isHeld]).toEqual(['C', 1, false]);
  });
});

describe('threads that end', () => {
  test('take their job with them, and the next job has a new one', async () => {
    const pool = poolOf(1);
    const [lost, next] = [await ask(pool, 'lost'), await ask(pool, 'next')];
    await setUp();
    await threads[0]!.crash();
    expect(lost.error).toBeInstanceOf(ThreadError);
    expect(lost.error).toMatchObject({ code: 'THREAD', message: 'a thread has ended: out of memory' });
    expect([threads.length, threads[0]!.hasEnded]).toEqual([2, true]);
    await setUp();
    await threads[1]!.answer('next');
    expect(next.answer).toBe('next');
  });

  test('while they are idle, harm nobody', async () => {
    const pool = poolOf(1);
    await ask(pool, 'a');
    await setUp();
    await threads[0]!.answer('A');
    await threads[0]!.crash();
    const b = await ask(pool, 'b');
    await setUp();
    await threads[1]!.answer('B');
    expect(b.answer).toBe('B');
  });

  test.each<[string, (thread: FakeThread) => Promise<void>, object]>([
    ['that fails', (t) => t.fail(new LimitError('too large', { op: 'ADD', node: 1 })), { code: 'LIMIT', node: 1 }],
    ['during which the thread ends', (t) => t.crash(), { code: 'THREAD' }],
  ])('a setup %s ends the pool: nothing is left running', async (_, happen, error) => {
    const pool = poolOf(2);
    const asked = [await ask(pool, 'a'), await ask(pool, 'b'), await ask(pool, 'c')];
    await happen(threads[1]!);
    for (const job of [...asked, await ask(pool, 'd')]) expect(job.error).toMatchObject(error);
    expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
    await expect(pool.begin()).rejects.toMatchObject(error);
    await pool.close();
  });

  test('an engine without threads', async () => {
    const none: Spawn = () => {
      throw new ThreadError('a thread cannot be started');
    };
    const pool = new Threads<string, string, string, string>(none, 2, '');
    for (let i = 0; i < 2; i++) {
      await expect(pool.run('a')).rejects.toMatchObject({ code: 'THREAD', message: 'a thread cannot be started' });
    }
  });
});

test('begin starts a thread, and answers what it said to the setup', async () => {
  const pool = poolOf(2);
  const begun = pool.begin();
  await settled();
  await setUp();
  expect(await begun).toBe('prepared');
  expect(await pool.begin()).toBe('prepared');
  expect(threads).toHaveLength(1);
});

describe('a job that is given up', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('before it is asked', async () => {
    const reason = new Error('changed my mind');
    await expect(poolOf(1).run('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(threads).toHaveLength(0);
  });

  test('while it waits: it is rejected at once, and never runs', async () => {
    const pool = poolOf(1);
    const abort = new AbortController();
    await ask(pool, 'a');
    const [waiting, next] = [await ask(pool, 'waiting', abort.signal), await ask(pool, 'next')];
    await setUp();
    abort.abort(new Error('changed my mind'));
    await settled();
    expect(waiting.error).toMatchObject({ message: 'changed my mind' });
    await threads[0]!.answer('A');
    expect(threads[0]!.asked).toEqual({ job: 'next' });
    await threads[0]!.answer('next');
    expect(next.answer).toBe('next');
  });

  test('while the thread is set up, which is good for the next', async () => {
    const pool = poolOf(1);
    const abort = new AbortController();
    const [first, next] = [await ask(pool, 'first', abort.signal), await ask(pool, 'next')];
    abort.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.error).toMatchObject({ name: 'AbortError' });
    await setUp();
    expect([threads.length, threads[0]!.asked]).toEqual([1, { job: 'next' }]);
    await threads[0]!.answer('next');
    expect(next.answer).toBe('next');
  });

  test('while it runs: it is rejected at once; a thread that is soon done is kept', async () => {
    const pool = poolOf(1);
    const abort = new AbortController();
    const [running, next] = [await ask(pool, 'running', abort.signal), await ask(pool, 'next')];
    await setUp();
    abort.abort();
    await vi.advanceTimersByTimeAsync(999);
    expect(running.error).toMatchObject({ name: 'AbortError' });
    await threads[0]!.answer('too late');
    await vi.advanceTimersByTimeAsync(10_000);
    expect([threads.length, threads[0]!.hasEnded, threads[0]!.asked]).toEqual([1, false, { job: 'next' }]);
    await threads[0]!.answer('next');
    expect(next.answer).toBe('next');
  });

  test('while it runs: a thread that goes on is ended after a second', async () => {
    const pool = poolOf(1);
    const abort = new AbortController();
    const [running, next] = [await ask(pool, 'running', abort.signal), await ask(pool, 'next')];
    await setUp();
    abort.abort();
    await vi.advanceTimersByTimeAsync(1000);
    expect(running.error).toMatchObject({ name: 'AbortError' });
    expect([threads.length, threads[0]!.hasEnded]).toEqual([2, true]);
    await setUp();
    await threads[1]!.answer('next');
    expect(next.answer).toBe('next');
  });

  test('many with one signal: it has one listener, and none when they are answered', async () => {
    const pool = poolOf(2);
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const asked = [];
    for (let i = 0; i < 20; i++) asked.push(await ask(pool, String(i), signal));
    await setUp();
    for (let i = 0; i < 20; i++) await threads[i % 2]!.answer('done');
    expect(asked.every(({ answer }) => answer === 'done')).toBe(true);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
    expect(removed.mock.calls[0]![1]).toBe(added.mock.calls[0]![1]);
  });
});

describe('close', () => {
  test('ends all threads, and rejects what has no answer', async () => {
    const pool = poolOf(2);
    const asked = [await ask(pool, 'a'), await ask(pool, 'b'), await ask(pool, 'c'), await ask(pool, 'd')];
    await setUp();
    await threads[0]!.answer('A');
    await pool.close();
    await settled();
    expect(asked[0]).toEqual({ answer: 'A' });
    for (const { error } of [...asked.slice(1), await ask(pool, 'e')]) {
      expect(error).toMatchObject({ code: 'THREAD', message: 'the pool was closed' });
    }
    expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
    await pool.close();
  });

  test('during the setup', async () => {
    const pool = poolOf(1);
    const first = await ask(pool, 'a');
    await pool.close();
    await settled();
    expect(first.error).toMatchObject({ message: 'the pool was closed' });
    expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true]);
  });

  test('of a pool that has done nothing', async () => {
    await poolOf(1).close();
    expect(threads).toHaveLength(0);
  });
});

describe("a model's bytes", () => {
  const bytes = reshapeModel({ type: 'INT8', shape: [1, 4], scale: 1, zeroPoint: 0 });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** What each of two threads gets of them. */
  async function sent() {
    const given = bytes.slice();
    const pool = new Pool(given, {}, { spawn, cores: 2 });
    given.fill(0);
    for (let i = 0; i < 2; i++) pool.invoke(new Int8Array(4)).catch(() => {});
    await settled();
    await pool.close();
    return threads.map(({ asked }) => (asked as { setup: PoolSetup }).setup.bytes);
  }

  test('are in memory that the threads share, a copy that the caller does not change', async () => {
    const [first, second] = await sent();
    expect(first!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(second!.buffer).toBe(first!.buffer);
    expect(Buffer.compare(first!, bytes)).toBe(0);
  });

  test('where the engine shares no memory, in memory that can be sent', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const [first] = await sent();
    expect(first!.buffer).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.compare(first!, bytes)).toBe(0);
  });
});

describe('errors as data', () => {
  const place = { op: 'CONV_2D', node: 3, tensor: 5, path: 'subgraphs[0].operators[3]', offset: 1234 };
  const through = (error: unknown) => unpack(structuredClone(pack(error)));

  test.each([
    new ModelError('the file is wrong', place),
    new InputError('the caller is wrong', { tensor: 1 }),
    new LimitError('too large', place),
    new UnsupportedError('not done', place, [{ op: 'CONV_2D', node: 3, reason: 'float' }]),
  ])('$name', (error) => {
    const other = through(error);
    expect(other).toBeInstanceOf(error.constructor);
    expect({ ...other, message: other.message }).toEqual({ ...error, message: error.message });
    expect([other.name, other.stack]).toEqual([error.name, error.stack]);
  });

  test('a bug remains one', () => {
    const other = through(new TypeError('x is undefined'));
    expect(String(other)).toBe('TypeError: x is undefined');
    expect(other.stack).toMatch(/^TypeError: x is undefined\n {4}at /);
    expect(through('thrown text').message).toBe('thrown text');
  });
});

test('serve: setup and jobs, answers with their memory, errors as data', () => {
  const posted: [unknown, readonly ArrayBuffer[]][] = [];
  let receive: (message: unknown) => void = () => {};
  const port: Port = {
    listen: (listener) => {
      receive = listener;
    },
    post: (message, transfer) => posted.push([message, transfer]),
  };
  const { buffer } = Int8Array.of(1);
  const handed = (answer: unknown): Handed<unknown> => ({ answer, transfer: [buffer] });
  serve<string, string>(port, {
    setup: (setup) => handed(`set up with ${setup}`),
    job: (job) => {
      if (job === 'bad') throw new InputError('wrong', { tensor: 2 });
      return handed(job);
    },
  });
  receive({ setup: 'model' });
  receive({ job: 'good' });
  receive({ job: 'bad' });
  const [bad] = posted.pop() as [{ failure: Failure }, unknown];
  expect(posted).toEqual([
    [{ answer: 'set up with model' }, [buffer]],
    [{ answer: 'good' }, [buffer]],
  ]);
  expect(bad.failure).toMatchObject({ code: 'INPUT', message: 'wrong', place: { tensor: 2 } });
});

describe('mapInOrder', () => {
  /** What is done when the test says so. */
  function works() {
    const open = new Map<number, { resolve: (value: string) => void; reject: (error: unknown) => void }>();
    const work = (item: number, signal: AbortSignal) =>
      new Promise<string>((resolve, reject) => {
        open.set(item, { resolve, reject });
        if (item < 5) signal.addEventListener('abort', () => reject(signal.reason));
      });
    return { open, work };
  }

  test('results are in the order of the items, whichever is done first', async () => {
    const { open, work } = works();
    const all = mapInOrder([0, 1, 2], 3, work);
    await settled();
    for (const i of [2, 0, 1]) open.get(i)!.resolve(`r${i}`);
    expect(await all).toEqual(['r0', 'r1', 'r2']);
  });

  test('no more are taken than are in work', async () => {
    let taken = 0;
    function* items() {
      while (taken < 100) yield taken++;
    }
    const { open, work } = works();
    const all = mapInOrder(items(), 2, work);
    await settled();
    expect(taken).toBe(2);
    open.get(1)!.resolve('r1');
    await settled();
    expect([taken, [...open.keys()]]).toEqual([3, [0, 1, 2]]);
    for (let i = 0; i < 100; i++) {
      await settled();
      open.get(i)!.resolve(`r${i}`);
    }
    expect(await all).toEqual(Array.from({ length: 100 }, (_, i) => `r${i}`));
  });

  test('items that come one by one', async () => {
    async function* items() {
      for (const i of [3, 1, 2]) {
        await settled();
        yield i;
      }
    }
    expect(await mapInOrder(items(), 2, async (i) => i * 10)).toEqual([30, 10, 20]);
  });

  test('no items', async () => {
    expect(await mapInOrder([], 2, async (i) => i)).toEqual([]);
  });

  test('the first failure ends it: what is in work is told, and no more is taken', async () => {
    const { open, work } = works();
    let isLeft = false;
    function* items() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        isLeft = true;
      }
    }
    const all = mapInOrder(items(), 2, work);
    await settled();
    const error = new Error('failed');
    open.get(1)!.reject(error);
    await expect(all).rejects.toBe(error);
    expect([[...open.keys()], isLeft]).toEqual([[0, 1], true]);
  });

  test('a signal ends it, even where no item ever comes', async () => {
    const abort = new AbortController();
    async function* items() {
      await new Promise(() => {});
      yield 1;
    }
    const all = mapInOrder(items(), 2, async (i) => i, abort.signal);
    abort.abort(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
    await expect(mapInOrder([1], 1, async (i) => i, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  test.each([[5], [null], ['text'], [Int8Array.of(1)], [{ a: Int8Array.of(1) }]])('%j is no list', async (items) => {
    await expect(mapInOrder(items as unknown as number[], 1, async (i) => i)).rejects.toBeInstanceOf(InputError);
  });
});
