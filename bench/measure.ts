/** The one adapter around benchmark.js: no setup or teardown (it would recompile the function), a checksum of the results. */
import Benchmark from 'benchmark';

export interface Case {
  readonly name: string;
  /** Which kernels compute it; cases of one name have one result. */
  readonly kernels: string;
  /** What is timed. */
  run(): void;
  /** Of what the last run computed; outside of the timed loop. It must not change while measuring. */
  checksum(): number;
}

export interface Measurement {
  readonly name: string;
  readonly kernels: string;
  readonly minMs: number;
  readonly medianMs: number;
  readonly samples: number;
  readonly checksum: string;
}

/** A sample is the mean over as many runs as take this long, in seconds: short, so that some meet a quiet machine. */
const SAMPLE = 0.02;

/** Times cases for about so many seconds each; throws if a result changes on the way, or is not that of other kernels. */
export class Bench {
  readonly #seconds: number;
  readonly #checksums = new Map<string, number>();

  constructor(seconds = 1) {
    this.#seconds = seconds;
  }

  measure(it: Case): Measurement {
    it.run();
    const before = it.checksum();
    const expected = this.#checksums.get(it.name) ?? before;
    if (before !== expected) throw new Error(`${it.name}: ${it.kernels} kernels give another result than others`);
    this.#checksums.set(it.name, before);
    const benchmark = new Benchmark(it.name, () => it.run(), {
      minTime: SAMPLE,
      maxTime: this.#seconds,
      minSamples: 10,
    });
    benchmark.run({ async: false });
    if (benchmark.error) throw benchmark.error;
    if (it.checksum() !== before) throw new Error(`${it.name}: the result changed while it was timed`);
    const ms = benchmark.stats.sample.map((seconds) => seconds * 1000).sort((a, b) => a - b);
    return {
      name: it.name,
      kernels: it.kernels,
      minMs: ms[0],
      medianMs: ms[ms.length >> 1],
      samples: ms.length,
      checksum: (before >>> 0).toString(16).padStart(8, '0'),
    };
  }
}
