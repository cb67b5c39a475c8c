/** A model that keeps a window over its inputs, as streaming models do: the same answers and no more memory, step after step. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Interpreter } from '../../../src/index.ts';
import { buildModel } from '../../../src/model/builder.ts';

const FRAME = 3;
const STEPS = 4;
const OUTPUTS = 2;

const weights = Int8Array.from({ length: OUTPUTS * STEPS * FRAME }, (_, i) => ((i * 53) % 255) - 127);
const biases = [1000, -70_000];
const zeroPoint = { frame: -5, score: 11 };
const scale = { frame: 2 ** -6, weights: 2 ** -7, score: 0.1 };

const int8 = (name: string, shape: number[], scale: number, zeroPoint: number, more = {}) => {
  const quantization = { scale: [scale], zeroPoint: [BigInt(zeroPoint)] };
  return { name, type: 'INT8', shape, quantization, ...more } as const;
};
const int32 = (shape: number[], buffer: number) => ({ type: 'INT32', shape, buffer }) as const;
const resource = { type: 'RESOURCE', shape: [] } as const;
const bytesOf = (...values: number[]) => ({ data: new Uint8Array(Int32Array.from(values).buffer) });

const CODES = ['CALL_ONCE', 'VAR_HANDLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE', 'SLICE', 'CONCATENATION', 'FULLY_CONNECTED', 'ADD'] as const; // biome-ignore format: one line
const node = (op: (typeof CODES)[number], inputs: number[], outputs: number[], more = {}) => {
  return { opcodeIndex: CODES.indexOf(op), inputs, outputs, ...more };
};
const handle = (sharedName: string, output: number) =>
  node('VAR_HANDLE', [], [output], { builtinOptionsType: 'VarHandleOptions', builtinOptions: { sharedName } });

/** window = [window[1:], frame]; score = fully connected(window); steps = steps + 1. */
function model(): Uint8Array {
  const window = (name: string, more = {}) => int8(name, [1, STEPS, FRAME], scale.frame, zeroPoint.frame, more);
  return buildModel({
    version: 3,
    operatorCodes: CODES.map((builtinCode) => ({ builtinCode })),
    buffers: [
      {},
      { data: new Uint8Array(weights.buffer) },
      bytesOf(...biases),
      bytesOf(0, 1, 0),
      bytesOf(1, STEPS - 1, FRAME),
      bytesOf(1),
      { data: new Uint8Array(STEPS * FRAME).fill(zeroPoint.frame) },
      bytesOf(0),
    ],
    subgraphs: [
      {
        tensors: [
          int8('frame', [1, 1, FRAME], scale.frame, zeroPoint.frame),
          resource,
          window('before'),
          int32([3], 3),
          int32([3], 4),
          int8('newest', [1, STEPS - 1, FRAME], scale.frame, zeroPoint.frame),
          window('after'),
          int8('weights', [OUTPUTS, STEPS * FRAME], scale.weights, 0, { buffer: 1 }),
          int32([OUTPUTS], 2),
          int8('score', [1, OUTPUTS], scale.score, zeroPoint.score),
          resource,
          int32([1], 0),
          int32([1], 5),
          int32([1], 0),
        ],
        inputs: [0],
        outputs: [9, 13],
        operators: [
          node('CALL_ONCE', [], [], {
            builtinOptionsType: 'CallOnceOptions',
            builtinOptions: { initSubgraphIndex: 1 },
          }),
          handle('window', 1),
          node('READ_VARIABLE', [1], [2]),
          node('SLICE', [2, 3, 4], [5]),
          node('CONCATENATION', [5, 0], [6], {
            builtinOptionsType: 'ConcatenationOptions',
            builtinOptions: { axis: 1 },
          }),
          node('ASSIGN_VARIABLE', [1, 6], []),
          node('FULLY_CONNECTED', [6, 7, 8], [9], { builtinOptionsType: 'FullyConnectedOptions' }),
          handle('steps', 10),
          node('READ_VARIABLE', [10], [11]),
          node('ADD', [11, 12], [13], { builtinOptionsType: 'AddOptions' }),
          node('ASSIGN_VARIABLE', [10, 13], []),
        ],
      },
      {
        tensors: [window('zeros', { buffer: 6 }), resource, int32([1], 7), resource],
        inputs: [],
        outputs: [],
        operators: [
          handle('window', 1),
          node('ASSIGN_VARIABLE', [1, 0], []),
          handle('steps', 3),
          node('ASSIGN_VARIABLE', [3, 2], []),
        ],
      },
    ],
  });
}

/** The same by lists and doubles: FULLY_CONNECTED rounds acc * (scales), a double, half away from zero. */
function* expected(frames: Iterable<Int8Array>): Generator<[score: number[], steps: number]> {
  const window = new Array<number>(STEPS * FRAME).fill(zeroPoint.frame);
  let steps = 0;
  for (const frame of frames) {
    window.splice(0, FRAME);
    window.push(...frame);
    const score = biases.map((bias, o) => {
      const acc = window.reduce((sum, q, i) => sum + (q - zeroPoint.frame) * weights[o * STEPS * FRAME + i]!, bias);
      const real = (acc * (scale.frame * scale.weights)) / Math.fround(scale.score);
      const q = Math.sign(real) * Math.floor(Math.abs(real) + 0.5) + zeroPoint.score;
      return Math.max(-128, Math.min(127, q));
    });
    yield [score, ++steps];
  }
}

/** Noise whose level changes from time to time. */
function* noise(count: number): Generator<Int8Array> {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  for (let step = 0, level = 0; step < count; step++) {
    if (step % 23 === 0) level = random() - 128;
    yield Int8Array.from({ length: FRAME }, () => Math.max(-128, Math.min(127, level + (random() >> 2) - 32)));
  }
}

test.each(['reference', 'simd'] as const)('%s: 1,000 steps', (kernels) => {
  const interpreter = new Interpreter(model(), { kernels });
  expect(interpreter.memory.variables).toBe(STEPS * FRAME + 4);
  for (let pass = 0; pass < 2; pass++) {
    const frames = [...noise(1000)];
    const scores = new Set<string>();
    let step = 0;
    for (const [score, steps] of expected(frames)) {
      const [ours, counted] = interpreter.invoke(frames[step++]!);
      expect([[...ours!.data], [...counted!.data]]).toEqual([score, [steps]]);
      scores.add(String(score));
    }
    expect(scores.size).toBeGreaterThan(400);
    interpreter.resetVariables();
  }
});

test.each(['reference', 'simd'] as const)('%s: 10,000 steps take no memory', (kernels) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const interpreter = new Interpreter(model(), { kernels });
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { heapUsed, arrayBuffers, memory: interpreter.memory };
  };
  const frame = new Int8Array(FRAME);
  const run = (steps: number) => {
    for (let i = 0; i < steps; i++) interpreter.invoke(frame);
  };
  run(1000);
  const before = used();
  run(10_000);
  const after = used();
  expect(after.memory).toEqual(before.memory);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(10_000); // a byte a step
  expect(after.heapUsed - before.heapUsed).toBeLessThan(1_000_000); // an output is some hundreds of bytes
});
