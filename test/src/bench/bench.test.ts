/** What bench measures, as far as no clock decides about it. */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { benchModel } from '../../../src/bench/bench.ts';
import { type Target, targetOf } from '../../../src/runtime/entry_point.ts';
import { Interpreter } from '../../../src/runtime/interpreter.ts';
import type { TensorData } from '../../../src/runtime/tensor_info.ts';

const file = (name: string) => readFileSync(new URL(`../../../models/${name}/model.tflite`, import.meta.url));
const digits = file('digits_conv_int8');
const pixels = Int8Array.from({ length: 28 * 28 }, (_, i) => i * 37);
const bytesOf = ({ buffer, byteOffset, byteLength }: TensorData) => new Uint8Array(buffer, byteOffset, byteLength);

describe.each(['reference', 'simd'] as const)('%s', (kernels) => {
  const timing = benchModel(digits, () => [pixels], { kernels, runs: 5, perOp: true });
  const { nodes, operators } = timing.perOp!;
  const interpreter = new Interpreter(digits, { kernels });

  test('the checksum is that of the answer', () => {
    const [scores] = interpreter.invoke(pixels);
    expect(Number.parseInt(timing.checksum, 16)).toBe(crc32(bytesOf(scores!.data)));
    expect(timing.checksum).toMatch(/^[0-9a-f]{8}$/);
  });

  test('what ran, and how often', () => {
    expect(timing).toMatchObject({ profile: 'tflite', kernels, runs: 5, macs: interpreter.macs });
  });

  test('times are numbers in their order', () => {
    const { minMs, medianMs, loadMs, firstInvokeMs, firstAnswerMs, perOp } = timing;
    expect(minMs).toBeGreaterThan(0);
    expect(medianMs).toBeGreaterThanOrEqual(minMs);
    expect(loadMs).toBeGreaterThan(0);
    expect(firstInvokeMs).toBeGreaterThan(0);
    expect(firstAnswerMs).toBe(loadMs + firstInvokeMs);
    expect(perOp!.outsideMs).toBeGreaterThan(0);
    expect(perOp!.clockMs).toBeGreaterThan(0);
    for (const { ms } of nodes) expect(ms).toBeGreaterThanOrEqual(0);
  });

  test('every node, with the kernels that ran it', () => {
    const plain = ({ op, macs, kernels, outputs }: (typeof nodes)[0] | (typeof interpreter.nodes)[0]) => ({
      op,
      macs,
      kernels,
      shapes: outputs.map(({ shape }) => shape),
    });
    expect(nodes.map(plain)).toEqual(interpreter.nodes.map(plain));
    expect(nodes.map(({ node }) => node)).toEqual(interpreter.nodes.map(({ index }) => index));
    expect(nodes.filter(({ op }) => op === 'CONV_2D').map((node) => node.kernels)).toContain(kernels);
    if (kernels === 'reference') expect(new Set(nodes.map((node) => node.kernels))).toEqual(new Set(['reference']));
  });

  test('operators are the sums of their nodes, the slowest first', () => {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(operators.map(({ op }) => op).sort()).toEqual([...new Set(nodes.map(({ op }) => op))].sort());
    for (const { op, ...total } of operators) {
      const own = nodes.filter((node) => node.op === op);
      expect(total).toEqual({
        nodes: own.length,
        ms: sum(own.map(({ ms }) => ms)),
        share: sum(own.map(({ share }) => share)),
        macs: sum(own.map(({ macs }) => macs)),
      });
    }
    expect(operators.map(({ ms }) => ms)).toEqual(operators.map(({ ms }) => ms).sort((a, b) => b - a));
    expect(sum(operators.map(({ share }) => share))).toBeCloseTo(1, 9);
    expect(sum(nodes.map(({ macs }) => macs))).toBe(interpreter.macs);
  });
});

test('without perOp there are no nodes', () => {
  expect(benchModel(digits, () => [pixels], { runs: 1 }).perOp).toBeUndefined();
});

test('unless somebody says how many, ten runs and more are timed', () => {
  const { runs, minMs, medianMs } = benchModel(digits, () => [pixels]);
  expect(runs).toBeGreaterThanOrEqual(10);
  expect(medianMs).toBeGreaterThanOrEqual(minMs);
});

test('an answer that changes from run to run fails', () => {
  let runs = 0;
  const original = Interpreter.prototype.invoke;
  Interpreter.prototype.invoke = function (this: Interpreter, ...args) {
    const outputs = original.apply(this, args);
    outputs[0]!.data[0] = runs++;
    return outputs;
  };
  try {
    expect(() => benchModel(digits, () => [pixels], { runs: 2 })).toThrow('the outputs of one input changed');
  } finally {
    Interpreter.prototype.invoke = original;
  }
});

describe('a signature', () => {
  const codec = readFileSync(new URL('../../oracle/signatures/model.tflite', import.meta.url));
  const inputs = ({ inputs: infos }: Pick<Target, 'inputs'>) => infos.map(({ size }) => new Int8Array(size).fill(50));

  test('on its own inputs', () => {
    const encode = new Interpreter(codec).signature('encode');
    const { perOp, macs } = benchModel(codec, inputs, { signature: 'encode', runs: 1, perOp: true });
    expect([perOp!.nodes.map(({ op }) => op), macs]).toEqual([encode.nodes.map(({ op }) => op), encode.macs]);
  });

  test('each run begins with variables at their initial values', () => {
    const listen = targetOf(new Interpreter(codec), 'listen');
    const [first, second] = [0, 1].map(() => {
      return listen.invoke(inputs(listen)).reduce((sum, { data }) => crc32(bytesOf(data), sum), 0);
    });
    expect(second).not.toBe(first);
    const { checksum } = benchModel(codec, inputs, { signature: 'listen', runs: 3 });
    expect(Number.parseInt(checksum, 16)).toBe(first);
  });
});
