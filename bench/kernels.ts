/**
 * Times single operators, with every kernel set: npm run bench:kernels [-- PART-OF-A-NAME ...]
 *
 * One line of JSON for each that a set has a kernel for. For simd, `ofCeiling` is the share of the speed of i32x4.dot_i16x8_s and i32x4.add alone, the best
 * of several measurements in the same process.
 */
import { plainSimd, relaxedSimd } from '../kernels/simd/index.ts';
import { CEILING_MACS, ceilingCase } from './ceiling.ts';
import { kernelCase, kernelCases } from './kernel_cases.ts';
import { Bench, type Measurement } from './measure.ts';

const [plain, relaxed] = [plainSimd(), relaxedSimd()];
const sets = [
  { kernels: 'reference', set: undefined },
  ...(plain ? [{ kernels: 'simd', set: plain }] : []),
  ...(relaxed ? [{ kernels: 'relaxed simd', set: relaxed }] : []),
];

const parts = process.argv.slice(2);
const chosen = kernelCases.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
if (chosen.length === 0) throw new Error(`no name has ${parts.join(' or ')} in it`);

const bench = new Bench();
const briefly = new Bench(0.1);
const ceiling = await ceilingCase();
const speed = (macs: number, { minMs }: Measurement) => macs / minMs / 1e6;
let best = speed(CEILING_MACS, bench.measure(ceiling));
const print = (fields: object) => console.log(JSON.stringify(fields));
const digits = (value: number) => Number(value.toPrecision(3));

for (const it of chosen) {
  for (const { kernels, set } of sets) {
    const bound = kernelCase(it, kernels, set);
    if (!bound) continue;
    const { macs, nodes, ...measured } = bound;
    const { minMs, medianMs, ...result } = bench.measure(measured);
    best = Math.max(best, speed(CEILING_MACS, briefly.measure(ceiling)));
    const gmacPerSecond = macs / (minMs / nodes) / 1e6;
    print({
      ...result,
      minMs: digits(minMs / nodes),
      medianMs: digits(medianMs / nodes),
      ...(macs > 0 && { macs, gmacPerSecond: digits(gmacPerSecond) }),
      ...(macs > 0 && set && { ofCeiling: digits(gmacPerSecond / best) }),
    });
  }
}
print({ name: ceiling.name, gmacPerSecond: digits(best) });
