/** requant run: what does the model answer for this input? */
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { readAssociatedFiles } from '../inspect/associated_files.ts';
import { targetOf } from '../inspect/target.ts';
import { Interpreter } from '../interpreter.ts';
import { writeNpy, writeNpz } from '../npz.ts';
import { type Run, runText } from '../report/run.ts';
import type { OutputTensor } from '../tensor_info.ts';
import { about, readFile, writeFile } from './files.ts';
import { INPUT_HELP, type InputOptions, inputOptions, readInputs, wholeNumber } from './inputs.ts';
import { type EngineOptions, engineOptions, jsonOption, print, printJson, signatureOption } from './output.ts';

interface RunOptions extends EngineOptions, InputOptions {
  readonly output?: string;
  readonly top: number;
  readonly labels?: string;
  readonly signature?: string;
  readonly json?: boolean;
}

export function addRun(program: Command): void {
  inputOptions(signatureOption(engineOptions(jsonOption(program.command('run')))))
    .summary('what does the model answer for this input')
    .description('Runs a model once and prints its outputs: the integers, and the real values that they stand for.')
    .argument('<model>', 'a .tflite file')
    .argument('[inputs...]', 'one file for each input, or one .npz for all')
    .option(
      '-o, --output <file>',
      'write the outputs: .npz with output_0, output_1, ... (of a signature, output_<name>), or .npy of the only one',
    )
    .option('--top <n>', 'how many scores to print', wholeNumber, 5)
    .option('--labels <file>', 'names of the classes, one a line; else those that the model file has')
    .addHelpText('after', INPUT_HELP)
    .action((path: string, files: string[], options: RunOptions) => {
      const bytes = readFile(path);
      const { profile, kernels } = options;
      const target = about(path, () => targetOf(new Interpreter(bytes, { profile, kernels }), options.signature));
      const inputs = readInputs(target, files, options);
      const start = performance.now();
      const outputs = about(path, () => target.invoke(inputs.map(({ data }) => data)));
      const milliseconds = performance.now() - start;
      const labels = options.labels === undefined ? ownLabels(bytes) : readLabels(options.labels, outputs);
      if (options.output !== undefined) writeOutputs(options.output, outputs, target.outputLabels);
      const run = { path, target, sources: inputs.map(({ source }) => source), outputs, milliseconds };
      if (options.json) printJson(jsonOf(run));
      else print(runText(run, { top: options.top, labels }));
    });
}

function jsonOf({ path, target, sources, outputs, milliseconds }: Run) {
  const { interpreter, signature, inputLabels, outputLabels } = target;
  const named = (labels: readonly string[], i: number) => (signature === undefined ? {} : { signatureName: labels[i] });
  return {
    path,
    ...(signature !== undefined && { signature }),
    profile: interpreter.profile,
    kernels: interpreter.kernels,
    milliseconds,
    macs: target.macs,
    inputs: target.inputs.map(({ index, name, dtype, shape, quantization }, i) => {
      const info = { index, name, ...named(inputLabels, i), dtype, shape, quantization: quantization ?? null };
      return { ...info, source: sources[i] };
    }),
    outputs: outputs.map((output, i) => {
      const { index, name, dtype, shape, quantization, data } = output;
      const info = { index, name, ...named(outputLabels, i), dtype, shape, quantization: quantization ?? null };
      return { ...info, values: data, ...(quantization && { reals: output.dequantize() }) };
    }),
  };
}

function writeOutputs(path: string, outputs: readonly OutputTensor[], labels: readonly string[]): void {
  const arrays = outputs.map(({ dtype, shape, data }) => {
    return { dtype: dtype === 'int4' || dtype === 'int2' ? 'int8' : dtype, shape, data };
  });
  if (path.endsWith('.npz')) {
    writeFile(path, writeNpz(new Map(arrays.map((array, i) => [`output_${labels[i]}`, array]))));
  } else if (!path.endsWith('.npy')) throw new InputError(`outputs are written as .npz or .npy, not to ${path}`);
  else if (arrays.length === 1) writeFile(path, writeNpy(arrays[0]!));
  else throw new InputError(`there are ${arrays.length} outputs; a .npy file holds one: write a .npz`);
}

function readLabels(path: string, outputs: readonly OutputTensor[]): string[] {
  const labels = new TextDecoder().decode(readFile(path)).trimEnd().split(/\r?\n/);
  if (!outputs.some(({ shape }) => shape.at(-1) === labels.length)) {
    const shapes = outputs.map(({ shape }) => `[${shape}]`).join(', ');
    throw new InputError(`${path} has ${labels.length} lines, one for each class; the model answers ${shapes}`);
  }
  return labels;
}

/** The lines of the model's own label file, if it has exactly one. */
function ownLabels(model: Uint8Array): readonly string[] {
  const [labels, ...others] = readAssociatedFiles(model).filter(({ lines }) => lines !== undefined);
  return others.length === 0 ? (labels?.lines ?? []) : [];
}
