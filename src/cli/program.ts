/** The commands together: parses, runs one, and turns errors into messages and an exit status. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { RequantError } from '../../kernels/errors.ts';
import { colors } from '../report/terminal.ts';
import { clean } from '../report/text.ts';
import { addBench } from './bench.ts';
import { addDemo } from './demo.ts';
import { addDiff } from './diff.ts';
import { addDump } from './dump.ts';
import { addExplain } from './explain.ts';
import { addExport } from './export.ts';
import { ownPath } from './files.ts';
import { addGolden } from './golden.ts';
import { addInspect } from './inspect.ts';
import { addLint } from './lint.ts';
import { printJson } from './output.ts';
import { addPlan } from './plan.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addTrace } from './trace.ts';
import { addVerify } from './verify.ts';

const BAD_USAGE = 2;
const BUG = 3;

const { version } = JSON.parse(readFileSync(ownPath('package.json'), 'utf8')) as { version: string };

/** Runs one command line, without node's and the script's name; sets process.exitCode. */
export async function requant(args: readonly string[]): Promise<void> {
  const program = new Command('requant')
    .description("Quantized TensorFlow Lite models, run in integers, with exactly TFLite's bits.")
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  requant demo                                      ten digits, read in integers, checked against TFLite
  requant inspect model.tflite                      what is in it, and is it integer-only
  requant explain model.tflite --layer 3            a layer's formula, with its numbers
  requant trace model.tflite --input image.png --layer 3 --at 0,5,5,0
                                                    one value, from its products to the clamp
  requant diff model.tflite theirs.npz --input x.npy
                                                    where another implementation departs, and why
  requant export c model.tflite --out firmware      as C99, with a self-test
  requant lint model.tflite --target tflm           what will go wrong on the device
  requant plan model.tflite                         how much memory, and which operators to register
  requant report model.tflite --input image.png     all of it as one HTML file, for a browser
  requant run model.tflite image.png                what does the model answer
  requant run model.tflite --input-fill random      the same without an input at hand
  requant golden -o record_golden.py                a Python script that records TFLite's own answers
  requant verify model.tflite                       are ours the same, bit for bit
  requant bench model.tflite --per-op               where does the time go

Exit status: 0 ok, 1 a difference was found, 2 bad usage or model, 3 a bug in requant.`,
    )
    .exitOverride();

  const commands = [
    addRun,
    addVerify,
    addGolden,
    addInspect,
    addExplain,
    addTrace,
    addDiff,
    addDump,
    addLint,
    addPlan,
    addExport,
    addReport,
    addBench,
    addDemo,
  ];
  for (const add of commands) add(program);

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
    else if (error instanceof RequantError) {
      process.stderr.write(`${colors.red(error.name)}: ${error.message.split('\n').map(clean).join('\n')}\n`);
      if (args.includes('--json')) printJson({ error: { ...error, message: error.message } });
      process.exitCode = BAD_USAGE;
    } else {
      const stack = error instanceof Error ? error.stack : String(error);
      process.stderr.write(
        `${colors.red('this is a bug in requant')}, version ${version}, Node ${process.version}\n${stack}\n`,
      );
      process.exitCode = BUG;
    }
  }
}
