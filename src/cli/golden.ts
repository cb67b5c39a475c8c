/** requant golden: how do I record TFLite's own answers? */
import type { Command } from 'commander';
import { writeFile } from './files.ts';
import { GOLDEN_SCRIPT } from './golden_script.ts';
import { jsonOption, print, printJson } from './output.ts';

export function addGolden(program: Command): void {
  jsonOption(program.command('golden'))
    .summary("record TFLite's own answers: prints a Python script")
    .description(
      "Prints a Python script that records what TFLite's reference kernels answer for a model, with all settings that " +
        'matter: BUILTIN_REF, one thread, no delegate. It needs ai-edge-litert (or TensorFlow) and numpy, and nothing of ' +
        'requant.',
    )
    .option('-o, --output <file>', 'write it to a file')
    .addHelpText(
      'after',
      `
Example:
  requant golden -o record_golden.py
  pip install ai-edge-litert numpy
  python record_golden.py model.tflite              three random runs
  python record_golden.py model.tflite inputs.npz   or your own inputs: input_0 is
                                                    [runs, ...shape of input 0]
  requant verify model.tflite                       of TensorFlow up to 2.19:
                                                    with --profile tflite-2.19`,
    )
    .action((options: { output?: string; json?: boolean }) => {
      if (options.output !== undefined) writeFile(options.output, GOLDEN_SCRIPT);
      if (options.json) printJson({ output: options.output ?? null, script: GOLDEN_SCRIPT });
      else if (options.output === undefined) process.stdout.write(GOLDEN_SCRIPT);
      else
        print(`${options.output} is written: python ${options.output} model.tflite, then requant verify model.tflite`);
    });
}
