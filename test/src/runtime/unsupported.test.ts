/** Which float layers run, and what is said of a model in which nothing is quantized. */
import { describe, expect, test } from 'vitest';
import { UnsupportedError } from '../../../kernels/errors.ts';
import { Interpreter } from '../../../src/runtime/interpreter.ts';
import { type SmallNode, type SmallTensor, smallModel } from '../small_models.ts';

const int8: SmallTensor = { type: 'INT8', shape: [2, 2], scale: 0.5 };
const float32: SmallTensor = { type: 'FLOAT32', shape: [2, 2] };
const integers = { ...int8, data: [2, 4, 6, 8] };
const floats = { ...float32, data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) };

const node = (op: string, inputs: number[], output: number, options?: SmallNode['options']): SmallNode => ({
  op,
  inputs,
  outputs: [output],
  ...(options && { options }),
});
const layer = (weights: number, output: number, input = 0) =>
  node('FULLY_CONNECTED', [input, weights], output, ['FullyConnectedOptions', {}]);

/** Input 0 is the graph's, and the last tensor its output. */
function load(tensors: readonly SmallTensor[], nodes: readonly SmallNode[], options = {}): Interpreter {
  const model = smallModel({ tensors, nodes, inputs: [0], outputs: [tensors.length - 1] });
  return new Interpreter(model, options);
}

function refusal(tensors: readonly SmallTensor[], nodes: readonly SmallNode[], options = {}): UnsupportedError {
  try {
    load(tensors, nodes, options);
  } catch (error) {
    if (error instanceof UnsupportedError) return error;
    throw error;
  }
  throw new Error('it is not refused');
}

const run = (tensors: readonly SmallTensor[], nodes: readonly SmallNode[], options = {}) =>
  Array.from<number | bigint>(load(tensors, nodes, options).invoke(Float32Array.of(1, 0, 0, 1))[0]!.data);

describe('a float32 layer runs', () => {
  test('if its weights are a DEQUANTIZE of integers', () => {
    expect(run([float32, integers, float32, float32], [node('DEQUANTIZE', [1], 2), layer(2, 3)])).toEqual([1, 3, 2, 4]);
  });

  test('if its weights are computed from the input', () => {
    expect(run([float32, float32], [layer(0, 1)])).toEqual([1, 0, 0, 1]);
  });

  test('if it is hybrid', () => {
    expect(run([float32, integers, float32], [layer(1, 2)])).toEqual([1, 3, 2, 4]);
  });

  test('if its weights are float32, but something else is quantized', () => {
    const tensors = [int8, float32, floats, float32, int8];
    const nodes = [node('DEQUANTIZE', [0], 1), layer(2, 3, 1), node('QUANTIZE', [3], 4)];
    const [output] = load(tensors, nodes).invoke(Int8Array.of(2, 0, 0, 2));
    expect([...(output!.data as Int8Array)]).toEqual([2, 6, 4, 8]);
  });

  test('of a model in which nothing is quantized, with allowFloat', () => {
    expect(run([float32, floats, float32], [layer(1, 2)], { allowFloat: true })).toEqual([1, 3, 2, 4]);
  });
});

describe('refused', () => {
  test('is a model in which nothing is quantized', () => {
    const tensors = [float32, floats, float32, float32, float32];
    const error = refusal(tensors, [node('RELU', [0], 2), layer(1, 3, 2), layer(1, 4, 3)]);
    expect(error.message).toBe(
      'requant runs quantized models, and nothing in this one is quantized: the weights of 2 FULLY_CONNECTED are float32; ' +
        'quantize it (TensorFlow: converter.optimizations = [tf.lite.Optimize.DEFAULT] with a representative_dataset; ' +
        'or ai-edge-quantizer), or run it as it is with the option allowFloat (on the command line, --allow-float)',
    );
    expect(error).toMatchObject({ op: 'FULLY_CONNECTED', node: 1, path: 'subgraphs[0].operators[1]' });
    expect(error.nodes.map(({ node }) => node)).toEqual([1, 2]);
  });

  test('is no model without layers', () => {
    expect(run([float32, floats, float32], [node('ADD', [0, 1], 2)])).toEqual([2, 2, 3, 5]);
  });

  test('is a hybrid layer in profile tflm, as TensorFlow Lite Micro does', () => {
    expect(refusal([float32, integers, float32], [layer(1, 2)], { profile: 'tflm' }).message).toBe(
      'requant cannot run 1 of 1 nodes:\n' +
        "  FULLY_CONNECTED (node 0): its activations are float32, tensor 1 't1' is int8: TensorFlow Lite Micro has no hybrid layers\n" +
        'It runs with the profile tflite.',
    );
  });
});

describe('a refusal names the profile that runs the model', () => {
  const svdf = (time: SmallTensor['type']) => {
    const q = { scale: 0.5, zeroPoint: 0 };
    const bytes = time === 'INT8' ? 1 : 2;
    const tensors: SmallTensor[] = [
      { type: 'INT8', shape: [1, 2], ...q },
      { type: 'INT8', shape: [1, 2], ...q, data: [1, 2] },
      { type: time, shape: [1, 2], ...q, data: new Uint8Array(2 * bytes) },
      { type: 'INT32', shape: [1], scale: 0.25, zeroPoint: 0, data: [0, 0, 0, 0] },
      { type: time, shape: [1, 2], ...q, isVariable: true },
      { type: 'INT8', shape: [1, 1], ...q },
    ];
    const nodes = [
      { op: 'SVDF', inputs: [0, 1, 2, 3, 4], outputs: [5], options: ['SVDFOptions', { rank: 1 }] as const },
    ];
    return smallModel({ tensors, nodes, inputs: [0], outputs: [5] });
  };

  test('SVDF with int8 time weights: TensorFlow Lite Micro alone has it', () => {
    expect(() => new Interpreter(svdf('INT8'))).toThrow(/\nIt runs with the profile tflm\.$/);
    expect(() => new Interpreter(svdf('INT8'), { profile: 'tflite-2.19' })).toThrow('It runs with the profile tflm.');
    for (const profile of ['tflm', 'single-rounding'] as const) new Interpreter(svdf('INT8'), { profile });
    new Interpreter(svdf('INT16'));
  });

  test('where none does, nothing is said of it', () => {
    const tensors = [int8, int8];
    const [model] = [
      smallModel({ tensors, nodes: [{ op: 'SEGMENT_SUM', inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] }),
    ];
    for (const profile of ['tflite', 'tflm'] as const) {
      expect(() => new Interpreter(model!, { profile })).toThrow(/^(?!.*It runs with)/s);
    }
  });
});
