/**
 * Whatever the bytes: a model that runs, the same twice and after it was resized, with all its signatures; or one of
 * requant's own errors, soon.
 */
import { ModelError, RequantError } from '../../kernels/errors.ts';
import { explainerOf } from '../../src/explain/operator_explainers.ts';
import {
  explain,
  Interpreter,
  type InterpreterOptions,
  lint,
  type SignatureRunner,
  type TensorData,
  type TensorInfo,
  trace,
} from '../../src/index.ts';
import { loadModel } from '../../src/model/loader.ts';
import { mutate, type Seeds } from './mutate.ts';
import { Random } from './random.ts';

const LIMITS = { tensorBytes: 2 ** 24, macs: 2 ** 24, iterations: 1000 };

/** Milliseconds that no file of a few kilobytes may take under these limits: 100 is usual for the slowest. */
const TOO_SLOW = 5000;

type Stage = 'load' | 'lint' | 'prepare' | 'explain' | 'invoke' | 'trace';

/** How far a file came, and what it was answered: `load ModelError`, `prepare LimitError`, `invoke ok`. */
export type Outcome = `${Stage} ${string}`;

/** A file that was answered by something else than a model or a RequantError. */
export interface Finding {
  readonly outcome: Outcome;
  readonly error: string;
}

/** Loads and runs a file; throws a Finding if that breaks the promise. */
export function tryModel(bytes: Uint8Array, random: Random, options: InterpreterOptions = {}): Outcome {
  const progress: { stage: Stage } = { stage: 'load' };
  const start = performance.now();
  let answer = 'ok';
  let broken: Error | undefined;
  try {
    run(bytes, random, options, progress);
  } catch (error) {
    answer = (error as Error).name;
    broken = notOurs(error);
  }
  const milliseconds = performance.now() - start;
  if (milliseconds > TOO_SLOW) broken ??= new Error(`it takes ${milliseconds} ms`);
  if (broken) throw { outcome: `${progress.stage} ${broken.name}`, error: String(broken.stack) } satisfies Finding;
  return `${progress.stage} ${answer}`;
}

/** What is wrong with an error; undefined if it is one of requant's, and says where. */
function notOurs(error: unknown): Error | undefined {
  if (!(error instanceof RequantError)) return error as Error;
  if (!(error instanceof ModelError) || (error.path !== undefined && error.offset !== undefined)) return undefined;
  return new Error(`it does not say where: ${error.message}`);
}

function run(bytes: Uint8Array, random: Random, options: InterpreterOptions, progress: { stage: Stage }) {
  loadModel(bytes);
  progress.stage = 'lint';
  lint(bytes, { limits: LIMITS });
  progress.stage = 'prepare';
  const interpreter = new Interpreter(bytes, { limits: LIMITS, profile: random.of(['tflite', 'tflm']), ...options });
  progress.stage = 'explain';
  explain(interpreter);
  progress.stage = 'invoke';
  const inputs = interpreter.inputs.map((input) => randomInput(input, random));
  const first = answers(interpreter, inputs);
  const again = (after: string) => {
    interpreter.resetVariables();
    if (answers(interpreter, inputs) !== first) throw new Error(`${after}, two answers`);
  };
  again('two runs');
  progress.stage = 'trace';
  traceAnything(interpreter, inputs, random);
  progress.stage = 'invoke';
  const shapes = interpreter.inputs.map(({ shape }) => shape);
  attempt(() => {
    interpreter.resizeInputs(shapes.map((shape) => otherShape(shape, random)));
    answers(
      interpreter,
      interpreter.inputs.map((input) => randomInput(input, random)),
    );
  });
  interpreter.resizeInputs(shapes);
  again('resized and back');
  for (const { key } of interpreter.signatures) attempt(() => runSignature(interpreter.signature(key), random));
}

/** What may fail with an error of requant's own. */
function attempt(action: () => void) {
  try {
    action();
  } catch (error) {
    const broken = notOurs(error);
    if (broken) throw broken;
  }
}

function runSignature(signature: SignatureRunner, random: Random) {
  const invoke = () => {
    const inputs = Object.entries(signature.inputs).map(([name, input]) => [name, randomInput(input, random)]);
    signature.invoke(Object.fromEntries(inputs));
  };
  invoke();
  const shapes = Object.entries(signature.inputs).map(([name, { shape }]) => [name, otherShape(shape, random)]);
  signature.resizeInputs(Object.fromEntries(shapes));
  invoke();
}

function otherShape(shape: readonly number[], random: Random): number[] {
  return shape.map((dim) => (random.below(3) === 0 ? random.below(5) : dim));
}

/** One value of one node, of those that trace knows. */
function traceAnything(interpreter: Interpreter, inputs: readonly TensorData[], random: Random) {
  const { nodes } = interpreter;
  if (nodes.length === 0) return;
  const { index, op, outputs } = random.of(nodes);
  const [output] = outputs;
  if (!output || output.size === 0 || !explainerOf({ op, isCustom: false })) return;
  trace(interpreter, inputs, { node: index, at: output.shape.map((dim) => random.below(dim)) });
}

function answers(interpreter: Interpreter, inputs: readonly TensorData[]): string {
  const outputs = interpreter.invoke(inputs);
  return outputs.map(({ shape, data }) => `${shape}: ${Buffer.from(data.buffer).toString('base64')}`).join('; ');
}

function randomInput({ dtype, size }: TensorInfo, random: Random): TensorData {
  switch (dtype) {
    case 'int16':
      return Int16Array.from({ length: size }, () => random.below(65536));
    case 'int32':
    case 'resource':
      return Int32Array.from({ length: size }, () => random.below(8) - random.below(3));
    case 'int64':
      return BigInt64Array.from({ length: size }, () => BigInt(random.below(8) - random.below(3)));
    case 'float32':
      return Float32Array.from({ length: size }, () => random.below(2000) / 100 - 10);
    case 'bool':
      return Uint8Array.from({ length: size }, () => random.below(2));
    case 'uint8':
      return random.bytes(size);
    case 'int4':
    case 'int2':
      return Int8Array.from({ length: size }, () => random.below(4) - 2);
    default:
      return new Int8Array(random.bytes(size).buffer as ArrayBuffer);
  }
}

export interface Report {
  readonly seed: number;
  readonly count: number;
  /** How many files had each outcome. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** How many files had each kind of mutation. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly findings: readonly (Finding & {
    readonly number: number;
    readonly kind: string;
    readonly bytes: Uint8Array;
  })[];
  readonly slowest: { readonly number: number; readonly milliseconds: number };
}

/** File n of a seed: always the same, whatever was tried before it; and the random numbers to go on with. */
export function fileNumber(seeds: Seeds, seed: number, number: number) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b));
  return { ...mutate(seeds, random), random };
}

export function fuzz(
  seeds: Seeds,
  seed: number,
  count: number,
  first = 0,
  onProgress?: (number: number) => void,
): Report {
  const outcomes = new Map<string, number>();
  const kinds = new Map<string, number>();
  const findings: Report['findings'][number][] = [];
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  let slowest = { number: 0, milliseconds: 0 };
  for (let number = first; number < first + count; number++) {
    onProgress?.(number);
    const { kind, bytes, random } = fileNumber(seeds, seed, number);
    add(kinds, kind);
    const start = performance.now();
    try {
      add(outcomes, tryModel(bytes, random));
    } catch (finding) {
      add(outcomes, (finding as Finding).outcome);
      findings.push({ ...(finding as Finding), number, kind, bytes });
    }
    const milliseconds = performance.now() - start;
    if (milliseconds > slowest.milliseconds) slowest = { number, milliseconds };
  }
  return { seed, count, outcomes, kinds, findings, slowest };
}

/** Share of the files that came at least as far as a stage. */
export function shareFrom({ outcomes, count }: Report, stages: readonly string[]): number {
  let reached = 0;
  for (const [outcome, times] of outcomes) if (stages.includes(outcome.split(' ')[0])) reached += times;
  return reached / count;
}

export function printed(report: Report): string {
  const lines = [
    `seed ${report.seed}, ${report.count} files, slowest number ${report.slowest.number}, ${Math.round(report.slowest.milliseconds)} ms`,
  ];
  const percent = (times: number) => `${((100 * times) / report.count).toFixed(1).padStart(6)} %`;
  const list = (map: ReadonlyMap<string, number>) => {
    for (const [key, times] of [...map].sort(([, a], [, b]) => b - a)) {
      lines.push(`  ${percent(times)} ${String(times).padStart(8)}  ${key}`);
    }
  };
  list(report.kinds);
  lines.push('outcomes');
  list(report.outcomes);
  for (const { number, kind, error } of report.findings.slice(0, 20)) lines.push(`file ${number} (${kind}): ${error}`);
  return lines.join('\n');
}
