/** What CMSIS-NN computes and its wrappers refuse, and what the Edge TPU compiler's page says that it maps: both ways each. */
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../../src/model/loader.ts';
import { cmsisNnObjection, cmsisNnRefusal } from '../../../src/targets/cmsis_nn.ts';
import { edgeTpuObjection } from '../../../src/targets/edge_tpu.ts';
import { microRefusals } from '../../../src/targets/tflm.ts';
import { type SmallNode, type SmallTensor, smallModel } from '../small_models.ts';

const int32 = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const q = (type: SmallTensor['type'], shape: number[], more: Partial<SmallTensor> = {}): SmallTensor => ({
  type,
  shape,
  scale: 0.5,
  zeroPoint: 0,
  ...more,
});
const axes = (...values: number[]): SmallTensor => ({ type: 'INT32', shape: [values.length], data: int32(...values) });

/** The last tensor is the output. */
function asked(tensors: readonly SmallTensor[], op: string, options?: SmallNode['options']) {
  const output = tensors.length - 1;
  const inputs = tensors.slice(0, -1).map((_, i) => i);
  const graphInputs = inputs.filter((i) => !tensors[i]!.data);
  const node = { op, inputs, outputs: [output], ...(options && { options }) };
  const model = loadModel(smallModel({ tensors, nodes: [node], inputs: graphInputs, outputs: [output] }));
  const [subgraph] = model.subgraphs;
  const [operator] = subgraph!.operators;
  return {
    cmsis: cmsisNnObjection(operator!, subgraph!, model),
    refusal: cmsisNnRefusal(operator!, subgraph!, model),
    edge: edgeTpuObjection(operator!, subgraph!, model),
    micro: microRefusals(model),
  };
}

const layer = (type: 'INT8' | 'INT16', scale: number | number[], bias: SmallTensor['type'] = 'INT32') => {
  const bytes = bias === 'INT64' ? 8 : 4;
  return [
    q(type, [1, 2]),
    q('INT8', [2, 2], { scale, data: [1, 2, 3, 4] }),
    q(bias, [2], { scale: 0.25, data: new Uint8Array(2 * bytes) }),
    q(type, [1, 2]),
  ];
};

describe('CMSIS-NN', () => {
  test.each([
    ['int8, per channel', layer('INT8', [0.5, 0.25]), undefined],
    ['int16, one scale', layer('INT16', 0.5, 'INT64'), undefined],
    ['int16, per channel', layer('INT16', [0.5, 0.25], 'INT64'), 'an int16 layer must have one scale for its filter'],
    ['int16 with an int32 bias', layer('INT16', 0.5), 'it reads an int32 bias as int64'],
  ])('FULLY_CONNECTED, %s', (_, tensors, refusal) => {
    const verdict = asked(tensors, 'FULLY_CONNECTED');
    expect(verdict.micro).toEqual([]); // the reference kernels take them all
    expect(verdict.cmsis).toBeUndefined();
    if (refusal) expect(verdict.refusal).toContain(refusal);
    else expect(verdict.refusal).toBeUndefined();
  });

  test.each(['ADD', 'MUL'])('%s: where nothing is broadcast', (op) => {
    const operands = (...shapes: number[][]) => shapes.map((shape) => q('INT8', shape));
    expect(asked(operands([1, 2, 3], [2, 3], [1, 2, 3]), op).cmsis).toBeUndefined();
    expect(asked(operands([2, 3], [1, 3], [2, 3]), op).cmsis).toBe('its kernels do not broadcast');
  });

  test('MAXIMUM: int8 alone', () => {
    const three = (type: SmallTensor['type']) => [q(type, [2]), q(type, [2]), q(type, [2])];
    expect(asked(three('INT8'), 'MAXIMUM').cmsis).toBeUndefined();
    expect(asked(three('INT16'), 'MAXIMUM').cmsis).toContain('int8 for input1, not int16');
  });

  test('TRANSPOSE of int8: 4 dimensions, where the reference takes 5', () => {
    const transposed = (rank: number) => {
      const shape = Array.from({ length: rank }, () => 1);
      return [q('INT8', shape), axes(...shape.map((_, i) => i)), q('INT8', shape)];
    };
    expect(asked(transposed(4), 'TRANSPOSE').refusal).toBeUndefined();
    expect(asked(transposed(5), 'TRANSPOSE').refusal).toBe('input may have at most 4 dimensions');
    expect(asked(transposed(5), 'TRANSPOSE').micro).toEqual([]);
  });
});

const image = [1, 4, 4, 8];

describe('the Edge TPU', () => {
  const pool = (fusedActivationFunction: string) =>
    ['Pool2DOptions', { padding: 'VALID', strideW: 1, strideH: 1, filterWidth: 1, filterHeight: 1, fusedActivationFunction }] as const; // biome-ignore format: one line
  const slice = (strides: number, ellipsisMask = 0) =>
    [[q('INT8', [4]), axes(0), axes(4), axes(strides), q('INT8', [4 / strides])], ['StridedSliceOptions', { ellipsisMask }]] as const; // biome-ignore format: one line

  test.each<[string, readonly SmallTensor[], SmallNode['options'] | undefined, string | undefined]>([
    ['ADD', [q('UINT8', [4]), q('UINT8', [4]), q('UINT8', [4])], undefined, undefined],
    ['ADD', [q('INT16', [4]), q('INT16', [4]), q('INT16', [4])], undefined, 'it computes int8 and uint8, not int16'],
    ['QUANTIZE', [{ type: 'FLOAT32', shape: [4] }, q('INT8', [4])], undefined, 'int8 or uint8 for input, not float32'],
    ['MAX_POOL_2D', [q('INT8', image), q('INT8', image)], pool('NONE'), undefined],
    ['MAX_POOL_2D', [q('INT8', image), q('INT8', image)], pool('RELU'), 'no fused activation'],
    ['MEAN', [q('INT8', image), axes(1, 2), q('INT8', [1, 8])], ['ReducerOptions', {}], undefined],
    ['MEAN', [q('INT8', image), axes(0), q('INT8', [4, 4, 8])], ['ReducerOptions', {}], 'does not reduce the batch'],
    ['MEAN', [q('INT8', [1, 4, 4, 6]), axes(-1), q('INT8', [1, 4, 4])], ['ReducerOptions', {}], 'a multiple of 4'],
    ['MEAN', [q('INT8', image), axes(-1), q('INT8', [1, 4, 4])], ['ReducerOptions', {}], undefined],
    ['SOFTMAX', [q('INT8', [1, 16_000]), q('INT8', [1, 16_000])], undefined, undefined],
    ['SOFTMAX', [q('INT8', [1, 16_001]), q('INT8', [1, 16_001])], undefined, 'at most 16,000 elements'],
    ['RELU', [q('INT8', [2, 4, 4, 8]), q('INT8', [2, 4, 4, 8])], undefined, '3 dimensions above 1'],
    [
      'RELU',
      [q('INT8', image, { shapeSignature: [-1, 4, 4, 8] }), q('INT8', image)],
      undefined,
      'shapes must be fixed',
    ],
    ['RESIZE_BILINEAR', [q('INT8', image), axes(8, 8), q('INT8', [1, 8, 8, 8])], undefined, 'is not known'],
    ['STRIDED_SLICE', slice(1)[0], slice(1)[1], undefined],
    ['STRIDED_SLICE', slice(2)[0], slice(2)[1], 'its strides must be 1'],
    ['STRIDED_SLICE', slice(1, 1)[0], slice(1, 1)[1], 'neither ellipsisMask nor newAxisMask'],
    ['GELU', [q('INT8', [4]), q('INT8', [4])], undefined, 'its compiler knows no such operator'],
  ])('%s %#', (op, tensors, options, objection) => {
    const { edge } = asked(tensors, op, options);
    if (objection === undefined) expect(edge).toBeUndefined();
    else expect(edge).toContain(objection);
  });

  test('CONCATENATION: a constant input must be one of two, and all zero', () => {
    const constant = (data: number[]) => q('INT8', [2], { zeroPoint: -3, data });
    const of = (...tensors: SmallTensor[]) =>
      asked([...tensors, q('INT8', [2 * tensors.length])], 'CONCATENATION', ['ConcatenationOptions', {}]).edge;
    expect(of(q('INT8', [2]), constant([253, 253]))).toBeUndefined();
    expect(of(q('INT8', [2]), constant([253, 0]))).toContain('all zero');
    expect(of(q('INT8', [2]), q('INT8', [2]), constant([253, 253]))).toContain('one of two');
  });
});
