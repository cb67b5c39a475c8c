/** requant demo: a bundled model reads handwritten digits; every number is checked against TFLite. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { verifyModel } from '../inspect/verify.ts';
import { Interpreter } from '../interpreter.ts';
import { pictureText, timeText } from '../report/run.ts';
import { exists, ownPath, readFile } from './files.ts';
import { colors, counted, type EngineOptions, engineOptions, jsonOption, print, printJson } from './output.ts';
import { readGolden } from './verify.ts';

/** The runs whose pictures are drawn: a two and a nine. */
const SHOWN = [4, 19];

export function addDemo(program: Command): void {
  engineOptions(jsonOption(program.command('demo')))
    .summary('a bundled model reads digits, checked against TFLite')
    .description("Runs the digit model of requant's repository on its twenty pictures and checks every value.")
    .action((options: EngineOptions & { json?: boolean }) => {
      const demo = runDemo(options);
      if (options.json) printJson(demo.result);
      else print(textOf(demo));
      if (demo.result.different > 0) process.exitCode = 1;
    });
}

interface Demo {
  readonly pictures: readonly string[][];
  readonly result: {
    readonly profile: string;
    readonly kernels: string;
    readonly expected: readonly string[];
    readonly answered: readonly string[];
    readonly right: number;
    /** Of one invoke, the median of all runs after the first round. */
    readonly milliseconds: number;
    readonly macs: number;
    readonly values: number;
    readonly different: number;
  };
}

function runDemo({ profile, kernels }: EngineOptions): Demo {
  const folder = ownPath(join('models', 'digits_conv_int8'));
  if (!exists(folder)) {
    throw new InputError(
      `the demo's model is not in ${folder}: the package that npm installs is without models; clone requant's ` +
        'repository for it, or run a model of yours: requant run model.tflite --input-fill random',
    );
  }
  const path = join(folder, 'model.tflite');
  const bytes = readFile(path);
  const golden = readGolden(join(folder, 'golden.npz'));
  const { classes, expected } = JSON.parse(new TextDecoder().decode(readFile(join(folder, 'labels.json')))) as Labels;
  const interpreter = new Interpreter(bytes, { profile, kernels });
  const input = interpreter.inputs[0]!;
  const images = golden.arrays.get('input_0')!.data as Int8Array;
  const image = (run: number) => images.subarray(run * input.size, (run + 1) * input.size);
  const times: number[] = [];
  const answered: string[] = [];
  for (let round = 0; round < 5; round++) {
    expected.forEach((_, run) => {
      const start = performance.now();
      const [scores] = interpreter.invoke(image(run));
      if (round > 0)
        times.push(performance.now() - start); // the first round compiles
      else answered.push(classes[indexOfLargest(scores!.data as Int8Array)]!);
    });
  }
  times.sort((a, b) => a - b);
  const { values, different } = verifyModel(bytes, golden, { profile, kernels });
  const right = expected.filter((label, run) => classes[label] === answered[run]).length;
  return {
    pictures: SHOWN.map((run) => pictureText(image(run), input.shape[2]!, -128, 127)),
    result: {
      profile,
      kernels: interpreter.kernels,
      expected: expected.map((label) => classes[label]!),
      answered,
      right,
      milliseconds: times[Math.floor(times.length / 2)]!,
      macs: interpreter.macs,
      values,
      different,
    },
  };
}

interface Labels {
  readonly classes: readonly string[];
  readonly expected: readonly number[];
}

function indexOfLargest(values: Int8Array): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value)));
}

function textOf({ pictures, result }: Demo): string {
  const { expected, answered, right, milliseconds, macs, values, different, profile, kernels } = result;
  const [left, other] = pictures.map(trimmed);
  const rows = Array.from({ length: Math.max(left!.length, other!.length) }, (_, row) => {
    return `   ${(left![row] ?? '').padEnd(34)}${other![row] ?? ''}`.trimEnd();
  });
  const list = (labels: readonly string[]) =>
    labels.map((label, run) => mark(label, label === expected[run])).join(' ');
  const exact = `bit-exact with TFLite: ${different} of ${values} values differ`;
  return [
    ...rows,
    '',
    `   drawn     ${list(expected)}`,
    `   answered  ${list(answered)}   ${right} of ${expected.length} right`,
    '',
    `${timeText(milliseconds)} per invoke, ${counted(macs)} multiply-adds, int8 throughout (profile ${profile}, kernels ${kernels})`,
    different === 0 ? colors.green(exact) : colors.red(exact),
    '',
    'Next:  requant inspect model.tflite      what is in it, is it integer-only',
    '       requant run model.tflite x.npy    what does it answer',
    '       requant golden                    how to record what TFLite answers, for requant verify',
  ].join('\n');
}

function mark(label: string, right: boolean): string {
  return right ? label : colors.red(label);
}

/** Without the empty lines above and below. */
function trimmed(lines: readonly string[]): string[] {
  const filled = lines.map((line) => line.trim() !== '');
  return lines.slice(filled.indexOf(true), filled.lastIndexOf(true) + 1);
}
