/** How the commands print, and the options that they share. */
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PROFILES } from '../../kernels/kernel.ts';
import { type Block, FORMATS, type Format, render } from '../report/document.ts';
import { jsonOf } from '../report/json.ts';
import type { InterpreterOptions } from '../runtime/interpreter.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(data: unknown): void {
  print(jsonOf(data, 1));
}

/** On standard error, and only for a person: pipes see nothing of it. */
export function progressBar(what: string, total: number): SingleBar {
  const bar = new SingleBar({
    format: `${what} {bar} {value}/{total}`,
    clearOnComplete: true,
    hideCursor: true,
    noTTYOutput: false,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return bar;
}

export type EngineOptions = Required<Pick<InterpreterOptions, 'profile' | 'kernels'>> &
  Pick<InterpreterOptions, 'allowFloat'>;

/** --profile, --kernels and --allow-float, for every command that runs a model. */
export function engineOptions(command: Command): Command {
  return profileOption(command)
    .addOption(
      new Option('--kernels <name>', 'which kernels compute them')
        .choices(['auto', 'simd', 'reference'])
        .default('auto'),
    )
    .option('--allow-float', 'run a model, too, in which nothing is quantized');
}

/** What of a command's options makes its interpreter. */
export function engineOf({ profile, kernels, allowFloat = false }: EngineOptions) {
  return { profile, kernels, allowFloat };
}

export function profileOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--profile <name>',
      "whose bits: TFLite's, TensorFlow 2.19's, TensorFlow Lite Micro's, or those of Micro with TFLITE_SINGLE_ROUNDING",
    )
      .choices(PROFILES)
      .default('tflite'),
  );
}

export function signatureOption(command: Command): Command {
  return command.option('--signature <key>', 'which signature to run; else the main graph');
}

/** --jobs, for commands that do much of the same. */
export function jobsOption(command: Command): Command {
  return command.option('--jobs <n>', 'how many threads share the work', positiveNumber, 1);
}

function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}

export function jsonOption(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** How a report is printed. */
export interface FormatOptions {
  readonly format: Format;
  readonly json?: boolean;
}

/** --format and --json, for every command that prints a report. */
export function formatOptions(command: Command): Command {
  const format = new Option('--format <name>', 'how the report is written').choices(FORMATS).default('text');
  return jsonOption(command.addOption(format));
}

/** Prints the report's data as JSON, or what it says of them. */
export function printReport({ format, json }: FormatOptions, data: () => unknown, blocks: () => Block[]): void {
  if (json) printJson(data());
  else print(render(blocks(), format));
}
