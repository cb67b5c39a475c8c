/** requant lint: what will go wrong with this model on a device, or was lost in conversion? */
import { type Command, Option } from 'commander';
import type { Profile } from '../../kernels/kernel.ts';
import { lint } from '../lint/lint.ts';
import { SEVERITIES, type Severity, TARGETS, type Target } from '../lint/rule.ts';
import { lintBlocks } from '../report/lint.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { about, readModel } from './files.ts';
import { INPUT_HELP, type PixelOptions, pixelOptions, readEach } from './inputs.ts';
import { type FormatOptions, formatOptions, printReport, profileOption } from './output.ts';

interface LintOptions extends FormatOptions, PixelOptions {
  readonly inputs: string[];
  readonly target: Target[];
  readonly failOn?: Severity;
  readonly integerOnly?: boolean;
  readonly all?: boolean;
  readonly profile: Profile;
}

const FOUND = 1;
const UNRUNNABLE = 2;

export function addLint(program: Command): void {
  pixelOptions(profileOption(formatOptions(program.command('lint'))))
    .summary('what will go wrong on a device, or was lost in conversion')
    .description(
      'Looks for nodes that compute in float, ranges that no data made, batch normalization that was not folded, sums and ' +
        'multipliers that do not fit, channels that are dead or clipped, operators that small devices lack, and defects of ' +
        'TFLite that the model meets. Says where, why it matters, and what to tell the converter. Works on models that ' +
        'requant cannot run, too; a model that the runtime refuses ends with 2. Without --profile it speaks of all runtimes.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--inputs <files...>', 'real inputs, to measure saturation: every example of every file is run', [])
    .addOption(
      new Option('--target <names...>', 'look for what these lack; else for what any of them lacks')
        .choices(TARGETS)
        .default([], 'all'),
    )
    .option('--integer-only', 'exit with 1 if there is any float tensor')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 if there is such a finding, or a worse').choices(SEVERITIES),
    )
    .option('--all', 'list every place')
    .addHelpText('after', INPUT_HELP)
    .action((path: string, options: LintOptions, command: Command) => {
      const { inputs: files, target, failOn } = options;
      const profile = command.getOptionValueSource('profile') === 'default' ? undefined : options.profile;
      const bytes = readModel(path);
      const found = about(path, () =>
        lint(bytes, {
          profile,
          ...(target.length > 0 && { targets: target }),
          ...(files.length > 0 && {
            *inputs(interpreter) {
              for (const { inputs } of readEach(targetOf(interpreter), files, { ...options, seed: 0, example: 0 }))
                yield inputs.map(({ data }) => data);
            },
          }),
        }),
      );
      printReport(
        options,
        () => ({ path, ...found }),
        () => lintBlocks(path, found, { all: options.all ?? false }),
      );
      const fails = failOn !== undefined && SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
      if (fails && found.findings.some(({ severity }) => fails.includes(severity))) process.exitCode = FOUND;
      if (options.integerOnly && !found.integerOnly.integerOnly) process.exitCode = FOUND;
      if (!found.isRunnable) process.exitCode = UNRUNNABLE;
    });
}
