/**
 * requant beside its peers, in one run: the same model on the same input, one thread each, rounds in turn, until all have had
 * their share of a noisy machine. Prints tables in Markdown; -o FILE.json keeps every time.
 *
 *   npm run bench:peers -- [MODEL.tflite ...] [--rounds N] [--only NAME,NAME] [--onnx FOLDER] [-o FILE.json]
 *
 * TFLite needs a Python with ai-edge-litert ($PYTHON, or python3), the page a Chromium ($CHROMIUM, or one on PATH) and
 * `npm ci --prefix bench/peers`. What is missing is said, and the rest measured.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { modelName, ownModels } from '../model_files.ts';
import { type Chromium, launchChromium, ONNX, peerVersions } from './chromium.ts';
import type { Contestant } from './contestant.ts';
import { processContestant } from './process.ts';
import { measureModel } from './rounds.ts';
import { type ModelResult, OWN, peersMarkdown, type Results } from './table.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '25' },
    only: { type: 'string' },
    onnx: { type: 'string' },
    output: { type: 'string', short: 'o' },
  },
});
const rounds = Number(options.rounds);
if (!(Number.isInteger(rounds) && rounds > 0))
  throw new Error(`--rounds is ${options.rounds}; it is a whole number from 1 on`);
const paths = positionals.length > 0 ? positionals : ownModels();
const absent = paths.find((path) => !existsSync(path));
if (absent !== undefined) throw new Error(`there is no ${absent}`);

const missing: string[] = [];
const load = () => loadavg()[0].toFixed(1);
const loadBefore = load();

function findTflite(): { version: string; contestants: Contestant[] } | undefined {
  const python = process.env.PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('../../../bench/peers/tflite.py', import.meta.url));
  try {
    const versionOf = "import importlib.metadata as m; import numpy; print(m.version('ai-edge-litert'))";
    const version = execFileSync(python, ['-c', versionOf], { encoding: 'utf8', stdio: 'pipe' }).trim();
    const contestants = ['reference', 'optimized', 'xnnpack'].map((kernels) =>
      processContestant(`TFLite ${kernels}`, python, script, kernels),
    );
    return { version, contestants };
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    missing.push(`TFLite: ${stderr?.trim().split('\n').at(-1) || (error as Error).message} (PYTHON is ${python})`);
    return undefined;
  }
}

async function findChromium(): Promise<Chromium | undefined> {
  try {
    return await launchChromium();
  } catch (error) {
    missing.push(`Chromium: ${(error as Error).message.split('\n')[0]}`);
    return undefined;
  }
}

const own = fileURLToPath(new URL('own.js', import.meta.url));
const tflite = findTflite();
const chromium = await findChromium();
const only = options.only?.toLowerCase().split(',');
const contestants = [
  processContestant(OWN, process.execPath, own, 'simd'),
  processContestant('requant reference', process.execPath, own, 'reference'),
  ...(tflite?.contestants ?? []),
  ...(chromium?.contestants ?? []),
].filter(({ name }) => name === OWN || !only || only.some((part) => name.toLowerCase().includes(part)));

const models: ModelResult[] = [];
try {
  for (const path of paths) {
    process.stderr.write(`${modelName(path)}\n`);
    const onnx = join(options.onnx ?? '', `${modelName(path)}.onnx`);
    const hasOnnx = options.onnx !== undefined && existsSync(onnx);
    await chromium?.open(path, hasOnnx ? onnx : undefined);
    const able = contestants.filter(({ name }) => name !== ONNX || hasOnnx);
    models.push(await measureModel(path, able, rounds));
  }
} finally {
  await chromium?.close();
}

const results: Results = {
  machine: `${cpus()[0].model}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
  load: [loadBefore, load()],
  date: new Date().toISOString().slice(0, 10),
  versions: {
    node: process.versions.node,
    v8: process.versions.v8,
    ...(tflite && { 'ai-edge-litert': tflite.version }),
    ...(chromium && { chromium: chromium.version, ...peerVersions() }),
  },
  rounds,
  missing,
  models,
};
if (options.output !== undefined) {
  writeFileSync(`${options.output}.part`, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(`${options.output}.part`, options.output);
}
console.log(peersMarkdown(results));
