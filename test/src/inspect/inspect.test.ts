import { readdirSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../../kernels/errors.ts';
import { inspect } from '../../../src/inspect/inspect.ts';
import { render } from '../../../src/report/document.ts';
import { type InspectBlocksOptions, inspectBlocks } from '../../../src/report/inspect.ts';
import { reshapeModel, type SmallModel, smallModel } from '../small_models.ts';

const int8 = { type: 'INT8', shape: [1, 2], scale: 0.5, zeroPoint: -3 } as const;
const float = { type: 'FLOAT32', shape: [1, 2] } as const;
const weights = { type: 'INT8', shape: [2, 2], scale: [0.25, 0.125], data: [1, 2, 3, 4] } as const;
const floatWeights = { type: 'FLOAT32', shape: [2, 2], data: new Uint8Array(16) } as const;
const chain = (ops: readonly string[], types: readonly { type: 'INT8' | 'FLOAT32' }[]): SmallModel => ({
  tensors: types.map((tensor) => ({ ...(tensor.type === 'INT8' ? int8 : float), ...tensor })),
  nodes: ops.map((op, i) => ({ op, inputs: [i], outputs: [i + 1] })),
  inputs: [0],
  outputs: [ops.length],
});
const nodesOf = (model: SmallModel) => inspect(smallModel(model)).integerOnly;

describe('integer-only or not', () => {
  test('all integers', () => {
    const found = nodesOf(chain(['RELU', 'RELU'], [int8, int8, int8]));
    expect(found).toMatchObject({ integerOnly: true, arithmetic: 'integer', nodes: [], tensors: [] });
  });

  test('float at the edges', () => {
    const found = nodesOf(chain(['QUANTIZE', 'RELU', 'DEQUANTIZE'], [float, int8, int8, float]));
    expect(found).toMatchObject({ integerOnly: false, arithmetic: 'edges' });
    expect(found.nodes.map(({ node, kind, tensors, reason }) => [node, kind, tensors, reason])).toEqual([
      [0, 'quantize', [0], "float32 to int8, at the graph's input"],
      [2, 'dequantize', [3], "int8 to float32, at the graph's output"],
    ]);
    expect(found.tensors.map(({ index, kind }) => [index, kind])).toEqual([
      [0, 'input'],
      [3, 'output'],
    ]);
  });

  test('a FAKE_QUANT behind the last DEQUANTIZE is still an edge', () => {
    const found = nodesOf(chain(['QUANTIZE', 'RELU', 'DEQUANTIZE', 'FAKE_QUANT'], [float, int8, int8, float, float]));
    expect(found.arithmetic).toBe('edges');
    expect(found.nodes.map(({ kind }) => kind)).toEqual(['quantize', 'dequantize', 'fake quant']);
  });

  test('a float island', () => {
    const found = nodesOf(chain(['RELU', 'DEQUANTIZE', 'ELU', 'QUANTIZE'], [int8, int8, float, float, int8]));
    expect(found.arithmetic).toBe('mixed');
    expect(found.nodes[1]).toEqual({
      subgraph: 0,
      node: 2,
      op: 'ELU',
      kind: 'float',
      tensors: [2, 3],
      reason: 'a float island between DEQUANTIZE (node 1) and QUANTIZE (node 3) (`requant lint` says why)',
    });
  });

  test('a float convolution among quantized nodes', () => {
    const model = chain(['RELU', 'DEQUANTIZE', 'FULLY_CONNECTED', 'QUANTIZE'], [int8, int8, float, float, int8]);
    const nodes = model.nodes.map((node) => (node.op === 'FULLY_CONNECTED' ? { ...node, inputs: [2, 5, -1] } : node));
    const found = nodesOf({ ...model, nodes, tensors: [...model.tensors, { ...floatWeights, name: 'w' }] });
    expect(found.arithmetic).toBe('mixed');
    expect(found.nodes[1]!.reason).toBe(
      "its weights, tensor 5 'w', are float; a float island between DEQUANTIZE (node 1) and QUANTIZE (node 3) " +
        '(`requant lint` says why)',
    );
  });

  test('hybrid: float activations, int8 weights', () => {
    const model = chain(['FULLY_CONNECTED', 'RELU'], [float, float, float]);
    const nodes = [{ ...model.nodes[0]!, inputs: [0, 3, -1] }, model.nodes[1]!];
    const { integerOnly, quantization } = inspect(
      smallModel({ ...model, nodes, tensors: [...model.tensors, { ...weights, name: 'w' }] }),
    );
    expect(integerOnly).toMatchObject({ integerOnly: false, arithmetic: 'dynamic range' });
    expect(integerOnly.nodes.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['hybrid', "float activations, int8 weights: tensor 3 'w'; the activations' ranges were not measured"],
      ['float', 'float in and out, nothing of it is quantized'],
    ]);
    expect(quantization).toMatchObject({ method: 'dynamic range', weights: ['int8'], activations: [] });
  });

  test('weights that are only stored as int8', () => {
    const { integerOnly, quantization } = inspect(
      smallModel({
        tensors: [float, weights, { ...float, shape: [2, 2] }, float],
        nodes: [
          { op: 'DEQUANTIZE', inputs: [1], outputs: [2] },
          { op: 'FULLY_CONNECTED', inputs: [0, 2, -1], outputs: [3] },
        ],
        inputs: [0],
        outputs: [3],
      }),
    );
    expect(integerOnly).toMatchObject({ integerOnly: false, arithmetic: 'float' });
    expect(integerOnly.nodes.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['weights', "tensor 1 't1' is stored as int8 and made float32 before use"],
      ['float', 'its weights are int8 in the file, made float by node 0'],
    ]);
    expect(quantization).toMatchObject({ method: 'weights only', weights: ['int8'] });
  });

  test('no quantization at all', () => {
    const { integerOnly, quantization } = inspect(smallModel(chain(['RELU'], [float, float])));
    expect(integerOnly).toMatchObject({ integerOnly: false, arithmetic: 'float' });
    expect(quantization.method).toBe('none');
  });

  test('trained for quantization, never quantized', () => {
    const { quantization } = inspect(smallModel(chain(['RELU', 'FAKE_QUANT'], [float, float, float])));
    expect(quantization).toMatchObject({ method: 'quantization-aware training', fakeQuantNodes: 1 });
    expect(quantization.warnings).toEqual([
      'trained for quantization, but not quantized: FAKE_QUANT nodes among float32 tensors',
    ]);
  });

  test('float tensors that nothing computes with do not count', () => {
    const model = chain(['UNIDIRECTIONAL_SEQUENCE_LSTM'], [int8, int8]);
    const nodes = [{ ...model.nodes[0]!, intermediates: [2] }];
    const found = nodesOf({ ...model, nodes, tensors: [...model.tensors, float, float] });
    expect(found.integerOnly).toBe(true);
    expect(found.notes).toEqual([
      "1 float tensor only carries scales of an LSTM's inner values; no node computes with it",
    ]);
  });

  test('a constant of float is named by its tensor even where no node has it', () => {
    expect(nodesOf({ ...chain(['RELU'], [int8, int8]), inputs: [0, 2], tensors: [int8, int8, float] }).tensors).toEqual(
      [{ subgraph: 0, index: 2, name: 't2', dtype: 'float32', kind: 'input' }],
    );
  });
});

describe('how it was quantized', () => {
  const relu = (name: string, more: Partial<SmallModel> = {}) =>
    inspect(smallModel({ ...chain(['RELU'], [int8, int8]), tensors: [int8, { ...int8, name }], ...more })).quantization;

  test.each([
    [
      'conv/act_quant/FakeQuantWithMinMaxVars',
      'quantization-aware training',
      "TensorFlow 1's contrib.quantize left 'act_quant' in 1 name",
    ],
    [
      'model/quant_dense/BiasAdd',
      'quantization-aware training',
      "tensorflow_model_optimization left 'quant_' in 1 name",
    ],
    ['model/dense/BiasAdd', 'post-training', 'signed types and no trace of fake quantization'],
    ['model/aquant_dense', 'post-training', 'signed types and no trace of fake quantization'], // not quant_'s own
  ])('%s: %s', (name, method, evidence) => {
    expect(relu(name)).toMatchObject({ method, evidence: [evidence] });
  });

  // Source: a CONVERSION_METADATA that TensorFlow 2.21 wrote, and one without any optimization.
  const written =
    '0c00000008000e00080004000800000010000000280000000000060008000400060000000400000001000000MMMMMMMM' +
    '0c001800140010000c0004000c000000be8bf6974a168139020000000200000004000000060000' +
    '00322e32312e300000';
  const conversion = (mode: number) => {
    const bytes = Buffer.from(written.replace('MMMMMMMM', '00000000'), 'hex');
    bytes.writeUInt32LE(mode, 44);
    return { CONVERSION_METADATA: Uint8Array.from(bytes) };
  };

  test.each([
    [2000, 'quantization-aware training', 'the converter wrote QUANTIZATION_AWARE_TRAINING'],
    [1003, 'post-training', 'the converter wrote PTQ_FULL_INTEGER'],
    [1004, 'post-training', 'the converter wrote PTQ_INT16'],
    [1002, 'dynamic range', 'the converter wrote PTQ_DYNAMIC_RANGE'],
    [9999, 'post-training', 'signed types and no trace of fake quantization'], // a mode of the future
  ])('conversion metadata, mode %i', (mode, method, evidence) => {
    expect(relu('y', { metadata: conversion(mode) })).toMatchObject({ method, evidence: [evidence] });
  });

  test('the version of TensorFlow and what the model was', () => {
    const { conversion: found } = inspect(smallModel({ ...chain(['RELU'], [int8, int8]), metadata: conversion(2000) }));
    expect(found).toEqual({
      tensorflowVersion: '2.21.0',
      source: 'KERAS_MODEL',
      modes: ['QUANTIZATION_AWARE_TRAINING'],
    });
  });

  test('damaged metadata is left out, whatever the damage', () => {
    const { CONVERSION_METADATA: bytes } = conversion(2000);
    for (let i = 0; i < bytes.length; i++) {
      for (const value of [0, 0x7f, 0x80, 0xff]) {
        const metadata = { CONVERSION_METADATA: bytes.with(i, value), TFLITE_METADATA: bytes.slice(0, i) };
        expect(relu('y', { metadata }).activations).toEqual(['int8']);
      }
    }
  });

  const ranges = (scale: number, names: readonly string[], options: object = {}) =>
    inspect(
      smallModel({
        tensors: [int8, ...names.map((name) => ({ ...int8, name, scale, zeroPoint: -128 }))],
        nodes: names.map((_, i) => ({
          op: 'ADD',
          inputs: [i, i],
          outputs: [i + 1],
          options: ['AddOptions', options] as const,
        })),
        inputs: [0],
        outputs: [names.length],
      }),
    ).quantization.warnings;

  test.each<[string, number, string[], object, string[]]>([
    [
      '0 to 6, twice',
      6 / 255,
      ['a', 'b'],
      {},
      ['tensors 1, 2 (activations) have exactly the range 0 to 6: a default or initial range, which no data changed'],
    ],
    [
      '-6 to 6, twice',
      12 / 255,
      ['a', 'b'],
      {},
      ['tensors 1, 2 (activations) have exactly the range -6 to 6: a default or initial range, which no data changed'],
    ],
    ['once may be chance', 6 / 255, ['a'], {}, []],
    ['nearly 6', 6.001 / 255, ['a', 'b'], {}, []],
    ['RELU6 has it by right', 6 / 255, ['a/Relu6', 'b/Relu6'], {}, []],
    ['a fused RELU6 too', 6 / 255, ['a', 'b'], { fusedActivationFunction: 'RELU6' }, []],
  ])('ranges that no data changed: %s', (_, scale, names, options, warnings) => {
    expect(ranges(scale, names, options)).toEqual(warnings);
  });

  test('types and channels', () => {
    const bias = { type: 'INT32', shape: [2], scale: [0.1, 0.2], data: new Uint8Array(8) } as const;
    const { quantization } = inspect(
      smallModel({
        tensors: [int8, weights, bias, int8],
        nodes: [{ op: 'FULLY_CONNECTED', inputs: [0, 1, 2], outputs: [3] }],
        inputs: [0],
        outputs: [3],
      }),
    );
    expect(quantization).toMatchObject({
      scheme: 'int8, weights int8 per channel, biases int32',
      perChannelTensors: 1,
      perTensorTensors: 2,
    });
  });
});

describe('the file', () => {
  const model = smallModel({
    tensors: [
      int8,
      weights,
      { type: 'INT32', shape: [2], scale: 0.125, data: new Uint8Array(8), name: 'b' },
      int8,
      { type: 'INT8', shape: [1], data: [9] },
    ],
    nodes: [{ op: 'FULLY_CONNECTED', version: 4, inputs: [0, 1, 2], outputs: [3] }],
    inputs: [0],
    outputs: [3],
    signature: { inputs: { x: 0 }, outputs: { y: 3 } },
    metadata: { min_runtime_version: new TextEncoder().encode('1.14.0\0\0') },
  });

  test('tensors with every scale', () => {
    const [subgraph] = inspect(model).subgraphs;
    expect(subgraph!.tensors[1]).toEqual({
      index: 1,
      name: 't1',
      dtype: 'int8',
      shape: [2, 2],
      shapeSignature: [2, 2],
      kind: 'weights',
      bytes: 4,
      quantization: { scales: [0.25, 0.125], zeroPoints: [0, 0], dimension: 0 },
      range: null,
      min: [],
      max: [],
    });
    expect(subgraph!.tensors.map(({ kind }) => kind)).toEqual(['input', 'weights', 'bias', 'output', 'unused']);
    expect(subgraph!.tensors[0]).toMatchObject({
      range: [-62.5, 65],
      quantization: { scales: [0.5], zeroPoints: [-3] },
    });
  });

  test('operators, signatures, version', () => {
    expect(inspect(model)).toMatchObject({
      operators: [{ op: 'FULLY_CONNECTED', version: 4, count: 1, isCustom: false }],
      signatures: [{ key: 'serving_default', subgraph: 0, inputs: { x: 0 }, outputs: { y: 3 } }],
      minRuntimeVersion: '1.14.0',
    });
  });

  test('sizes add up to the file', () => {
    const { sizes, bytes } = inspect(model);
    expect(sizes.map(({ kind, tensors, bytes: size }) => [kind, tensors, size])).toEqual([
      ['weights', 1, 4],
      ['biases', 1, 8],
      ['other constants', 1, 1],
      ['metadata', 0, 8],
      ['associated files', 0, 0],
      ['structure', 0, bytes - 21],
    ]);
  });

  test('labels packed behind the model', () => {
    const zip = zipSync(
      { 'labels.txt': new TextEncoder().encode('cat\ndog\n'), 'vocab.bin': new Uint8Array(3) },
      { level: 0 },
    );
    const packed = new Uint8Array(model.length + zip.length);
    packed.set(model);
    packed.set(zip, model.length);
    shiftZip(packed, model.length);
    expect(inspect(packed).associatedFiles).toEqual([
      { name: 'labels.txt', bytes: 8, lines: ['cat', 'dog'] },
      { name: 'vocab.bin', bytes: 3 },
    ]);
  });

  const textOf = (bytes: Uint8Array, options: InspectBlocksOptions) =>
    render(inspectBlocks('m.tflite', inspect(bytes), options), 'text');

  test('as text: every scale with --all, and never a 0 for channels', () => {
    const text = textOf(model, { all: true });
    expect(text).toContain('real = scale[c] * q, c along dimension 0: 2 scales from 0.125 to 0.25');
    expect(text).toMatch(/^ {2}\d+ scales +0\.25 0\.125$/m);
    expect(text).toMatch(/real = 0\.5 \* \(q \+ 3\) +-62\.5 to 65$/m);
    expect(text).not.toMatch(/real = 0 /);
    expect(textOf(model, { all: false })).not.toContain('0.25 0.125');
  });

  test('names that steer a terminal are written out', () => {
    const text = textOf(reshapeModel({ ...int8, name: 'a\x1b[31mred\u202e' }), { all: true });
    expect(text).toContain("'a\\u{1b}[31mred\\u{202e}'");
  });

  test('float32 scales in 9 digits read back as the same float32', () => {
    const scale = Math.fround(0.1);
    const text = textOf(reshapeModel({ ...int8, scale }), { all: false });
    const [, digits] = /real = (\S+) \*/.exec(text)!;
    expect([digits, Math.fround(Number(digits))]).toEqual(['0.100000001', scale]);
  });

  test('a damaged file is a ModelError', () => {
    for (let length = 0; length < model.length; length += 7) {
      expect(() => inspect(model.slice(0, length))).toThrow(ModelError);
    }
  });
});

test('the bundled models', () => {
  const folder = new URL('../../../models/', import.meta.url);
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const found = names.map((name) => [
    name,
    inspect(readFileSync(new URL(`${name}/model.tflite`, folder))).integerOnly.arithmetic,
  ]);
  expect(Object.fromEntries(found)).toMatchObject({
    digits_conv_int8: 'integer',
    digits_dense: 'edges',
    cnn56_int8: 'integer',
    cnn56_16x8: 'integer',
    mobilenet_v1_025_32_int8: 'integer',
  });
});

/** Offsets in a zip count from the start of its file: by so much more when it stands behind something. */
function shiftZip(bytes: Uint8Array, by: number) {
  const view = new DataView(bytes.buffer);
  const add = (at: number) => view.setUint32(at, view.getUint32(at, true) + by, true);
  for (let at = by; at + 4 <= bytes.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature === 0x02014b50) add(at + 42); // a directory entry
    if (signature === 0x06054b50) add(at + 16); // the directory's end
  }
}
