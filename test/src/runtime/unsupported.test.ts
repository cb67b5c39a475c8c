/** Which float layers run, and what is said where they do not. */
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
function load(tensors: readonly SmallTensor[], nodes: readonly SmallNode[]): Interpreter {
  const model = smallModel({ tensors, nodes, inputs: [0], outputs: [tensors.length - 1] });
  return new Interpreter(model);
}

function refusal(tensors: readonly SmallTensor[], nodes: readonly SmallNode[]): UnsupportedError {
  try {
    load(tensors, nodes);
  } catch (error) {
    if (error instanceof UnsupportedError) return error;
    throw error;
  }
  throw new Error('it is not refused');
}

describe('a float32 layer runs', () => {
  const run = (tensors: readonly SmallTensor[], nodes: readonly SmallNode[]) =>
    Array.from<number | bigint>(load(tensors, nodes).invoke(Float32Array.of(1, 0, 0, 1))[0]!.data);

  test('if its weights are a DEQUANTIZE of integers', () => {
    expect(run([float32, integers, float32, float32], [node('DEQUANTIZE', [1], 2), layer(2, 3)])).toEqual([1, 3, 2, 4]);
  });

  test('if something else was done to the integers, too', () => {
    const permutation: SmallTensor = { type: 'INT32', shape: [2], data: [1, 0, 0, 0, 0, 0, 0, 0] };
    const tensors = [float32, integers, float32, permutation, float32, float32];
    const nodes = [node('DEQUANTIZE', [1], 2), node('TRANSPOSE', [2, 3], 4), layer(4, 5)];
    expect(run(tensors, nodes)).toEqual([1, 2, 3, 4]);
  });

  test('if its weights are computed from the input', () => {
    expect(run([float32, float32], [layer(0, 1)])).toEqual([1, 0, 0, 1]);
  });
});

describe('a float32 layer is refused', () => {
  const ADVICE =
    'requant runs quantized models: give the converter a representative_dataset, so that it quantizes activations, too; ' +
    '`requant inspect` shows which tensors are not quantized, and why.';

  test('if the file has float32 weights', () => {
    const error = refusal([float32, floats, float32], [layer(1, 2)]);
    expect(error.message).toBe(
      'requant cannot run 1 of 1 nodes:\n' +
        "  FULLY_CONNECTED (node 0): its weights, tensor 1 't1', are float32 in the file; they can be integers, behind a DEQUANTIZE\n" +
        `The model is float throughout.\n${ADVICE}`,
    );
    expect(error).toMatchObject({ op: 'FULLY_CONNECTED', node: 0, path: 'subgraphs[0].operators[0]' });
  });

  test('if its weights are computed from float32 of the file', () => {
    const shape: SmallTensor = { type: 'INT32', shape: [2], data: [2, 0, 0, 0, 2, 0, 0, 0] };
    const tensors = [float32, { ...floats, shape: [4] }, shape, float32, float32];
    expect(refusal(tensors, [node('RESHAPE', [1, 2], 3), layer(3, 4)]).nodes).toEqual([
      { op: 'FULLY_CONNECTED', node: 1, reason: expect.stringContaining("tensor 3 't3', are float32 in the file") },
    ]);
  });

  test('if it is hybrid', () => {
    const { message } = refusal([float32, integers, float32], [layer(1, 2)]);
    expect(message).toContain(
      "FULLY_CONNECTED (node 0): its activations are float32, its weights, tensor 1 't1', are int8: hybrid, of dynamic range\n",
    );
    expect(message).toContain(ADVICE);
  });

  test('and the other float nodes of a model that is float throughout are named', () => {
    const tensors = [float32, integers, float32, floats, float32, float32, float32];
    const nodes = [node('DEQUANTIZE', [1], 2), layer(2, 4), layer(3, 5, 4), node('LOGISTIC', [5], 6)];
    const { message, nodes: named } = refusal(tensors, nodes);
    expect(message).toContain(
      '\nThe model is float throughout: so are DEQUANTIZE (node 0), FULLY_CONNECTED (node 1), LOGISTIC (node 3).\n',
    );
    expect(named.map(({ node }) => node)).toEqual([2]);
  });

  test('and of many, only their number is told', () => {
    const count = 12;
    const tensors = [float32, floats, ...Array.from({ length: count + 1 }, () => float32)];
    const relus = Array.from({ length: count }, (_, i) => node('RELU', [i + 2], i + 3));
    expect(refusal(tensors, [layer(1, 2), ...relus]).message).toContain('float throughout: so are 12 RELU.');
  });

  test('and a model with a quantized node is not float throughout', () => {
    const tensors = [int8, float32, floats, float32, int8];
    const nodes = [node('DEQUANTIZE', [0], 1), layer(2, 3, 1), node('QUANTIZE', [3], 4)];
    const { message } = refusal(tensors, nodes);
    expect(message).toContain("its weights, tensor 2 't2', are float32 in the file");
    expect(message).not.toContain('throughout');
    expect(message).toContain(ADVICE);
  });
});
