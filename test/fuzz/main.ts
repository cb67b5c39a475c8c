/**
 * `npm run fuzz -- --count 100000 --seed 1`: mutated models, and what became of them. Exit status 1 if anything but a
 * RequantError was thrown. `--first N --count 1 --out file.tflite` writes down file N.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fileNumber, fuzz, printed } from './fuzz.ts';
import { readSeeds } from './seeds.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    first: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});

const [count, seed, first] = [values.count, values.seed, values.first].map(Number);
const seeds = readSeeds(fileURLToPath(new URL('../../../', import.meta.url)));
process.stderr.write(`${seeds.length} models, seed ${seed}\n`);
if (values.out !== undefined) writeFileSync(values.out, fileNumber(seeds, seed, first).bytes);
const report = fuzz(seeds, seed, count, first, (number) => {
  if (number % 5000 === 0 && number > first) process.stderr.write(`${number}\n`);
});
process.stdout.write(`${printed(report)}\n`);
process.exitCode = report.findings.length > 0 ? 1 : 0;
