import { expect, test } from 'vitest';
import { buildModel } from '../../../src/model/builder.ts';
import { printTable } from '../../../src/model/printer.ts';
import { readModel } from '../../../src/model/reader.ts';

test('a model, with one of everything', () => {
  const quantization = { scale: [0.5], zeroPoint: [-128n] };
  const bytes = buildModel({
    version: 3,
    operatorCodes: [{ deprecatedBuiltinCode: 2, builtinCode: 'CONCATENATION' }],
    subgraphs: [
      {
        tensors: [{ shape: [1, 4], type: 'INT8', name: 'in\nput', quantization }],
        operators: [{ inputs: [0, -1], builtinOptionsType: 'ConcatenationOptions', builtinOptions: { axis: -1 } }],
      },
    ],
    buffers: [{}, { data: Uint8Array.from({ length: 100 }, (_, i) => i) }],
  });
  const expected = `
version: 3
operatorCodes: 1
  [0]
    deprecatedBuiltinCode: 2
    version: 1
    builtinCode: CONCATENATION
subgraphs: 1
  [0]
    tensors: 1
      [0]
        shape: [1, 4]
        type: INT8
        buffer: 0
        name: "in\\nput"
        quantization:
          scale: [0.5]
          zeroPoint: [-128]
          quantizedDimension: 0
        isVariable: false
        hasRank: false
        externalBuffer: 0
    operators: 1
      [0]
        opcodeIndex: 0
        inputs: [0, -1]
        builtinOptions: ConcatenationOptions
          axis: -1
          fusedActivationFunction: NONE
        customOptionsFormat: FLEXBUFFERS
        largeCustomOptionsOffset: 0
        largeCustomOptionsSize: 0
        debugMetadataIndex: -1
    debugMetadataIndex: -1
buffers: 2
  [0]
    offset: 0
    size: 0
  [1]
    data: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, … 100 in all]
    offset: 0
    size: 0
`;
  expect(printTable(readModel(bytes))).toBe(expected.trim());
});

test.each<[string, string, string]>([
  ['an escape sequence', '\u001b[2J', '"\\u001b[2J"'],
  ['a one-byte control sequence', '\u009b2J', '"\\u{9b}2J"'],
  ['a right-to-left override', 'a\u202eb', '"a\\u{202e}b"'],
  ['a quote', 'a"b', '"a\\"b"'],
  ['letters of any script', 'größe 大小', '"größe 大小"'],
])('text does not steer the terminal: %s', (_, name, printed) => {
  expect(printTable({ name, tensorIndex: 0 }, 'TensorMap')).toBe(`name: ${printed}\ntensorIndex: 0`);
});

test('a union’s member that the schema does not have is a number', () => {
  const model = readModel(buildModel({ subgraphs: [{ operators: [{ builtinOptionsType: 'BuiltinOptions 130' }] }] }));
  expect(printTable(model)).toContain('\n        builtinOptions: BuiltinOptions 130\n');
});
