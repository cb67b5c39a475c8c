/** requant run --each: one model, many inputs, in this thread or in several. */
import { InputError } from '../../kernels/errors.ts';
import { sizeOf } from '../../kernels/tensor.ts';
import type { NpyArray } from '../io/npz.ts';
import { mapInOrder } from '../pool/map_in_order.ts';
import { InterpreterPool } from '../pool/node.ts';
import { type EachRun, eachBlocks } from '../report/run.ts';
import type { OutputTensor, TensorData } from '../runtime/tensor_info.ts';
import { about } from './files.ts';
import { type EachInput, readEach } from './inputs.ts';
import { engineOf, printReport, progressBar } from './output.ts';
import {
  arrayOf,
  inputsJson,
  labelsFor,
  outputsJson,
  type RunArguments,
  type RunOptions,
  targetJson,
  writeArrays,
} from './run_output.ts';

export async function runEach({ path, bytes, target, files }: RunArguments, options: RunOptions): Promise<void> {
  const bar = progressBar('running', files.length);
  const start = performance.now();
  let runs: EachRun[];
  try {
    runs = await invokeEach({ path, bytes, target, files }, options, (total) => {
      bar.setTotal(total);
      bar.increment();
    });
  } finally {
    bar.stop();
  }
  const milliseconds = performance.now() - start;
  const labels = labelsFor(options.labels, bytes, runs[0]!.outputs);
  if (options.output !== undefined) writeArrays(options.output, stacked(runs), target.outputLabels);
  printReport(
    options,
    () => ({
      ...targetJson(target, path, milliseconds),
      inputs: inputsJson(target),
      runs: runs.map(({ sources, outputs }) => ({ sources, outputs: outputsJson(target, outputs) })),
    }),
    () => eachBlocks({ path, target, runs, milliseconds }, labels),
  );
}

/** The runs in order. Files are read as runs are made of them. */
async function invokeEach(
  { path, bytes, target, files }: RunArguments,
  options: RunOptions,
  onRun: (total: number) => void,
) {
  const { jobs } = options;
  if (jobs > 1 && target.signature !== undefined) {
    throw new InputError('--jobs runs the main graph alone: leave out --signature, or --jobs');
  }
  const pool = jobs > 1 ? new InterpreterPool(bytes, { ...engineOf(options), threads: jobs }) : undefined;
  const invokeHere = async (values: readonly TensorData[]): Promise<OutputTensor[]> => {
    target.interpreter.resetVariables();
    return target.invoke(values);
  };
  const work = async ({ inputs, shapes, total }: EachInput): Promise<EachRun> => {
    const values = inputs.map(({ data }) => data);
    const invoked = pool ? pool.invoke(values, { inputShapes: shapes }) : invokeHere(values);
    const outputs = await invoked.catch((error: unknown) => {
      return about(path, () => {
        throw error;
      });
    });
    onRun(total);
    return { sources: inputs.map(({ source }) => source), outputs };
  };
  try {
    return await mapInOrder(readEach(target, files, options), pool ? 2 * jobs : 1, work);
  } finally {
    await pool?.close();
  }
}

/** Of each output one array, with one more dimension in front for the runs. */
function stacked(runs: readonly EachRun[]): NpyArray[] {
  const [first, ...others] = runs.map(({ outputs }) => outputs.map(arrayOf));
  return first!.map(({ dtype, shape, data }, i) => {
    const other = others.find((arrays) => String(arrays[i]!.shape) !== String(shape));
    if (other) {
      throw new InputError(
        `output ${i} has shape [${shape}] in one run and [${other[i]!.shape}] in another: write no file`,
      );
    }
    const size = sizeOf(shape);
    const all = new (data.constructor as new (length: number) => typeof data)(runs.length * size);
    for (const [run, arrays] of [first!, ...others].entries())
      (all as Uint8Array).set(arrays[i]!.data as Uint8Array, run * size);
    return { dtype, shape: [runs.length, ...shape], data: all };
  });
}
