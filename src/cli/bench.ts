/** requant bench: how fast is a model, and where does the time go? */
import { type Command, InvalidArgumentError } from 'commander';
import { benchModel } from '../bench/bench.ts';
import { benchBlocks } from '../report/bench.ts';
import { about, readModel } from './files.ts';
import { hasInputs, INPUT_HELP, type InputOptions, inputOptions, readInputs, wholeNumber } from './inputs.ts';
import {
  type EngineOptions,
  engineOf,
  engineOptions,
  type FormatOptions,
  formatOptions,
  printReport,
  signatureOption,
} from './output.ts';

interface BenchOptions extends EngineOptions, FormatOptions, InputOptions {
  readonly signature?: string;
  readonly runs?: number;
  readonly perOp?: boolean;
}

export function addBench(program: Command): void {
  inputOptions(signatureOption(engineOptions(formatOptions(program.command('bench')))))
    .summary('how fast is it, and where does the time go')
    .description(
      'Times invokes of a model on one input, random values if none is given: the first, which no engine has compiled ' +
        'yet, and those after it.',
    )
    .argument('<model>', 'a .tflite file')
    .argument('[inputs...]', 'one file for each input, or one .npz for all')
    .option('--runs <n>', 'how many invokes to time (default: as many as take a second, at least 10)', positiveNumber)
    .option('--per-op', 'time every node too')
    .addHelpText('after', INPUT_HELP)
    .action((path: string, files: string[], { runs, perOp, signature, ...options }: BenchOptions) => {
      const bytes = readModel(path);
      const given = hasInputs(files, options) ? options : { ...options, inputFill: 'random' as const };
      let sources: string[] = [];
      const timing = about(path, () =>
        benchModel(
          bytes,
          (target) => {
            const inputs = readInputs(target, files, given);
            sources = inputs.map(({ source }) => source);
            return inputs.map(({ data }) => data);
          },
          { ...engineOf(options), signature, runs, perOp },
        ),
      );
      printReport(
        options,
        () => ({ path, ...(signature !== undefined && { signature }), inputs: sources, ...timing }),
        () => benchBlocks(path, sources, timing),
      );
    });
}

function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return number;
}
