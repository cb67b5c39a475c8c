/** Is it TFLite's answer? Compares a model's runs with a golden file, bit for bit. */
import { crc32 } from 'node:zlib';
import { InputError, RequantError } from '../../kernels/errors.ts';
import type { Profile } from '../../kernels/kernel.ts';
import { Interpreter, type InterpreterOptions, type NodeInfo } from '../interpreter.ts';
import type { NpyArray, NpyData } from '../npz.ts';
import type { OutputTensor, TensorData, TensorInfo } from '../tensor_info.ts';

/** Recorded answers: see "Golden files" in README.md. */
export interface Golden {
  /** input_<i> and output_<i>, with one more dimension in front for the runs; by name or as tensor_<i>, tensors of run 0. */
  readonly arrays: ReadonlyMap<string, NpyArray>;
  /** CRC-32 of the bytes of tensors of run 0, by index. */
  readonly checksums: ReadonlyMap<number, number>;
}

export interface Verification {
  readonly runs: number;
  /** Values compared: outputs of every run, tensors of run 0. */
  readonly values: number;
  /** Values that differ; a tensor known only by its checksum counts as one. */
  readonly different: number;
  readonly maxDifference: number;
  /** The first tensor, in the order of execution, that differs. */
  readonly firstTensor?: {
    readonly index: number;
    readonly name: string;
    /** Who wrote it. */
    readonly node?: number;
    readonly op?: string;
  };
  /** Other profiles under which nothing differs. */
  readonly explainedBy?: readonly Profile[];
}

/** Runs the model on the golden file's inputs, in order, through one interpreter, so that state carries over. */
export function verifyModel(bytes: Uint8Array, golden: Golden, options: InterpreterOptions = {}): Verification {
  const result = compare(new Interpreter(bytes, options), golden);
  if (result.different === 0) return result;
  const others = (['tflite', 'tflm'] as const).filter((profile) => profile !== (options.profile ?? 'tflite'));
  const explainedBy = others.filter((profile) => agrees(bytes, golden, { ...options, profile }));
  return { ...result, explainedBy };
}

function agrees(bytes: Uint8Array, golden: Golden, options: InterpreterOptions): boolean {
  try {
    return compare(new Interpreter(bytes, options), golden).different === 0;
  } catch (error) {
    if (error instanceof RequantError) return false;
    throw error;
  }
}

function compare(interpreter: Interpreter, { arrays, checksums }: Golden): Verification {
  const inputs = interpreter.inputs.map((input, i) => recorded(arrays, `input_${i}`, input));
  const outputs = interpreter.outputs.map((output, i) => recorded(arrays, `output_${i}`, output));
  const runs = [...outputs, ...inputs][0]?.shape[0] ?? 0;
  if (runs === 0) throw new InputError('the golden file has no runs');
  const result = new Comparison();
  for (let run = 0; run < runs; run++) {
    const answers = interpreter.invoke(
      inputs.map((array) => runOf(array, run) as TensorData),
      run > 0
        ? {}
        : {
            tap(tensor, node) {
              const values = arrays.get(`tensor_${tensor.index}`) ?? arrays.get(tensor.name);
              const checksum = checksums.get(tensor.index);
              if (values) result.compare(tensor, values.data, () => node);
              else if (checksum !== undefined) result.compareChecksum(tensor, checksum, () => node);
            },
          },
    );
    answers.forEach((answer, i) => {
      const writer = () => interpreter.nodes.find((node) => node.outputs.some(({ index }) => index === answer.index));
      result.compare(answer, runOf(outputs[i]!, run), writer);
    });
  }
  return { runs, ...result };
}

type Writer = () => NodeInfo | undefined;

class Comparison {
  values = 0;
  different = 0;
  maxDifference = 0;
  firstTensor?: NonNullable<Verification['firstTensor']>;

  /** Compares the bits: of floats too, NaN with NaN. */
  compare(tensor: OutputTensor, expected: NpyData, writer: Writer) {
    const { data } = tensor;
    this.values += data.length;
    if (data.length !== expected.length) {
      this.#differs(tensor, Math.max(data.length, expected.length), writer);
      return;
    }
    for (let i = 0; i < data.length; i++) {
      if (Object.is(data[i], expected[i])) continue;
      this.#differs(tensor, 1, writer);
      const difference = Math.abs(Number(data[i]) - Number(expected[i]));
      if (difference > this.maxDifference) this.maxDifference = difference;
    }
  }

  compareChecksum(tensor: OutputTensor, checksum: number, writer: Writer) {
    const { data } = tensor;
    this.values += data.length;
    if (crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) !== checksum)
      this.#differs(tensor, 1, writer);
  }

  #differs({ index, name }: OutputTensor, values: number, writer: Writer) {
    this.different += values;
    if (this.firstTensor) return;
    const node = writer();
    this.firstTensor = { index, name, ...(node && { node: node.index, op: node.op }) };
  }
}

function recorded(arrays: ReadonlyMap<string, NpyArray>, key: string, tensor: TensorInfo): NpyArray {
  const array = arrays.get(key);
  if (array === undefined) {
    throw new InputError(`the golden file has no ${key}, for ${tensor}; it has ${[...arrays.keys()].join(', ')}`);
  }
  return array;
}

/** The values of one run: the first dimension counts the runs. */
function runOf({ data, shape }: NpyArray, run: number): NpyData {
  const size = shape.slice(1).reduce((product, dim) => product * dim, 1);
  return data.subarray(run * size, (run + 1) * size);
}
