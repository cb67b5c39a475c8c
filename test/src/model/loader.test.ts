import { describe, expect, test } from 'vitest';
import { InputError, ModelError, RequantError, UnsupportedError } from '../../../kernels/errors.ts';
import { buildModel, type DeepPartial } from '../../../src/model/builder.ts';
import { loadModel } from '../../../src/model/loader.ts';
import type { Table } from '../../../src/model/schema.ts';

type ModelTable = DeepPartial<Table<'Model'>>;
type TensorTable = DeepPartial<Table<'Tensor'>>;
type OperatorTable = DeepPartial<Table<'Operator'>>;

const input: TensorTable = {
  name: 'in',
  type: 'INT8',
  shape: [1, 4],
  quantization: { scale: [0.5], zeroPoint: [-3n] },
};
const weights: TensorTable = { name: 'weights', type: 'INT8', shape: [4], buffer: 1 };
const output: TensorTable = { ...input, name: 'out' };
const add: OperatorTable = { inputs: [0, 1], outputs: [2], builtinOptionsType: 'AddOptions', builtinOptions: {} };

/** ADD of an input and four weights, with something changed. */
function model(change: ModelTable = {}, tensors = [input, weights, output], operator = add): ModelTable {
  return {
    version: 3,
    operatorCodes: [{ builtinCode: 'ADD', version: 2 }],
    buffers: [{}, { data: [1, 2, 3, 4] }],
    subgraphs: [{ name: 'main', inputs: [0], outputs: [2], tensors, operators: [operator] }],
    ...change,
  };
}

const withTensor = (change: TensorTable) => model({}, [input, { ...weights, ...change }, output]);
const withInput = (change: TensorTable) => model({}, [{ ...input, ...change }, weights, output]);
const withOperator = (change: OperatorTable) => model({}, undefined, { ...add, ...change });
const withCode = (code: DeepPartial<Table<'OperatorCode'>>) => model({ operatorCodes: [code] });
const load = (table: ModelTable) => loadModel(buildModel(table));

function failure(action: () => unknown): RequantError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(RequantError);
    return error as RequantError;
  }
  throw new Error('nothing was thrown');
}

describe('a model', () => {
  test('is what the file says', () => {
    const { version, subgraphs, signatures, metadata } = load(
      model({
        description: 'x',
        metadata: [{ name: 'note', buffer: 1 }, { name: '__proto__' }],
        signatureDefs: [{ signatureKey: 'serve', inputs: [{ name: 'x', tensorIndex: 0 }], outputs: [] }],
      }),
    );
    expect(version).toBe(3);
    expect(subgraphs[0]).toMatchObject({ index: 0, name: 'main', inputs: [0], outputs: [2] });
    expect(subgraphs[0]!.tensors[0]).toMatchObject({
      name: 'in',
      dtype: 'int8',
      shape: [1, 4],
      shapeSignature: [1, 4],
      quantization: { scales: Float32Array.of(0.5), zeroPoints: Int32Array.of(-3), dimension: 0 },
      constant: undefined,
      place: { path: 'subgraphs[0].tensors[0]' },
    });
    expect(subgraphs[0]!.tensors[1]).toMatchObject({ constant: Uint8Array.of(1, 2, 3, 4), quantization: undefined });
    expect(subgraphs[0]!.operators[0]).toMatchObject({
      op: 'ADD',
      isCustom: false,
      version: 2,
      inputs: [0, 1],
      outputs: [2],
      options: { fusedActivationFunction: 'NONE', potScaleInt16: true },
      place: { path: 'subgraphs[0].operators[0]' },
    });
    expect(signatures).toEqual([
      {
        place: { path: 'signatureDefs[0]', offset: expect.any(Number) },
        key: 'serve',
        subgraph: 0,
        inputs: new Map([['x', 0]]),
        outputs: new Map(),
      },
    ]);
    expect([...metadata]).toEqual([
      ['note', Uint8Array.of(1, 2, 3, 4)],
      ['__proto__', new Uint8Array(0)],
    ]);
  });

  test('a signature of another rank is ignored', () => {
    expect(load(withTensor({ shapeSignature: [-1] })).subgraphs[0]!.tensors[1]!.shapeSignature).toEqual([-1]);
    expect(load(withTensor({ shapeSignature: [-1, 4] })).subgraphs[0]!.tensors[1]!.shapeSignature).toEqual([4]);
  });

  test('a variable’s buffer is not its value', () => {
    expect(load(withTensor({ isVariable: true })).subgraphs[0]!.tensors[1]!.constant).toBeUndefined();
  });

  test('one zero point is enough for none', () => {
    const { quantization } = load(withInput({ quantization: { scale: [1, 2] } })).subgraphs[0]!.tensors[0]!;
    expect(quantization).toMatchObject({ zeroPoints: Int32Array.of(0, 0) });
  });

  test.each<[string, DeepPartial<Table<'OperatorCode'>>, string, boolean]>([
    ['a code in one byte, of old files', { deprecatedBuiltinCode: 3 }, 'CONV_2D', false],
    ['a code in both fields', { deprecatedBuiltinCode: 3, builtinCode: 'CONV_2D' }, 'CONV_2D', false],
    ['a code that does not fit a byte', { deprecatedBuiltinCode: 127, builtinCode: 'GELU' }, 'GELU', false],
    [
      'fields that disagree: the larger counts',
      { deprecatedBuiltinCode: 22, builtinCode: 'CONV_2D' },
      'RESHAPE',
      false,
    ],
    ['a negative byte', { deprecatedBuiltinCode: -5, builtinCode: 'CONV_2D' }, 'CONV_2D', false],
    ['a code of tomorrow', { builtinCode: 'BuiltinOperator 900' as 'ADD' }, 'BuiltinOperator 900', false],
    ['a custom operator', { deprecatedBuiltinCode: 32, builtinCode: 'CUSTOM', customCode: 'Mine' }, 'Mine', true],
    ['a custom operator without a name', { builtinCode: 'CUSTOM' }, '', true],
  ])('%s', (_, code, op, isCustom) => {
    const operator = withCode(code);
    const [graph] = operator.subgraphs!;
    const bare = { inputs: [0, 1], outputs: [2] };
    const loaded = load({ ...operator, subgraphs: [{ ...graph, operators: [bare] }] });
    expect(loaded.subgraphs[0]!.operators[0]).toMatchObject({ op, isCustom });
  });

  test('options that the file leaves out have the schema’s defaults', () => {
    const bare = withOperator({ builtinOptionsType: undefined, builtinOptions: undefined });
    expect(load(bare).subgraphs[0]!.operators[0]!.options).toEqual({
      fusedActivationFunction: 'NONE',
      potScaleInt16: true,
    });
  });

  test('data behind the flatbuffer, as in files of more than 2 GB', () => {
    const bytes = buildModel(model({ buffers: [{}, { offset: 4n, size: 4n }] }));
    expect(new TextDecoder().decode(loadModel(bytes).subgraphs[0]!.tensors[1]!.constant)).toBe('TFL3');
  });
});

describe('a file that contradicts itself is a ModelError with path and byte offset', () => {
  test.each<[string, string, RegExp, ModelTable]>([
    ['another version', 'version', /version 2; it must be 3/, model({ version: 2 })],
    ['no version', 'version', /version 0/, model({ version: 0 })],
    ['no subgraph', 'subgraphs', /no subgraph/, model({ subgraphs: [] })],
    ['a tensor’s buffer', 'subgraphs[0].tensors[1].buffer', /no buffer 2: the file has 2/, withTensor({ buffer: 2 })],
    ['too few bytes', 'subgraphs[0].tensors[1].buffer', /int8 \[5\], takes 5 bytes.*has 4/, withTensor({ shape: [5] })],
    ['too many bytes', 'subgraphs[0].tensors[1].buffer', /takes 3 bytes.*has 4/, withTensor({ shape: [3] })],
    ['bytes for none', 'subgraphs[0].tensors[1].buffer', /takes 0 bytes.*has 4/, withTensor({ shape: [4, 0] })],
    ['int4: too few', 'subgraphs[0].tensors[1].buffer', /takes 5 bytes/, withTensor({ type: 'INT4', shape: [9] })],
    ['int2: too many', 'subgraphs[0].tensors[1].buffer', /takes 3 bytes/, withTensor({ type: 'INT2', shape: [12] })],
    ['a negative dimension', 'subgraphs[0].tensors[0].shape', /dimension 1 .* is -1/, withInput({ shape: [1, -1] })],
    ['2^62 elements', 'subgraphs[0].tensors[0].shape', /2147483647/, withInput({ shape: [2 ** 31 - 1, 2 ** 31 - 1] })],
    [
      '2^62 elements, but for a dimension of 0',
      'subgraphs[0].tensors[0].shape',
      /2147483647/,
      withInput({ shape: [2 ** 31 - 1, 2 ** 31 - 1, 0] }),
    ],
    [
      '2 scales and 3 zero points',
      'subgraphs[0].tensors[0].quantization',
      /2 scales and 3/,
      withInput({ quantization: { scale: [1, 2], zeroPoint: [1n, 2n, 3n] } }),
    ],
    [
      'a zero point of 33 bits',
      'subgraphs[0].tensors[0].quantization.zeroPoint[0]',
      /4294967296 is no int32/,
      withInput({ quantization: { scale: [1], zeroPoint: [2n ** 32n] } }),
    ],
    ['input -1 of the graph', 'subgraphs[0].inputs[0]', /no tensor -1/, graphWith({ inputs: [-1] })],
    ['output 3 of 3', 'subgraphs[0].outputs[1]', /no tensor 3: the subgraph has 3/, graphWith({ outputs: [2, 3] })],
    ['a node’s input', 'subgraphs[0].operators[0].inputs[1]', /no tensor 3/, withOperator({ inputs: [0, 3] })],
    ['a node’s input -2', 'subgraphs[0].operators[0].inputs[0]', /no tensor -2/, withOperator({ inputs: [-2, 1] })],
    ['a node’s output -1', 'subgraphs[0].operators[0].outputs[0]', /no tensor -1/, withOperator({ outputs: [-1] })],
    [
      'an intermediate',
      'subgraphs[0].operators[0].intermediates[0]',
      /no tensor 2147483647/,
      withOperator({ intermediates: [2 ** 31 - 1] }),
    ],
    [
      'an operator code',
      'subgraphs[0].operators[0].opcodeIndex',
      /code 1: the file has 1/,
      withOperator({ opcodeIndex: 1 }),
    ],
    [
      'another operator’s options',
      'subgraphs[0].operators[0].builtinOptions',
      /ADD has options of type Pool2DOptions, not AddOptions/,
      withOperator({ builtinOptionsType: 'Pool2DOptions', builtinOptions: {} }),
    ],
    [
      'a buffer beyond the file',
      'buffers[1]',
      /is the file cut/,
      model({ buffers: [{}, { offset: 99999n, size: 4n }] }),
    ],
    [
      'a buffer whose end wraps around 2^64',
      'buffers[1]',
      /is the file cut/,
      model({ buffers: [{}, { offset: 2n ** 64n - 2n, size: 4n }] }),
    ],
    [
      'custom options beyond the file',
      'subgraphs[0].operators[0].largeCustomOptionsOffset',
      /is the file cut/,
      withOperator({ largeCustomOptionsOffset: 2n, largeCustomOptionsSize: 2n ** 63n }),
    ],
    ['metadata without a buffer', 'metadata[0].buffer', /no buffer 7/, model({ metadata: [{ name: 'x', buffer: 7 }] })],
    [
      'a signature of no subgraph',
      'signatureDefs[0].subgraphIndex',
      /no subgraph 1/,
      model({ signatureDefs: [{ subgraphIndex: 1 }] }),
    ],
    [
      'a signature of no tensor',
      'signatureDefs[0].inputs[1]',
      /no tensor 4294967295/,
      model({ signatureDefs: [{ inputs: [{}, { name: 'y', tensorIndex: 2 ** 32 - 1 }] }] }),
    ],
  ])('%s', (_, path, message, table) => {
    const error = failure(() => load(table));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
    expect(error.path).toBe(path);
    expect(error.message).toContain(`${path} (table at byte ${error.offset})`);
  });

  test('the offset is that of the table', () => {
    const bytes = buildModel(withTensor({ buffer: 2 }));
    const { offset } = failure(() => loadModel(bytes));
    expect(loadModel(buildModel(withTensor({}))).subgraphs[0]!.tensors[1]!.place.offset).toBe(offset);
  });
});

function graphWith(change: DeepPartial<Table<'SubGraph'>>): ModelTable {
  const table = model();
  return { ...table, subgraphs: [{ ...table.subgraphs![0], ...change }] };
}

describe('what is not read is an UnsupportedError', () => {
  test.each<[string, string, RegExp, ModelTable]>([
    ['a sparse tensor', 'subgraphs[0].tensors[1].sparsity', /is sparse/, withTensor({ sparsity: {} })],
    [
      'data in another file',
      'subgraphs[0].tensors[1].externalBuffer',
      /another file/,
      withTensor({ externalBuffer: 1 }),
    ],
  ])('%s', (_, path, message, table) => {
    const error = failure(() => load(table));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toMatchObject({ path, tensor: 1, offset: expect.any(Number) });
    expect(error.message).toMatch(message);
  });
});

describe('the bytes', () => {
  const bytes = buildModel(model());
  const spec = loadModel(bytes);

  test.each<[string, () => ArrayBuffer | Uint8Array]>([
    ['a Uint8Array', () => bytes],
    ['an ArrayBuffer', () => bytes.slice().buffer as ArrayBuffer],
    ['a Node Buffer', () => Buffer.from(bytes)],
    ['a view at an odd offset', () => oddView(bytes)],
    ['shared memory', () => sharedView(bytes)],
    ['a SharedArrayBuffer', () => sharedView(bytes).buffer as unknown as ArrayBuffer],
    ['a DataView', () => new DataView(bytes.buffer) as unknown as Uint8Array],
  ])('may be %s', (_, make) => {
    expect(loadModel(make())).toEqual(spec);
  });

  test('may be changed afterwards', () => {
    const own = bytes.slice();
    const loaded = loadModel(own);
    own.fill(0xff);
    expect(loaded).toEqual(spec);
  });

  test.each<[string, RegExp, () => unknown]>([
    ['missing', /not undefined/, () => undefined],
    ['null', /not null/, () => null],
    ['a string', /not string/, () => 'model.tflite'],
    ['a plain array', /not object/, () => [...bytes]],
    ['transferred away', /transferred/, () => detach(bytes.slice())],
    ['an ArrayBuffer that was transferred', /transferred/, () => detach(bytes.slice()).buffer],
  ])('are an InputError if they are %s', (_, message, make) => {
    const error = failure(() => loadModel(make() as Uint8Array));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });
});

function oddView(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(bytes.length + 1).subarray(1);
  view.set(bytes);
  return view;
}

function sharedView(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

function detach(bytes: Uint8Array): Uint8Array {
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
}
