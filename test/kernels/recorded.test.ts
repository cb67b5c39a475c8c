/** Every kernel set against what TFLite answered for random models: see test/oracle/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import * as custom from '../../kernels/reference/custom.ts';
import * as reference from '../../kernels/reference/index.ts';
import { type DType, elementSize, sizeOf } from '../../kernels/tensor.ts';
import { Interpreter, type InterpreterOptions, type OutputTensor, type TensorData } from '../../src/index.ts';

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
const COMPARED_WITH = { 'tflite-2.19': 'tflite', tflm: 'tflite', 'single-rounding': 'tflm' } as const;

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
interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

type Outputs = { [P in Profile]?: readonly Values[] | undefined };

interface Recorded {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Values[];
  readonly outputs: Outputs;
}

function open(op: string) {
  const files = unzipSync(readFileSync(new URL(`${op}.zip`, FOLDER)));
  return { files, index: JSON.parse(new TextDecoder().decode(files['cases.json'])) as Index };
}

function* readRecorded(op: string): Generator<Recorded> {
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

/** What is wrong with a case's first output value that is wrong; undefined if nothing is. */
function compare({ model, inputs, outputs }: Recorded, options: InterpreterOptions): string | undefined {
  const expected = outputs[options.profile!]!;
  try {
    const interpreter = new Interpreter(model, options);
    const runs = runsOf([...inputs, ...expected][0]!);
    for (let run = 0; run < runs; run++) {
      const answers = interpreter.invoke(inputs.map((values) => valuesOf(values, run)));
      for (const [i, answer] of answers.entries()) {
        const difference = compareOutput(answer, expected[i]!, run);
        if (difference) return `run ${run}, output ${i}: ${difference}`;
      }
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function compareOutput({ dtype, shape, data }: OutputTensor, expected: Values, run: number): string | undefined {
  if (dtype !== expected.dtype || `${shape}` !== `${expected.shape}`) {
    return `${dtype} [${shape}] where TFLite has ${expected.dtype} [${expected.shape}]`;
  }
  const values = valuesOf(expected, run);
  const [ours, theirs] = [bitsOf(data), bitsOf(values)];
  const bothNaN = (at: number) => Number.isNaN(data[at]) && Number.isNaN(values[at]); // of any bits
  const i = ours.findIndex((bits: number | bigint, at: number) => bits !== theirs[at] && !bothNaN(at));
  return i < 0 ? undefined : `value ${i} is ${data[i]} where TFLite has ${values[i]}`;
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

function valuesOf({ dtype, shape, bytes }: Values, run: number): TensorData {
  const size = sizeOf(shape);
  const Arrays = ARRAYS[dtype as keyof typeof ARRAYS];
  return new Arrays(bytes.buffer as ArrayBuffer, run * size * elementSize(dtype), size);
}

function runsOf({ dtype, shape, bytes }: Values): number {
  return bytes.length / (sizeOf(shape) * elementSize(dtype));
}

/** Integers that are equal where the bits are. */
function bitsOf(data: TensorData) {
  const integers = data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
  return integers as Int8Array; // or any other: their elements are only compared
}

const recorded = readdirSync(FOLDER).map((file) => file.replace('.zip', ''));
const indices = new Map(recorded.map((op) => [op, open(op).index]));

/** The operators of which there are answers. */
function answeredIn(profile: Profile): string[] {
  return recorded.filter((op) => profile === 'tflite' || indices.get(op)!.cases.some((test) => test[profile]));
}

describe.each(['reference', 'simd'] as const)('recorded answers, %s', (kernels) => {
  describe.each(PROFILES)('%s', (profile) => {
    test.each(answeredIn(profile))('%s', (op) => {
      const options = { profile, kernels };
      const failures = [...readRecorded(op)]
        .filter(({ outputs }) => outputs[profile])
        .flatMap((test) => {
          const difference = compare(test, options);
          return difference ? [`${test.name}: ${difference}`] : [];
        });
      expect(failures).toEqual([]);
    });
  });
});

// Visible in the report: operators that no recorded model has.
const covered = new Set([...indices.values()].flatMap(({ operators }) => operators));
for (const op of Object.keys({ ...reference, ...custom }))
  if (!covered.has(op)) test.todo(`nothing is recorded of ${op}`);
