import { InputError } from '../../kernels/errors.ts';

/**
 * The results of `work` on each item, in the order of the items, of which `width` at most are in work: more are taken as
 * results come. The first failure, or the signal, ends it all: it aborts the signal that `work` gets.
 */
export async function mapInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  signal?.throwIfAborted();
  const iterator = iteratorOf(items);
  const ending = new AbortController();
  const abort = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const results: R[] = [];
  let taken = 0;
  const takeTurns = async () => {
    while (!ending.signal.aborted) {
      const i = taken++; // iterators answer in the order in which they are asked
      const { done, value } = await iterator.next();
      if (done || ending.signal.aborted) return;
      results[i] = await work(value, ending.signal);
    }
  };
  try {
    await new Promise<unknown>((resolve, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
      Promise.all(Array.from({ length: width }, takeTurns)).then(resolve, reject);
    });
    return results;
  } catch (error) {
    ending.abort(error);
    void iterator.return?.();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof items === 'object' && items !== null) {
    if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]();
    if (Symbol.iterator in items && !ArrayBuffer.isView(items)) return items[Symbol.iterator]();
  }
  throw new InputError('many inputs are a list, or what a generator gives; one goes to invoke');
}
