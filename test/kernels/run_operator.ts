/** Runs one operator without a model file: tensors written down, answers compared. */
import type { KernelSet, Limits, Profile } from '../../kernels/kernel.ts';
import * as reference from '../../kernels/reference/index.ts';
import { plainSimd, relaxedSimd } from '../../kernels/simd/index.ts';
import { type DType, sizeOf, Tensor, viewOf } from '../../kernels/tensor.ts';
import { Executor } from '../../src/runtime/executor.ts';

/** Every implementation that there is here: each kernel test runs over all of them. */
export const kernelSets: readonly { name: string; set: KernelSet | undefined }[] = [
  { name: 'reference', set: undefined },
  { name: 'simd', set: plainSimd()! },
  ...[relaxedSimd()].flatMap((set) => (set ? [{ name: 'relaxed simd', set }] : [])),
];

/** A tensor written down. */
export interface TensorLiteral {
  dtype: DType;
  shape: readonly number[];
  /** One scale, or one for each index of `dimension`. */
  scale?: number | readonly number[];
  zeroPoint?: number | readonly number[];
  dimension?: number;
  /** An input's values; an output has none. */
  data?: readonly (number | bigint)[];
  /** Whether prepare may read the values; otherwise they come when the graph runs. */
  constant?: boolean;
  /** State: `data` is what it starts with. */
  variable?: boolean;
}

export interface OperatorCase {
  op: string;
  options?: object;
  inputs: readonly (TensorLiteral | undefined)[];
  outputs: readonly TensorLiteral[];
  intermediates?: readonly TensorLiteral[];
  profile?: Profile;
  limits?: Partial<Limits>;
}

/** The outputs' shapes and values, after one run. */
export function runOperator(test: OperatorCase, kernelSet?: KernelSet) {
  const { op, options = {}, profile = 'tflite' } = test;
  const inputs = test.inputs.map((literal, i) => literal && tensorOf(literal, i));
  const outputs = test.outputs.map((literal, i) => tensorOf(literal, inputs.length + i));
  const intermediates = (test.intermediates ?? []).map((literal) => tensorOf(literal, -1));
  const variables = inputs.filter((_, i) => test.inputs[i]?.variable) as Tensor[];
  const graph = {
    tensors: [...inputs, ...outputs],
    inputs: inputs.filter((tensor) => tensor && !tensor.known && !variables.includes(tensor)) as Tensor[],
    outputs,
    variables,
    nodes: [{ op, isCustom: false, index: 0, version: 1, options, inputs, outputs, intermediates }],
  };
  const limits = { tensorBytes: 2 ** 28, macs: 2 ** 32, iterations: 2 ** 20, ...test.limits };
  const executor = new Executor(graph, { profile, limits, operators: reference, customOps: {}, kernelSet });
  test.inputs.forEach((literal, i) => {
    if (literal?.data && !literal.constant) setData(inputs[i]!, literal.data);
  });
  executor.run();
  return outputs.map(({ shape, data }) => ({ shape: [...shape], data: Array.from<number | bigint>(data) }));
}

function tensorOf(literal: TensorLiteral, index: number): Tensor {
  const { dtype, shape, scale, zeroPoint = 0, dimension = 0, data, constant } = literal;
  const scales = scale === undefined ? undefined : Float32Array.from([scale].flat());
  const zeroPoints = Int32Array.from([zeroPoint].flat());
  const quantization = scales && {
    scales,
    zeroPoints: zeroPoints.length === scales.length ? zeroPoints : new Int32Array(scales.length).fill(zeroPoints[0]),
    dimension,
  };
  const tensor = new Tensor(index, `t${index}`, dtype, shape, quantization);
  if (constant && data) {
    tensor.data = viewOf(dtype, new ArrayBuffer(tensor.byteLength), 0, sizeOf(shape));
    setData(tensor, data);
    tensor.known = true;
  }
  return tensor;
}

function setData(tensor: Tensor, data: readonly (number | bigint)[]) {
  if (data.length !== tensor.size) throw new Error(`${data.length} values for ${tensor} of [${tensor.shape}]`);
  data.forEach((value, i) => {
    tensor.data[i] = value;
  });
}
