/** What a caller gives -> what goes to another thread. */
import { InputError } from '../../kernels/errors.ts';
import type { InvokeInput } from '../runtime/interpreter.ts';

export interface HandedOver {
  readonly own: InvokeInput;
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * An input in memory of its own, to be transferred: copies of the caller's arrays, or the caller's memory itself. (To post
 * an array as it is would copy all of its ArrayBuffer, of which it may be a small part.)
 */
export function handOver(input: InvokeInput, isTransferred: boolean): HandedOver {
  try {
    const own = isTransferred ? structuredClone(input, { transfer: memoryOf(input) }) : copyOf(input);
    return { own, transfer: memoryOf(own) };
  } catch (cause) {
    throw new InputError(`the input cannot go to another thread: ${(cause as Error).message}`, {}, { cause });
  }
}

type TypedArray = Exclude<ArrayBufferView, DataView>;

/** An array's own copying; that of a Buffer copies nothing. */
const { slice } = Object.getPrototypeOf(Int8Array.prototype) as { slice: (this: TypedArray) => TypedArray };

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) !== '[object DataView]';
}

function copyOf(input: InvokeInput): InvokeInput {
  const copy = (value: unknown) => (isTypedArray(value) ? slice.call(value) : structuredClone(value));
  if (Array.isArray(input)) return input.map(copy) as InvokeInput;
  if (Object.prototype.toString.call(input) !== '[object Object]') return copy(input) as InvokeInput;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, copy(value)])) as InvokeInput;
}

/** The ArrayBuffers of an input's arrays; shared memory can go to no thread alone. */
function memoryOf(input: InvokeInput): ArrayBuffer[] {
  const values = ArrayBuffer.isView(input) ? [input] : Object.values(input ?? {});
  const buffers = values.filter(isTypedArray).map(({ buffer }) => buffer);
  return [...new Set(buffers)].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}
