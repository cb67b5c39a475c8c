import { describe, expect, test } from 'vitest';
import { InputError, LimitError, ModelError, RequantError } from '../../../kernels/errors.ts';
import { operator } from '../../../kernels/kernel.ts';
import {
  Interpreter,
  type InterpreterOptions,
  type InvokeInput,
  type NodeInfo,
  type OutputTensor,
} from '../../../src/index.ts';
import { buildModel } from '../../../src/model/builder.ts';
import { reshapeModel, type SmallModel, type SmallTensor, smallModel } from '../small_models.ts';

const int8: SmallTensor = { type: 'INT8', shape: [1, 4], scale: 0.5, zeroPoint: -3, name: 'pixels' };
const values = Int8Array.of(1, -2, 3, -128);

/** The values of one input come out as they went in. */
const identity = (input: SmallTensor = int8, options?: InterpreterOptions) =>
  new Interpreter(reshapeModel(input), options);

/** a + b, two inputs. */
function sum(more: Partial<SmallModel> = {}, names = ['a', 'b']): Uint8Array {
  const tensor = { type: 'INT8', shape: [2], scale: 1, zeroPoint: 0 } as const;
  return smallModel({
    tensors: [...names.map((name) => ({ ...tensor, name })), { ...tensor, name: 'sum' }],
    nodes: [{ op: 'ADD', inputs: [0, 1], outputs: [2], options: ['AddOptions', {}] }],
    inputs: [0, 1],
    outputs: [2],
    ...more,
  });
}

/** Three nodes, one after the other. */
function chain(): Uint8Array {
  const tensors = [1, 2, 3, 4].map((dim, i) => ({ ...int8, name: `t${i}`, shape: [dim, 12 / dim] }));
  return smallModel({
    tensors,
    nodes: [1, 2, 3].map((i) => ({
      op: 'RESHAPE',
      inputs: [i - 1],
      outputs: [i],
      options: ['ReshapeOptions', { newShape: tensors[i]!.shape }],
    })),
    inputs: [0],
    outputs: [3, 1],
  });
}

/** SVDF-like state: the custom operator adds its input to a variable, and gives its values. */
const accumulate = operator(
  (node) => {
    const state = node.input(1, 'int8');
    return { input: node.input(0, 'int8'), state, output: node.output(0, state.shape, 'int8') };
  },
  ({ input, state, output }) =>
    () => {
      state.data.forEach((value, i) => {
        output.data[i] = state.data[i] = value + input.data[i]!;
      });
    },
);

function accumulator(name = 'Accumulate'): Uint8Array {
  const tensor = { type: 'INT8', shape: [2] } as const;
  return buildModel({
    version: 3,
    operatorCodes: [{ builtinCode: 'CUSTOM', deprecatedBuiltinCode: 32, customCode: name }],
    buffers: [{}],
    subgraphs: [
      {
        tensors: [tensor, { ...tensor, isVariable: true }, tensor],
        inputs: [0],
        outputs: [2],
        operators: [{ inputs: [0, 1], outputs: [2] }],
      },
    ],
  });
}

function failure(action: () => unknown): RequantError {
  try {
    action();
  } catch (error) {
    if (error instanceof RequantError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const inputFailure = (action: () => unknown) => {
  const error = failure(action);
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

/** Values for a test that TypeScript would not let through. */
const wrong = (value: unknown) => value as InvokeInput;

function detached<T extends Int8Array>(array: T): T {
  structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

test('a model says what it takes and gives', () => {
  const interpreter = new Interpreter(chain());
  expect(interpreter.inputs.map(String)).toEqual(["tensor 0 't0'"]);
  expect(interpreter.outputs.map(({ index, shape, size }) => ({ index, shape, size }))).toEqual([
    { index: 3, shape: [4, 3], size: 12 },
    { index: 1, shape: [2, 6], size: 12 },
  ]);
  expect(interpreter.tensors).toHaveLength(4);
  expect(interpreter.nodes.map(({ op, index, macs }) => ({ op, index, macs }))).toEqual(
    [0, 1, 2].map((index) => ({ op: 'RESHAPE', index, macs: 0 })),
  );
  expect(interpreter).toMatchObject({ profile: 'tflite', kernels: 'simd', macs: 0 });
  expect(interpreter.inputs[0]).toMatchObject({
    dtype: 'int8',
    shapeSignature: [1, 12],
    quantization: { scales: Float32Array.of(0.5), zeroPoints: Int32Array.of(-3) },
  });
});

describe('inputs', () => {
  const a = Int8Array.of(1, 2);
  const b = Int8Array.of(30, -40);
  const signature = { inputs: { left: 0, right: 1 }, outputs: { total: 2 } };

  test.each<[string, InvokeInput]>([
    ['a list', [a, b]],
    ['by tensor name', { b, a }],
    ['by signature name', { right: b, left: a }],
    ['some by one, some by the other', { a, right: b }],
    ['without a prototype', Object.assign(Object.create(null), { a, b })],
  ])('%s', (_, input) => {
    expect(new Interpreter(sum({ signature })).invoke(input)[0]!.data).toEqual(Int8Array.of(31, -38));
  });

  test('one typed array alone, or in a list', () => {
    expect(identity().invoke(values)[0]!.data).toEqual(values);
    expect(identity().invoke([values])[0]!.data).toEqual(values);
  });

  test.each([
    ['__proto__', 'constructor'],
    ['toString', '__proto__'],
    ['hasOwnProperty', 'length'],
  ])('tensors that are called %s and %s', (first, second) => {
    const interpreter = new Interpreter(sum({}, [first, second]));
    const input = JSON.parse(`{"${first}": 0, "${second}": 0}`);
    const own = Object.fromEntries(Object.keys(input).map((name) => [name, name === first ? a : b]));
    expect(interpreter.invoke(own)[0]!.data).toEqual(Int8Array.of(31, -38));
    expect(inputFailure(() => interpreter.invoke({ a }))).toMatch(/the model has no input 'a'; it has/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a name that objects inherit is no input', () => {
    const interpreter = new Interpreter(sum());
    expect(inputFailure(() => interpreter.invoke({ constructor: a } as never))).toMatch(/no input 'constructor'/);
  });

  test.each<[string, SmallTensor['type'], InvokeInput]>([
    ['a Node Buffer at an odd offset', 'UINT8', Buffer.from([9, 1, 2, 3, 4]).subarray(1)],
    ['a Uint8ClampedArray, as of a canvas', 'UINT8', Uint8ClampedArray.of(1, 2, 3, 4)],
    ['shared memory', 'UINT8', sharedBytes(1, 2, 3, 4)],
    ['int16 in the middle of its memory', 'INT16', new Int16Array([9, 9, 9, 1, 2, 3, 4, 9]).subarray(3, 7)],
    ['int64', 'INT64', BigInt64Array.of(1n, 2n, 3n, 4n)],
    ['float32', 'FLOAT32', Float32Array.of(1, 2, 3, 4)],
  ])('%s', (_, type, input) => {
    const [{ data }] = identity({ ...int8, type }).invoke(input) as [OutputTensor];
    expect(Array.from<number | bigint, number>(data, Number)).toEqual([1, 2, 3, 4]);
  });

  test('an empty input', () => {
    const interpreter = identity({ ...int8, shape: [0, 4] });
    expect(interpreter.invoke(new Int8Array(0))[0]!.data).toEqual(new Int8Array(0));
    expect(inputFailure(() => interpreter.invoke(detached(Int8Array.of(1))))).toMatch(/was transferred/);
  });

  const takes = "input tensor 0 'pixels' is int8 [1,4]: it takes Int8Array of 4 values, and got ";
  test.each<[string, unknown, string]>([
    ['too few', Int8Array.of(1), `${takes}Int8Array of 1`],
    ['unsigned bytes', Uint8Array.of(1, 2, 3, 4), `${takes}Uint8Array of 4`],
    ['clamped bytes', Uint8ClampedArray.of(1, 2, 3, 4), `${takes}Uint8ClampedArray of 4`],
    [
      'reals',
      Float32Array.of(1, 2, 3, 4),
      `${takes}Float32Array of 4; quantize real values with the input's quantize(values)`,
    ],
    [
      'a plain array in the list',
      [[1, 2, 3, 4]],
      `${takes}a plain array of 4; quantize real values with the input's quantize(values)`,
    ],
    ['null in the list', [null], `${takes}null`],
    ['a number in a list', [1], `${takes}number`],
    ['a DataView', new DataView(new ArrayBuffer(4)), `${takes}a DataView`],
    ['what was transferred', detached(Int8Array.of(1, 2, 3, 4)), `${takes}Int8Array of 0`],
    [
      'a plain array',
      [1, 2, 3, 4],
      "the model has 1 input (tensor 0 'pixels'), and got values for 4; give each as a typed array",
    ],
    ['an ArrayBuffer', new ArrayBuffer(4), 'an input is a typed array, such as Int8Array, or several by name; this is an ArrayBuffer'], // biome-ignore format: one line
    ['nothing', undefined, 'an input is a typed array, such as Int8Array, or several by name; this is undefined'],
    ['null', null, 'an input is a typed array, such as Int8Array, or several by name; this is null'],
    ['a name', 'pixels', 'an input is a typed array, such as Int8Array, or several by name; this is string'],
    ['another name', { pixel: values }, "the model has no input 'pixel'; it has pixels"],
    ['no name', {}, "there are no values for input tensor 0 'pixels'"],
    ['too many', [values, values], "the model has 1 input (tensor 0 'pixels'), and got values for 2"],
  ])('%s is an InputError', (_, input, message) => {
    expect(inputFailure(() => identity().invoke(wrong(input)))).toBe(message);
  });

  test('a wrong input leaves the model as it was', () => {
    const interpreter = new Interpreter(accumulator(), { customOps: { Accumulate: accumulate } });
    interpreter.invoke(Int8Array.of(1, 2));
    inputFailure(() => interpreter.invoke(Int8Array.of(1)));
    expect(interpreter.invoke(Int8Array.of(1, 2))[0]!.data).toEqual(Int8Array.of(2, 4));
  });

  test('are copied', () => {
    const own = values.slice();
    const interpreter = identity();
    const [{ data }] = interpreter.invoke(own) as [OutputTensor];
    own.fill(0);
    expect(data).toEqual(values);
  });
});

function sharedBytes(...bytes: number[]): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

describe('outputs', () => {
  test('are copies: yours to keep and to change', () => {
    const interpreter = identity();
    const [first] = interpreter.invoke(values) as [OutputTensor];
    (first.data as Int8Array).fill(77);
    const [second] = interpreter.invoke(Int8Array.of(4, 3, 2, 1)) as [OutputTensor];
    expect(first.data).toEqual(Int8Array.of(77, 77, 77, 77));
    expect(second.data).toEqual(Int8Array.of(4, 3, 2, 1));
    expect(second.data.buffer.byteLength).toBe(4);
  });

  test('a shape that is changed changes nothing', () => {
    const interpreter = identity();
    (interpreter.inputs[0]!.shape as number[])[1] = 1000;
    (interpreter.outputs[0]!.shape as number[]).length = 0;
    expect(interpreter.invoke(values)[0]!.shape).toEqual([1, 4]);
  });

  test('are the same when the model runs again', () => {
    const interpreter = new Interpreter(chain());
    const input = Int8Array.from({ length: 12 }, (_, i) => i * 20);
    const bits = () => interpreter.invoke(input).map(({ shape, data }) => [shape, data]);
    expect(bits()).toEqual(bits());
  });
});

test('the file’s bytes may be changed after loading', () => {
  const bytes = sum();
  const interpreter = new Interpreter(bytes);
  bytes.fill(0xff);
  expect(interpreter.invoke([Int8Array.of(1, 2), Int8Array.of(3, 4)])[0]!.data).toEqual(Int8Array.of(4, 6));
});

describe('the tap', () => {
  const input = Int8Array.from({ length: 12 }, (_, i) => i);

  test('gets what each node has written, in order', () => {
    const seen: [OutputTensor, NodeInfo][] = [];
    const outputs = new Interpreter(chain()).invoke(input, { tap: (tensor, node) => seen.push([tensor, node]) });
    expect(seen.map(([tensor, node]) => [node.index, node.op, tensor.name, tensor.shape])).toEqual([
      [0, 'RESHAPE', 't1', [2, 6]],
      [1, 'RESHAPE', 't2', [3, 4]],
      [2, 'RESHAPE', 't3', [4, 3]],
    ]);
    expect(seen.map(([{ data }]) => data)).toEqual([input, input, input]);
    expect(outputs.map(({ data }) => data)).toEqual([input, input]);
  });

  test('changes nothing', () => {
    const interpreter = new Interpreter(chain());
    const tap = ({ data, shape }: OutputTensor) => {
      data.fill(9 as never);
      (shape as number[]).length = 0;
    };
    expect(interpreter.invoke(input, { tap }).map(({ data }) => data)).toEqual([input, input]);
  });

  test('cannot run the interpreter that calls it', () => {
    const interpreter = new Interpreter(chain());
    const taps = [() => interpreter.invoke(input), () => interpreter.resizeInput(0, [12])];
    for (const tap of taps)
      expect(inputFailure(() => interpreter.invoke(input, { tap }))).toMatch(/a tap or beforeNode cannot/);
    expect(interpreter.invoke(input)[0]!.data).toEqual(input);
  });

  test('is not alone: beforeNode hears of each node before it runs, and of the end', () => {
    const heard: (number | string)[] = [];
    const beforeNode = (node: number) => heard.push(node);
    const tap = (_: OutputTensor, { op }: NodeInfo) => heard.push(op);
    const interpreter = new Interpreter(chain());
    expect(interpreter.invoke(input, { beforeNode, tap }).map(({ data }) => data)).toEqual([input, input]);
    expect(heard).toEqual([0, 'RESHAPE', 1, 'RESHAPE', 2, 'RESHAPE', 3]);
    expect(inputFailure(() => interpreter.invoke(input, { beforeNode: () => interpreter.invoke(input) }))).toMatch(
      /beforeNode cannot/,
    );
  });

  test('may fail, and the interpreter goes on', () => {
    const interpreter = new Interpreter(chain());
    const tap = () => {
      throw new TypeError('mine');
    };
    expect(() => interpreter.invoke(input, { tap })).toThrow('mine');
    expect(interpreter.invoke(input)[0]!.data).toEqual(input);
  });

  test('of a long chain sees each node once', () => {
    let calls = 0;
    new Interpreter(longChain(20_000)).invoke(Int8Array.of(1), { tap: () => calls++ });
    expect(calls).toBe(20_000);
  });
});

/** RESHAPE of RESHAPE of RESHAPE ... */
function longChain(nodes: number): Uint8Array {
  return buildModel({
    version: 3,
    operatorCodes: [{ builtinCode: 'RESHAPE', deprecatedBuiltinCode: 22 }],
    buffers: [{}],
    subgraphs: [
      {
        tensors: Array.from({ length: nodes + 1 }, () => ({ type: 'INT8', shape: [1] })),
        inputs: [0],
        outputs: [nodes],
        operators: Array.from({ length: nodes }, (_, i) => ({
          inputs: [i],
          outputs: [i + 1],
          builtinOptionsType: 'ReshapeOptions',
          builtinOptions: { newShape: [1] },
        })),
      },
    ],
  });
}

test('a chain of 100,000 nodes loads and runs', () => {
  const bytes = longChain(100_000);
  const interpreter = new Interpreter(bytes); // in quadratic time it would outlast the test
  expect(interpreter.invoke(Int8Array.of(-5))[0]!.data).toEqual(Int8Array.of(-5));
  expect(interpreter.memory.arena).toBe(32);
});

describe('resizeInput', () => {
  test('gives an input another shape, and all that follows from it', () => {
    const interpreter = new Interpreter(sum());
    interpreter.resizeInput(0, [3, 2]);
    expect(interpreter.inputs[0]!.shape).toEqual([3, 2]);
    expect(interpreter.outputs[0]!.shape).toEqual([3, 2]);
    const a = Int8Array.of(1, 2, 3, 4, 5, 6);
    expect(interpreter.invoke([a, Int8Array.of(10, 20)])[0]!.data).toEqual(Int8Array.of(11, 22, 13, 24, 15, 26));
  });

  test('several at once, in models in which one alone would not fit the others', () => {
    const interpreter = new Interpreter(sum({ signature: { inputs: { left: 0, right: 1 }, outputs: {} } }));
    const three = Int8Array.of(1, 2, 3);
    expect(failure(() => interpreter.resizeInput(0, [3]))).toBeInstanceOf(ModelError);
    interpreter.resizeInputs([[3], [3]]);
    expect(interpreter.invoke([three, three])[0]!.data).toEqual(Int8Array.of(2, 4, 6));
    interpreter.resizeInputs({ a: [1, 3], right: [2, 3] });
    expect(interpreter.outputs[0]!.shape).toEqual([2, 3]);
    interpreter.resizeInputs({});
    interpreter.resizeInputs({ b: [1, 3] });
    expect(interpreter.outputs[0]!.shape).toEqual([1, 3]);
  });

  test.each<[string, unknown, RegExp]>([
    ['too few shapes', [[3]], /the model has 2 inputs, and got 1 shape$/],
    ['numbers', [3, 3], /\[3\] is no shape/],
    ['an unknown name', { c: [3] }, /the model has no input 'c'; it has a, b/],
    ['undefined', undefined, /inputs are resized by a list of shapes, or by shapes by name; this is undefined/],
  ])('several at once: %s is an InputError', (_, shapes, message) => {
    expect(inputFailure(() => new Interpreter(sum()).resizeInputs(shapes as number[][]))).toMatch(message);
  });

  test('the shape may be changed afterwards', () => {
    const interpreter = new Interpreter(sum());
    const shape = [4, 2];
    interpreter.resizeInput(0, shape);
    shape[0] = 1000;
    interpreter.resizeInput(1, [4, 2]);
    expect(interpreter.inputs.map((input) => input.shape)).toEqual([
      [4, 2],
      [4, 2],
    ]);
  });

  test.each<[string, number[], typeof RequantError]>([
    ['that no kernel takes', [3, 3], ModelError],
    ['beyond the limits', [2 ** 15, 2], LimitError],
  ])('a shape %s leaves all as it was', (_, shape, type) => {
    const interpreter = new Interpreter(sum(), { limits: { tensorBytes: 2 ** 15 } });
    interpreter.resizeInput(0, [5, 2]);
    expect(failure(() => interpreter.resizeInput(0, shape))).toBeInstanceOf(type);
    expect(interpreter.inputs[0]!.shape).toEqual([5, 2]);
    expect(interpreter.invoke([new Int8Array(10), Int8Array.of(1, 2)])[0]!.shape).toEqual([5, 2]);
  });

  test('that fails keeps variables', () => {
    const interpreter = new Interpreter(accumulator(), { customOps: { Accumulate: accumulate } });
    interpreter.invoke(Int8Array.of(5, 6));
    inputFailure(() => interpreter.resizeInput(0, [-1]));
    expect(interpreter.invoke(Int8Array.of(1, 1))[0]!.data).toEqual(Int8Array.of(6, 7));
  });

  test.each<[string, unknown, unknown, RegExp]>([
    ['a negative dimension', 0, [-1, 2], /\[-1,2\] is no shape/],
    ['a fraction', 0, [1.5], /\[1.5\] is no shape/],
    ['a dimension of 2^31', 0, [2 ** 31], /is no shape/],
    ['a number', 0, 4, /\[4\] is no shape/],
    ['nothing', 0, undefined, /is no shape/],
    ['no such input', 2, [1], /there is no input 2: the model has 2 inputs/],
    ['a negative input', -1, [1], /there is no input -1/],
    ['a name', 'length', [1], /there is no input length/],
  ])('%s is an InputError', (_, i, shape, message) => {
    const interpreter = new Interpreter(sum());
    expect(inputFailure(() => interpreter.resizeInput(i as number, shape as number[]))).toMatch(message);
  });
});

describe('variables', () => {
  test('carry over from invoke to invoke, until they are reset or an input gets another shape', () => {
    const interpreter = new Interpreter(accumulator(), { customOps: { Accumulate: accumulate } });
    const next = () => interpreter.invoke(Int8Array.of(1, 2))[0]!.data;
    expect([next(), next()]).toEqual([Int8Array.of(1, 2), Int8Array.of(2, 4)]);
    interpreter.resetVariables();
    expect(next()).toEqual(Int8Array.of(1, 2));
    interpreter.resizeInput(0, [2]);
    expect(next()).toEqual(Int8Array.of(2, 4));
    interpreter.resizeInput(0, [1, 2]);
    expect(next()).toEqual(Int8Array.of(1, 2));
  });
});

describe('options', () => {
  test.each<[string, object, RegExp]>([
    [
      'a profile',
      { profile: 'tensorflow' },
      /options.profile is 'tensorflow'; it can be tflite, tflite-2.19, tflm, single-rounding/,
    ],
    ['kernels', { kernels: 'fast' }, /options.kernels is 'fast'; it can be auto, simd, reference/],
    ['a limit that is no number', { limits: { macs: Number.NaN } }, /options.limits.macs is NaN/],
    ['a limit that is undefined', { limits: { tensorBytes: undefined } }, /options.limits.tensorBytes is undefined/],
    [
      'an unknown limit',
      { limits: { bytes: 1 } },
      /options.limits is 'bytes'; it can be tensorBytes, macs, iterations/,
    ],
  ])('%s', (_, options, message) => {
    expect(inputFailure(() => identity(int8, options))).toMatch(message);
  });

  test.each([undefined, null, () => {}, { prepare: () => {} }])('%o is no operator', (Accumulate) => {
    expect(inputFailure(() => new Interpreter(accumulator(), { customOps: { Accumulate } as never }))).toBe(
      'options.customOps.Accumulate is no operator; make one with operator(prepare, bind)',
    );
  });

  test('an operator of one’s own, and none where there is none', () => {
    expect(() => new Interpreter(accumulator('Other'), { customOps: { Accumulate: accumulate } })).toThrow(
      'Other (node 0): a custom operator; give it as options.customOps',
    );
    expect(() => new Interpreter(accumulator('toString'))).toThrow('toString (node 0): a custom operator');
  });
});

describe('quantize', () => {
  const quantize = (tensor: Partial<SmallTensor>, ...reals: number[]) => [
    ...identity({ ...int8, shape: [1, reals.length], ...tensor }).inputs[0]!.quantize(reals),
  ];

  test.each<[string, Partial<SmallTensor>, number[], number[]]>([
    ['q = zero point + real / scale', { scale: 0.5, zeroPoint: -3 }, [0, 1, -1, 10.5], [-3, -1, -5, 18]],
    ['halves away from zero', { scale: 1, zeroPoint: 0 }, [0.5, 1.5, 2.5, -0.5, -1.5, -2.5], [1, 2, 3, -1, -2, -3]],
    ['halves away from zero, not from the zero point', { scale: 1, zeroPoint: 10 }, [0.5, -0.5], [11, 9]],
    ['just below a half', { scale: 1, zeroPoint: 0 }, [0.49999997, -0.49999997], [0, 0]],
    ['clamped', { scale: 1, zeroPoint: 0 }, [127.4, 127.5, 1e30, -128.5, -1e30], [127, 127, 127, -128, -128]],
    ['infinities', { scale: 1, zeroPoint: 5 }, [Infinity, -Infinity], [127, -128]],
    ['clamped with the zero point', { scale: 1, zeroPoint: 100 }, [27, 28, -228, -229], [127, 127, -128, -128]],
    ['uint8', { type: 'UINT8', scale: 2, zeroPoint: 128 }, [0, 254, 256, -256, -258], [128, 255, 255, 0, 0]],
    ['int16', { type: 'INT16', scale: 2 ** -15, zeroPoint: 0 }, [1, -1, 0.5], [32767, -32768, 16384]],
    ['int32', { type: 'INT32', scale: 1, zeroPoint: 0 }, [3e9, -3e9, 7], [2 ** 31 - 1, -(2 ** 31), 7]],
    ['divided in float32', { scale: Math.fround(0.1), zeroPoint: 0 }, [0.25, 0.35], [3, 4]],
    ['floats as they are', { type: 'FLOAT32' }, [0.5, -1], [0.5, -1]],
    ['one scale for each column', { scale: [1, 2, 4], zeroPoint: [0, 1, 2], dimension: 1 }, [8, 8, 8], [8, 5, 4]],
  ])('%s', (_, tensor, reals, expected) => {
    expect(quantize(tensor, ...reals)).toEqual(expected);
  });

  test('one scale for each row', () => {
    const tensor: SmallTensor = { ...int8, shape: [2, 2], scale: [1, 2], zeroPoint: [0, 1], dimension: 0 };
    const [input] = identity(tensor).inputs;
    expect(input!.quantize([2, 4, 2, 4])).toEqual(Int8Array.of(2, 4, 2, 3));
    expect(input!.dequantize(Int8Array.of(2, 4, 2, 3))).toEqual(Float32Array.of(2, 4, 2, 4));
  });

  test('what dequantize gives, quantize gives back', () => {
    const [input] = identity({ ...int8, shape: [256], scale: 0.037, zeroPoint: -11 }).inputs;
    const all = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    expect(input!.quantize(input!.dequantize(all))).toEqual(all);
  });

  test.each<[string, Partial<SmallTensor>, unknown, RegExp]>([
    ['NaN', {}, [0, Number.NaN], /value 1 for tensor 0 'pixels' is not a number/],
    ['text', {}, ['x'], /value 0 for tensor 0 'pixels' is not a number/],
    ['a hole', {}, new Array(1), /value 0 .* is not a number/],
    ['nothing', {}, undefined, /must be a list of numbers, not undefined/],
    ['a number', {}, 5, /must be a list of numbers, not number/],
    ['a tensor without a scale', { scale: undefined } as never, [1], /is int8 and not quantized: give its values as/],
    ['int64', { type: 'INT64' }, [1], /is int64 and not quantized/],
  ])('%s is an InputError', (_, tensor, reals, message) => {
    const { inputs } = identity({ ...int8, ...tensor });
    expect(inputFailure(() => inputs[0]!.quantize(reals as number[]))).toMatch(message);
  });

  test.each([0, -1, Number.NaN, Infinity])('a scale of %d is a ModelError', (scale) => {
    const error = failure(() => identity({ ...int8, scale }).inputs[0]!.quantize([1]));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ path: 'subgraphs[0].tensors[0]', offset: expect.any(Number), tensor: 0 });
  });
});

describe('dequantize', () => {
  test('real = scale * (q - zero point)', () => {
    const [output] = identity().invoke(values) as [OutputTensor];
    expect(output.dequantize()).toEqual(Float32Array.of(2, 0.5, 3, -62.5));
    expect(output.dequantize([-3, -1])).toEqual(Float32Array.of(0, 1));
  });

  test('values that are not quantized are taken as they are', () => {
    const tensor = { ...int8, type: 'INT64', scale: undefined } as unknown as SmallTensor;
    const [output] = identity(tensor).invoke(BigInt64Array.of(1n, -2n, 3n, 2n ** 40n)) as [OutputTensor];
    expect(output.dequantize()).toEqual(Float32Array.of(1, -2, 3, 2 ** 40));
  });

  test('a list it must be', () => {
    expect(inputFailure(() => identity().inputs[0]!.dequantize(7 as never))).toMatch(/must be a list of numbers/);
  });
});
