/** Subgraphs that run each other: what they may cost together, and that nothing stays behind. */
import { describe, expect, test } from 'vitest';
import { LimitError, ModelError, type RequantError } from '../../../kernels/errors.ts';
import type { Limits } from '../../../kernels/kernel.ts';
import { Interpreter } from '../../../src/index.ts';
import { buildModel, type DeepPartial } from '../../../src/model/builder.ts';
import type { Table } from '../../../src/model/schema.ts';

type Subgraph = DeepPartial<Table<'SubGraph'>>;
type Operator = DeepPartial<Table<'Operator'>>;

const CODES = ['ADD', 'LESS', 'WHILE', 'IF', 'FILL', 'RESHAPE'] as const;
const code = (op: (typeof CODES)[number]) => CODES.indexOf(op);

const int32 = (shape: number[] = [1], more = {}) => ({ type: 'INT32', shape, ...more }) as const;
const bool = { type: 'BOOL', shape: [1] } as const;

const LIMIT = 1;
const ONE = 2;
const ONES = new Uint8Array(Int32Array.of(1).buffer);

function interpreterOf(subgraphs: Subgraph[], { loops = 3, limits = {} as Partial<Limits> } = {}) {
  const bytes = buildModel({
    version: 3,
    operatorCodes: CODES.map((builtinCode) => ({ builtinCode })),
    buffers: [{}, { data: new Uint8Array(Int32Array.of(loops).buffer) }, { data: ONES }],
    subgraphs,
  });
  return new Interpreter(bytes, { limits });
}

const loop = (condition: number, body: number): Operator => ({
  opcodeIndex: code('WHILE'),
  builtinOptionsType: 'WhileOptions',
  builtinOptions: { condSubgraphIndex: condition, bodySubgraphIndex: body },
});

/** One node from tensor 0 to the last; constants lie between. */
function graph(tensors: Subgraph['tensors'], node: Operator): Subgraph {
  const last = tensors!.length - 1;
  return { tensors, inputs: [0], outputs: [last], operators: [{ inputs: tensors!.map((_, i) => i).slice(0, last), outputs: [last], ...node }] }; // biome-ignore format: one line
}

const isLess = graph([int32(), int32([1], { buffer: LIMIT }), bool], { opcodeIndex: code('LESS') });
const increment = graph([int32(), int32([1], { buffer: ONE }), int32()], {
  opcodeIndex: code('ADD'),
  builtinOptionsType: 'AddOptions',
});
const whileGraph = (condition: number, body: number) => graph([int32(), int32()], loop(condition, body));
const count = (interpreter: Interpreter, from: number) => interpreter.invoke(Int32Array.of(from))[0]!.data[0];

function failure(action: () => unknown): RequantError {
  try {
    action();
  } catch (error) {
    return error as RequantError;
  }
  throw new Error('nothing was thrown');
}

test('a loop counts to its limit', () => {
  const interpreter = interpreterOf([whileGraph(1, 2), isLess, increment], { loops: 1000 });
  expect([0, 5, 1000, 2000].map((from) => count(interpreter, from))).toEqual([1000, 1000, 1000, 2000]);
});

describe('loops end', () => {
  test('after limits.iterations', () => {
    const interpreter = interpreterOf([whileGraph(1, 2), isLess, increment], { loops: 5, limits: { iterations: 4 } });
    const error = failure(() => count(interpreter, 0));
    expect(error).toBeInstanceOf(LimitError);
    expect(error.message).toMatch(/WHILE \(node 0\) has not ended after limits.iterations = 4/);
    expect(count(interpreter, 1)).toBe(5);
  });

  test('after limits.macs, which count each iteration', () => {
    const interpreter = interpreterOf([whileGraph(1, 2), isLess, increment], {
      loops: 2 ** 30,
      limits: { macs: 1000 },
    });
    expect(failure(() => count(interpreter, 0)).message).toMatch(/multiply-accumulates, more than limits.macs = 1000/);
  });

  test('one inside the other: the iterations of all count', () => {
    // Each of 0 to 3 is a loop of the next; the state of the innermost never reaches the limit.
    const never = graph([int32(), int32([1], { buffer: ONE }), bool], { opcodeIndex: code('LESS') });
    const subgraphs = [whileGraph(4, 1), whileGraph(4, 2), whileGraph(4, 3), increment, never];
    const interpreter = interpreterOf(subgraphs, { limits: { iterations: 10_000 } });
    expect(failure(() => count(interpreter, -(2 ** 31)))).toBeInstanceOf(LimitError);
  });
});

describe('subgraphs that run', () => {
  test('themselves', () => {
    const error = failure(() => interpreterOf([whileGraph(1, 0), isLess]));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe('WHILE (node 0): subgraph 0 runs itself: 0 -> 0');
    expect(error).toMatchObject({ node: 0, path: 'subgraphs[0].operators[0]', offset: expect.any(Number) });
  });

  test('each other, round a circle', () => {
    const subgraphs = [whileGraph(3, 1), whileGraph(3, 2), whileGraph(3, 1), isLess];
    expect(failure(() => interpreterOf(subgraphs)).message).toMatch(/subgraph 1 runs itself: 0 -> 1 -> 2 -> 1/);
  });

  test('what is not there', () => {
    const error = failure(() => interpreterOf([whileGraph(1, 7), isLess]));
    expect(error.message).toBe('WHILE (node 0): there is no subgraph 7: the file has 2');
    expect(error.path).toBe('subgraphs[0].operators[0]');
  });

  test('a chain of 10,000', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => whileGraph(10_001, i + 1));
    expect(failure(() => interpreterOf([...chain, increment, isLess]))).toBeInstanceOf(LimitError);
  });

  test('a tree of 2^30: each runs the next twice', () => {
    const twice = Array.from(
      { length: 30 },
      (_, i): Subgraph => ({
        tensors: [int32(), int32(), int32()],
        inputs: [0],
        outputs: [2],
        operators: [0, 1].map((n) => ({ ...loop(31, i + 1), inputs: [n], outputs: [n + 1] })),
      }),
    );
    expect(failure(() => interpreterOf([...twice, increment, isLess]))).toBeInstanceOf(LimitError);
  });
});

describe('limits.tensorBytes counts all subgraphs together', () => {
  const big = (size: number) => {
    const state = int32([size]);
    const tensors = [state, int32([1], { buffer: ONE }), state];
    const body = graph(tensors, { opcodeIndex: code('ADD'), builtinOptionsType: 'AddOptions' });
    return [graph([state, state], loop(1, 2)), graph([state, int32([1], { buffer: LIMIT }), bool], { opcodeIndex: code('LESS') }), body]; // biome-ignore format: one line
  };

  test('and what one graph alone would be allowed is refused', () => {
    const [, , body] = big(1);
    expect(() => interpreterOf([body!], { limits: { tensorBytes: 48 } })).not.toThrow();
    expect(failure(() => interpreterOf([whileGraph(1, 2), isLess, increment], { limits: { tensorBytes: 48 } }))).toBeInstanceOf(LimitError); // biome-ignore format: one line
  });
});

test('a loop that is prepared 1,000 times, for ever other shapes, leaves nothing behind', () => {
  // 0: a shape; 1: FILL of it with ones; 2: the loop over that, whose body adds 1 to each; 3: how far it counts.
  const state = int32([1]);
  const main: Subgraph = {
    tensors: [state, int32([], { buffer: ONE }), int32([1]), int32([1])],
    inputs: [0],
    outputs: [3],
    operators: [
      { opcodeIndex: code('FILL'), inputs: [0, 1], outputs: [2], builtinOptionsType: 'FillOptions' },
      { ...loop(1, 2), inputs: [2], outputs: [3] },
    ],
  };
  const first: Subgraph = {
    tensors: [int32([1]), int32([1], { buffer: LIMIT }), { type: 'BOOL', shape: [1] }],
    inputs: [0],
    outputs: [2],
    operators: [{ opcodeIndex: code('LESS'), inputs: [0, 1], outputs: [2] }],
  };
  const interpreter = interpreterOf([main, first, increment], { limits: { tensorBytes: 1000 } });
  for (let i = 0; i < 1000; i++) {
    // Only a state of one value gives one verdict; the others are refused, and must leave nothing behind either.
    if (i % 3 === 1) expect(() => interpreter.invoke(Int32Array.of(2 + (i % 5)))).toThrow(ModelError);
    else expect(interpreter.invoke(Int32Array.of(1))[0]!.data).toEqual(Int32Array.of(3));
  }
});
