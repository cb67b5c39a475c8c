/** How the commands print, and the options that they share. */
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import type { InterpreterOptions } from '../interpreter.ts';

/** NO_COLOR is honoured, and pipes get none. */
export const colors = pc;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rows as a table; the first is the header. */
export function table([head, ...rows]: readonly (readonly string[])[]): string {
  const plain = { head: [], border: [] };
  const made = new Table({ head: [...head!], style: pc.isColorSupported ? { ...plain, head: ['bold'] } : plain });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
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

export type EngineOptions = Required<Pick<InterpreterOptions, 'profile' | 'kernels'>>;

/** --profile and --kernels, for every command that runs a model. */
export function engineOptions(command: Command): Command {
  return command
    .addOption(new Option('--profile <name>', 'whose bits').choices(['tflite', 'tflm']).default('tflite'))
    .addOption(new Option('--kernels <name>', 'which kernels').choices(['auto', 'reference']).default('auto'));
}

export function jsonOption(command: Command): Command {
  return command.option('--json', 'print JSON');
}
