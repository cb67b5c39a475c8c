/** Every kernel set against what TFLite answered for random models: see test/oracle/README.md. */
import { describe, expect, test } from 'vitest';
import { PROFILES } from '../../kernels/kernel.ts';
import * as custom from '../../kernels/reference/custom.ts';
import * as reference from '../../kernels/reference/index.ts';
import { Interpreter, type InterpreterOptions, type OutputTensor, type TensorData } from '../../src/index.ts';
import {
  answeredIn,
  coveredOperators,
  type Recorded,
  readRecorded,
  runsOf,
  type Values,
  valuesOf,
} from './recorded_models.ts';

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

/** Integers that are equal where the bits are. */
function bitsOf(data: TensorData) {
  const integers = data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
  return integers as Int8Array; // or any other: their elements are only compared
}

describe.each(['reference', 'simd'] as const)('recorded answers, %s', (kernels) => {
  describe.each(PROFILES)('%s', (profile) => {
    test.each(answeredIn(profile))('%s', (op) => {
      const options = { profile, kernels, allowFloat: true };
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
const covered = coveredOperators();
for (const op of Object.keys({ ...reference, ...custom }))
  if (!covered.has(op)) test.todo(`nothing is recorded of ${op}`);
