/** requant export: weights, multipliers and golden vectors as C, with a self-test. */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import { type ExportedLayer, exportC } from '../export/c/model.ts';
import { plural } from '../report/text.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { about, readModel, writeFile } from './files.ts';
import { INPUT_HELP, type InputOptions, inputOptions, readInputs } from './inputs.ts';
import { jsonOption, print, printJson } from './output.ts';

interface ExportOptions extends InputOptions {
  readonly out: string;
  readonly input: string[];
  readonly profile: Profile;
  readonly cmsisNn?: boolean;
  readonly json?: boolean;
}

export function addExport(program: Command): void {
  inputOptions(jsonOption(program.command('export')))
    .summary('weights, multipliers and golden vectors as C99, with a self-test')
    .description(
      "Writes a model as C99: a function for each layer with the layer's numbers in it, the weights, the golden inputs and outputs " +
        'of each layer for one input, and a main.c that compares them. Layers that are not written out are taken from the golden ' +
        'run, and named.',
    )
    .addArgument(new Argument('<format>', 'c').choices(['c']))
    .argument('<model>', 'a .tflite file')
    .requiredOption('--out <folder>', 'where to write; the folder is made')
    .option('--input <files...>', 'one file for each input, or one .npz for all; else random values of --seed', [])
    .addOption(
      new Option('--profile <name>', "whose bits: firmware mostly has TensorFlow Lite Micro's")
        .choices(PROFILES)
        .default('tflm'),
    )
    .option('--cmsis-nn', 'besides, cmsis_nn.h: parameters in the structs of CMSIS-NN')
    .addHelpText('after', INPUT_HELP)
    .action((_: string, path: string, options: ExportOptions) => {
      const { out, profile, cmsisNn = false, input } = options;
      const bytes = readModel(path);
      const interpreter = about(path, () => new Interpreter(bytes, { profile, kernels: 'reference' }));
      const given = input.length > 0 ? options : { ...options, inputFill: options.inputFill ?? ('random' as const) };
      const inputs = readInputs(targetOf(interpreter), input, given).map(({ data }) => data);
      const source = basename(path);
      const { files, layers } = about(path, () => exportC(interpreter, inputs, { cmsisNn, source }));
      makeFolder(out);
      for (const [name, text] of files) writeFile(join(out, name), text);
      if (options.json) printJson({ path, profile, out, files: [...files.keys()], layers });
      else print(exportText(out, profile, [...files.keys()], layers));
    });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new InputError(`cannot make the folder ${path}: ${(cause as Error).message}`, {}, { cause });
  }
}

function exportText(out: string, profile: Profile, files: readonly string[], layers: readonly ExportedLayer[]): string {
  const left = layers.filter(({ isComputed }) => !isComputed);
  const taken = left.map(({ node, op }) => `node ${node} ${op}`).join(', ');
  return [
    `${files.map((name) => join(out, name)).join(' ')}`,
    `${plural(layers.length - left.length, 'layer')} in C, profile ${profile}`,
    ...(left.length > 0 ? [`taken from the golden run, not written out: ${taken}`] : []),
    `gcc -std=c99 -O2 ${join(out, 'main.c')} -lm -o ${join(out, 'selftest')} && ${join(out, 'selftest')}`,
  ].join('\n');
}
