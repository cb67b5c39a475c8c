import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../kernels/kernel.ts';
import * as quantization from '../../../kernels/quantization.ts';
import * as reference from '../../../kernels/reference/index.ts';
import { derive, deriveAdd, hex, hexFloat, type Quantity } from '../../../src/explain/derivation.ts';
import * as explainers from '../../../src/explain/operators/index.ts';
import { WITHOUT_FORMULA } from '../../../src/explain/operators/without_formula.ts';
import { explain, Interpreter, type NodeExplanation } from '../../../src/index.ts';
import { render } from '../../../src/report/document.ts';
import { explainBlocks } from '../../../src/report/explain.ts';
import { type SmallModel, smallModel } from '../small_models.ts';

const MODELS = new URL('../../../models/', import.meta.url);
const modelNamed = (name: string) => readFileSync(new URL(`${name}/model.tflite`, MODELS));
const models = readdirSync(MODELS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

// ---- the same numbers from elsewhere

interface Recorded {
  readonly model: string;
  readonly profile: Profile;
  readonly nodes: readonly { readonly node: number }[];
}

const recorded: Recorded[] = JSON.parse(
  gunzipSync(readFileSync(new URL('../../explain/recorded.json.gz', import.meta.url))).toString(),
);

/** Of what explain says, what test/explain/independent.py computes. */
function facts({ inputs, outputs, rescalings, clamp, accumulator, ...node }: NodeExplanation) {
  const tensor = (role: string) => {
    const { index, dtype, shape, quantization: q } = [...inputs, ...outputs].find((other) => other.role === role)!;
    return { index, dtype, shape, scales: q!.scales, zeroPoints: q!.zeroPoints };
  };
  const { type, terms, low, high, bound } = accumulator!;
  const [{ multipliers, steps }] = rescalings as [NodeExplanation['rescalings'][0]];
  return {
    node: node.node,
    op: node.op,
    input: tensor('input'),
    filter: tensor('filter'),
    output: tensor('output'),
    offsets: node.offsets,
    window: node.window,
    accumulator: { type, terms, low, high, bound },
    multipliers: multipliers.map(({ real, multiplier, shift, reduced }) => [real, multiplier, shift, reduced]),
    products: steps[0]!.values,
    clamp: [clamp!.min.value, clamp!.max.value],
    macs: node.macs,
    parameters: node.parameters,
  };
}

describe('equal to an independent computation in Python', () => {
  test.each(recorded)('$model, $profile', ({ model, profile, nodes }) => {
    const explained = explain(modelNamed(model), { profile }).nodes;
    if (profile === 'tflite') {
      const known = explained.filter(({ op }) => /^(DEPTHWISE_)?CONV_2D$|^FULLY_CONNECTED$/.test(op));
      expect(nodes.map(({ node }) => node)).toEqual(known.map(({ node }) => node));
    }
    expect(nodes.map(({ node }) => facts(explained[node]!))).toEqual(nodes);
  });

  test('of every model', () => {
    expect(new Set(recorded.map(({ model }) => model))).toEqual(new Set(models.map(({ name }) => name)));
  });
});

// ---- derivations

const scale = fc.float({ min: Math.fround(1e-6), max: 8, noNaN: true, minExcluded: true });
const quantities = (values: readonly number[]) =>
  values.map((value, i): Quantity => ({ name: `s${i}`, values: [value] }));
const lastOf = (steps: readonly { values: readonly number[] }[]) => steps.at(-1)!.values[0];

describe('the steps lead to the numbers that prepare computes', () => {
  test.each<[fn: quantization.RealMultiplier, operands: number]>([
    [quantization.convolutionMultiplier, 3],
    [quantization.legacyConvolutionMultiplier, 3],
    [quantization.mulMultiplier, 3],
    [quantization.quantizeScale, 2],
    [quantization.reluMultiplier, 2],
    [quantization.softmaxInt16Multiplier, 2],
    [quantization.softmaxInt16MultiplierTflm, 2],
  ])('%o', (fn, operands) => {
    const property = (scales: number[]) => {
      expect(lastOf(derive(fn, ...quantities(scales)))).toBe(fn(...scales));
    };
    fc.assert(fc.property(fc.array(scale, { minLength: operands, maxLength: operands }), property));
  });

  test('addMultipliers', () => {
    const property = (a: number, b: number, c: number, leftShift: number) => {
      const { input1, input2, output } = deriveAdd(a, b, c, leftShift);
      const found = { input1: lastOf(input1), input2: lastOf(input2), output: lastOf(output) };
      expect(found).toEqual(quantization.addMultipliers(a, b, c, leftShift));
    };
    fc.assert(fc.property(scale, scale, scale, fc.constantFrom(15, 20), property));
  });

  test('one channel or several', () => {
    const scales = { name: 'w', values: [0.5, 0.25] };
    const [product, real] = derive(
      quantization.convolutionMultiplier,
      ...quantities([0.5]),
      scales,
      ...quantities([2]),
    );
    expect(product).toMatchObject({ name: 'product[o]', values: [0.25, 0.125] });
    expect(real).toMatchObject({ name: 'real[o]', values: [0.125, 0.0625] });
  });

  test('as C writes them', () => {
    expect([hex(1342986382), hex(-1), hexFloat(1), hexFloat(0.15625)]).toEqual([
      '0x500c588e',
      '0xffffffff',
      '0x1p0',
      '0x1.4p-3',
    ]);
    const value = (text: string) => {
      const [, digits = '', exponent] = /^0x1\.?([0-9a-f]*)p(-?\d+)$/.exec(text)!;
      return (1 + Number.parseInt(digits || '0', 16) / 16 ** digits.length) * 2 ** Number(exponent);
    };
    const property = (a: number, b: number) => {
      expect(value(hexFloat(a * b))).toBe(a * b);
    };
    fc.assert(fc.property(scale, scale, property));
  });
});

// ---- explainers

const int8 = { type: 'INT8', shape: [1, 4], scale: 0.5, zeroPoint: -3 } as const;
const one = (op: string, node: Partial<SmallModel['nodes'][0]> = {}, tensors: SmallModel['tensors'] = [int8, int8]) => {
  const model = smallModel({
    tensors,
    nodes: [{ op, inputs: [0], outputs: [tensors.length - 1], ...node }],
    inputs: [0],
    outputs: [tensors.length - 1],
  });
  return explain(model).nodes[0]!;
};

test('explainers and reasons for there being none are of operators that there are, and never both', () => {
  const [explained, unexplained] = [Object.keys(explainers), Object.keys(WITHOUT_FORMULA)];
  expect([...explained, ...unexplained].filter((op) => !(op in reference))).toEqual([]);
  expect(unexplained.filter((op) => explained.includes(op))).toEqual([]);
});

describe('what is said of a node', () => {
  test('a clamp, and where it comes from', () => {
    const filter = { type: 'INT8', shape: [1, 4], scale: 0.5, data: [1, 2, 3, 4] } as const;
    const output = { type: 'INT8', shape: [1, 1], scale: 0.1, zeroPoint: -128 } as const;
    const options = ['FullyConnectedOptions', { fusedActivationFunction: 'RELU6' }] as const;
    const { clamp } = one('FULLY_CONNECTED', { inputs: [0, 1], options }, [int8, filter, output]);
    expect(clamp).toEqual({
      activation: 'RELU6',
      dtype: 'int8',
      min: { value: -128, from: 'type', real: 0, quantized: -128 },
      max: { value: -68, from: 'activation', real: 6, quantized: -68 },
    });
  });

  test('bounds from the weights, and from the types where the weights are computed', () => {
    const filter = { type: 'INT8', shape: [1, 4], scale: 0.5 } as const;
    const output = { type: 'INT8', shape: [1, 1], scale: 0.5 } as const;
    const dense = (data: readonly number[] | undefined) =>
      explain(
        smallModel({
          tensors: [int8, { ...filter, ...(data && { data }) }, output],
          nodes: [{ op: 'FULLY_CONNECTED', inputs: [0, 1], outputs: [2], options: ['FullyConnectedOptions', {}] }],
          inputs: data ? [0] : [0, 1],
          outputs: [2],
        }),
      ).nodes[0]!.accumulator;
    // input + 3 is in -125..130
    expect(dense([1, 2, 255, 0])).toMatchObject({ low: [3 * -125 - 130], high: [3 * 130 + 125], from: 'weights' });
    expect(dense(undefined)).toMatchObject({ low: [4 * 130 * -128], high: [4 * 130 * 127], from: 'types', bits: 18 });
  });

  test('where scales come from', () => {
    const { inputs, outputs } = explain(modelNamed('digits_conv_int8')).nodes[0]!;
    expect([...inputs, ...outputs].map(({ role, scaleFrom }) => [role, scaleFrom])).toEqual([
      ['input', 'activation range'],
      ['filter', 'own values'],
      ['bias', 'input scale * filter scale'],
      ['output', 'activation range'],
    ]);
    const pool = explain(modelNamed('digits_conv_int8')).nodes[1]!;
    expect(pool.outputs[0]!.scaleFrom).toBe('as the input');
    expect(explain(modelNamed('digits_conv_int8')).nodes.at(-1)!.outputs[0]!.scaleFrom).toBe('fixed by the operator');
    const weights = { type: 'INT8', shape: [1, 4], scale: 0.5, data: [1, 2, 3, 4] } as const;
    const options = ['FullyConnectedOptions', {}] as const;
    const dense = one('FULLY_CONNECTED', { inputs: [0, 1], options }, [int8, weights, { ...int8, shape: [1, 1] }]);
    expect(dense.inputs[1]!.scaleFrom).toBe('range beyond its values');
  });

  test('a multiplier beyond int32 is said to wrap', () => {
    const wide = { ...int8, scale: 2 ** 26 };
    expect(one('RELU', {}, [wide, int8]).formulas[0]).toContain('int32(');
    expect(one('RELU').formulas[0]).not.toContain('int32(');
  });

  test('an operator of float32 without a formula', () => {
    const float = { type: 'FLOAT32', shape: [4] } as const;
    const model = smallModel({
      tensors: [float, float],
      nodes: [{ op: 'ROUND', inputs: [0], outputs: [1] }],
      inputs: [0],
      outputs: [1],
    });
    const { formulas, notes } = explain(new Interpreter(model, { allowFloat: true })).nodes[0]!;
    expect(formulas).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/no formula for this operator: .*halves to even/)]);
  });

  test('an operator without a formula', () => {
    const weights = { ...int8, data: [1, 2, 3, 4] } as const;
    const overTime = { type: 'INT16', shape: [1, 2], scale: 0.5 } as const;
    const tensors = [
      int8,
      weights,
      { ...overTime, data: [1, 0, 2, 0] },
      { ...overTime, isVariable: true },
      { ...int8, shape: [1, 1] },
    ];
    const options = ['SVDFOptions', { rank: 1 }] as const;
    const node = one('SVDF', { inputs: [0, 1, 2, -1, 3], options }, tensors);
    expect(node).toMatchObject({ formulas: [], rescalings: [], window: null, clamp: null });
    expect(node.notes).toEqual([expect.stringMatching(/no formula for this operator: it keeps a state/)]);
  });

  test('shapes that are computed: after a run on zeros, or by the interpreter as it is', () => {
    const model = smallModel({
      tensors: [int8, { type: 'INT32', shape: [2] }, { ...int8, shape: [2, 2] }],
      nodes: [{ op: 'RESHAPE', inputs: [0, 1], outputs: [2] }],
      inputs: [0, 1],
      outputs: [2],
    });
    expect(explain(model).nodes[0]).toMatchObject({ formulas: ['output = input'], outputs: [{ shape: [2, 2] }] });
    const interpreter = new Interpreter(model);
    expect(explain(interpreter).nodes[0]!.notes.join()).toMatch(/computed while the model runs/);
    interpreter.invoke([new Int8Array(4), Int32Array.of(4, 1)]);
    expect(explain(interpreter).nodes[0]!.outputs[0]!.shape).toEqual([4, 1]);
  });

  test('parameters: all that a model has, buffers that are shared once', () => {
    expect(explain(modelNamed('cnn56_int8')).parameters.count).toBe(7101);
    expect(explain(modelNamed('cnn56_int8')).quantization.method).toBe('quantization-aware training');
  });

  test('nothing that JSON could not hold', () => {
    for (const { name } of models) {
      const explanation = explain(modelNamed(name));
      const { nodes, ...rest } = explanation;
      const plain = { ...rest, nodes: nodes.map(({ options, ...node }) => node) };
      expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    }
  });
});

// ---- reports

describe.each(models.map(({ name }) => name))('%s as a document', (name) => {
  const explanation = explain(modelNamed(name));
  const written = (format: 'text' | 'md' | 'tex') =>
    render(explainBlocks('model_1.tflite', explanation, explanation.nodes, { all: true }), format);

  test('in a terminal: aligned, and every multiplier is there', () => {
    const text = written('text');
    expect(text).not.toMatch(/[ \t]$/m);
    for (const { rescalings } of explanation.nodes)
      for (const { multipliers } of rescalings)
        for (const { multiplier, hex: written } of multipliers) {
          expect(text).toContain(multiplier === null ? written : `${multiplier}`);
          expect(text).toContain(written);
        }
  });

  test('in Markdown: tables of equal rows, names without markup', () => {
    const text = written('md');
    const tables = text.match(/(^\|.*\n?)+/gm)!;
    for (const table of tables) {
      const columns = table
        .trim()
        .split('\n')
        .map((row) => row.replaceAll('\\|', '').split('|').length);
      expect(new Set(columns).size).toBe(1);
    }
    expect(text).toContain('# model\\_1.tflite');
  });

  test('in LaTeX: groups and environments close, nothing special is bare', () => {
    const text = written('tex');
    const [, body] = /\\begin\{document\}([\s\S]*)\\end\{document\}\s*$/.exec(text)!;
    let depth = 0;
    for (const [brace] of body!.replace(/\\[{}]/g, '').matchAll(/[{}]/g))
      expect((depth += brace === '{' ? 1 : -1)).toBeGreaterThanOrEqual(0);
    expect(depth).toBe(0);
    const open: string[] = [];
    for (const [, kind, environment] of body!.matchAll(/\\(begin|end)\{(\w+)\}/g))
      if (kind === 'begin') open.push(environment!);
      else expect(open.pop()).toBe(environment);
    expect(open).toEqual([]);
    for (const line of body!.split('\n')) {
      expect((line.match(/(?<!\\)\$/g) ?? []).length % 2).toBe(0);
      const outside = line.replace(/(?<!\\)\$.*?(?<!\\)\$/g, '');
      expect(outside).not.toMatch(/(?<!\\)[_^#%]/);
      expect(line).toMatch(/^[ -~]*$/);
    }
  });
});
