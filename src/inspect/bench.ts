/** How fast: times a model's invokes, and each of its nodes. */
import { crc32 } from 'node:zlib';
import { Interpreter, type InterpreterOptions } from '../interpreter.ts';
import type { OutputTensor, TensorData } from '../tensor_info.ts';
import { type Target, targetOf } from './target.ts';

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

export interface NodeTimings {
  /** In the order in which they run. */
  readonly nodes: readonly NodeTiming[];
  /** The same by operator, the slowest first. */
  readonly operators: readonly OperatorTiming[];
  /** Outside of the nodes: copies of input and outputs, checks. */
  readonly outsideMs: number;
  /** What it costs to look at the clock between two nodes; the nodes' times have it in them. */
  readonly clockMs: number;
}

export interface OperatorTiming {
  readonly op: string;
  readonly nodes: number;
  readonly ms: number;
  /** Of the sum over all nodes, from 0 to 1. */
  readonly share: number;
  readonly macs: number;
}

export interface NodeTiming extends Omit<OperatorTiming, 'nodes'> {
  readonly node: number;
  /** The kernels that ran it. */
  readonly kernels: string;
  /** The median over all runs. */
  readonly ms: number;
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
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
    ...(perOp && { perOp: timeNodes(target, run, runs) }),
  };
}

function timeNodes(target: Target, run: (beforeNode: (node: number) => void) => number, runs: number): NodeTimings {
  const infos = target.nodes;
  const clock = new Float64Array(infos.length + 1);
  const beforeNode = (node: number) => {
    clock[node] = performance.now();
  };
  const times = infos.map(() => new Float64Array(runs));
  const outside = new Float64Array(runs);
  run(beforeNode); // compiles it
  for (let i = 0; i < runs; i++) {
    const total = run(beforeNode);
    for (let node = 0; node < infos.length; node++) times[node]![i] = clock[node + 1]! - clock[node]!;
    outside[i] = total - (clock[infos.length]! - clock[0]!);
  }
  const medians = times.map(median);
  const sum = medians.reduce((total, ms) => total + ms, 0);
  const nodes = infos.map(({ index, op, kernels, macs, outputs }, i): NodeTiming => {
    const ms = medians[i]!;
    return {
      node: index,
      op,
      kernels,
      ms,
      share: ms / sum,
      macs,
      outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    };
  });
  return { nodes, operators: byOperator(nodes), outsideMs: median(outside), clockMs: costOf(beforeNode) };
}

function byOperator(nodes: readonly NodeTiming[]): OperatorTiming[] {
  const operators = new Map<string, OperatorTiming>();
  for (const { op, ms, share, macs } of nodes) {
    const sum = operators.get(op) ?? { op, nodes: 0, ms: 0, share: 0, macs: 0 };
    operators.set(op, { op, nodes: sum.nodes + 1, ms: sum.ms + ms, share: sum.share + share, macs: sum.macs + macs });
  }
  return [...operators.values()].sort((a, b) => b.ms - a.ms);
}

/** Milliseconds of one call, the best of several means. */
function costOf(beforeNode: (node: number) => void): number {
  const calls = 1000;
  const means = Array.from({ length: 20 }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) beforeNode(0);
    return (performance.now() - start) / calls;
  });
  return least(means);
}

function checksumOf(outputs: readonly OutputTensor[]): number {
  return outputs.reduce(
    (sum, { data }) => crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum),
    0,
  );
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >> 1]!;
}
