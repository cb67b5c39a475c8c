/** The one adapter around benchmark.js: no setup or teardown (it would recompile the function), a checksum of the results. */
import Benchmark from 'benchmark';

export interface Case {
  readonly name: string;
  /** What is timed. */
  run(): void;
  /** Of what the last run computed; outside of the timed loop. It must not change while measuring. */
  checksum(): number;
}

export interface Measurement {
  readonly name: string;
  readonly minMs: number;
  readonly medianMs: number;
  readonly samples: number;
  readonly checksum: string;
}

/** Times each case for at least a second; throws if a result changes on the way. */
export function measure(cases: readonly Case[]): Measurement[] {
  return cases.map((it) => {
    it.run();
    const before = it.checksum();
    const benchmark = new Benchmark(it.name, () => it.run(), { minTime: 1, minSamples: 10 });
    benchmark.run({ async: false });
    if (benchmark.error) throw benchmark.error;
    if (it.checksum() !== before) throw new Error(`${it.name}: the result changed while it was timed`);
    const ms = benchmark.stats.sample.map((seconds) => seconds * 1000).sort((a, b) => a - b);
    return {
      name: it.name,
      minMs: ms[0],
      medianMs: ms[ms.length >> 1],
      samples: ms.length,
      checksum: (before >>> 0).toString(16).padStart(8, '0'),
    };
  });
}
