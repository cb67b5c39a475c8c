/** requant inspect: what is in this file, and is it integer-only? */
import type { Command } from 'commander';
import { inspect } from '../inspect/inspect.ts';
import { inspectBlocks } from '../report/inspect.ts';
import { about, readModel } from './files.ts';
import { type FormatOptions, formatOptions, printReport } from './output.ts';

export function addInspect(program: Command): void {
  formatOptions(program.command('inspect'))
    .summary('what is in this file, and is it integer-only')
    .description(
      'Shows what a model file says: whether it computes in integers only, and if not, which nodes do not and why; how ' +
        'it was quantized; inputs and outputs; operators; sizes; with --all every tensor with every scale and zero ' +
        'point. Runs nothing: it works on models that requant cannot run too.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--all', 'list every tensor, every scale and every float node')
    .option('--integer-only', 'exit with 1 unless no node touches a float tensor')
    .action((path: string, options: FormatOptions & { all?: boolean; integerOnly?: boolean }) => {
      const bytes = readModel(path);
      const inspection = about(path, () => inspect(bytes));
      printReport(
        options,
        () => ({ path, ...inspection }),
        () => inspectBlocks(path, inspection, { all: options.all ?? false }),
      );
      if (options.integerOnly && !inspection.integerOnly.integerOnly) process.exitCode = 1;
    });
}
