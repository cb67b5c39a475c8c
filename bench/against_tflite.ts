/**
 * A model's time beside TFLite's own reference kernels, in one run: rounds of the one and the other in turn, one thread
 * each, on the same input, until both have had their share of a noisy machine.
 *
 *   npm run bench:tflite -- MODEL.tflite [rounds]
 *
 * Needs a Python with ai-edge-litert and numpy: $PYTHON, or python3.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { Interpreter } from '../src/index.ts';
import { rampInput } from './models.ts';

const [path, rounds = '10'] = process.argv.slice(2);
if (!path) throw new Error('usage: npm run bench:tflite -- MODEL.tflite [rounds]');

const interpreter = new Interpreter(readFileSync(path));
const inputs = rampInput(interpreter);
const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function own(): { ms: number; checksum: number } {
  const start = performance.now();
  const outputs = interpreter.invoke(inputs);
  const ms = performance.now() - start;
  return { ms, checksum: outputs.reduce((sum, { data }) => crc32(bytesOf(data), sum), 0) };
}

const script = fileURLToPath(new URL('../../bench/tflite.py', import.meta.url));
const child = spawn(process.env.PYTHON ?? 'python3', [script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

/** One line asks for one invoke; the answer is its time and the checksum of its outputs. */
async function tflite(): Promise<{ ms: number; checksum: number }> {
  child.stdin.write('\n');
  const { value, done } = await answers.next();
  if (done) throw new Error('TFLite has stopped');
  return JSON.parse(value);
}

const times = { own: [] as number[], tflite: [] as number[] };
for (let round = -2; round < Number(rounds); round++) {
  const ours = own();
  const theirs = await tflite();
  if (ours.checksum !== theirs.checksum) throw new Error('the outputs differ');
  if (round < 0) continue; // warming up
  times.own.push(ours.ms);
  times.tflite.push(theirs.ms);
}
child.stdin.end();

const median = (values: number[]) => values.toSorted((x, y) => x - y)[values.length >> 1];
const summary = (ms: number[]) => ({ minMs: Math.min(...ms), medianMs: median(ms) });
const [a, b] = [summary(times.own), summary(times.tflite)];
const ratio = (x: number, y: number) => Number((x / y).toFixed(2));
console.log(
  JSON.stringify({
    model: path,
    kernels: interpreter.kernels,
    rounds: times.own.length,
    requant: a,
    tfliteReference: b,
    ratioOfMin: ratio(a.minMs, b.minMs),
    // Of each round's two times, which the machine's moods shift together.
    medianOfRatios: ratio(median(times.own.map((ms, i) => ms / times.tflite[i])), 1),
    outputs: 'equal',
  }),
);
