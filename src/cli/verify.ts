/** requant verify: is it TFLite's answer? */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { InputError, RequantError, UnsupportedError } from '../../kernels/errors.ts';
import { type Golden, type Verification, verifyModel } from '../inspect/verify.ts';
import type { InterpreterOptions } from '../interpreter.ts';
import { readNpz } from '../npz.ts';
import { exists, findGolden, findModels, isDirectory, readFile } from './files.ts';
import { colors, type EngineOptions, engineOptions, jsonOption, print, progressBar, table } from './output.ts';

interface ModelReport extends Partial<Verification> {
  readonly path: string;
  readonly values: number;
  readonly different: number;
  readonly unsupportedOps: readonly string[];
  readonly error?: string;
}

interface Report {
  readonly summary: {
    readonly profile: string;
    readonly kernels: string;
    readonly models: number;
    readonly runs: number;
    readonly values: number;
    readonly different: number;
    readonly unsupported: number;
    readonly failed: number;
  };
  readonly models: readonly ModelReport[];
}

export function addVerify(program: Command): void {
  engineOptions(jsonOption(program.command('verify')))
    .summary("is it TFLite's answer")
    .description(
      'Runs models on recorded inputs and compares every value with the recorded answers, bit for bit.\n' +
        'Takes MODEL.tflite GOLDEN.npz, or models and folders: a folder is searched for pairs X.tflite and X.npz,\n' +
        'or model.tflite and golden.npz. A tensors.csv beside model.tflite adds every intermediate tensor of run 0.\n' +
        'Exit status: 0 all equal, 1 something differs, 2 something could not be verified.',
    )
    .argument('<paths...>', 'MODEL.tflite GOLDEN.npz, or models and folders')
    .action((paths: string[], options: EngineOptions & { json?: boolean }) => {
      const pairs = findPairs(paths);
      const report = verifyAll(pairs, { profile: options.profile, kernels: options.kernels });
      if (options.json) print(JSON.stringify(report, null, 1));
      else printReport(report);
      process.exitCode = exitStatus(report, pairs.length);
    });
}

type Pair = readonly [model: string, golden: string];

function findPairs(paths: readonly string[]): Pair[] {
  const [model, golden] = paths;
  if (paths.length === 2 && golden!.endsWith('.npz')) return [[model!, golden!]];
  const pairs: Pair[] = [];
  for (const path of paths) {
    if (!exists(path)) throw new InputError(`there is no ${path}`);
    const folder = isDirectory(path);
    for (const found of folder ? findModels(path) : [path]) {
      const beside = findGolden(found);
      if (beside) pairs.push([found, beside]);
      else if (!folder)
        throw new InputError(`there is no golden file beside ${found}; \`requant golden\` says how to record one`);
    }
  }
  if (pairs.length === 0) throw new InputError(`no model with a golden file beside it in ${paths.join(', ')}`);
  return pairs;
}

function verifyAll(pairs: readonly Pair[], options: InterpreterOptions): Report {
  const bar = progressBar('verifying', pairs.length);
  const models = pairs.map(([model, golden]) => {
    const report = verifyOne(model, golden, options);
    bar.increment();
    return report;
  });
  bar.stop();
  const sum = (of: (model: ModelReport) => number) => models.reduce((total, model) => total + of(model), 0);
  return {
    summary: {
      profile: options.profile!,
      kernels: 'reference',
      models: models.length,
      runs: sum((m) => m.runs ?? 0),
      values: sum((m) => m.values),
      different: sum((m) => m.different),
      unsupported: sum((m) => Number(m.unsupportedOps.length > 0)),
      failed: sum((m) => Number(m.error !== undefined && m.unsupportedOps.length === 0)),
    },
    models,
  };
}

function verifyOne(path: string, goldenPath: string, options: InterpreterOptions): ModelReport {
  try {
    return { path, unsupportedOps: [], ...verifyModel(readFile(path), readGolden(path, goldenPath), options) };
  } catch (error) {
    if (!(error instanceof RequantError)) throw new Error(`${path}: ${error}`, { cause: error });
    const ops = error instanceof UnsupportedError ? error.nodes.map(({ op }) => op) : [];
    return { path, values: 0, different: 0, unsupportedOps: [...new Set(ops)], error: error.message };
  }
}

function readGolden(model: string, golden: string): Golden {
  const csv = join(dirname(model), 'tensors.csv');
  const checksums = model.endsWith('model.tflite') && exists(csv) ? readChecksums(csv) : new Map();
  return { arrays: readNpz(readFile(golden), golden), checksums };
}

/** tensors.csv: op, op_name, tensor, name, dtype, shape, crc32; only the name may hold commas, in quotes. */
function readChecksums(path: string): Map<number, number> {
  const lines = new TextDecoder().decode(readFile(path)).trim().split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line) => {
      const fields = line.split(',');
      return [Number(fields[2]), Number.parseInt(fields.at(-1)!, 16)];
    }),
  );
}

function exitStatus({ summary }: Report, asked: number): number {
  if (summary.different > 0) return 1;
  return summary.failed > 0 || summary.unsupported === asked ? 2 : 0;
}

function printReport({ summary, models }: Report): void {
  for (const model of models) {
    if (model.error !== undefined) print(`${colors.yellow(model.path)}\n  ${model.error.replaceAll('\n', '\n  ')}`);
    if (model.different > 0) {
      const { index, name, node, op } = model.firstTensor!;
      print(
        `${colors.red(model.path)}: ${model.different} of ${model.values} values differ, by up to ${model.maxDifference}, ` +
          `first in tensor ${index} '${name}'${op ? `, written by ${op} (node ${node})` : ''}`,
      );
      if (model.explainedBy?.length) print(`  with --profile ${model.explainedBy.join(' or ')} none differs`);
    }
  }
  print(
    table([
      ['models', 'runs', 'values', 'different', 'unsupported', 'failed'],
      [summary.models, summary.runs, summary.values, summary.different, summary.unsupported, summary.failed].map(
        String,
      ),
    ]),
  );
  const exact = `bit-exact with TFLite (profile ${summary.profile})`;
  const verdict = `${summary.different} of ${summary.values} values differ`;
  print(summary.different > 0 ? colors.red(verdict) : colors.green(`${exact}: ${verdict}`));
}
