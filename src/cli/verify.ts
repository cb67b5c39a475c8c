/** requant verify: is it TFLite's answer? */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { mapInOrder } from '../pool/map_in_order.ts';
import { nodeThread } from '../pool/node_thread.ts';
import { Threads } from '../pool/threads.ts';
import { type VerifiedModel, type VerifyReport, verifyBlocks } from '../report/verify.ts';
import { findModels, isFolder } from './files.ts';
import { findGolden } from './golden_file.ts';
import {
  engineOf,
  engineOptions,
  type FormatOptions,
  formatOptions,
  jobsOption,
  printReport,
  progressBar,
  signatureOption,
} from './output.ts';
import { notVerified, type Pair, type VerifiedPair, type VerifyEngine, verifyPair } from './verify_pair.ts';

interface VerifyOptions extends VerifyEngine, FormatOptions {
  readonly jobs: number;
}

export function addVerify(program: Command): void {
  jobsOption(signatureOption(engineOptions(formatOptions(program.command('verify')))))
    .summary("is it TFLite's answer")
    .description('Runs models on recorded inputs and compares every value with the recorded answers, bit for bit.')
    .argument('<paths...>', 'MODEL.tflite GOLDEN.npz, or models and folders')
    .addHelpText(
      'after',
      `
A golden file is X.npz beside X.tflite, or golden.npz beside model.tflite; folders
are searched for such pairs. X.tensors.csv or tensors.csv beside it adds every
intermediate tensor of run 0. "requant golden" prints a script that records them.
With --signature KEY the golden file is X.KEY.npz or golden.KEY.npz.

Exit status: 0 no value differs, 1 some value differs, 2 a model failed, or none
could be run. A model with operators that requant does not have is unsupported.`,
    )
    .action(async (paths: string[], options: VerifyOptions) => {
      const report = await verifyAll(findPairs(paths, options.signature), options);
      printReport(
        options,
        () => report,
        () => verifyBlocks(report),
      );
      process.exitCode = exitStatus(report);
    });
}

function findPairs(paths: readonly string[], signature: string | undefined): Pair[] {
  const [model, golden] = paths;
  if (paths.length === 2 && golden!.endsWith('.npz')) return [[model!, golden!]];
  const pairs: Pair[] = [];
  for (const path of paths) {
    if (!existsSync(path)) throw new InputError(`there is no ${path}`);
    const isInFolder = isFolder(path);
    for (const found of isInFolder ? findModels(path) : [path]) {
      const golden = findGolden(found, signature);
      if (golden !== undefined) pairs.push([found, golden]);
      else if (!isInFolder)
        throw new InputError(`there is no golden file beside ${found}; \`requant golden\` says how to record one`);
    }
  }
  if (pairs.length === 0) throw new InputError(`no model with a golden file beside it in ${paths.join(', ')}`);
  return pairs;
}

/** Of each pair, in the order of the pairs. */
async function verifyAll(pairs: readonly Pair[], options: VerifyOptions): Promise<VerifyReport> {
  const bar = progressBar('verifying', pairs.length);
  const { profile, kernels, signature } = options;
  const engine = { ...engineOf(options), ...(signature !== undefined && { signature }) };
  const threads = Math.min(options.jobs, pairs.length);
  const verified = await (threads > 1 ? inThreads(threads, pairs, engine, bar) : here(pairs, engine, bar));
  bar.stop();
  const models = verified.map(({ model }) => model);
  const sum = (of: (model: VerifiedModel) => number) => models.reduce((total, model) => total + of(model), 0);
  return {
    summary: {
      profile,
      kernels: verified.findLast((one) => one.kernels !== undefined)?.kernels ?? kernels,
      models: models.length,
      runs: sum((m) => m.runs),
      values: sum((m) => m.values),
      different: sum((m) => m.different),
      unsupported: sum((m) => Number(m.unsupportedOps.length > 0)),
      failed: sum((m) => Number(m.error !== undefined && m.unsupportedOps.length === 0)),
    },
    models,
  };
}

function here(pairs: readonly Pair[], engine: VerifyEngine, bar: SingleBar): VerifiedPair[] {
  return pairs.map((pair) => {
    bar.increment();
    return verifyPair(pair, engine);
  });
}

/** A model whose thread ends, because memory does, has failed; the others go on. */
async function inThreads(count: number, pairs: readonly Pair[], engine: VerifyEngine, bar: SingleBar) {
  const spawn = nodeThread(() => new Worker(new URL('./verify_worker.js', import.meta.url)));
  const threads = new Threads<VerifyEngine, undefined, Pair, VerifiedPair>(spawn, count, engine);
  try {
    return await mapInOrder(pairs, count, async (pair) => {
      const verified = await threads.run(pair).catch((error: unknown) => notVerified(pair[0], error));
      bar.increment();
      return verified;
    });
  } finally {
    await threads.close();
  }
}

function exitStatus({ summary }: VerifyReport): number {
  if (summary.different > 0) return 1;
  return summary.failed > 0 || summary.unsupported === summary.models ? 2 : 0;
}
