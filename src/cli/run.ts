/** requant run: what does the model answer for this input? */
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { runBlocks } from '../report/run.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { about, readModel } from './files.ts';
import { INPUT_HELP, inputOptions, readInputs, wholeNumber } from './inputs.ts';
import { engineOf, engineOptions, formatOptions, jobsOption, printReport, signatureOption } from './output.ts';
import { runEach } from './run_each.ts';
import {
  arrayOf,
  inputsJson,
  labelsFor,
  outputsJson,
  type RunArguments,
  type RunOptions,
  targetJson,
  warnOfMicro,
  writeArrays,
} from './run_output.ts';

export function addRun(program: Command): void {
  jobsOption(inputOptions(signatureOption(engineOptions(formatOptions(program.command('run'))))))
    .summary('what does the model answer for this input')
    .description('Runs a model and prints its outputs: the integers, and the real values that they stand for.')
    .argument('<model>', 'a .tflite file')
    .argument('[inputs...]', 'one file for each input, or one .npz for all; with --each, of many runs')
    .option(
      '-o, --output <file>',
      'write the outputs: .npz with output_0, output_1, ... (of a signature, output_<name>), or .npy of the only one',
    )
    .option('--top <n>', 'how many scores to print', wholeNumber, 5)
    .option('--labels <file>', 'names of the classes, one a line; else those that the model file has')
    .option('--each', 'run on every file and every example in it, each as if it were the first')
    .addHelpText('after', INPUT_HELP)
    .action(async (path: string, files: string[], options: RunOptions) => {
      const bytes = readModel(path);
      const { signature } = options;
      const target = about(path, () => targetOf(new Interpreter(bytes, engineOf(options)), signature));
      if (!options.json) warnOfMicro(target);
      if (options.each) await runEach({ path, bytes, target, files }, options);
      else runOnce({ path, bytes, target, files }, options);
    });
}

function runOnce({ path, bytes, target, files }: RunArguments, options: RunOptions): void {
  if (options.jobs > 1) throw new InputError('--jobs is for several runs: give --each too');
  const inputs = readInputs(target, files, options);
  const start = performance.now();
  const outputs = about(path, () => target.invoke(inputs.map(({ data }) => data)));
  const milliseconds = performance.now() - start;
  const labels = labelsFor(options.labels, bytes, outputs);
  if (options.output !== undefined) writeArrays(options.output, outputs.map(arrayOf), target.outputLabels);
  const sources = inputs.map(({ source }) => source);
  printReport(
    options,
    () => ({
      ...targetJson(target, path, milliseconds),
      inputs: inputsJson(target).map((input, i) => ({ ...input, source: sources[i] })),
      outputs: outputsJson(target, outputs),
    }),
    () => runBlocks({ path, target, sources, outputs, milliseconds }, { top: options.top, labels }),
  );
}
