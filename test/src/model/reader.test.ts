import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../../kernels/errors.ts';
import { buildModel } from '../../../src/model/builder.ts';
import { offsetOf, readModel } from '../../../src/model/reader.ts';
import { enums, layouts, type TableName, unionMembers } from '../../../src/model/schema.ts';

/** A CONV_2D of int8, written by the object API that flatc generated for ai-edge-litert 2.3.0. */
const golden = Uint8Array.from(
  atob(`
    CAAAAFRGTDOW////FAAAADwAAABUAAAAbAIAAAMAAAACAAAAJAAAAAwAAAAAAAYACAAEAAYAAAAEAAAAAgAAAAP6AAAEAAQABAAAABYAAABieS
    BURkxpdGUncyBvd24gd3JpdGVyAAABAAAAFAAAAAAADgAYABQAEAAMAAgABAAOAAAAFAAAABwAAAB8AAAAgAAAAIQAAAAEAAAAbWFpbgAAAAAB
    AAAAFAAAAAAADgAUAAAAEAAMAAsABAAOAAAAHAAAAAAAAAEoAAAALAAAAAwAFAATAAwACAAHAAwAAAAAAAADAgAAAAIAAAAAAAABAQAAAAIAAA
    ADAAAAAAAAAAEAAAD/////AQAAAAIAAAABAAAAAAAAAAMAAAAAAQAAfAAAAAQAAAAi////AAAAARAAAAAwAAAAAAAACTQAAAAM////CAAAABQA
    AAABAAAAfwAAAAAAAAAAAAAAAQAAAAAAwD8GAAAAb3V0cHV0AAAEAAAAAQAAAAIAAAACAAAAAgAAAAAAFgAcABgAFwAQAAwACAAAAAAAAAAHAB
    YAAAAAAAABFAAAADwAAAABAAAAAAAACTwAAACE////CAAAABgAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAIAAAAAAIA+AAAAPgYAAABmaWx0ZXIA
    AAQAAAACAAAAAQAAAAEAAAABAAAAAAAWABgAFAATAAAADAAIAAAAAAAAAAcAFgAAAAAAAAEcAAAAPAAAAAAAAAlAAAAADAAMAAAAAAAIAAQADA
    AAAAgAAAAUAAAAAQAAAID/////////AAAAAAEAAAAAAAA/BQAAAGlucHV0AAAABAAAAAEAAAAEAAAABAAAAAEAAAABAAAAEAAAAAwAEAAPAAAA
    CAAEAAwAAAADAAAAAwAAAAAAAAM=
  `),
  (c) => c.charCodeAt(0),
);

test('reads what TFLite’s own writer wrote', () => {
  const model = readModel(golden);
  expect(model).toMatchObject({ version: 3, description: "by TFLite's own writer", metadata: undefined });
  expect(model.operatorCodes).toEqual([
    { deprecatedBuiltinCode: 3, customCode: undefined, version: 3, builtinCode: 'CONV_2D' },
  ]);
  expect(model.buffers!.map((buffer) => buffer.data)).toEqual([undefined, Uint8Array.of(3, 250)]);
  const [subgraph] = model.subgraphs!;
  expect(subgraph).toMatchObject({ name: 'main', inputs: Int32Array.of(0), outputs: Int32Array.of(2) });
  expect(subgraph!.tensors![1]).toMatchObject({
    name: 'filter',
    type: 'INT8',
    shape: Int32Array.of(2, 1, 1, 1),
    buffer: 1,
    hasRank: true,
    quantization: { scale: Float32Array.of(0.25, 0.125), zeroPoint: BigInt64Array.of(0n, 0n), quantizedDimension: 0 },
  });
  expect(subgraph!.operators![0]).toMatchObject({
    inputs: Int32Array.of(0, 1, -1),
    builtinOptionsType: 'Conv2DOptions',
    builtinOptions: { padding: 'VALID', strideW: 2, strideH: 2, fusedActivationFunction: 'RELU6', dilationWFactor: 1 },
    builtinOptions2Type: 'NONE',
    builtinOptions2: undefined,
  });
});

const small = buildModel({
  version: 3,
  operatorCodes: [{ deprecatedBuiltinCode: 3, builtinCode: 'CONV_2D' }],
  subgraphs: [
    {
      name: 'main',
      tensors: [{ shape: [1, 2], type: 'INT8', name: 'input', quantization: { scale: [0.5], zeroPoint: [-128n] } }],
      inputs: [0],
      operators: [
        { inputs: [0], builtinOptionsType: 'Conv2DOptions', builtinOptions: { padding: 'VALID', strideW: 1 } },
      ],
    },
  ],
  description: 'the end',
  buffers: [{ data: [1, 2, 3] }],
});

/** A copy of the small model to spoil, and where its parts are. */
class Spoiled {
  readonly bytes = small.slice();
  readonly view = new DataView(this.bytes.buffer);
  readonly root = this.target(0);

  target(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  vtable(table: number): number {
    return table - this.view.getInt32(table, true);
  }

  /** The vtable's entry of a field, or of the type of a union. */
  entry(table: number, name: TableName, field: string): number {
    return this.vtable(table) + 4 + 2 * layouts[name].find((declared) => declared.name === field)!.slot;
  }

  field(table: number, name: TableName, field: string, step = 0): number {
    return table + this.view.getUint16(this.entry(table, name, field) + 2 * step, true);
  }

  /** First element of a vector of tables. */
  first(table: number, name: TableName, field: string): number {
    return this.target(this.target(this.field(table, name, field)) + 4);
  }

  readonly subgraph = this.first(this.root, 'Model', 'subgraphs');
  readonly tensor = this.first(this.subgraph, 'SubGraph', 'tensors');
  readonly operator = this.first(this.subgraph, 'SubGraph', 'operators');
  readonly optionsType = this.field(this.operator, 'Operator', 'builtinOptions');
  readonly optionsOffset = this.field(this.operator, 'Operator', 'builtinOptions', 1);
  readonly options = this.target(this.optionsOffset);
  readonly shape = this.target(this.field(this.tensor, 'Tensor', 'shape'));
  readonly name = this.target(this.field(this.tensor, 'Tensor', 'name'));
  readonly tensors = this.target(this.field(this.subgraph, 'SubGraph', 'tensors'));

  u8(at: number, value: number): void {
    this.view.setUint8(at, value);
  }

  u16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }
}

function spoil(change: (spoiled: Spoiled) => void): Uint8Array {
  const spoiled = new Spoiled();
  change(spoiled);
  return spoiled.bytes;
}

/** Reads, and checks that an error, if there is one, is ours and says where. */
function outcome(bytes: Uint8Array): ModelError | undefined {
  try {
    readModel(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const { path, offset, message } = error;
    if (!message.startsWith(`${path || 'model'} at byte ${offset}: `)) throw new Error(`no place in: ${message}`);
    if (!(offset! >= 0 && offset! <= bytes.length)) throw new Error(`a place outside of the file: ${message}`);
    return error;
  }
}

const TENSOR = 'subgraphs[0].tensors[0]';
const OPTIONS = 'subgraphs[0].operators[0].builtinOptions';

const shortest = Uint8Array.of(0x18, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33);

describe('a file that is wrong is a ModelError', () => {
  test.each<[string, string, RegExp, Uint8Array]>([
    ['no bytes', '', /of 0 bytes/, new Uint8Array()],
    ['7 bytes', '', /of 7 bytes/, small.slice(0, 7)],
    ['8 bytes, whose root offset 24 is past the end', '', /offset 24 points to byte 24 of a file of 8/, shortest],
    ['a detached buffer', '', /of 0 bytes/, detached()],
    ['identifier of TFLite 2', '', /identifier 'TFL2'/, spoil((s) => s.u8(7, 0x32))],
    ['identifier of control characters', '', /identifier '.FL3'/, spoil((s) => s.u8(4, 0))],
    ['root offset past the end', '', /points to byte/, spoil((s) => s.u32(0, s.bytes.length))],
    ['root offset 3 bytes before the end', '', /points to byte/, spoil((s) => s.u32(0, s.bytes.length - 3))],
    ['root offset -1', '', /points to byte 4294967295/, spoil((s) => s.u32(0, -1))],
    ['root offset to itself', '', /into the header/, spoil((s) => s.u32(0, 0))],
    ['root offset to the identifier', '', /into the header/, spoil((s) => s.u32(0, 4))],
    ['vtable before the file', '', /vtable at byte -\d+ is outside/, spoil((s) => s.u32(s.root, s.root + 2))],
    ['vtable past the end', '', /vtable at byte \d+ is outside/, spoil((s) => s.u32(s.root, -s.bytes.length))],
    ['vtable of 0 bytes', '', /vtable of 0 bytes/, spoil((s) => s.u16(s.vtable(s.root), 0))],
    ['vtable of 2 bytes', '', /vtable of 2 bytes/, spoil((s) => s.u16(s.vtable(s.root), 2))],
    ['vtable of an odd size', '', /vtable of 9 bytes/, spoil((s) => s.u16(s.vtable(s.root), 9))],
    ['vtable larger than the file', '', /vtable of 65534 bytes/, spoil((s) => s.u16(s.vtable(s.root), 65534))],
    ['table of 0 bytes', '', /table of 0 bytes/, spoil((s) => s.u16(s.vtable(s.root) + 2, 0))],
    ['table larger than the file', '', /table of 65535 bytes/, spoil((s) => s.u16(s.vtable(s.root) + 2, 65535))],
    [
      'field inside of the vtable offset',
      'version',
      /at 3 in a/,
      spoil((s) => s.u16(s.entry(s.root, 'Model', 'version'), 3)),
    ],
    [
      'field past its table',
      'version',
      /at 65535 in a/,
      spoil((s) => s.u16(s.entry(s.root, 'Model', 'version'), 65535)),
    ],
    [
      'field one byte past its table',
      'version',
      /of 4 bytes at \d+ in a/,
      spoil((s) => s.u16(s.entry(s.root, 'Model', 'version'), s.view.getUint16(s.vtable(s.root) + 2, true) - 3)),
    ],
    [
      'table one byte past the end',
      '',
      /table of \d+ bytes/,
      spoil((s) => s.u16(s.vtable(s.root) + 2, s.bytes.length - s.root + 1)),
    ],
    ['offset to itself', OPTIONS, /offset 0 points/, spoil((s) => s.u32(s.optionsOffset, 0))],
    ['offset backwards', OPTIONS, /offset 4294967288/, spoil((s) => s.u32(s.optionsOffset, -8))],
    ['element’s offset past the end', TENSOR, /points to byte/, spoil((s) => s.u32(s.tensors + 4, s.bytes.length))],
    ['vector of length -1', `${TENSOR}.shape`, /length of 4294967295 int32/, spoil((s) => s.u32(s.shape, -1))],
    ['vector of length 2^31 - 1', `${TENSOR}.shape`, /2147483647 int32/, spoil((s) => s.u32(s.shape, 2 ** 31 - 1))],
    ['vector whose size wraps 2^32', `${TENSOR}.shape`, /1073741825 int32/, spoil((s) => s.u32(s.shape, 2 ** 30 + 1))],
    [
      'vector one element past the end',
      `${TENSOR}.shape`,
      /has room for/,
      spoil((s) => s.u32(s.shape, Math.floor((s.bytes.length - s.shape - 4) / 4) + 1)),
    ],
    [
      'vector of tables of length -1',
      'subgraphs[0].tensors',
      /length of 4294967295 tables/,
      spoil((s) => s.u32(s.tensors, -1)),
    ],
    [
      'text one byte past the end',
      `${TENSOR}.name`,
      /bytes of text/,
      spoil((s) => s.u32(s.name, s.bytes.length - s.name - 3)),
    ],
    [
      'union’s type without a value',
      OPTIONS,
      /type Conv2DOptions of BuiltinOptions without a value/,
      spoil((s) => s.u16(s.entry(s.operator, 'Operator', 'builtinOptions') + 2, 0)),
    ],
    ['union’s value without a type', OPTIONS, /without its type/, spoil((s) => s.u8(s.optionsType, 0))],
    [
      'closed enum with a value that is not in it',
      `${OPTIONS}.padding`,
      /Padding 2, expected SAME, VALID/,
      spoil((s) => s.u8(s.field(s.options, 'Conv2DOptions', 'padding'), 2)),
    ],
    [
      'closed enum with a negative value',
      `${OPTIONS}.padding`,
      /Padding -1/,
      spoil((s) => s.u8(s.field(s.options, 'Conv2DOptions', 'padding'), 255)),
    ],
  ])('%s', (_, path, message, bytes) => {
    const error = outcome(bytes);
    expect(error?.message).toMatch(message);
    expect(error?.path).toBe(path);
  });

  const many = { length: 1500 };
  test.each<[string, 'subgraphs' | 'metadata', object, number]>([
    ['1500 subgraphs share 1500 tensors', 'subgraphs', { tensors: Array.from(many, () => ({})) }, 0],
    ['1500 entries share a long name', 'metadata', { name: 'x'.repeat(10_000) }, 0],
    ['1500 subgraphs share a vector', 'subgraphs', { inputs: Array.from(many, () => 1) }, 0],
    ['1500 subgraphs share a vector that must be copied', 'subgraphs', { inputs: Array.from(many, () => 1) }, 1],
  ])('few bytes that describe many: %s', (_, field, shared, shift) => {
    expect(outcome(shifted(sharing(field, shared), shift))?.message).toMatch(/again and again/);
  });

  test('the data of buffers costs nothing and may be shared', () => {
    expect(outcome(sharing('buffers', { data: Array.from(many, () => 1) }))).toBeUndefined();
  });

  test('the smallest tables stay within the budget', () => {
    expect(outcome(buildModel({ subgraphs: [{ operators: Array.from(many, () => ({})) }] }))).toBeUndefined();
  });
});

/** A model whose vector has 1500 elements that are all the first one. */
function sharing(field: 'subgraphs' | 'metadata' | 'buffers', first: object): Uint8Array {
  const bytes = buildModel({ [field]: [first, ...Array.from({ length: 1499 }, () => ({}))] });
  const view = new DataView(bytes.buffer);
  const root = view.getUint32(0, true);
  const entry = root - view.getInt32(root, true) + 4 + 2 * layouts.Model.find(({ name }) => name === field)!.slot;
  const offset = root + view.getUint16(entry, true);
  const elements = offset + view.getUint32(offset, true) + 4;
  const shared = elements + view.getUint32(elements, true);
  for (let at = elements; at < elements + 4 * 1500; at += 4) view.setUint32(at, shared - at, true);
  return bytes;
}

/** The same bytes, at an offset in their memory. */
function shifted(bytes: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + 8).fill(0xee);
  memory.set(bytes, offset);
  return memory.subarray(offset, offset + bytes.length);
}

function detached(): Uint8Array {
  const bytes = small.slice();
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

describe('a file that is unusual is read', () => {
  const tensorOf = (bytes: Uint8Array) => readModel(bytes).subgraphs![0]!.tensors![0]!;
  const operatorOf = (bytes: Uint8Array) => readModel(bytes).subgraphs![0]!.operators![0]!;

  test('tensor type of a later schema', () => {
    expect(tensorOf(spoil((s) => s.u8(s.field(s.tensor, 'Tensor', 'type'), 25))).type).toBe('TensorType 25');
  });

  test('operator of a later schema', () => {
    const code = (s: Spoiled) => s.field(s.first(s.root, 'Model', 'operatorCodes'), 'OperatorCode', 'builtinCode');
    expect(enums.BuiltinOperator.names.length).toBeLessThan(300);
    expect(readModel(spoil((s) => s.u32(code(s), 300))).operatorCodes![0]!.builtinCode).toBe('BuiltinOperator 300');
  });

  test('options of a later schema', () => {
    expect(unionMembers.BuiltinOptions.length).toBeLessThan(130);
    const operator = operatorOf(spoil((s) => s.u8(s.optionsType, 130)));
    expect(operator).toMatchObject({ builtinOptionsType: 'BuiltinOptions 130', builtinOptions: undefined });
  });

  test('options of another operator', () => {
    const operator = operatorOf(
      spoil((s) => s.u8(s.optionsType, 1 + unionMembers.BuiltinOptions.indexOf('PadOptions'))),
    );
    expect(operator).toMatchObject({ builtinOptionsType: 'PadOptions', builtinOptions: {} });
  });

  test('fields of a later schema', () => {
    // MulOptions has one field, the table in the file has more.
    const type = 1 + unionMembers.BuiltinOptions.indexOf('MulOptions');
    expect(operatorOf(spoil((s) => s.u8(s.optionsType, type))).builtinOptions).toEqual({
      fusedActivationFunction: 'RELU',
    });
  });

  test('bytes behind the model, as a zip of metadata', () => {
    expect(readModel(Uint8Array.of(...small, 0x50, 0x4b, 3, 4))).toEqual(readModel(small));
  });

  test('text that is not UTF-8', () => {
    expect(tensorOf(spoil((s) => s.u8(s.name + 4, 0xff))).name).toBe('\ufffdnput');
  });

  test('text with a byte-order mark', () => {
    expect(readModel(buildModel({ description: '\ufeffa' })).description).toBe('\ufeffa');
  });

  test('text without the 0 behind it', () => {
    expect(tensorOf(spoil((s) => s.u8(s.name + 9, 0x21))).name).toBe('input');
  });

  test('names of JavaScript’s own', () => {
    const metadata = ['__proto__', 'constructor', 'toString'].map((name) => ({ name }));
    const model = readModel(buildModel({ metadata }));
    expect(model.metadata!.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as { name?: string }).name).toBeUndefined();
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('bytes at an offset of %i in their memory', (offset) => {
    expect(readModel(shifted(small, offset))).toEqual(readModel(small));
  });

  test('a Buffer of Node gives plain Uint8Arrays', () => {
    const { data } = readModel(Buffer.from(small)).buffers![0]!;
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
  });

  test('shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(small.length));
    shared.set(small);
    expect(readModel(shared)).toEqual(readModel(small));
  });
});

test('offsetOf says where a table lies', () => {
  const { root, tensor } = new Spoiled();
  const model = readModel(small);
  expect([offsetOf(model), offsetOf(model.subgraphs![0]!.tensors![0]!), offsetOf({})]).toEqual([
    root,
    tensor,
    undefined,
  ]);
});

test('the data of a buffer is a view, not a copy', () => {
  expect(readModel(small).buffers![0]!.data!.buffer).toBe(small.buffer);
});

test('offset and size of a buffer beyond the tables come as they are', () => {
  const huge = 2n ** 64n - 1n;
  expect(readModel(buildModel({ buffers: [{ offset: huge, size: 2n }] })).buffers![0]).toMatchObject({
    offset: huge,
    size: 2n,
  });
});

describe('any bytes at all give a model or a ModelError', () => {
  test.each([
    ['small', small],
    ['golden', golden],
  ])('every prefix of %s', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) outcome(bytes.subarray(0, length));
  });

  test.each([
    ['small', small],
    ['golden', golden],
  ])('every byte of %s replaced by 0x00, 0x01, 0x7f, 0x80 and 0xff', (_, bytes) => {
    let errors = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at] = value;
        if (outcome(changed)) errors++;
      }
    }
    expect(errors).toBeGreaterThan(bytes.length / 2);
    expect(errors).toBeLessThan(bytes.length * 4);
  });

  test('several words replaced by random ones', () => {
    const word = fc.oneof(fc.integer(), fc.integer({ min: -64, max: 64 }));
    const change = fc.tuple(fc.nat(golden.length - 4), word);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = golden.slice();
        for (const [at, value] of changes) new DataView(changed.buffer).setInt32(at, value, true);
        outcome(changed);
      }),
      { numRuns: 5000 },
    );
  });

  test('random bytes behind a good header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(310), (bytes, root) => {
        outcome(Uint8Array.of(root & 0xff, root >> 8, 0, 0, 0x54, 0x46, 0x4c, 0x33, ...bytes));
      }),
      { numRuns: 5000 },
    );
  });
});
