/** requant trace: where does this one output value come from? */
import { type Command, InvalidArgumentError } from 'commander';
import { trace } from '../explain/trace.ts';
import { traceBlocks } from '../report/trace.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { about, readModel } from './files.ts';
import { INPUT_HELP, type InputOptions, inputOptions, readInputs, wholeNumber } from './inputs.ts';
import { LAYER_HELP, nodesOf } from './layers.ts';
import {
  type EngineOptions,
  engineOf,
  engineOptions,
  type FormatOptions,
  formatOptions,
  printReport,
} from './output.ts';

interface TraceOptions extends EngineOptions, FormatOptions, InputOptions {
  readonly input: string[];
  readonly layer: string;
  readonly at: number[];
  readonly output: number;
  readonly all?: boolean;
}

export function addTrace(program: Command): void {
  inputOptions(engineOptions(formatOptions(program.command('trace'))))
    .summary('where does this one output value come from')
    .description(
      'Runs a model once, and shows how one value of one layer came about: every product, the sum, the bias, the high multiply, ' +
        'roundings and shifts, the zero point, the clamp; in every profile, on the same input of the layer.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--input <files...>', 'one file for each input, or one .npz for all', [])
    .requiredOption('--layer <node>', LAYER_HELP)
    .requiredOption('--at <indices>', "the place in the layer's output: 0,3,4,7; counted from 0", indices)
    .option('--output <n>', 'which output, of a layer that has several', wholeNumber, 0)
    .option('--all', 'list every product')
    .addHelpText('after', INPUT_HELP)
    .action((path: string, options: TraceOptions) => {
      const { layer, at, output, all = false } = options;
      const bytes = readModel(path);
      const interpreter = about(path, () => new Interpreter(bytes, engineOf(options)));
      const inputs = readInputs(targetOf(interpreter), options.input, options);
      const layers = interpreter.nodes.map(({ index, op, outputs }) => ({
        node: index,
        op,
        name: outputs[0]?.name ?? '',
      }));
      const [{ node }] = nodesOf(layers, layer) as [(typeof layers)[0]];
      const values = inputs.map(({ data }) => data);
      const traced = about(path, () => trace(interpreter, values, { node, at, output }));
      const sources = inputs.map(({ source }) => source);
      printReport(
        options,
        () => ({ path, inputs: sources, ...traced }),
        () => traceBlocks(path, sources.join('; '), traced, { all }),
      );
    });
}

function indices(text: string): number[] {
  const found = text === '' ? [] : text.split(',').map(Number);
  if (found.every((i) => Number.isInteger(i) && i >= 0)) return found;
  throw new InvalidArgumentError('It must be whole numbers from 0 on with commas between them: 0,3,4,7.');
}
