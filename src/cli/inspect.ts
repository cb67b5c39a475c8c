/** requant inspect: what is in this file, and is it integer-only? */
import type { Command } from 'commander';
import { inspect } from '../inspect/inspect.ts';
import { inspectText } from '../report/inspect.ts';
import { about, readFile } from './files.ts';
import { jsonOption, print, printJson } from './output.ts';

export function addInspect(program: Command): void {
  jsonOption(program.command('inspect'))
    .summary('what is in this file, and is it integer-only')
    .description(
      'Shows what a model file says: whether it computes in integers only, and if not, which nodes do not and why; how ' +
        'it was quantized; inputs and outputs; operators; sizes; with --all every tensor with every scale and zero ' +
        'point. Runs nothing: it works on models that requant cannot run too.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--all', 'list every tensor, every scale and every float node')
    .option('--integer-only', 'exit with 1 unless no node touches a float tensor')
    .action((path: string, options: { all?: boolean; integerOnly?: boolean; json?: boolean }) => {
      const bytes = readFile(path);
      const inspection = about(path, () => inspect(bytes));
      if (options.json) printJson({ path, ...inspection });
      else print(inspectText(path, inspection, { all: options.all ?? false }));
      if (options.integerOnly && !inspection.integerOnly.integerOnly) process.exitCode = 1;
    });
}
