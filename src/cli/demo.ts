/** requant demo: a bundled model reads handwritten digits; every number is checked against TFLite. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { type Demo, demoBlocks, pictureText } from '../report/demo.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { verifyModel } from '../verify/verify.ts';
import { ownPath, readFile } from './files.ts';
import { readGolden } from './golden_file.ts';
import { type EngineOptions, engineOptions, type FormatOptions, formatOptions, printReport } from './output.ts';

/** The runs whose pictures are drawn: a two and a nine. */
const SHOWN = [4, 19];

export function addDemo(program: Command): void {
  engineOptions(formatOptions(program.command('demo')))
    .summary('a bundled model reads digits, checked against TFLite')
    .description("Runs the digit model of requant's repository on its twenty pictures and checks every value.")
    .action((options: EngineOptions & FormatOptions) => {
      const demo = runDemo(options);
      printReport(
        options,
        () => demo.result,
        () => demoBlocks(demo),
      );
      if (demo.result.different > 0) process.exitCode = 1;
    });
}

function runDemo({ profile, kernels }: EngineOptions): Demo {
  const folder = ownPath(join('models', 'digits_conv_int8'));
  if (!existsSync(folder)) {
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
