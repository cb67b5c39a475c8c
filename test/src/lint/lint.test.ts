import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../../kernels/errors.ts';
import { type Lint, type LintOptions, lint } from '../../../src/lint/lint.ts';
import { RULES } from '../../../src/lint/rules.ts';
import { render } from '../../../src/report/document.ts';
import { lintBlocks } from '../../../src/report/lint.ts';
import { type SmallModel, type SmallNode, type SmallTensor, smallModel } from '../small_models.ts';

const bytesOf = (name: string) => readFileSync(new URL(`../../../models/${name}/model.tflite`, import.meta.url));
const int32 = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const rules = ({ findings }: Lint) => findings.map(({ rule }) => rule);

const real = (scale: number, zeroPoint = 0): SmallTensor => ({ type: 'INT8', shape: [1, 2], scale, zeroPoint });
const float: SmallTensor = { type: 'FLOAT32', shape: [1, 2] };
const weights: SmallTensor = { type: 'INT8', shape: [2, 2], scale: 0.5, data: [1, 2, 3, 4] };
const bias: SmallTensor = { type: 'INT32', shape: [2], scale: 0.25, data: int32(5, 6) };

/** FULLY_CONNECTED of tensors 0 (input), 1 (weights) and 2 (bias) to 3. */
function dense(changes: Readonly<Record<number, SmallTensor>> = {}, fused = 'NONE'): SmallModel {
  const tensors = [real(0.5), weights, bias, real(2, -4)].map((tensor, i) => ({ ...tensor, ...changes[i] }));
  const options = ['FullyConnectedOptions', { fusedActivationFunction: fused }] as const;
  return { tensors, nodes: [{ op: 'FULLY_CONNECTED', inputs: [0, 1, 2], outputs: [3], options }], inputs: [0], outputs: [3] }; // biome-ignore format: one line
}

/** One node after the other, from tensor 0 on. */
function chain(tensors: readonly SmallTensor[], ...nodes: readonly Partial<SmallNode>[]): SmallModel {
  return {
    tensors,
    nodes: nodes.map((node, i) => ({ op: 'RELU', inputs: [i], outputs: [i + 1], ...node })),
    inputs: [0],
    outputs: [nodes.length],
  };
}

const relu = ['FullyConnectedOptions', { fusedActivationFunction: 'RELU' }] as const;
const layers = (...outputs: readonly SmallTensor[]): SmallModel => ({
  tensors: [real(0.5), ...outputs, weights],
  nodes: outputs.map((_, i) => ({ op: 'FULLY_CONNECTED', inputs: [i, outputs.length + 1, -1], outputs: [i + 1], options: relu })), // biome-ignore format: one line
  inputs: [0],
  outputs: [outputs.length],
});

/** Tensors 0 and 1 are the activations, 2 the constant of the MUL, 3 that of the ADD; the layer in front writes 4. */
function batchNormalized(changes: Readonly<Record<number, SmallTensor>>): SmallModel {
  const channel: SmallTensor = { type: 'INT8', shape: [2], scale: 0.5, data: [3, 4] };
  const tensors = [real(1), real(2), channel, channel, real(2), real(0.5), weights, real(2)];
  return {
    tensors: tensors.map((tensor, i) => ({ ...tensor, ...changes[i] })),
    nodes: [
      { op: 'FULLY_CONNECTED', inputs: [5, 6, -1], outputs: [4] },
      { op: 'MUL', inputs: [4, 2], outputs: [1] },
      { op: 'ADD', inputs: [1, 3], outputs: [7] },
    ],
    inputs: [5],
    outputs: [7],
  };
}

function twoOperands(...changes: readonly Partial<SmallTensor>[]): SmallModel {
  const tensors = [0, 1, 2].map((i) => ({ ...real(1), shape: [1, 4], ...changes[i] }));
  return { tensors, nodes: [{ op: 'ADD', inputs: [0, 1], outputs: [2] }], inputs: [0, 1], outputs: [2] };
}

/** The layer of dense() in 16 bits, with these scales of its filter. */
const sixteenBits = (scale: number | readonly number[]): Readonly<Record<number, SmallTensor>> => ({
  0: { ...real(0.5), type: 'INT16' },
  1: { ...weights, scale },
  2: { ...bias, type: 'INT64', data: new Uint8Array(16) },
  3: { ...real(2), type: 'INT16' },
});

/** [rule, a model that meets it, what is said, the same model mended]. */
const cases: readonly [rule: string, model: SmallModel, text: RegExp, mended: SmallModel, options?: LintOptions][] = [
  [
    'float-edge',
    chain([float, real(0.5)], { op: 'QUANTIZE' }),
    /^float32 to int8, at the graph's input$/,
    chain([real(0.5), real(0.5)], {}),
  ],
  [
    'float-node',
    chain([real(1), float, float, real(0.5)], { op: 'DEQUANTIZE' }, { op: 'ELU' }, { op: 'QUANTIZE' }),
    /^the converter has no int8 form of ELU \(TensorFlow 2.21\)$/,
    chain([real(1), real(0.5)], { op: 'ELU' }),
  ],
  ['invalid-scale', dense({ 1: { ...weights, scale: Infinity } }), /^its scale is Infinity$/, dense()],
  [
    'refused-model',
    { ...chain([real(1), real(0.0006, -128)], { op: 'SOFTMAX', options: ['SoftmaxOptions', { beta: 1 }] }) },
    /^the output is quantized by \(0.0006.*, -128\); it must be by \(1\/256, -128\)$/,
    { ...chain([real(1), real(1 / 256, -128)], { op: 'SOFTMAX', options: ['SoftmaxOptions', { beta: 1 }] }) },
  ],
  [
    'activation-overflow',
    dense({ 0: real(1e-9), 2: { ...bias, scale: 5e-10 }, 3: real(2.5e-9) }, 'RELU6'),
    /^the 6 of its RELU6 is 2,400,000,\d\d\d steps of 2.5e-9; int32 ends at 2,147,483,647$/,
    dense({ 0: real(1e-9), 2: { ...bias, scale: 5e-10 }, 3: real(3e-9) }, 'RELU6'),
  ],
  [
    'lost-steps',
    chain([real(1 / 256, -128), real(2.34, -128)], { op: 'QUANTIZE' }),
    /^of the 256 values of its scale 0.00390625, 1 remain \(0\) in steps of 2.34, those of tensor 1$/,
    chain([real(1 / 256, -128), real(1 / 16, -128)], { op: 'QUANTIZE' }),
  ],
  [
    'unused-node',
    { ...chain([real(1), real(1)], {}), tensors: [real(1), real(1), real(1)], nodes: [{ op: 'RELU', inputs: [0], outputs: [1] }, { op: 'RELU', inputs: [1], outputs: [2] }] }, // biome-ignore format: one line
    /^no output depends on RELU \(node 1\)$/,
    chain([real(1), real(1), real(1)], {}, {}),
  ],
  [
    'constant-output',
    dense({ 1: { ...weights, data: [0, 0, 0, 0] } }),
    /^each of its 2 channels has one value for any input \(bound from weights and bias\): -3; so is the output of the graph, tensor 3$/,
    dense({ 1: { ...weights, data: [0, 0, 0, 1] } }),
  ],
  [
    'refused-quantization',
    { ...dense(), nodes: [{ op: 'CONV_2D', inputs: [0, 1, 2], outputs: [3] }], tensors: [{ ...real(1), shape: [1, 1, 1, 2] }, { ...weights, shape: [2, 1, 1, 2], zeroPoint: 7 }, bias, { ...real(9), shape: [1, 1, 1, 2] }] }, // biome-ignore format: one line
    /^int8 weights with the zero point 7: TFLite takes 0 alone/,
    { ...dense(), nodes: [{ op: 'CONV_2D', inputs: [0, 1, 2], outputs: [3] }], tensors: [{ ...real(1), shape: [1, 1, 1, 2] }, { ...weights, shape: [2, 1, 1, 2] }, bias, { ...real(9), shape: [1, 1, 1, 2] }] }, // biome-ignore format: one line
  ],
  [
    'default-range',
    layers(real(6 / 255, -128), real(6 / 255, -128)),
    /^these activations have exactly the range 0 to 6, in steps of 0.0235294$/,
    layers(real(5.9 / 255, -128), real(6 / 255, -128)),
  ],
  [
    'equal-ranges',
    layers(real(0.03, -128), real(0.03, -128), real(0.03, -128)),
    /^the scale 0.03 and zero point -128 are those of 3 outputs: tensors 1, 2, 3$/,
    layers(real(0.03, -128), real(0.03, -128), real(0.031, -128)),
  ],
  ['unused-range', layers(real(3, -5)), /^zero point -5: 123 of 256 steps \(48.0 %\) are never taken$/, layers(real(3, -128))], // biome-ignore format: one line
  [
    'unfolded-batch-norm',
    batchNormalized({}),
    /^MUL \(node 1\) and ADD \(node 2\) by 2 channels, behind FULLY_CONNECTED \(node 0\)$/,
    batchNormalized({ 3: { type: 'INT8', shape: [1], scale: 0.5, data: [3] } }),
  ],
  [
    'accumulator-overflow',
    dense({ 2: { ...bias, data: int32(2 ** 31 - 1, 0) } }),
    /^the sum of 2 products and the bias can reach 2147484\d\d\d, which takes 33 bits, more than 32 \(known from the weights\)$/,
    dense(),
  ],
  ['large-multiplier', dense({ 3: real(0.125) }), /^the real multiplier is 2$/, dense({ 3: real(0.26) })],
  [
    'bias-scale',
    dense({ 2: { ...bias, scale: 0.251 } }),
    /^its scale is 0.251, the products' is 0.25: 0.4 % off \(1 of 1\)$/,
    dense({ 2: { ...bias, scale: 0.25 } }),
  ],
  [
    'saturated-output',
    dense({ 3: real(0.26) }),
    /^75.0 % of its values are 127, the end of int8$/,
    dense({ 3: real(2) }),
    { inputs: () => [[Int8Array.of(127, 127)], [Int8Array.of(100, 0)]] },
  ],
  [
    'unchanging-channel',
    dense(),
    /^1 of 2 channels, with their value: 0 \(-?\d+\)$/,
    dense({ 1: { ...weights, data: [1, 1, 3, 4] } }),
    { inputs: () => [[Int8Array.of(-20, 10)], [Int8Array.of(40, -20)]] },
  ],
  [
    'saturated-weights',
    dense({ 0: { ...real(0.5), shape: [1, 8] }, 1: { type: 'INT8', shape: [2, 8], scale: 0.5, data: [127, 127, 127, 127, 1, 2, 3, 4, 127, 1, 2, 3, 4, 5, 6, 7] } }), // biome-ignore format: one line
    /^1 of 2 channels with more than 3.0 % of their weights at an end: 0 \(50.0 %\)$/,
    dense({ 0: { ...real(0.5), shape: [1, 8] }, 1: { type: 'INT8', shape: [2, 8], scale: 0.5, data: [127, 126, 127, 127, 1, 2, 3, 4, 127, 1, 2, 3, 4, 5, 6, 7] } }), // biome-ignore format: one line
  ],
  [
    'constant-channel',
    dense({ 1: { ...weights, data: [0, 0, 3, 4] } }),
    /^1 of 2 channels never change, with their value: 0 \(-3\)$/,
    dense(),
  ],
  [
    'coarse-channel',
    dense({ 1: { ...weights, data: [1, 2, 127, 4] } }),
    /^1 of 2 channels have weights of less than 8 steps; the channel, and its largest: 0 \(2\)$/,
    dense({ 1: { ...weights, data: [1, 8, 127, 4] } }),
  ],
  [
    'upstream-defect',
    { ...chain([real(1), real(2)], { op: 'SUM', inputs: [0, 2] }), tensors: [real(1), { ...real(2), shape: [1] }, { type: 'INT32', shape: [1], data: int32(1) }] }, // biome-ignore format: one line
    /^TFLite's reference kernel reads int8 as uint8/,
    { ...chain([real(1), real(2)], { op: 'MEAN', inputs: [0, 2] }), tensors: [real(1), { ...real(2), shape: [1] }, { type: 'INT32', shape: [1], data: int32(1) }] }, // biome-ignore format: one line
  ],
  ['runtimes-differ', dense(), /^1 node of FULLY_CONNECTED: TFLite from TensorFlow 2.20 on/, chain([real(1), real(1)], {})], // biome-ignore format: one line
  ['tflm-operators', chain([real(1), real(1)], { op: 'GELU' }), /^it has no such operator: GELU \(1 node\)$/, chain([real(1), real(1)], {})], // biome-ignore format: one line
  [
    'tflm-operators',
    chain(
      [real(1), real(1)].map((tensor) => ({ ...tensor, type: 'UINT8' })),
      {},
    ),
    /^its kernel takes float32, int8 or int16 for input, not uint8: RELU \(1 node\)$/,
    chain([real(1), real(1)], {}),
  ],
  [
    'cmsis-nn-operators',
    twoOperands({}, { shape: [1, 1] }),
    /^its kernels do not broadcast: ADD \(1 node\)$/,
    twoOperands({}, { shape: [4] }),
  ],
  [
    'cmsis-nn-refuses',
    dense(sixteenBits([0.5, 0.25])),
    /^an int16 layer must have one scale for its filter, not one for each channel: FULLY_CONNECTED \(1 node\)$/,
    dense(sixteenBits(0.5)),
  ],
  [
    'compiled-model',
    chain([real(1), real(1)], { op: 'CUSTOM', customCode: 'ethos-u' }),
    /^1 node compiled for Arm's Ethos-U, by Vela$/,
    chain([real(1), real(1)], { op: 'CUSTOM', customCode: 'ethos' }),
  ],
  ['edge-tpu-operators', chain([real(1), real(1)], { op: 'GELU' }), /^its compiler knows no such operator/, chain([real(1), real(1)], {})], // biome-ignore format: one line
];

describe('each rule finds what it is for, and not its mended form', () => {
  test.each(cases)('%s', (rule, model, text, mended, options) => {
    const of = (found: Lint) => found.findings.filter((finding) => finding.rule === rule);
    const [finding] = of(lint(smallModel(model), options));
    expect(finding?.text).toMatch(text);
    expect(finding!.why).not.toBe('');
    expect(finding!.remedies.length).toBeGreaterThan(0);
    expect(of(lint(smallModel(mended), options))).toEqual([]);
  });

  test('every rule has a case', () => {
    const tried = new Set([...cases.map(([rule]) => rule), 'narrow-output']); // that one below
    expect(RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  test('narrow-output: real inputs use less than half of a range', () => {
    const bytes = bytesOf('digits_conv_int8');
    const grey = { inputs: () => [[new Int8Array(28 * 28).fill(-128)]] };
    expect(rules(lint(bytes, grey))).toContain('narrow-output');
    expect(rules(lint(bytes))).not.toContain('narrow-output');
  });
});

describe('a model that lacks ranges', () => {
  // What contrib.quantize and a converter of TensorFlow 2 leave: two layers, the first without fake quantization behind it.
  const fakeQuant = 'conv1/act_quant/FakeQuantWithMinMaxVars';
  const floatWeights: SmallTensor = { type: 'FLOAT32', shape: [2, 2], data: new Uint8Array(16).fill(0x3f) };
  const model: SmallModel = {
    tensors: [
      { ...real(0.5, -128), name: 'input' },
      float,
      { ...float, name: 'conv/Relu;conv/MatMul' },
      { ...float, name: fakeQuant },
      { ...real(0.02, -128), name: fakeQuant },
      floatWeights,
    ],
    nodes: [
      { op: 'DEQUANTIZE', inputs: [0], outputs: [1] },
      { op: 'FULLY_CONNECTED', inputs: [1, 5, -1], outputs: [2] },
      { op: 'FULLY_CONNECTED', inputs: [2, 5, -1], outputs: [3] },
      { op: 'QUANTIZE', inputs: [3], outputs: [4] },
    ],
    inputs: [0],
    outputs: [4],
  };
  const found = lint(smallModel(model));

  test('each float tensor has its range, or why it has none', () => {
    expect(found.floatTensors.map(({ index, range, reason }) => [index, range?.map((x) => +x.toFixed(2)) ?? null, reason])).toEqual([
      [2, null, 'no range: training put no fake quantization behind the output of FULLY_CONNECTED (node 1)'],
      [1, [0, 127.5], "it is tensor 0 'input' in reals: FULLY_CONNECTED (node 1) computes in float"],
      [3, [0, 5.1], `it is tensor 4 '${fakeQuant}' in reals: FULLY_CONNECTED (node 2) computes in float`],
      [5, [0.75, 0.75], 'a constant, whose own values are its range: FULLY_CONNECTED (node 1) computes in float'],
    ]); // biome-ignore format: one line
  });

  test("toco's own words for it", () => {
    const errors = found.floatTensors.map(({ tocoError }) => tocoError).filter((error) => error !== null);
    expect(errors).toEqual([
      'Array conv/Relu, which is an input to the FullyConnected operator producing the output array ' +
        `${fakeQuant}, is lacking min/max data, which is necessary for quantization.`,
    ]);
    expect(render(lintBlocks('m.tflite', found, { all: true }), 'text')).toContain(errors[0]);
  });

  test('the nodes, and the remedies', () => {
    const nodes = found.findings.filter(({ rule }) => rule === 'float-node');
    expect(nodes.map(({ node, text }) => [node!.index, text])).toEqual([
      [1, "tensor 2 'conv/Relu;conv/MatMul' (its output) lacks min/max data, and a FULLY_CONNECTED is quantized where all its tensors have ranges"], // biome-ignore format: one line
      [2, "tensor 2 'conv/Relu;conv/MatMul' (its input) lacks min/max data, and a FULLY_CONNECTED is quantized where all its tensors have ranges"], // biome-ignore format: one line
    ]);
    const code = nodes[0]!.remedies.flatMap((remedy) => remedy.code).join('\n');
    expect(code).toContain('--default_ranges_min=0 --default_ranges_max=6');
    expect(code).toContain('fake_quant_with_min_max_args');
    expect(code).toContain('BatchNormalization(fused=False)');
  });

  test('what needs multipliers is left out, and said to be', () => {
    const custom = smallModel(chain([real(1), real(1)], { op: 'CUSTOM', customCode: 'Mystery' }));
    expect(lint(custom).unprepared).toContain('cannot run');
    expect(lint(custom).isRunnable).toBe(true); // by whoever has the operator
    expect(lint(smallModel(dense())).unprepared).toBe(null);
    expect(() => lint(custom, { inputs: () => [] })).toThrow('cannot run');
  });
});

describe('equal ranges that an operator demands', () => {
  // Three layers of one scale, joined by a CONCATENATION, one of them through a RESHAPE; or not joined at all.
  const shared = real(0.03, -128);
  const joined: SmallModel = {
    tensors: [real(0.5), weights, shared, shared, shared, shared, { ...shared, shape: [1, 6] }],
    nodes: [
      ...[2, 3, 4].map((to) => ({ op: 'FULLY_CONNECTED', inputs: [0, 1, -1], outputs: [to] })),
      { op: 'RESHAPE', inputs: [4], outputs: [5], options: ['ReshapeOptions', { newShape: [1, 2] }] as const },
      { op: 'CONCATENATION', inputs: [2, 3, 5], outputs: [6], options: ['ConcatenationOptions', { axis: 1 }] as const },
    ],
    inputs: [0],
    outputs: [6],
  };

  test('are no finding; and are one where nothing joins them', () => {
    expect(rules(lint(smallModel(joined)))).not.toContain('equal-ranges');
    const apart = { ...joined, nodes: joined.nodes.slice(0, 3), outputs: [2, 3, 4] };
    expect(rules(lint(smallModel(apart)))).toContain('equal-ranges');
  });
});

describe('what is true of some runtimes alone', () => {
  const image: SmallTensor = { type: 'INT8', shape: [1, 2, 2, 2], scale: 1 };
  const depthwise = (biased: boolean, type: 'INT8' | 'INT16' = 'INT8'): SmallModel => ({
    tensors: [{ ...image, type }, { type: 'INT8', shape: [1, 1, 1, 2], scale: 0.5, data: [3, 4] }, { type: 'INT32', shape: [2], scale: 0.5, data: int32(0, 0) }, { ...image, type, scale: 2 }], // biome-ignore format: one line
    nodes: [{ op: 'DEPTHWISE_CONV_2D', inputs: biased ? [0, 1, 2] : [0, 1], outputs: [3], options: ['DepthwiseConv2DOptions', { strideW: 1, strideH: 1, depthMultiplier: 1 }] }], // biome-ignore format: one line
    inputs: [0],
    outputs: [3],
  });
  const logistic = chain([real(1), real(1 / 128, -128)], { op: 'LOGISTIC' });
  const defects = (model: SmallModel, profile?: 'tflite' | 'tflm' | 'tflite-2.19') =>
    lint(smallModel(model), { profile }).findings.flatMap(({ rule, severity, text }) => (rule === 'upstream-defect' ? [`${severity}: ${text}`] : [])); // biome-ignore format: one line

  test('is not said of another', () => {
    expect(defects(logistic, 'tflite')).toEqual([
      expect.stringMatching(/^error: its output scale is not 1\/256: TFLite/),
    ]);
    expect(defects(logistic, 'tflm')).toEqual([]);
  });

  test('is one severity lower where no runtime was asked for, and it is not of TFLite', () => {
    const stored: SmallTensor = { type: 'INT16', shape: [1, 2], scale: 1 };
    const equal: SmallModel = {
      tensors: [stored, { ...stored, scale: 2 }, { type: 'INT8', shape: [1, 2] }],
      nodes: [{ op: 'GREATER', inputs: [0, 1], outputs: [2] }],
      inputs: [0, 1],
      outputs: [2],
    };
    const of = (found: readonly string[], runtime: RegExp) => found.filter((text) => runtime.test(text));
    expect(of(defects(equal), /Micro compares/)).toEqual([expect.stringMatching(/^note: /)]);
    expect(of(defects(equal, 'tflm'), /Micro compares/)).toEqual([expect.stringMatching(/^warning: /)]);
    expect(of(defects(equal, 'tflite'), /Micro compares/)).toEqual([]);
  });

  test('a DEPTHWISE_CONV_2D of 8 bits without a bias', () => {
    expect(defects(depthwise(false))).toEqual([expect.stringMatching(/^error: it has no bias: .* end the process/)]);
    expect(defects(depthwise(true))).toEqual([]);
    expect(defects(depthwise(false, 'INT16'))).toEqual([]);
    expect(defects(depthwise(false), 'tflm')).toEqual([]);
  });

  test('a model that the runtime refuses is not runnable', () => {
    expect(lint(smallModel(logistic)).isRunnable).toBe(false);
    expect(lint(smallModel(logistic), { profile: 'tflm' }).isRunnable).toBe(true);
    expect(lint(smallModel(depthwise(false))).isRunnable).toBe(true); // by the reference kernels
    expect(lint(smallModel(dense({ 1: { ...weights, scale: Infinity } }))).isRunnable).toBe(false);
    expect(lint(smallModel(dense())).isRunnable).toBe(true);
  });
});

test('targets: of one alone, or of all', () => {
  const bytes = smallModel(chain([real(1), real(1)], { op: 'GELU' }));
  const of = (options: LintOptions) => rules(lint(bytes, options)).filter((rule) => rule.endsWith('-operators'));
  expect(of({})).toEqual(['tflm-operators', 'edge-tpu-operators']);
  expect(of({ targets: ['edge-tpu'] })).toEqual(['edge-tpu-operators']);
});

test('errors come first, and none of the models here has one', () => {
  const order = ['error', 'warning', 'note'];
  const { findings } = lint(smallModel(dense({ 2: { ...bias, data: int32(2 ** 31 - 1, 0) }, 3: real(0.001) })));
  const places = findings.map(({ severity }) => order.indexOf(severity));
  expect(places).toEqual([...places].sort());
  for (const name of ['digits_conv_int8', 'cnn56_int8', 'cnn56_16x8', 'mobilenet_v1_025_32_uint8']) {
    expect(lint(bytesOf(name)).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  }
});

test('bytes that are no model', () => {
  expect(() => lint(smallModel(dense()).slice(0, 40))).toThrow(ModelError);
});
