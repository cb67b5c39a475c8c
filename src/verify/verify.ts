/** Is it TFLite's answer? Compares a model's runs with a golden file, bit for bit. */
import { crc32 } from 'node:zlib';
import { InputError, RequantError } from '../../kernels/errors.ts';
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import { sizeOf } from '../../kernels/tensor.ts';
import type { NpyArray } from '../io/npz.ts';
import { asTensorData, shapeFor } from '../io/tensor_arrays.ts';
import { type Target, targetOf } from '../runtime/entry_point.ts';
import { Interpreter, type InterpreterOptions } from '../runtime/interpreter.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { OutputTensor, TensorData, TensorInfo } from '../runtime/tensor_info.ts';

/** Recorded answers: see "Golden files" in README.md. */
export interface Golden {
  /**
   * input_<i> and output_<i>, of a signature input_<name> and output_<name>, with one more dimension in front for the
   * runs; by name or as tensor_<i>, tensors of run 0.
   */
  readonly arrays: ReadonlyMap<string, NpyArray>;
  /** CRC-32 of the bytes of tensors of run 0, by index. */
  readonly checksums: ReadonlyMap<number, number>;
}

export interface Verification {
  /** The kernels that ran. */
  readonly kernels: string;
  readonly runs: number;
  /** Values compared: outputs of every run, tensors of run 0. */
  readonly values: number;
  /** Values that differ; all of a tensor whose shape differs, one of a tensor known only by its checksum. */
  readonly different: number;
  readonly maxDifference: number;
  /** The first tensor, in the order of execution, that differs. */
  readonly firstTensor: FirstTensor | null;
  /** Other profiles under which nothing differs. */
  readonly explainedBy?: readonly Profile[];
  /** Where there is none: the profile under which the fewest differ, if they are fewer. */
  readonly nearest?: { readonly profile: Profile; readonly different: number };
}

export interface FirstTensor {
  readonly index: number;
  readonly name: string;
  /** Who wrote it. */
  readonly node?: number;
  readonly op?: string;
  /** Where it is the shape that differs. */
  readonly shape?: { readonly expected: readonly number[]; readonly found: readonly number[] };
}

export interface VerifyOptions extends InterpreterOptions {
  /** The signature that gave the answers; default: the main graph. */
  readonly signature?: string | undefined;
}

/** Runs the model on the golden file's inputs, in order, through one interpreter, so that state carries over. */
export function verifyModel(bytes: Uint8Array, golden: Golden, options: VerifyOptions = {}): Verification {
  const result = compare(bytes, golden, options);
  if (result.different === 0) return result;
  const others = PROFILES.filter((profile) => profile !== (options.profile ?? 'tflite'));
  const tried = others
    .map((profile) => ({
      profile,
      different: orRefused(() => compare(bytes, golden, { ...options, profile }))?.different ?? Infinity,
    }))
    .sort((a, b) => a.different - b.different);
  const explainedBy = tried.filter(({ different }) => different === 0).map(({ profile }) => profile);
  const [nearest] = tried;
  return {
    ...result,
    explainedBy,
    ...(nearest!.different > 0 && nearest!.different < result.different && { nearest }),
  };
}

function orRefused<R>(run: () => R): R | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RequantError) return undefined;
    throw error;
  }
}

function compare(bytes: Uint8Array, { arrays, checksums }: Golden, options: VerifyOptions): Verification {
  const target = targetOf(new Interpreter(bytes, options), options.signature);
  const inputs = target.inputs.map((input, i) => runsOf(arrays, `input_${target.inputLabels[i]}`, input));
  const outputs = target.outputs.map((output, i) => runsOf(arrays, `output_${target.outputLabels[i]}`, output));
  const runs = countRuns([...inputs, ...outputs]);
  target.resizeInputs(
    target.inputs.map((input, i) => {
      const { shape, key } = inputs[i]!;
      return shapeFor(input, shape, `the golden file's ${key}, for one run,`);
    }),
  );
  const result = new Comparison(target);
  for (let run = 0; run < runs; run++) {
    const answers = target.invoke(
      inputs.map((recorded) => valuesOf(recorded, run)),
      run === 0 ? { tap: (tensor, node) => result.tap(tensor, node, arrays, checksums) } : {},
    );
    answers.forEach((answer, i) => {
      result.compare(answer, outputs[i]!.shape, valuesOf(outputs[i]!, run));
    });
  }
  const { values, different, maxDifference, firstTensor } = result;
  return { kernels: target.interpreter.kernels, runs, values, different, maxDifference, firstTensor };
}

class Comparison {
  values = 0;
  different = 0;
  maxDifference = 0;
  firstTensor: FirstTensor | null = null;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** An intermediate tensor: its values where they were recorded, else its checksum. */
  tap(tensor: OutputTensor, node: NodeInfo, arrays: Golden['arrays'], checksums: Golden['checksums']) {
    const key = [`tensor_${tensor.index}`, tensor.name].find((name) => arrays.has(name));
    const checksum = checksums.get(tensor.index);
    if (key !== undefined) {
      const { shape, data } = arrays.get(key)!;
      this.compare(tensor, shape, asTensorData(data, tensor, `the golden file's ${key}`), node);
    } else if (checksum !== undefined) {
      this.values += tensor.data.length;
      if (crc32(bytesOf(tensor.data)) !== checksum) this.#differs(tensor, 1, node);
    }
  }

  /** Compares the bits: of floats too, NaN with NaN. */
  compare(tensor: OutputTensor, shape: readonly number[], expected: TensorData, node?: NodeInfo) {
    const { data } = tensor;
    this.values += data.length;
    if (shape.length !== tensor.shape.length || shape.some((dim, d) => dim !== tensor.shape[d])) {
      this.#differs(tensor, Math.max(data.length, expected.length), node, { expected: shape, found: tensor.shape });
      return;
    }
    if (bytesOf(data).equals(bytesOf(expected))) return;
    for (let i = 0; i < data.length; i++) {
      if (Object.is(data[i], expected[i])) continue;
      this.#differs(tensor, 1, node);
      const difference = Math.abs(Number(data[i]) - Number(expected[i]));
      if (difference > this.maxDifference) this.maxDifference = difference;
    }
  }

  #differs({ index, name }: OutputTensor, values: number, node?: NodeInfo, shape?: FirstTensor['shape']) {
    this.different += values;
    if (this.firstTensor) return;
    const writer = node ?? this.#target.nodes.find(({ outputs }) => outputs.some((output) => output.index === index));
    this.firstTensor = {
      index,
      name,
      ...(writer && { node: writer.index, op: writer.op }),
      ...(shape && { shape }),
    };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: TensorData): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What was recorded for one input or output: `runs` times `shape`. */
interface Recorded {
  readonly key: string;
  readonly runs: number;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

function runsOf(arrays: Golden['arrays'], key: string, tensor: TensorInfo): Recorded {
  const array = arrays.get(key);
  if (array === undefined) {
    throw new InputError(`the golden file has no ${key}, for ${tensor}; it has ${[...arrays.keys()].join(', ')}`);
  }
  const [runs, ...shape] = array.shape;
  if (runs === undefined) throw new InputError(`the golden file's ${key} has no dimension for the runs`);
  return { key, runs, shape, data: asTensorData(array.data, tensor, `the golden file's ${key}`) };
}

function countRuns(recorded: readonly Recorded[]): number {
  const [first] = recorded;
  if (first === undefined) return 1;
  const other = recorded.find(({ runs }) => runs !== first.runs);
  if (other) {
    throw new InputError(`the golden file has ${first.runs} runs in ${first.key} and ${other.runs} in ${other.key}`);
  }
  if (first.runs === 0) throw new InputError('the golden file has no runs');
  return first.runs;
}

function valuesOf({ data, shape }: Recorded, run: number): TensorData {
  const size = sizeOf(shape);
  return data.subarray(run * size, (run + 1) * size);
}
