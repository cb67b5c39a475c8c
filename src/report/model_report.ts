/** All that is known of a model, and of one run of it, as one plain object: what a report shows. */
import { RequantError } from '../../kernels/errors.ts';
import { type NodeTimings, timeNodes } from '../bench/node_times.ts';
import { type Diff, diff } from '../diff/diff.ts';
import { explain, loaded } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { dump } from '../export/dump.ts';
import { type Inspection, inspect } from '../inspect/inspect.ts';
import type { NpyArray } from '../io/npy_array.ts';
import type { GivenInput } from '../io/synthetic_inputs.ts';
import { type Lint, lint } from '../lint/lint.ts';
import { type MemoryPlan, plan } from '../plan/plan.ts';
import type { Interpreter, InterpreterOptions } from '../runtime/interpreter.ts';
import type { TensorData } from '../runtime/tensor_info.ts';
import { type Histogram, histogram } from './histogram.ts';

export interface ModelReport {
  /** Of the file. */
  readonly name: string;
  readonly profile: string;
  readonly inspection: Inspection;
  readonly lint: Lint;
  /** null where the model cannot be prepared: `refused` says why. */
  readonly explanation: Explanation | null;
  readonly plan: MemoryPlan | null;
  readonly refused: string | null;
  /** Of the constants that nodes read. */
  readonly constants: readonly Histogram[];
  /** With an input. */
  readonly run: ReportedRun | null;
  /** With another implementation's values. */
  readonly diff: (Diff & { readonly theirs: string }) | null;
}

export interface ReportedRun {
  /** Where the values of each input come from. */
  readonly sources: readonly string[];
  readonly kernels: string;
  /** Of inputs and of everything that nodes wrote. */
  readonly activations: readonly Activation[];
  readonly outputs: readonly ReportedOutput[];
  /** Averages of `timedRuns` runs. */
  readonly average: 'median' | 'mean';
  readonly times: NodeTimings;
  readonly timedRuns: number;
}

export interface Activation extends Histogram {
  /** Values at the least and at the greatest that the node's clamp, or the type, lets through; null for other types. */
  readonly atLowest: number | null;
  readonly atHighest: number | null;
}

export interface ReportedOutput {
  readonly tensor: number;
  /** The first ones, as they are stored, and in reals. */
  readonly values: readonly (number | string)[];
  readonly reals: readonly number[];
}

export interface ModelReportOptions extends InterpreterOptions {
  /** The file's name. */
  readonly name: string;
  /** Given the interpreter, the values of each input. */
  readonly inputs?: ((interpreter: Interpreter) => readonly GivenInput[]) | undefined;
  /** Another implementation's values, by name, on the same inputs. */
  readonly against?: { readonly name: string; readonly arrays: ReadonlyMap<string, NpyArray>; readonly example?: number } | undefined; // biome-ignore format: one line
}

const SHOWN_VALUES = 100;

/**
 * @param bytes a .tflite file
 * @throws ModelError if the file is damaged; what `inputs`, invoke and diff throw
 */
export function modelReport(bytes: Uint8Array, { name, inputs, against, ...options }: ModelReportOptions): ModelReport {
  const profile = options.profile ?? 'tflite';
  const { interpreter, refused } = prepare(bytes, options);
  const explanation = interpreter && explain(interpreter); // in the file's shapes: inputs may change them
  const given = interpreter && inputs?.(interpreter);
  const values = given?.map(({ data }) => data);
  return {
    name,
    profile,
    inspection: inspect(bytes),
    lint: lint(bytes, { profile: profile === 'tflite' ? undefined : profile }), // of every runtime, unless one was chosen
    explanation,
    plan: interpreter ? plan(bytes, { profile }) : null,
    refused,
    constants: interpreter ? constantHistograms(interpreter) : [],
    run:
      interpreter && values
        ? runOf(
            interpreter,
            explanation!,
            given!.map(({ source }) => source),
            values,
          )
        : null,
    diff:
      interpreter && values && against
        ? { theirs: against.name, ...diff(interpreter, values, against.arrays, { example: against.example ?? 0 }) }
        : null,
  };
}

function prepare(bytes: Uint8Array, options: InterpreterOptions) {
  try {
    return { interpreter: loaded(bytes, options), refused: null };
  } catch (error) {
    if (error instanceof RequantError && error.code === 'UNSUPPORTED')
      return { interpreter: null, refused: error.message };
    throw error;
  }
}

function constantHistograms(interpreter: Interpreter): Histogram[] {
  return dump(interpreter).map(({ index, dtype, data }) => histogram(index, dtype, data));
}

function runOf(
  interpreter: Interpreter,
  { nodes }: Explanation,
  sources: readonly string[],
  values: readonly TensorData[],
): ReportedRun {
  const clamps = new Map(
    nodes.flatMap(({ outputs, clamp }) => (clamp && outputs[0] ? [[outputs[0].index, clamp]] : [])),
  );
  const activations: Activation[] = [];
  const add = (index: number, dtype: string, data: TensorData) => {
    const clamp = clamps.get(index);
    const [low, high] = clamp ? [clamp.min.value, clamp.max.value] : (LIMITS[dtype] ?? []);
    activations.push({
      ...histogram(index, dtype, data),
      atLowest: low === undefined ? null : countOf(data, low),
      atHighest: high === undefined ? null : countOf(data, high),
    });
  };
  for (const [i, { index, dtype }] of interpreter.inputs.entries()) add(index, dtype, values[i]!);
  interpreter.resetVariables();
  const outputs = interpreter.invoke([...values], { tap: ({ index, dtype, data }) => add(index, dtype, data) });
  const { times, runs, average } = timed(interpreter, values);
  return {
    sources,
    kernels: interpreter.kernels,
    activations,
    outputs: outputs.map((output) => {
      const data = output.data.slice(0, SHOWN_VALUES) as TensorData;
      return {
        tensor: output.index,
        values: Array.from(data as ArrayLike<number | bigint>, (value) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
        reals: output.quantization ? Array.from(output.dequantize().subarray(0, SHOWN_VALUES)) : [],
      };
    }),
    average,
    times,
    timedRuns: runs,
  };
}

const LIMITS: { readonly [dtype: string]: readonly [number, number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
};

function countOf(data: TensorData, value: number): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) === value) count++;
  return count;
}

/** So long is run to time the nodes, in milliseconds, and so many times at least. */
const TIMED_MS = 300;
const FEWEST_RUNS = 5;
const MOST_RUNS = 200;

/** Browsers let pages see no short times: 0.1 ms and more are common. */
const COARSE_MS = 0.002;

function clockStep(): number {
  const start = performance.now();
  let now = start;
  while (now === start) now = performance.now();
  return now - start;
}

function timed(interpreter: Interpreter, values: readonly TensorData[]) {
  const run = (beforeNode?: (node: number) => void): number => {
    interpreter.resetVariables();
    const start = performance.now();
    interpreter.invoke([...values], beforeNode ? { beforeNode } : {});
    return performance.now() - start;
  };
  run(); // compiles it
  const once = Math.max(run(), 0.01);
  const runs = Math.round(Math.min(Math.max(TIMED_MS / once, FEWEST_RUNS), MOST_RUNS));
  const average: ReportedRun['average'] = clockStep() > COARSE_MS ? 'mean' : 'median';
  return { times: timeNodes(interpreter.nodes, run, runs, average), runs, average };
}
