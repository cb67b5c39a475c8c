/** TensorFlow Lite Micro's audio front end, against its answers: test/oracle/signal_operators.py. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ModelError, UnsupportedError } from '../../kernels/errors.ts';
import { type Environment, Node } from '../../kernels/kernel.ts';
import { CAST } from '../../kernels/reference/cast.ts';
import * as custom from '../../kernels/reference/custom.ts';
import { type DType, Tensor, viewOf } from '../../kernels/tensor.ts';
import { Interpreter } from '../../src/index.ts';

interface Case {
  readonly name: string;
  /** By run, by input. */
  readonly inputs: readonly (readonly number[])[][];
  readonly outputs: readonly (readonly number[])[][];
}

const files = unzipSync(readFileSync(new URL('../oracle/signal_operators.zip', import.meta.url)));
const cases = JSON.parse(new TextDecoder().decode(files['cases.json'])) as Case[];

function answer(interpreter: Interpreter, inputs: readonly (readonly number[])[]): number[][] {
  const given = interpreter.inputs.map(({ dtype }, i) => {
    const data = viewOf(dtype as 'int32', new ArrayBuffer(8 * inputs[i]!.length), 0, inputs[i]!.length);
    data.set(inputs[i]!);
    return data;
  });
  return interpreter.invoke(given).map(({ data }) => Array.from<number | bigint, number>(data, Number));
}

describe.each(['tflm', 'single-rounding'] as const)('profile %s', (profile) => {
  test.each(cases)('$name', ({ name, inputs, outputs }) => {
    const interpreter = new Interpreter(files[`${name}.tflite`]!, { profile });
    expect(inputs.map((run) => answer(interpreter, run))).toEqual(outputs);
  });
});

test('every operator has a case', () => {
  const operators = Object.keys(custom).filter((name) => name.startsWith('Signal'));
  const models = Object.values(files).map((bytes) => new TextDecoder('latin1').decode(bytes));
  expect(operators.length).toBeGreaterThan(8);
  for (const name of operators)
    expect(models.filter((text) => text.includes(`${name}\0`)).length, name).toBeGreaterThan(0);
});

test('the noise estimate is kept from run to run, and resetVariables forgets it', () => {
  const { name, inputs, outputs } = cases.find((each) => each.name === 'subtraction 0')!;
  const interpreter = new Interpreter(files[`${name}.tflite`]!, { profile: 'tflm' });
  expect(answer(interpreter, inputs[0]!)).toEqual(outputs[0]);
  expect(answer(interpreter, inputs[0]!)).not.toEqual(outputs[0]);
  interpreter.resetVariables();
  expect(answer(interpreter, inputs[0]!)).toEqual(outputs[0]);
});

const { SignalEnergy, SignalRfft, SignalWindow } = custom;
const OPERATORS = { SignalEnergy, SignalRfft, SignalWindow, CAST };

const prepare = (
  op: keyof typeof OPERATORS,
  options: object,
  shapes: number[][],
  output: DType,
  profile: Environment['profile'] = 'tflm',
  input: DType = 'int16',
) => {
  const inputs = shapes.map((shape, i) => new Tensor(i, `t${i}`, input, shape));
  const outputs = [new Tensor(9, 'y', output, [])];
  const limits = { tensorBytes: 2 ** 20, macs: 2 ** 20, iterations: 1 };
  const parts = { op, isCustom: true, index: 0, version: 1, options, inputs, outputs, intermediates: [] };
  return OPERATORS[op].prepare(new Node(parts, { profile, limits }));
};

test.each(['tflite', 'tflite-2.19', 'xnnpack'] as const)('profile %s has none of them', (profile) => {
  const window = (under: Environment['profile']) =>
    prepare('SignalWindow', { shift: 12 }, [[2, 8], [8]], 'int16', under);
  expect(() => window('tflm')).not.toThrow();
  expect(() => window(profile)).toThrow(UnsupportedError);
  expect(() => window(profile)).toThrow("TFLite does not; run it with profile 'tflm'");
});

test('options and shapes that make no sense are refused', () => {
  expect(() => prepare('SignalRfft', { T: 7, fft_length: 8 }, [[8]], 'int16')).not.toThrow();
  expect(() => prepare('SignalRfft', { T: 7, fft_length: 8 }, [[9]], 'int16')).toThrow(ModelError);
  expect(() => prepare('SignalRfft', { T: 7, fft_length: 12 }, [[8]], 'int16')).toThrow('power of two');
  expect(() => prepare('SignalRfft', { T: 2, fft_length: 8 }, [[8]], 'int16')).toThrow('int16, option T');
  expect(() => prepare('SignalRfft', { T: 7, fft_length: '8' }, [[8]], 'int16')).toThrow(ModelError);
  expect(() => prepare('SignalEnergy', { start_index: 0, end_index: 4 }, [[8]], 'uint32')).not.toThrow();
  expect(() => prepare('SignalEnergy', { start_index: 0, end_index: 5 }, [[8]], 'uint32')).toThrow(ModelError);
  expect(() => prepare('SignalWindow', { shift: 12 }, [[2, 8], [7]], 'int16')).toThrow(ModelError);
});

test('CAST of uint32 leaves out what is not done: int64 and float32', () => {
  const cast = (from: DType, to: DType) => () => prepare('CAST', {}, [[2]], to, 'tflm', from);
  for (const other of ['int8', 'int32', 'bool'] as const) {
    expect(cast(other, 'uint32')).not.toThrow();
    expect(cast('uint32', other)).not.toThrow();
  }
  for (const other of ['int64', 'float32'] as const) {
    expect(cast(other, 'uint32')).toThrow(UnsupportedError);
    expect(cast('uint32', other)).toThrow(UnsupportedError);
  }
});
