import { expect, expectTypeOf, test } from 'vitest';
import {
  builtinOperators,
  enums,
  layouts,
  type Table,
  type TableName,
  unionMembers,
  unions,
} from '../../../src/model/schema.ts';

// The VT_ constants of TFLite's schema_generated.h are 4 + 2 * slot.
test.each<[TableName, string, number, string]>([
  ['Model', 'version', 4, 'the first field'],
  ['Model', 'externalBuffers', 22, 'the newest field of the root'],
  ['Tensor', 'externalBuffer', 24, 'the newest field of a tensor'],
  ['QuantizationParameters', 'quantizedDimension', 16, 'behind a union, which takes two slots'],
  ['Operator', 'builtinOptions', 10, 'a union: the slot of its type, the value follows'],
  ['Operator', 'debugMetadataIndex', 30, 'behind two unions'],
  ['SignatureDef', 'subgraphIndex', 12, 'behind a deprecated field'],
  ['ResizeBilinearOptions', 'alignCorners', 8, 'behind two deprecated fields'],
  ['DimensionMetadata', 'arrayIndices', 12, 'the second of two unions'],
  ['Conv2DOptions', 'quantizedBiasType', 16, 'a field that version 8 added'],
])('%s.%s is entry %i of its vtable: %s', (table, name, entry) => {
  expect(4 + 2 * layouts[table].find((field) => field.name === name)!.slot).toBe(entry);
});

test.each<[string, readonly string[], string, number]>([
  ['TensorType', enums.TensorType.names, 'FLOAT32', 0],
  ['TensorType', enums.TensorType.names, 'INT8', 9],
  ['TensorType', enums.TensorType.names, 'INT4', 17],
  ['TensorType', enums.TensorType.names, 'FLOAT8_E5M2', 22],
  ['BuiltinOperator', enums.BuiltinOperator.names, 'CONV_2D', 3],
  ['BuiltinOperator', enums.BuiltinOperator.names, 'CUSTOM', 32],
  ['BuiltinOperator', enums.BuiltinOperator.names, 'QUANTIZE', 114],
  ['BuiltinOperator', enums.BuiltinOperator.names, 'PLACEHOLDER_FOR_GREATER_OP_CODES', 127],
  ['BuiltinOperator', enums.BuiltinOperator.names, 'STABLEHLO_CASE', 209],
  ['Padding', enums.Padding.names, 'VALID', 1],
  ['ActivationFunctionType', enums.ActivationFunctionType.names, 'SIGN_BIT', 5],
  ['BuiltinOptions', ['NONE', ...unionMembers.BuiltinOptions], 'Conv2DOptions', 1],
  ['BuiltinOptions', ['NONE', ...unionMembers.BuiltinOptions], 'RightShiftOptions', 126],
  ['BuiltinOptions2', ['NONE', ...unionMembers.BuiltinOptions2], 'StablehloCaseOptions', 23],
  ['QuantizationDetails', ['NONE', ...unionMembers.QuantizationDetails], 'MultiAxisQuantization', 3],
])('%s: the code of $2 is $3', (_, names, name, code) => {
  expect(names.indexOf(name)).toBe(code);
});

test.each(Object.keys(layouts) as TableName[])('%s refers to declared enums, tables and unions', (table) => {
  for (const field of layouts[table]) {
    if (field.kind === 'enum') expect(enums[field.enum].names[field.default]).toBeDefined();
    if (field.kind === 'table' || field.kind === 'vectorOfTables') expect(layouts[field.table]).toBeDefined();
    if (field.kind === 'union') expect(unions[field.union]).toBeDefined();
  }
});

test('every options table belongs to an operator', () => {
  const used = new Set<string | undefined>(Object.values(builtinOperators));
  const options = [...unionMembers.BuiltinOptions, ...unionMembers.BuiltinOptions2];
  expect(options.filter((table) => !used.has(table))).toEqual([]);
});

test('the types of the plain objects follow from the declaration', () => {
  type Conv = Table<'Conv2DOptions'>;
  expectTypeOf<Conv['padding']>().toEqualTypeOf<'SAME' | 'VALID'>();
  expectTypeOf<Conv['strideH']>().toEqualTypeOf<number>();
  expectTypeOf<Table<'Tensor'>['shape']>().toEqualTypeOf<Int32Array | undefined>();
  expectTypeOf<Table<'QuantizationParameters'>['zeroPoint']>().toEqualTypeOf<BigInt64Array | undefined>();
  expectTypeOf<Table<'Buffer'>['offset']>().toEqualTypeOf<bigint>();
  expectTypeOf<Table<'Model'>['subgraphs']>().toEqualTypeOf<readonly Table<'SubGraph'>[] | undefined>();
  expectTypeOf<'TensorType 25'>().toExtend<Table<'Tensor'>['type']>();
  expectTypeOf<Conv>().toExtend<Table<'Operator'>['builtinOptions']>();
  expectTypeOf<'Conv2DOptions' | 'NONE' | 'BuiltinOptions 130'>().toExtend<Table<'Operator'>['builtinOptionsType']>();
  expectTypeOf<Table<'ResizeBilinearOptions'>>().not.toHaveProperty('newHeight');
});
