/** Random models of one operator, with what TFLite answered: see test/oracle/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Profile } from '../../kernels/kernel.ts';
import { type DType, elementSize, sizeOf } from '../../kernels/tensor.ts';
import type { TensorData } from '../../src/index.ts';

const FOLDER = new URL('../oracle/recorded/', import.meta.url);

/** An array's element type and the shape that it has in each run. */
type Signature = [DType, ...number[]];

interface Index {
  /** Of all its models. */
  readonly operators: readonly string[];
  readonly runs: number;
  readonly cases: readonly Case[];
}

/** Every profile besides tflite, in the order in which answers follow each other, and the one that each is compared with. */
const COMPARED_WITH = {
  'tflite-2.19': 'tflite',
  tflm: 'tflite',
  'single-rounding': 'tflm',
  xnnpack: 'tflite',
} as const;

type Other = keyof typeof COMPARED_WITH;

/** Whether the other profiles' programs answered, and the same; other answers follow in values.bin. */
interface Case extends Readonly<Partial<Record<Other, 'same' | 'different'>>> {
  readonly type: string;
  readonly number: number;
  /** Bytes in models.bin. */
  readonly model: number;
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
}

/** One array's values, run after run. */
export interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

type Outputs = { [P in Profile]?: readonly Values[] | undefined };

export interface Recorded {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Values[];
  readonly outputs: Outputs;
}

function open(op: string) {
  const files = unzipSync(readFileSync(new URL(`${op}.zip`, FOLDER)));
  return { files, index: JSON.parse(new TextDecoder().decode(files['cases.json'])) as Index };
}

export function* readRecorded(op: string): Generator<Recorded> {
  const { files, index } = open(op);
  const { runs, cases } = index;
  let at = 0;
  const next = ([dtype, ...shape]: Signature): Values => {
    const bytes = files['values.bin']!.slice(at, (at += runs * sizeOf(shape) * elementSize(dtype)));
    return { dtype, shape, bytes };
  };
  let model = 0;
  for (const { type, number, model: size, ...entry } of cases) {
    const inputs = entry.inputs.map(next);
    const outputs: Outputs = { tflite: entry.outputs.map(next) };
    for (const other of Object.keys(COMPARED_WITH) as Other[]) {
      if (entry[other])
        outputs[other] = entry[other] === 'same' ? outputs[COMPARED_WITH[other]] : entry.outputs.map(next);
    }
    yield {
      name: `${op} ${type} ${number}`,
      model: files['models.bin']!.subarray(model, (model += size)),
      inputs,
      outputs,
    };
  }
}

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
} as const;

export function valuesOf({ dtype, shape, bytes }: Values, run: number): TensorData {
  const size = sizeOf(shape);
  const Arrays = ARRAYS[dtype as keyof typeof ARRAYS];
  return new Arrays(bytes.buffer as ArrayBuffer, run * size * elementSize(dtype), size);
}

export function runsOf({ dtype, shape, bytes }: Values): number {
  return bytes.length / (sizeOf(shape) * elementSize(dtype));
}

/** The operators that there are models of. */
export const recorded = readdirSync(FOLDER).map((file) => file.replace('.zip', ''));

const indices = new Map(recorded.map((op) => [op, open(op).index]));

/** The operators of which there are answers. */
export function answeredIn(profile: Profile): string[] {
  return recorded.filter((op) => profile === 'tflite' || indices.get(op)!.cases.some((test) => test[profile]));
}

/** The operators that some recorded model has. */
export function coveredOperators(): Set<string> {
  return new Set([...indices.values()].flatMap(({ operators }) => operators));
}
