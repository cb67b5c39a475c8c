/** Signatures: subgraphs that are run by name, and share variables. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError, LimitError, ModelError, type RequantError, UnsupportedError } from '../../../kernels/errors.ts';
import { Interpreter, type InterpreterOptions, type SignatureRunner, type TensorData } from '../../../src/index.ts';
import { buildModel, type DeepPartial } from '../../../src/model/builder.ts';
import type { Table } from '../../../src/model/schema.ts';

// ---- a converted model, and TFLite's answers: test/oracle/signatures.py

interface Values {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Call {
  readonly signature: string;
  readonly inputs: { readonly [name: string]: Values };
  readonly outputs: { readonly [name: string]: Values };
}

const recorded = (name: string) => readFileSync(new URL(`../../oracle/signatures/${name}`, import.meta.url));
const codec = recorded('model.tflite');
const calls: readonly Call[] = recorded('calls.jsonl').toString().trim().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one line

const mapValues = <V, W>(record: { readonly [name: string]: V }, fn: (value: V, name: string) => W) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]));
const plain = ({ dtype, shape, data }: { dtype: string; shape: readonly number[]; data: TensorData }) => {
  return { dtype, shape: [...shape], data: Array.from<number | bigint, number>(data, Number) };
};

describe('what TFLite answers', () => {
  test('calls of all signatures in turn, with batches from 0 to 4', () => {
    const interpreter = new Interpreter(codec);
    const batches = new Set<unknown>();
    for (const { signature, inputs, outputs } of calls) {
      const runner = interpreter.signature(signature);
      runner.resizeInputs(mapValues(inputs, ({ shape }) => shape));
      const answers = runner.invoke(mapValues(inputs, ({ data }) => Int8Array.from(data)));
      expect(mapValues(answers, plain)).toEqual(outputs);
      expect(mapValues(runner.outputs, ({ shape }) => shape)).toEqual(mapValues(outputs, ({ shape }) => shape));
      if (signature === 'encode') batches.add(inputs.x!.shape[0]);
    }
    expect([...batches].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(calls.map(({ signature }) => signature)).size).toBe(4);
  });

  test('the main graph is the graph of the signature that has it', () => {
    const interpreter = new Interpreter(codec);
    for (const { inputs, outputs } of calls.filter(({ signature }) => signature === 'decode')) {
      interpreter.resizeInputs(mapValues(inputs, ({ shape }) => shape));
      const [plainOutput, y] = interpreter.invoke(mapValues(inputs, ({ data }) => Int8Array.from(data)));
      expect({ plain: plain(plainOutput!), y: plain(y!) }).toEqual(outputs);
    }
  });

  test('resizing a graph leaves variables and the other graphs as they are', () => {
    const listens = calls.filter(({ signature }) => signature === 'listen');
    const interpreter = new Interpreter(codec);
    const decode = interpreter.signature('decode');
    listens.forEach(({ inputs, outputs }, i) => {
      decode.resizeInputs({ code: [i % 5, 3], offset: [i % 5, 5] });
      const answers = interpreter.signature('listen').invoke(mapValues(inputs, ({ data }) => Int8Array.from(data)));
      expect(mapValues(answers, plain)).toEqual(outputs);
    });
    expect(listens.length).toBeGreaterThan(10);
  });
});

// ---- small models, written down

type Subgraph = DeepPartial<Table<'SubGraph'>>;
type Operator = DeepPartial<Table<'Operator'>>;
interface Named {
  readonly key: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
}

const CODES = ['ADD', 'VAR_HANDLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE', 'CUSTOM', 'CALL_ONCE'] as const;
const node = (op: (typeof CODES)[number], inputs: number[], outputs: number[], more: Operator = {}): Operator => {
  return { opcodeIndex: CODES.indexOf(op), inputs, outputs, ...more };
};
const add = (inputs: number[], output: number) =>
  node('ADD', inputs, [output], { builtinOptionsType: 'AddOptions', builtinOptions: {} });
const handle = (output: number, sharedName = 'v') =>
  node('VAR_HANDLE', [], [output], { builtinOptionsType: 'VarHandleOptions', builtinOptions: { sharedName } });

const int32 = (name: string, shape: number[] = [2], more = {}) => ({ name, type: 'INT32', shape, ...more }) as const;
const resource = { name: 'v', type: 'RESOURCE', shape: [] } as const;
const TENS = 1;

const pairs = (names: Readonly<Record<string, number>>) =>
  Object.entries(names).map(([name, tensorIndex]) => ({ name, tensorIndex }));

/** Each subgraph has one signature. */
function model(...graphs: (Subgraph & { signature?: Named })[]): Uint8Array {
  return buildModel({
    version: 3,
    operatorCodes: CODES.map((builtinCode) => ({ builtinCode, customCode: 'Missing' })),
    buffers: [{}, { data: new Uint8Array(Int32Array.of(10, 20).buffer) }],
    subgraphs: graphs,
    signatureDefs: graphs.flatMap(({ signature }, subgraphIndex) => {
      if (!signature) return [];
      const { key, inputs, outputs } = signature;
      return [{ signatureKey: key, subgraphIndex, inputs: pairs(inputs), outputs: pairs(outputs) }];
    }),
  });
}

/** The sum of two. */
const sum = (key = 'sum', names: [string, string, string] = ['a', 'b', 'total']): Subgraph & { signature: Named } => {
  const [a, b, total] = names;
  return {
    tensors: [int32('left'), int32('right'), int32('out')],
    inputs: [0, 1],
    outputs: [2],
    operators: [add([0, 1], 2)],
    signature: { key, inputs: pair(a, 0, b, 1), outputs: { [total]: 2 } },
  };
};
const pair = (a: string, i: number, b: string, j: number) => ({ ...{ [a]: i }, [b]: j });

/** v = x */
const put = {
  tensors: [int32('x'), resource],
  inputs: [0],
  outputs: [0],
  operators: [handle(1), node('ASSIGN_VARIABLE', [1, 0], [])],
  signature: { key: 'put', inputs: { x: 0 }, outputs: { same: 0 } },
};

/** y = v + x */
const get = {
  tensors: [int32('x'), resource, int32('before'), int32('y')],
  inputs: [0],
  outputs: [3],
  operators: [handle(1), node('READ_VARIABLE', [1], [2]), add([0, 2], 3)],
  signature: { key: 'get', inputs: { x: 0 }, outputs: { y: 3 } },
};

/** A variable tensor: s = s + x, by a custom operator. */
const accumulate = {
  tensors: [int32('x'), int32('state', [2], { isVariable: true }), int32('y')],
  inputs: [0],
  outputs: [2],
  operators: [node('CUSTOM', [0, 1], [2])],
  signature: { key: 'accumulate', inputs: { x: 0 }, outputs: { y: 2 } },
};

const Missing: NonNullable<InterpreterOptions['customOps']>[string] = {
  prepare: (graphNode) => {
    const state = graphNode.input(1, 'int32');
    return { input: graphNode.input(0, 'int32'), state, output: graphNode.output(0, state.shape, 'int32') };
  },
  bind:
    ({ input, state, output }: Record<'input' | 'state' | 'output', { data: Int32Array }>) =>
    () => {
      for (let i = 0; i < state.data.length; i++) output.data[i] = state.data[i]! += input.data[i]!;
    },
};

const x = (...values: number[]) => ({ x: Int32Array.of(...values) });
const data = (outputs: ReturnType<SignatureRunner['invoke']>, name: string) => [...(outputs[name]!.data as Int32Array)];

function failure(action: () => unknown): RequantError {
  try {
    action();
  } catch (error) {
    return error as RequantError;
  }
  throw new Error('nothing was thrown');
}

const inputFailure = (action: () => unknown) => {
  const error = failure(action);
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

describe('signatures', () => {
  test('are listed, with what they take and give', () => {
    const { signatures } = new Interpreter(codec);
    expect(signatures.map(({ key, subgraph }) => [key, subgraph])).toEqual([
      ['decode', 0],
      ['encode', 1],
      ['listen', 2],
      ['look', 3],
    ]);
    const [decode] = signatures;
    expect(mapValues(decode!.inputs, String)).toEqual({
      code: "tensor 1 'decode_code:0'",
      offset: "tensor 0 'decode_offset:0'",
    });
    expect(decode!.inputs.code).toMatchObject({ dtype: 'int8', shape: [1, 3], shapeSignature: [-1, 3] });
    expect(Object.keys(decode!.outputs)).toEqual(['plain', 'y']);
  });

  test('show the shapes that their inputs have now', () => {
    const interpreter = new Interpreter(codec);
    interpreter.signature('encode').resizeInput('x', [7, 5]);
    const [, encode] = interpreter.signatures;
    expect([encode!.inputs.x!.shape, encode!.outputs.code!.shape]).toEqual([
      [7, 5],
      [7, 3],
    ]);
  });

  test('a model without any', () => {
    const interpreter = new Interpreter(model({ ...sum(), signature: undefined as never }));
    expect(interpreter.signatures).toEqual([]);
    expect(inputFailure(() => interpreter.signature('sum'))).toBe("there is no signature 'sum'; the model has none");
  });

  test('one that there is not', () => {
    const interpreter = new Interpreter(model(sum(), sum('constructor')));
    const message = "there is no signature 'Sum'; the model has 'sum', 'constructor'";
    expect(inputFailure(() => interpreter.signature('Sum'))).toBe(message);
    expect(inputFailure(() => interpreter.signature('toString'))).toMatch(/no signature 'toString'/);
    expect(inputFailure(() => interpreter.signature(undefined as never))).toMatch(/no signature 'undefined'/);
  });

  test('have nodes, tensors, work and memory of their own', () => {
    const interpreter = new Interpreter(codec);
    const [listen, encode] = [interpreter.signature('listen'), interpreter.signature('encode')];
    expect(listen.nodes.map(({ op }) => op)).toContain('SOFTMAX');
    expect(encode.nodes.map(({ op }) => op)).toEqual(['CALL_ONCE', 'FULLY_CONNECTED']);
    expect([encode.macs, listen.macs > encode.macs]).toEqual([15, true]);
    expect(encode.tensors).toHaveLength(3);
    expect(encode.memory.arena).toBeGreaterThan(0);
    expect(interpreter.macs).toBe(interpreter.signature('decode').macs);
  });
});

describe('what a signature takes', () => {
  const runner = () => new Interpreter(model(sum())).signature('sum');
  const a = Int32Array.of(1, 2);

  test('typed arrays by name, in any order', () => {
    expect(data(runner().invoke({ b: Int32Array.of(30, 40), a }), 'total')).toEqual([31, 42]);
  });

  test.each<[string, unknown, string]>([
    ['an input is missing', { a }, "signature 'sum' has no values for its input 'b'"],
    ['an unknown name', { a, b: a, c: a }, "signature 'sum' has no input 'c'; it has a, b"],
    ['a tensor’s own name', { left: a, right: a }, "signature 'sum' has no input 'left'; it has a, b"],
    ['nothing', undefined, "signature 'sum' has no values for its input 'a'"],
    ['null', null, "signature 'sum' takes typed arrays by name, { a, b }; this is null"],
    ['a typed array alone', a, "signature 'sum' takes typed arrays by name, { a, b }; this is Int32Array of 2"],
    ['a list', [a, a], "signature 'sum' takes typed arrays by name, { a, b }; this is a plain array of 2"],
    [
      'another type',
      { a, b: Float32Array.of(1, 2) },
      "input tensor 1 'right' is int32 [2]: it takes Int32Array of 2 values, and got Float32Array of 2; " +
        "quantize real values with the input's quantize(values)",
    ],
    ['what objects inherit', { a, constructor: a }, "signature 'sum' has no input 'constructor'; it has a, b"],
    ['an own __proto__', JSON.parse('{"__proto__": 1}'), "signature 'sum' has no input '__proto__'; it has a, b"],
  ])('%s is an InputError', (_, input, message) => {
    expect(inputFailure(() => runner().invoke(input as never))).toBe(message);
  });

  test('names that objects have themselves', () => {
    const interpreter = new Interpreter(model(sum('__proto__', ['__proto__', 'constructor', '__proto__'])));
    const input = JSON.parse('{"__proto__": 0, "constructor": 0}');
    const own = Object.fromEntries(Object.keys(input).map((name) => [name, a]));
    const outputs = interpreter.signature('__proto__').invoke(own);
    expect(Object.keys(outputs)).toEqual(['__proto__']);
    expect(Object.getOwnPropertyDescriptor(outputs, '__proto__')!.value.data).toEqual(Int32Array.of(2, 4));
    const [listed] = interpreter.signatures;
    expect(Object.keys(listed!.inputs)).toEqual(['__proto__', 'constructor']);
    expect(inputFailure(() => interpreter.signature('__proto__').invoke({}))).toMatch(
      /no values for its input '__proto/,
    );
    expect(({} as { data?: unknown }).data).toBeUndefined();
  });

  test('main graph: one input under two names', () => {
    const interpreter = new Interpreter(model(sum()));
    expect(inputFailure(() => interpreter.invoke({ a, left: a, b: a }))).toBe(
      'one input is given twice, as left and a',
    );
  });
});

describe('a signature that contradicts its graph', () => {
  test.each<[string, Partial<Named>, RegExp]>([
    ['an input that is none', { inputs: { a: 0, b: 1, c: 2 } }, /^signature 'sum' has an input 'c', tensor 2 'out', which is no input of its graph \(subgraph 0\)$/], // biome-ignore format: one line
    ['an output that is none', { outputs: { total: 1 } }, /has an output 'total', tensor 1 'right', which is no output of/], // biome-ignore format: one line
    ['an input without a name', { inputs: { a: 0 } }, /has no name for tensor 1 'right', an input of its graph/],
  ])('%s', (_, change, message) => {
    const graph = sum();
    const interpreter = new Interpreter(model({ ...graph, signature: { ...graph.signature, ...change } }));
    const error = failure(() => interpreter.signature('sum'));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ path: 'signatureDefs[0]', offset: expect.any(Number), tensor: expect.any(Number) });
    expect(interpreter.invoke([Int32Array.of(1, 2), Int32Array.of(1, 2)])[0]!.data).toEqual(Int32Array.of(2, 4));
  });
});

describe('variables', () => {
  test('are shared by all signatures and the main graph', () => {
    const interpreter = new Interpreter(model(put, get));
    const reader = interpreter.signature('get');
    expect(inputFailure(() => reader.invoke(x(1, 1)))).toMatch(/reads variable '\/v' before it is assigned/);
    interpreter.invoke(Int32Array.of(5, 6));
    expect(data(reader.invoke(x(1, 1)), 'y')).toEqual([6, 7]);
    interpreter.signature('put').invoke(x(50, 60));
    expect(data(reader.invoke(x(1, 1)), 'y')).toEqual([51, 61]);
    interpreter.resetVariables();
    expect(inputFailure(() => reader.invoke(x(1, 1)))).toMatch(/before it is assigned/);
  });

  test('CALL_ONCE runs once, whichever signature comes first', () => {
    const once = node('CALL_ONCE', [], [], {
      builtinOptionsType: 'CallOnceOptions',
      builtinOptions: { initSubgraphIndex: 2 },
    });
    const init = {
      tensors: [int32('tens', [2], { buffer: TENS }), resource],
      inputs: [],
      outputs: [],
      operators: [handle(1), node('ASSIGN_VARIABLE', [1, 0], [])],
    };
    const graphs = [put, get].map((graph) => ({ ...graph, operators: [once, ...graph.operators] }));
    const interpreter = new Interpreter(model(...graphs, init));
    expect(data(interpreter.signature('get').invoke(x(1, 2)), 'y')).toEqual([11, 22]);
    interpreter.signature('put').invoke(x(3, 4));
    expect(data(interpreter.signature('get').invoke(x(0, 0)), 'y')).toEqual([3, 4]);
    interpreter.resetVariables();
    expect(data(interpreter.signature('get').invoke(x(1, 2)), 'y')).toEqual([11, 22]);
  });

  test('variable tensors are each graph’s own; resizing another graph keeps them', () => {
    const second = { ...accumulate, signature: { ...accumulate.signature, key: 'second' } };
    const interpreter = new Interpreter(model(accumulate, second, put), { customOps: { Missing } });
    const [one, two] = [interpreter.signature('accumulate'), interpreter.signature('second')];
    one.invoke(x(1, 2));
    two.invoke(x(100, 100));
    interpreter.signature('put').resizeInput('x', [3]);
    two.resizeInput('x', [1, 2]);
    expect(data(one.invoke(x(1, 2)), 'y')).toEqual([2, 4]);
    expect(data(two.invoke(x(1, 1)), 'y')).toEqual([1, 1]);
  });
});

describe('resizeInputs', () => {
  test('several inputs that must agree', () => {
    const runner = new Interpreter(model(sum())).signature('sum');
    expect(failure(() => runner.resizeInput('a', [3]))).toBeInstanceOf(ModelError);
    runner.resizeInputs({ a: [3], b: [3] });
    const values = Int32Array.of(1, 2, 3);
    expect(data(runner.invoke({ a: values, b: values }), 'total')).toEqual([2, 4, 6]);
    expect(runner.outputs.total!.shape).toEqual([3]);
  });

  test.each<[string, (runner: SignatureRunner) => void, string]>([
    ['an unknown name', (r) => r.resizeInput('z', [1]), "signature 'sum' has no input 'z'; it has a, b"],
    ['a tensor’s own name', (r) => r.resizeInput('left', [1]), "signature 'sum' has no input 'left'; it has a, b"],
    ['no shape', (r) => r.resizeInput('a', 3 as never), '[3] is no shape: it takes a list of whole numbers from 0 on'],
    ['a list', (r) => r.resizeInputs([[1]] as never), "signature 'sum' takes shapes by name, { a, b }; this is a plain array of 1"], // biome-ignore format: one line
    ['undefined', (r) => r.resizeInputs(undefined as never), "signature 'sum' takes shapes by name, { a, b }; this is undefined"], // biome-ignore format: one line
  ])('%s is an InputError', (_, action, message) => {
    expect(inputFailure(() => action(new Interpreter(model(sum())).signature('sum')))).toBe(message);
  });

  test('a shape that fails leaves all as it was, variable tensors too', () => {
    const limits = { tensorBytes: 1000 };
    const interpreter = new Interpreter(model(accumulate, get, put), { customOps: { Missing }, limits });
    const [one, reader] = [interpreter.signature('accumulate'), interpreter.signature('get')];
    one.invoke(x(1, 2));
    interpreter.signature('put').invoke(x(5, 5));
    expect(failure(() => one.resizeInput('x', [500]))).toBeInstanceOf(LimitError);
    expect(failure(() => reader.resizeInput('x', [3]))).toBeInstanceOf(ModelError);
    expect(one.inputs.x!.shape).toEqual([2]);
    expect(data(one.invoke(x(1, 2)), 'y')).toEqual([2, 4]);
    expect(data(reader.invoke(x(1, 1)), 'y')).toEqual([6, 6]);
  });

  test('a variable takes another shape where no other graph uses it, and is then unassigned', () => {
    const swap = {
      tensors: [int32('x'), resource, int32('y')],
      inputs: [0],
      outputs: [2],
      operators: [handle(1), node('ASSIGN_VARIABLE', [1, 0], []), node('READ_VARIABLE', [1], [2])],
      signature: { key: 'swap', inputs: { x: 0 }, outputs: { y: 2 } },
    };
    const interpreter = new Interpreter(model(swap, get));
    const runner = interpreter.signature('swap');
    runner.resizeInput('x', [3]);
    expect(data(runner.invoke(x(1, 2, 3)), 'y')).toEqual([1, 2, 3]);
    runner.resizeInput('x', [2]);
    const reader = interpreter.signature('get');
    expect(inputFailure(() => reader.invoke(x(0, 0)))).toMatch(/before it is assigned/);
    runner.invoke(x(7, 8));
    expect(failure(() => runner.resizeInput('x', [3])).message).toMatch(/variable '\/v' is int32 \[2\]/);
    expect(data(reader.invoke(x(0, 0)), 'y')).toEqual([7, 8]);
  });

  test('again and again leaves nothing behind', () => {
    const limits = { tensorBytes: 400 };
    const interpreter = new Interpreter(model(put, get, sum()), { limits });
    const runner = interpreter.signature('sum');
    for (let i = 0; i < 1000; i++) {
      const size = 1 + (i % 8);
      if (i % 3 === 2) expect(failure(() => runner.resizeInputs({ a: [size], b: [100 + size] }))).toBeDefined();
      else runner.resizeInputs({ a: [size], b: [size] });
      expect(failure(() => interpreter.signature('get').resizeInput('x', [200]))).toBeInstanceOf(LimitError);
    }
    interpreter.invoke(Int32Array.of(1, 2));
    expect(data(interpreter.signature('get').invoke(x(0, 0)), 'y')).toEqual([1, 2]);
  });
});

test('what one signature needs and requant does not have is no matter of the others', () => {
  const interpreter = new Interpreter(model(sum(), accumulate));
  expect(failure(() => interpreter.signature('accumulate'))).toBeInstanceOf(UnsupportedError);
  expect(interpreter.signatures.map(({ key }) => key)).toEqual(['sum', 'accumulate']);
  const a = Int32Array.of(1, 2);
  expect(data(interpreter.signature('sum').invoke({ a, b: a }), 'total')).toEqual([2, 4]);
});

describe('tap', () => {
  test('sees the nodes of the signature’s graph', () => {
    const interpreter = new Interpreter(model(put, get));
    interpreter.invoke(Int32Array.of(1, 2));
    const seen: string[] = [];
    interpreter
      .signature('get')
      .invoke(x(1, 1), { tap: ({ name }, { op, index }) => seen.push(`${index} ${op} ${name}`) });
    expect(seen).toEqual(['0 VAR_HANDLE v', '1 READ_VARIABLE before', '2 ADD y']);
  });

  test('cannot run another signature, nor resize it', () => {
    const interpreter = new Interpreter(model(sum(), put));
    const a = Int32Array.of(1, 2);
    const other = interpreter.signature('put');
    for (const tap of [() => other.invoke(x(1, 2)), () => other.resizeInput('x', [1])]) {
      expect(inputFailure(() => interpreter.invoke([a, a], { tap }))).toMatch(
        /a tap or beforeNode cannot invoke or resize/,
      );
    }
    expect(data(other.invoke(x(1, 2)), 'same')).toEqual([1, 2]);
  });
});
