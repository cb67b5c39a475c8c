/** requant verify: is it TFLite's answer? */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError, RequantError, UnsupportedError } from '../../kernels/errors.ts';
import { verifyModel } from '../inspect/verify.ts';
import { type VerifiedModel, type VerifyReport, verifyText } from '../report/verify.ts';
import { findModels, isFolder, readFile } from './files.ts';
import { findGolden, readGolden } from './golden_file.ts';
import {
  type EngineOptions,
  engineOptions,
  jsonOption,
  print,
  printJson,
  progressBar,
  signatureOption,
} from './output.ts';

interface VerifyOptions extends EngineOptions {
  readonly signature?: string;
  readonly json?: boolean;
}

export function addVerify(program: Command): void {
  signatureOption(engineOptions(jsonOption(program.command('verify'))))
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
    .action((paths: string[], options: VerifyOptions) => {
      const report = verifyAll(findPairs(paths, options.signature), options);
      if (options.json) printJson(report);
      else print(verifyText(report));
      process.exitCode = exitStatus(report);
    });
}

type Pair = readonly [model: string, golden: string];

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

function verifyAll(pairs: readonly Pair[], options: VerifyOptions): VerifyReport {
  const bar = progressBar('verifying', pairs.length);
  let kernels: string = options.kernels;
  const models = pairs.map(([path, golden]): VerifiedModel => {
    bar.increment();
    try {
      const { kernels: ran, ...result } = verifyModel(readFile(path), readGolden(golden), options);
      kernels = ran;
      return { path, ...result, unsupportedOps: [] };
    } catch (error) {
      return { path, runs: 0, values: 0, different: 0, maxDifference: 0, firstTensor: null, ...failure(error) };
    }
  });
  bar.stop();
  const sum = (of: (model: VerifiedModel) => number) => models.reduce((total, model) => total + of(model), 0);
  return {
    summary: {
      profile: options.profile,
      kernels,
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

/** What to report of a model that could not be verified: the others are verified all the same. */
function failure(error: unknown): { unsupportedOps: string[]; error: string } {
  const ops = error instanceof UnsupportedError ? error.nodes.map(({ op }) => op) : [];
  const bug = `this is a bug in requant: ${error instanceof Error ? error.stack : error}`;
  return { unsupportedOps: [...new Set(ops)], error: error instanceof RequantError ? error.message : bug };
}

function exitStatus({ summary }: VerifyReport): number {
  if (summary.different > 0) return 1;
  return summary.failed > 0 || summary.unsupported === summary.models ? 2 : 0;
}
