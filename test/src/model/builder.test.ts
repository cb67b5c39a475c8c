import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../kernels/errors.ts';
import { buildModel, type DeepPartial } from '../../../src/model/builder.ts';
import { readModel } from '../../../src/model/reader.ts';
import {
  enums,
  type Field,
  layouts,
  type ScalarType,
  type Table,
  type TableName,
  unionMembers,
} from '../../../src/model/schema.ts';

const scalars: Record<ScalarType, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  uint8: fc.nat(255),
  uint16: fc.nat(65535),
  int32: fc.integer(),
  uint32: fc.nat(2 ** 32 - 1),
  float32: fc.float(),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
};

const vectors: Record<ScalarType, fc.Arbitrary<unknown>> = {
  bool: fc.uint8Array({ max: 1 }),
  int8: fc.int8Array(),
  uint8: fc.uint8Array(),
  uint16: fc.uint16Array(),
  int32: fc.int32Array(),
  uint32: fc.uint32Array(),
  float32: fc.float32Array(),
  int64: fc.bigInt64Array(),
  uint64: fc.bigUint64Array(),
};

/** Random tables, made from the declaration itself: what is declared is tested. */
function anyTable(name: TableName): fc.Arbitrary<object> {
  return fc.tuple(...layouts[name].map(anyField)).map((parts) => Object.assign({}, ...parts) as object);
}

function anyField(field: Field): fc.Arbitrary<object> {
  const { name, kind } = field;
  if (kind === 'union') {
    const union = (type: string) => (value: unknown) => ({ [`${name}Type`]: type, [name]: value });
    return fc.oneof(
      fc.constant(undefined).map(union('NONE')),
      fc.constant(undefined).map(union(`${field.union} 200`)),
      ...unionMembers[field.union].map((member) => anyTable(member).map(union(member))),
    );
  }
  return anyValue(field).map((value) => ({ [name]: value }));
}

function anyValue(field: Exclude<Field, { kind: 'union' }>): fc.Arbitrary<unknown> {
  if (field.kind === 'scalar') return scalars[field.type];
  if (field.kind === 'enum') {
    const { names, open } = enums[field.enum];
    return fc.constantFrom(...names, ...(open ? [`${field.enum} -3`] : []));
  }
  return fc.option(anyReference(field), { nil: undefined });
}

function anyReference(field: Exclude<Field, { kind: 'union' | 'scalar' | 'enum' }>): fc.Arbitrary<unknown> {
  if (field.kind === 'vector') return vectors[field.type];
  if (field.kind === 'string') return fc.string({ unit: 'binary' });
  if (field.kind === 'table') return anyTable(field.table);
  return fc.array(anyTable(field.table), { maxLength: 2 });
}

const roundTrip = (model: DeepPartial<Table<'Model'>>) => readModel(buildModel(model));

describe('what is built is read back', () => {
  test('a whole model, random in every field', () => {
    const property = fc.property(anyTable('Model'), (model) => {
      expect(roundTrip(model)).toEqual(model);
    });
    fc.assert(property, { numRuns: 200 });
  });

  describe.each(['BuiltinOptions', 'BuiltinOptions2'] as const)('as %s', (union) => {
    const name = union === 'BuiltinOptions' ? 'builtinOptions' : 'builtinOptions2';
    test.each(unionMembers[union])('%s', (member) => {
      const property = fc.property(anyTable(member), (value) => {
        const model = roundTrip({ subgraphs: [{ operators: [{ [`${name}Type`]: member, [name]: value }] }] });
        const operator = model.subgraphs?.[0]?.operators?.[0];
        expect(operator?.[`${name}Type`]).toBe(member);
        expect(operator?.[name]).toEqual(value);
      });
      fc.assert(property, { numRuns: 20 });
    });
  });
});

test('what is left out has the schema’s default', () => {
  const operators = [{ builtinOptionsType: 'Conv2DOptions' as const }];
  const subgraph = roundTrip({ subgraphs: [{ tensors: [{}], operators }] }).subgraphs![0]!;
  expect(subgraph).toMatchObject({ debugMetadataIndex: -1, inputs: undefined, name: undefined });
  expect(subgraph.tensors![0]).toMatchObject({ type: 'FLOAT32', buffer: 0, isVariable: false, shape: undefined });
  expect(subgraph.operators![0]!.largeCustomOptionsOffset).toBe(0n);
  expect(subgraph.operators![0]!.builtinOptions).toEqual({
    padding: 'SAME',
    strideW: 0,
    strideH: 0,
    fusedActivationFunction: 'NONE',
    dilationWFactor: 1,
    dilationHFactor: 1,
    quantizedBiasType: 'FLOAT32',
  });
});

test('a default that is spelled out takes no bytes', () => {
  const spelled = [{ version: 1, builtinCode: 'ADD', deprecatedBuiltinCode: 0 } as const];
  expect(buildModel({ operatorCodes: spelled })).toEqual(buildModel({ operatorCodes: [{}] }));
});

test('vectors may be plain arrays', () => {
  const quantization = { scale: [0.5], zeroPoint: [-128n] };
  const model = roundTrip({ subgraphs: [{ tensors: [{ shape: [1, 2], quantization }] }] });
  expect(model.subgraphs![0]!.tensors![0]).toMatchObject({
    shape: Int32Array.of(1, 2),
    quantization: { scale: Float32Array.of(0.5), zeroPoint: BigInt64Array.of(-128n) },
  });
});

test('the data of buffers is aligned to 16 bytes, whatever lies around it', () => {
  for (let length = 0; length < 40; length++) {
    const description = 'x'.repeat(length);
    const { buffers } = roundTrip({ description, buffers: [{ data: new Uint8Array(length) }, { data: [1, 2, 3] }] });
    expect(buffers!.map((buffer) => buffer.data!.byteOffset % 16)).toEqual([0, 0]);
  }
});

test('a file outgrows the builder’s first allocation', () => {
  const data = new Uint8Array(100_000).map((_, i) => i * 31);
  expect(roundTrip({ buffers: [{}, { data }] }).buffers![1]!.data).toEqual(data);
});

const withOperator = (operator: object) => ({ subgraphs: [{ operators: [operator] }] });

test.each<[string, object]>([
  ['a value that the enum does not have', { operatorCodes: [{ builtinCode: 'CONV_9D' }] }],
  [
    'a number of a closed enum',
    withOperator({ builtinOptionsType: 'Pool2DOptions', builtinOptions: { padding: 'Padding 2' } }),
  ],
  ['a table that the union does not have', withOperator({ builtinOptionsType: 'NoOptions' })],
  ['a union code of more than one byte', withOperator({ builtinOptionsType: 'BuiltinOptions 256' })],
  ['a union’s value without its type', withOperator({ builtinOptions: {} })],
])('throws InputError: %s', (_, model) => {
  expect(() => buildModel(model)).toThrow(InputError);
});
