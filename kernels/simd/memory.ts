/** Memory with the module's functions over it. */
import type { Eval, KernelMemory } from '../kernel.ts';
import { Tensor } from '../tensor.ts';
import { type Arguments, PARAMETERS } from './wasm.ts';

const PAGE = 2 ** 16;

/** Loads of 16 bytes may begin at a tensor's last value, and the next few are read ahead. */
const SLACK = 64;

export class SimdMemory implements KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly #functions: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, bytes: number) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((bytes + SLACK) / PAGE) });
    this.buffer = memory.buffer;
    this.#functions = new WebAssembly.Instance(module, { env: { memory } }).exports;
  }

  /** One of the module's functions with all that it takes. */
  readonly bind = <F extends keyof Arguments>(name: F, given: Arguments[F]): Eval => {
    const call = this.#functions[name] as (...values: number[]) => void;
    const values = PARAMETERS[name].map((parameter) => {
      const value = given[parameter] as Tensor | number | boolean;
      return value instanceof Tensor ? value.data.byteOffset : Number(value);
    });
    return () => call(...values);
  };
}
