/** requant verify: is it TFLite's answer? */
import type { Command } from 'commander';
import { InputError, RequantError, UnsupportedError } from '../../kernels/errors.ts';
import { type FirstTensor, type Golden, type Verification, verifyModel } from '../inspect/verify.ts';
import type { InterpreterOptions } from '../interpreter.ts';
import { readNpz } from '../npz.ts';
import { exists, findChecksums, findGolden, findModels, isDirectory, readFile } from './files.ts';
import {
  clean,
  colors,
  counted,
  type EngineOptions,
  engineOptions,
  jsonOption,
  print,
  printJson,
  progressBar,
  table,
} from './output.ts';

interface ModelReport extends Omit<Verification, 'kernels'> {
  readonly path: string;
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
        'or model.tflite and golden.npz. X.tensors.csv or tensors.csv beside it adds every intermediate tensor of run 0.\n' +
        '`requant golden` prints the script that records such files.',
    )
    .argument('<paths...>', 'MODEL.tflite GOLDEN.npz, or models and folders')
    .addHelpText(
      'after',
      '\nExit status: 0 no value differs, 1 some value differs, 2 a model failed, or none could be run.\n' +
        'Models with operators that requant does not have are counted as unsupported.',
    )
    .action((paths: string[], options: EngineOptions & { json?: boolean }) => {
      const pairs = findPairs(paths);
      const report = verifyAll(pairs, { profile: options.profile, kernels: options.kernels });
      if (options.json) printJson(report);
      else printReport(report);
      process.exitCode = exitStatus(report);
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
      const golden = findGolden(found);
      if (golden !== undefined) pairs.push([found, golden]);
      else if (!folder)
        throw new InputError(`there is no golden file beside ${found}; \`requant golden\` says how to record one`);
    }
  }
  if (pairs.length === 0) throw new InputError(`no model with a golden file beside it in ${paths.join(', ')}`);
  return pairs;
}

function verifyAll(pairs: readonly Pair[], options: Required<Pick<InterpreterOptions, 'profile' | 'kernels'>>): Report {
  const bar = progressBar('verifying', pairs.length);
  let { kernels }: { kernels: string } = options;
  const models = pairs.map(([path, goldenPath]): ModelReport => {
    bar.increment();
    try {
      const verification = verifyModel(readFile(path), readGolden(goldenPath), options);
      kernels = verification.kernels;
      const { kernels: _, ...result } = verification;
      return { path, ...result, unsupportedOps: [] };
    } catch (error) {
      return { path, runs: 0, values: 0, different: 0, maxDifference: 0, firstTensor: null, ...failure(error) };
    }
  });
  bar.stop();
  const sum = (of: (model: ModelReport) => number) => models.reduce((total, model) => total + of(model), 0);
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

/** A golden file, with the checksums beside it. */
export function readGolden(golden: string): Golden {
  const csv = findChecksums(golden);
  return { arrays: readNpz(readFile(golden), golden), checksums: csv === undefined ? new Map() : readChecksums(csv) };
}

/** tensors.csv: op, op_name, tensor, name, dtype, shape, crc32; only the name may hold commas, in quotes. */
function readChecksums(path: string): Map<number, number> {
  const lines = new TextDecoder().decode(readFile(path)).trim().split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line) => {
      const fields = line.split(',');
      const [tensor, crc] = [Number(fields[2]), fields.at(-1)!];
      if (!Number.isInteger(tensor) || !/^[0-9a-f]{8}$/.test(crc)) {
        throw new InputError(`${path} has a line without tensor index and CRC-32: ${line.slice(0, 200)}`);
      }
      return [tensor, Number.parseInt(crc, 16)];
    }),
  );
}

function exitStatus({ summary }: Report): number {
  if (summary.different > 0) return 1;
  return summary.failed > 0 || summary.unsupported === summary.models ? 2 : 0;
}

function printReport({ summary, models }: Report): void {
  for (const model of models) {
    if (model.error !== undefined) print(`${colors.yellow(model.path)}\n  ${indented(model.error)}`);
    if (model.firstTensor) print(difference(model, model.firstTensor));
  }
  const { runs, values, different, unsupported, failed } = summary;
  print(
    table([
      ['models', 'runs', 'values', 'different', 'unsupported', 'failed'],
      [summary.models, runs, values, different, unsupported, failed].map(counted),
    ]),
  );
  const verdict = `${different} of ${values} values differ`;
  const label = `profile ${summary.profile}, kernels ${summary.kernels}`;
  print(different > 0 ? colors.red(`${verdict} (${label})`) : `${exactness(values)}: ${verdict} (${label})`);
}

function exactness(values: number): string {
  return values > 0 ? colors.green('bit-exact with TFLite') : colors.yellow('nothing was compared');
}

function difference(model: ModelReport, { index, name, op, node, shape }: FirstTensor): string {
  const where = `first in tensor ${index} '${clean(name)}'${op ? `, written by ${clean(op)} (node ${node})` : ''}`;
  const how = shape
    ? `, of shape [${shape.found}] where [${shape.expected}] was recorded`
    : model.maxDifference > 0
      ? `, by up to ${model.maxDifference}`
      : '';
  const lines = [`${colors.red(model.path)}: ${model.different} of ${model.values} values differ${how}, ${where}`];
  if (model.explainedBy?.length) lines.push(`  with --profile ${model.explainedBy.join(' or ')} none differs`);
  return lines.join('\n');
}

function indented(text: string): string {
  return text.split('\n').map(clean).join('\n  ');
}
