/** What the limits leave: one account of memory and of work for all graphs of a model together. */
import { LimitError } from '../../kernels/errors.ts';
import type { Limits } from '../../kernels/kernel.ts';

export class Budget {
  readonly #limits: Limits;
  /** Bytes of tensors that are allocated now. */
  #bytes = 0;
  /** Work of the invoke that runs, and how often subgraphs were run in it. */
  #macs = 0;
  #runs = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Memory of zeros. */
  allocate(bytes: number): ArrayBuffer;
  /** The same as `create` makes it; a RangeError of it says that there is none. */
  allocate<M>(bytes: number, create: () => M): M;
  allocate(bytes: number, create: () => unknown = () => new ArrayBuffer(bytes)): unknown {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.tensorBytes) {
      const total = this.#bytes;
      this.#bytes -= bytes;
      throw new LimitError(
        `the tensors take ${total} bytes, more than limits.tensorBytes = ${this.#limits.tensorBytes}`,
      );
    }
    try {
      return create();
    } catch (cause) {
      this.#bytes -= bytes;
      throw new LimitError(`there is no memory for ${bytes} bytes of tensors`, {}, { cause });
    }
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** An invoke begins. */
  begin(): void {
    this.#macs = 0;
    this.#runs = 0;
  }

  /** A node runs a subgraph: loops multiply what one run costs. */
  spend(macs: number): void {
    this.#macs += macs;
    this.checkMacs(this.#macs);
    const { iterations } = this.#limits;
    if (++this.#runs > 2 * iterations + 2) {
      throw new LimitError(`subgraphs run more often in one invoke than limits.iterations = ${iterations} allows`);
    }
  }

  checkMacs(macs: number): void {
    if (macs <= this.#limits.macs) return;
    throw new LimitError(`one invoke takes ${macs} multiply-accumulates, more than limits.macs = ${this.#limits.macs}`);
  }
}
