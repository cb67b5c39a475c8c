/** How fast: times a model's invokes, and each of its nodes. */
import { crc32 } from 'node:zlib';
import { type Target, targetOf } from '../runtime/entry_point.ts';
import { Interpreter, type InterpreterOptions } from '../runtime/interpreter.ts';
import type { OutputTensor, TensorData } from '../runtime/tensor_info.ts';
import { least, median, type NodeTimings, timeNodes } from './node_times.ts';

export interface BenchOptions extends InterpreterOptions {
  /** The signature that is run; default: the main graph. */
  readonly signature?: string | undefined;
  /** Invokes that are timed; default: as many as take a second, at least 10. */
  readonly runs?: number | undefined;
  /** Whether to time each node too, in as many further invokes. */
  readonly perOp?: boolean | undefined;
}

export interface Timing {
  readonly profile: string;
  /** The kernels that ran. */
  readonly kernels: string;
  /** Of one invoke, with its input's and outputs' copies. */
  readonly minMs: number;
  readonly medianMs: number;
  readonly runs: number;
  /** Multiply-accumulates of one invoke. */
  readonly macs: number;
  /** CRC-32 of the outputs' bytes, in hexadecimal: the same in every run, with all kernels. */
  readonly checksum: string;
  /** From the file's bytes to an interpreter that is ready, in a process that has run nothing yet. */
  readonly loadMs: number;
  /** The first invoke, which no engine has compiled yet. */
  readonly firstInvokeMs: number;
  /** Both together. */
  readonly firstAnswerMs: number;
  readonly perOp?: NodeTimings;
}

/** Engines compile again what has run for a while. */
const WARM_UP_MS = 300;

/** Runs that are timed if nobody says how many: so many milliseconds of them, within these bounds. */
const TIMED_MS = 1000;
const MIN_RUNS = 10;
const MAX_RUNS = 10_000;

/**
 * Times a model on one input, which `inputsOf` makes for it. Each run begins with its variables at their initial values.
 *
 * @throws what Interpreter and invoke throw
 */
export function benchModel(
  bytes: Uint8Array,
  inputsOf: (target: Target) => readonly TensorData[],
  { signature, runs: wanted, perOp = false, ...options }: BenchOptions = {},
): Timing {
  const beforeLoad = performance.now();
  const target = targetOf(new Interpreter(bytes, options), signature);
  const loadMs = performance.now() - beforeLoad;
  const inputs = inputsOf(target);

  const beforeFirst = performance.now();
  const first = target.invoke(inputs);
  const firstInvokeMs = performance.now() - beforeFirst;
  const checksum = checksumOf(first);

  const run = (beforeNode?: (node: number) => void): number => {
    target.interpreter.resetVariables();
    const start = performance.now();
    const outputs = target.invoke(inputs, beforeNode ? { beforeNode } : {});
    const ms = performance.now() - start;
    if (checksumOf(outputs) !== checksum) throw new Error('the outputs of one input changed from one run to the next');
    return ms;
  };

  const warmUp = [firstInvokeMs];
  for (let spent = 0; spent < WARM_UP_MS; spent += warmUp.at(-1)!) warmUp.push(run());
  const runs = wanted ?? Math.min(Math.max(Math.ceil(TIMED_MS / least(warmUp)), MIN_RUNS), MAX_RUNS);
  const ms = Array.from({ length: runs }, () => run());

  return {
    profile: target.interpreter.profile,
    kernels: target.interpreter.kernels,
    minMs: least(ms),
    medianMs: median(ms),
    runs,
    macs: target.macs,
    checksum: checksum.toString(16).padStart(8, '0'),
    loadMs,
    firstInvokeMs,
    firstAnswerMs: loadMs + firstInvokeMs,
    ...(perOp && { perOp: timeNodes(target.nodes, run, runs) }),
  };
}

function checksumOf(outputs: readonly OutputTensor[]): number {
  return outputs.reduce(
    (sum, { data }) => crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum),
    0,
  );
}
