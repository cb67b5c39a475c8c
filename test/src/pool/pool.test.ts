/** InterpreterPool on real threads, as it is built. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  InputError,
  Interpreter,
  type InvokeInput,
  LimitError,
  ModelError,
  OutputTensor,
  RequantError,
  UnsupportedError,
} from '../../../dist/src/index.js';
import { InterpreterPool, type PoolOptions, ThreadError } from '../../../dist/src/pool/node.js';
import { nodeThread } from '../../../dist/src/pool/node_thread.js';
import { Threads } from '../../../dist/src/pool/threads.js';
import { readNpz } from '../../../src/io/npz.ts';
import { buildModel } from '../../../src/model/builder.ts';
import { reshapeModel, type SmallTensor, smallModel } from '../small_models.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const digits = readFileSync(join(root, 'models/digits_conv_int8/model.tflite'));
const golden = readNpz(readFileSync(join(root, 'models/digits_conv_int8/golden.npz')), 'golden');
const runsOf = (key: string) => {
  const { shape, data } = golden.get(key)!;
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, run) => data.slice(run * size, (run + 1) * size) as Int8Array);
};
const images = runsOf('input_0');
const scores = runsOf('output_0');

const int8: SmallTensor = { type: 'INT8', shape: [1, 4], scale: 0.5, zeroPoint: -3, name: 'pixels' };
const identity = reshapeModel(int8);
const unsupported = smallModel({
  tensors: [int8, int8],
  nodes: [{ op: 'LSH_PROJECTION', inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
});

/** SVDF of one unit with two steps of memory: output = clamp(input + the input before). */
function svdf(): Uint8Array {
  const quantized = (shape: number[], more: object) => ({
    shape,
    quantization: { scale: [1], zeroPoint: [0n], quantizedDimension: 0 },
    ...more,
  });
  return buildModel({
    version: 3,
    operatorCodes: [{ builtinCode: 'SVDF' }],
    buffers: [{}, { data: Uint8Array.of(1) }, { data: Uint8Array.of(1, 0, 1, 0) }],
    subgraphs: [
      {
        tensors: [
          quantized([1, 1], { type: 'INT8', name: 'input' }),
          quantized([1, 1], { type: 'INT8', buffer: 1 }),
          quantized([1, 2], { type: 'INT16', buffer: 2 }),
          quantized([1, 2], { type: 'INT16', isVariable: true }),
          quantized([1, 1], { type: 'INT8', name: 'output' }),
        ],
        inputs: [0],
        outputs: [4],
        operators: [
          {
            opcodeIndex: 0,
            inputs: [0, 1, 2, -1, 3],
            outputs: [4],
            builtinOptionsType: 'SVDFOptions',
            builtinOptions: { rank: 1 },
          },
        ],
      },
    ],
  });
}

const pools: InterpreterPool[] = [];
function poolOf(bytes: Uint8Array, options?: PoolOptions): InterpreterPool {
  const pool = new InterpreterPool(bytes, options);
  pools.push(pool);
  return pool;
}
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

/** Threads that this process has. */
const threadCount = () => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length;
let threadsBefore = 0;
beforeAll(() => {
  Object.assign(process.report, { excludeNetwork: true }); // which takes seconds
  threadsBefore = threadCount();
});
afterAll(() => expect(threadCount()).toBe(threadsBefore));

describe('invoke', () => {
  test("gives TFLite's bits, to each input its own", async () => {
    const pool = poolOf(digits, { threads: 2 });
    const answers = await Promise.all(images.map((image) => pool.invoke(image)));
    expect(answers.map(([output]) => output!.data)).toEqual(scores);
    expect(threadCount()).toBe(threadsBefore + 2);
  });

  test('what comes is what Interpreter.invoke gives', async () => {
    const [output] = await poolOf(digits).invoke(images[0]!);
    const [expected] = new Interpreter(digits).invoke(images[0]!);
    expect(output).toBeInstanceOf(OutputTensor);
    expect({ ...output }).toEqual({ ...expected });
    expect(output!.dequantize()).toEqual(expected!.dequantize());
  });

  test.each<[string, InvokeInput]>([
    ['alone', Int8Array.of(1, 2, 3, 4)],
    ['in a list', [Int8Array.of(1, 2, 3, 4)]],
    ['by name', { pixels: Int8Array.of(1, 2, 3, 4) }],
    ['a part of a larger array', Int8Array.of(9, 9, 1, 2, 3, 4, 9).subarray(2, 6)],
  ])('inputs %s', async (_, input) => {
    const [output] = await poolOf(identity, { threads: 1 }).invoke(input);
    expect(output!.data).toEqual(Int8Array.of(1, 2, 3, 4));
  });

  test('a Buffer, of memory that it shares with others', async () => {
    const pool = poolOf(reshapeModel({ ...int8, type: 'UINT8', zeroPoint: 3 }), { threads: 1 });
    const given = Buffer.from('abcd');
    const answer = pool.invoke(given);
    given.fill('x');
    expect((await answer)[0]!.data).toEqual(Uint8Array.from(Buffer.from('abcd')));
  });

  test('the input is copied at once, and only what it holds', async () => {
    const pool = poolOf(identity, { threads: 1 });
    const given = new Int8Array(1_000_000).subarray(500_000, 500_004);
    given.set([1, 2, 3, 4]);
    const answer = pool.invoke(given);
    given.fill(99);
    expect((await answer)[0]!.data).toEqual(Int8Array.of(1, 2, 3, 4));
    expect(given.length).toBe(4);
  });

  test('or handed over', async () => {
    const pool = poolOf(identity, { threads: 1 });
    const given = Int8Array.of(1, 2, 3, 4);
    const answer = pool.invoke(given, { transfer: true });
    expect(given.byteLength).toBe(0);
    expect((await answer)[0]!.data).toEqual(Int8Array.of(1, 2, 3, 4));
  });

  test('one array for two inputs', async () => {
    const tensor = { type: 'INT8', shape: [2], scale: 1, zeroPoint: 0 } as const;
    const pool = poolOf(
      smallModel({
        tensors: [{ ...tensor, name: 'a' }, { ...tensor, name: 'b' }, tensor],
        nodes: [{ op: 'ADD', inputs: [0, 1], outputs: [2], options: ['AddOptions', {}] }],
        inputs: [0, 1],
        outputs: [2],
      }),
    );
    const both = Int8Array.of(1, 2);
    expect((await pool.invoke([both, both]))[0]!.data).toEqual(Int8Array.of(2, 4));
    expect((await pool.invoke({ a: both, b: both }, { transfer: true }))[0]!.data).toEqual(Int8Array.of(2, 4));
  });

  test('variables begin anew with each input', async () => {
    const own = new Interpreter(svdf());
    const pool = poolOf(svdf(), { threads: 1 });
    const inputs = [5, 7, 9].map((value) => Int8Array.of(value));
    expect(inputs.map((input) => own.invoke(input)[0]!.data[0])).toEqual([5, 12, 16]);
    expect((await pool.map(inputs)).map(([output]) => output!.data[0])).toEqual([5, 7, 9]);
  });

  test('inputs of other shapes, each its own', async () => {
    const open = { ...int8, shapeSignature: [-1, 4] };
    const bytes = smallModel({
      tensors: [open, { ...open, name: 'sum' }],
      nodes: [{ op: 'ADD', inputs: [0, 0], outputs: [1], options: ['AddOptions', {}] }],
      inputs: [0],
      outputs: [1],
    });
    const pool = poolOf(bytes, { threads: 1 });
    const [one, two] = [new Int8Array(4), new Int8Array(8)];
    const shapes = await Promise.all([
      pool.invoke(two, { inputShapes: [[2, 4]] }),
      pool.invoke(one),
      pool.invoke(two, { inputShapes: [[2, 4]] }),
    ]);
    expect(shapes.map(([output]) => output!.shape)).toEqual([
      [2, 4],
      [1, 4],
      [2, 4],
    ]);
    await expect(pool.invoke(two)).rejects.toThrow('it takes Int8Array of 4 values, and got Int8Array of 8');
    await expect(pool.invoke(one, { inputShapes: [[1, 4], [1]] })).rejects.toThrow(
      'the model has 1 input, and got 2 shapes',
    );
  });
});

test('inputs: what Interpreter says of them, without a thread', () => {
  const pool = poolOf(digits);
  const own = new Interpreter(digits).inputs;
  expect(pool.inputs.map((input) => ({ ...input }))).toEqual(own.map((input) => ({ ...input })));
  expect(pool.inputs[0]!.quantize([0.5, 1])).toEqual(own[0]!.quantize([0.5, 1]));
  expect(threadCount()).toBe(threadsBefore);
});

test('prepare: what the threads run', async () => {
  const { kernels, macs, memory } = new Interpreter(digits);
  expect(await poolOf(digits).prepare()).toEqual({ kernels, macs, memory });
  expect(await poolOf(digits, { kernels: 'reference' }).prepare()).toMatchObject({ kernels: 'reference' });
});

describe('errors', () => {
  test.each<[string, Uint8Array, object, new (...parts: never[]) => RequantError]>([
    ['a damaged file', digits.subarray(0, 1000), {}, ModelError],
    ['no file', 'model.tflite' as unknown as Uint8Array, {}, InputError],
    ['no threads', digits, { threads: 0 }, InputError],
    ['half a thread', digits, { threads: 1.5 }, InputError],
    ['a profile that there is not', digits, { profile: 'tf' }, InputError],
    ['kernels that there are not', digits, { kernels: 'gpu' }, InputError],
    ['a limit that there is not', digits, { limits: { bytes: 1 } }, InputError],
    ['custom operators', digits, { customOps: {} }, InputError],
  ])('%s: the constructor throws, and starts no thread', (_, bytes, options, type) => {
    expect(() => new InterpreterPool(bytes, options)).toThrow(type);
    expect(threadCount()).toBe(threadsBefore);
  });

  test('the same as in this thread', async () => {
    const tooLarge = { limits: { tensorBytes: 1 } };
    for (const [bytes, options, type] of [
      [unsupported, {}, UnsupportedError],
      [identity, tooLarge, LimitError],
    ] as const) {
      const expected = thrownBy(() => new Interpreter(bytes, options));
      expect(expected).toBeInstanceOf(type);
      const pool = poolOf(bytes, { ...options, threads: 2 });
      const input = Int8Array.of(1, 2, 3, 4);
      for (const failing of [pool.invoke(input), pool.prepare(), pool.map([input, input])]) {
        const error = await failing.catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(type);
        expect({ ...(error as object) }).toEqual({ ...expected });
        expect((error as Error).message).toBe(expected.message);
      }
      await pool.close();
      expect(threadCount()).toBe(threadsBefore);
    }
  });

  test('a model that cannot be run leaves no thread, even if nobody closes the pool', async () => {
    const pool = new InterpreterPool(unsupported, { threads: 2 });
    await expect(pool.invoke(Int8Array.of(1, 2, 3, 4))).rejects.toBeInstanceOf(UnsupportedError);
    await expect.poll(threadCount).toBe(threadsBefore);
  });

  test.each<[string, unknown]>([
    ['another type', new Float32Array(4)],
    ['another length', Int8Array.of(1)],
    ['a name that there is not', { voxels: Int8Array.of(1, 2, 3, 4) }],
    ['too many', [new Int8Array(4), new Int8Array(4)]],
    ['numbers', [1, 2, 3, 4]],
    ['nothing', null],
    ['a text', 'pixels'],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
  ])('an input of %s: the message is that of Interpreter, and the pool goes on', async (_, input) => {
    const pool = poolOf(identity, { threads: 1 });
    const expected = thrownBy(() => new Interpreter(identity).invoke(input as InvokeInput));
    const error = await pool.invoke(input as InvokeInput).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(expected.message);
    expect({ ...(error as object) }).toEqual({ ...expected });
    expect((await pool.invoke(Int8Array.of(1, 2, 3, 4)))[0]!.data).toEqual(Int8Array.of(1, 2, 3, 4));
  });

  test.each<[string, () => unknown]>([
    ['a function', () => [() => 1]],
    ['memory that is gone', () => detached(Int8Array.of(1, 2, 3, 4))],
  ])('an input of %s cannot go to a thread', async (_, input) => {
    const answer = poolOf(identity).invoke(input() as InvokeInput);
    await expect(answer).rejects.toThrow(/^the input cannot go to another thread: /);
    await expect(answer).rejects.toBeInstanceOf(InputError);
  });

  function detached(values: Int8Array<ArrayBuffer>): Int8Array {
    structuredClone(values, { transfer: [values.buffer] });
    return values;
  }

  function thrownBy(action: () => unknown): RequantError {
    try {
      action();
    } catch (error) {
      return error as RequantError;
    }
    throw new Error('nothing was thrown');
  }
});

describe('map', () => {
  test('answers in order, and counts them', async () => {
    const counts: number[] = [];
    const answers = await poolOf(digits, { threads: 2 }).map(images, { onProgress: (done) => counts.push(done) });
    expect(answers.map(([output]) => output!.data)).toEqual(scores);
    expect(counts).toEqual(images.map((_, i) => i + 1));
  });

  test('of a generator, and of one that waits', async () => {
    const pool = poolOf(digits, { threads: 2 });
    function* some() {
      yield* images;
    }
    async function* slowly() {
      for (const image of images) yield await Promise.resolve(image);
    }
    for (const inputs of [some(), slowly()]) {
      expect((await pool.map(inputs)).map(([output]) => output!.data)).toEqual(scores);
    }
  });

  test('one wrong input rejects it, and the pool goes on', async () => {
    const pool = poolOf(digits, { threads: 2 });
    await expect(pool.map([...images, new Int8Array(1), ...images])).rejects.toBeInstanceOf(InputError);
    expect((await pool.map(images)).length).toBe(images.length);
  });

  test('an error of onProgress rejects it', async () => {
    const onProgress = () => {
      throw new Error('no more');
    };
    await expect(poolOf(digits).map(images, { onProgress })).rejects.toThrow('no more');
  });

  test('is given up by its signal', async () => {
    const pool = poolOf(digits, { threads: 2 });
    const abort = new AbortController();
    let taken = 0;
    function* endless() {
      for (;;) {
        if (++taken === 20) abort.abort(new Error('enough'));
        yield images[0]!;
      }
    }
    await expect(pool.map(endless(), { signal: abort.signal })).rejects.toThrow('enough');
    expect(taken).toBeLessThan(30);
    expect((await pool.invoke(images[0]!))[0]!.data).toEqual(scores[0]);
  });

  test('a list is asked for', async () => {
    await expect(poolOf(digits).map(images[0] as never)).rejects.toBeInstanceOf(InputError);
  });
});

describe('the end', () => {
  test('close rejects what waits, and what comes later', async () => {
    const pool = poolOf(digits, { threads: 1 });
    const waiting = images.map((image) => pool.invoke(image).catch((error: unknown) => error));
    await pool.close();
    for (const answer of [...(await Promise.all(waiting)), await pool.invoke(images[0]!).catch((error) => error)]) {
      expect(answer).toBeInstanceOf(ThreadError);
      expect(answer).toBeInstanceOf(RequantError);
      expect(answer).toMatchObject({ code: 'THREAD', message: 'the pool was closed' });
    }
    await pool.close();
    expect(threadCount()).toBe(threadsBefore);
  });

  test('disposing is closing', async () => {
    const pool = new InterpreterPool(digits, { threads: 1 });
    await pool.prepare();
    await pool[Symbol.asyncDispose]();
    await expect(pool.prepare()).rejects.toThrow('the pool was closed');
    expect(threadCount()).toBe(threadsBefore);
  });

  test('an input that is given up while it runs', async () => {
    const pool = poolOf(digits, { threads: 1 });
    await pool.prepare();
    const abort = new AbortController();
    const answers = [pool.invoke(images[0]!, { signal: abort.signal }), pool.invoke(images[1]!)];
    await Promise.resolve(); // it is on its way
    abort.abort();
    await expect(answers[0]).rejects.toMatchObject({ name: 'AbortError' });
    expect((await answers[1]!)[0]!.data).toEqual(scores[1]);
    await expect(pool.invoke(images[0]!, { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('threads that end by themselves', () => {
  const crashing = new URL('./crashing_worker.js', import.meta.url);
  const create = () => new Worker(crashing, { resourceLimits: { maxOldGenerationSizeMb: 32 } });
  const threads = new Threads<string, string, string, string>(nodeThread(create), 1, 'setup');
  afterAll(() => threads.close());

  test.each([
    ['exit', /^a thread has ended with status 3$/],
    ['throw later', /^a thread has ended: stray$/],
    ['run out of memory', /^a thread has ended: .*memory/],
  ])('%s: the job is rejected, and the others have another thread', async (job, message) => {
    const answers = [threads.run(job), threads.run('echo'), threads.run('echo')];
    const error = await answers[0]!.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(message);
    expect(await Promise.all(answers.slice(1))).toEqual(['echo', 'echo']);
  });

  test('a job that never ends, given up, ends with its thread', async () => {
    const abort = new AbortController();
    const [endless, next] = [threads.run('loop', { signal: abort.signal }), threads.run('echo')];
    setTimeout(() => abort.abort(), 100);
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
    expect(await next).toBe('echo');
  });

  test('a script that is not there', async () => {
    const none = new Threads(
      nodeThread(() => new Worker(new URL('./no_worker.js', import.meta.url))),
      2,
      '',
    );
    await expect(none.run('echo')).rejects.toThrow(/^a thread has ended: Cannot find module .*no_worker\.js/);
    const wrong = new Threads(
      nodeThread(() => new Worker('no_worker.js')),
      2,
      '',
    );
    await expect(wrong.run('echo')).rejects.toThrow(/^a thread cannot be started: /);
  });
});

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'requant-pool-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/requant'), 'dir');
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (code: string, ...options: string[]) => {
    writeFileSync(join(folder, 'main.mjs'), code);
    return execFileSync(process.execPath, [...options, join(folder, 'main.mjs')], { encoding: 'utf8' });
  };
  const start = `
    import { readFileSync } from 'node:fs';
    import { InputError } from 'requant';
    import { InterpreterPool } from 'requant/pool';
    const bytes = readFileSync(${JSON.stringify(join(root, 'models/digits_conv_int8/model.tflite'))});
    const pool = new InterpreterPool(bytes, { threads: 2 });
    const input = new Int8Array(784);`;

  test('has requant/pool, whose errors are those of requant; a process ends though nobody closed the pool', () => {
    const code = `${start}
      const answers = await pool.map([input, input, input]);
      const error = await pool.invoke(new Int8Array(1)).catch((error) => error);
      console.log(answers.length, error instanceof InputError);`;
    expect(run(code)).toBe('3 true\n');
  });

  test('close is waited for', () => {
    expect(run(`${start} await pool.prepare(); await pool.close(); console.log('closed');`)).toBe('closed\n');
  });

  test('no code is made of strings', () => {
    const code = `${start} console.log((await pool.map([input])).length); await pool.close();`;
    expect(run(code, '--disallow-code-generation-from-strings')).toBe('1\n');
  });
});
