/** requant diff: where does another implementation depart from TFLite, and by which mistake? */
import { type Command, InvalidArgumentError } from 'commander';
import type { Profile } from '../../kernels/kernel.ts';
import { diff } from '../diff/diff.ts';
import { diffBlocks } from '../report/diff.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { readTheirs } from './candidate_files.ts';
import { about, readModel } from './files.ts';
import { INPUT_HELP, type InputOptions, inputOptions, otherExamples, readInputs } from './inputs.ts';
import {
  type EngineOptions,
  engineOf,
  engineOptions,
  type FormatOptions,
  formatOptions,
  printReport,
} from './output.ts';

interface DiffOptions extends EngineOptions, FormatOptions, InputOptions {
  readonly input: string[];
  readonly layer?: number[];
  readonly all?: boolean;
}

const DIFFERENT = 1;

/** One more of a list. */
function asNode(value: string, before: readonly number[] = []): number[] {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('it is the number of a node.');
  return [...before, Number(value)];
}

function layersOf({ layer, all }: DiffOptions): 'first' | 'all' | readonly number[] {
  return all ? 'all' : (layer ?? 'first');
}

export function addDiff(program: Command): void {
  inputOptions(engineOptions(formatOptions(program.command('diff'))))
    .summary('where does another implementation depart from TFLite, and by which mistake')
    .description(
      'Feeds each layer with their values of the layer before, and so finds the first one that computes something else, even ' +
        'if all that follows is wrong too. Then tries mistakes on it, alone and together, until one gives their bytes.',
    )
    .argument('<model>', 'a .tflite file')
    .argument('<theirs>', 'their values: a file of any kind below, or a folder of such files')
    .option('--input <files...>', 'what both ran on: one file for each input, or one .npz for all', [])
    .option('--layer <nodes...>', 'explain these nodes, not the first divergent one', asNode)
    .option('--all', 'explain every divergent node')
    .addHelpText(
      'after',
      `
Their values are matched by tensor name, tensor_<index>, node_<n> or layer_<n>,
output_<i>, or by order, if there are as many as nodes. They are the stored
integers, or the real numbers that these stand for:
  .npz, .npy, .json      as NumPy, requant dump and requant run --json write them
  .csv, .txt, .log, ...  numbers, decimal or hexadecimal; before those of a layer
                         a label such as "layer 3: 12,-5" or "node 3 CONV_2D:";
                         xxd, hexdump, od
  .h, .c, .cc, ...       C arrays
  .bin, .raw, .dat       bytes of one tensor, or of all in order; own type, or
                         int16, int32, int64, float32, float64
Of unsigned bytes for int8 tensors, widths, byte order and layouts that are not
the tensor's own, a note says what was made of them.

Exit status: 1 if a value differs.
${INPUT_HELP}`,
    )
    .action((path: string, theirs: string, options: DiffOptions) => {
      const { input, example } = options;
      const bytes = readModel(path);
      const interpreter = about(path, () => new Interpreter(bytes, engineOf(options)));
      const under = (profile: Profile) => new Interpreter(bytes, { ...engineOf(options), profile });
      const target = targetOf(interpreter);
      const inputs = readInputs(target, input, options);
      const otherInputs = otherExamples(target, input, options);
      const values = inputs.map(({ data }) => data);
      const found = about(theirs, () =>
        diff(interpreter, values, readTheirs(theirs), { example, otherInputs, layers: layersOf(options), under }),
      );
      printReport(
        options,
        () => ({ path, theirs, ...found }),
        () => diffBlocks(path, theirs, found),
      );
      if (found.nodes.some(({ differentInAll }) => differentInAll > 0)) process.exitCode = DIFFERENT;
    });
}
