/** An application: answers of an Interpreter in the page, and of an InterpreterPool. */
import { Interpreter, RequantError } from 'requant';
import { InterpreterPool } from 'requant/pool';

export interface Answers {
  readonly kernels: { readonly page: string; readonly threads?: string };
  readonly page: readonly number[];
  readonly threads: readonly number[];
  readonly progress: readonly number[];
  /** What is left here of an input that was handed over. */
  readonly left: number;
  readonly errors: { readonly [what: string]: object };
}

async function run(): Promise<Partial<Answers>> {
  const [model, pixels] = await Promise.all([fetched('model.tflite'), fetched('images.bin')]);
  const interpreter = new Interpreter(model);
  const { size } = interpreter.inputs[0]!;
  const images = Array.from({ length: pixels.byteLength / size }, (_, i) => new Int8Array(pixels, i * size, size));
  const page = images.flatMap((image) => Array.from(interpreter.invoke(image)[0]!.data, Number));

  const pool = new InterpreterPool(model, { threads: 2 });
  const first = await outcome(pool.prepare());
  if (first instanceof Error) return { page, errors: { threads: described(first) } };
  const progress: number[] = [];
  const outputs = await pool.map(images, { onProgress: (done) => progress.push(done) });
  const threads = outputs.flatMap(([output]) => Array.from(output!.data, Number));

  const given = images[0]!.slice();
  await pool.invoke(given, { transfer: true });
  const wrongInput = await outcome(pool.invoke(new Float32Array(1)));
  const abort = new AbortController();
  const givenUp = outcome(pool.invoke(images[0]!, { signal: abort.signal }));
  abort.abort();
  const closed = outcome(pool.invoke(images[0]!));
  await pool.close();
  return {
    kernels: { page: interpreter.kernels, threads: first.kernels },
    page,
    threads,
    progress,
    left: given.length,
    errors: { wrongInput: described(wrongInput), givenUp: described(await givenUp), closed: described(await closed) },
  };
}

async function fetched(name: string): Promise<ArrayBuffer> {
  return await (await fetch(name)).arrayBuffer();
}

function outcome<T>(promise: Promise<T>): Promise<T | Error> {
  return promise.catch((error: Error) => error);
}

function described(error: unknown): object {
  const { name, message } = error as Error;
  return { name, message, ...(error instanceof RequantError && { code: error.code, tensor: error.tensor }) };
}

Object.assign(globalThis, { answers: run() });
