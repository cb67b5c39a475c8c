/** Who writes a tensor, who reads it, and what it is for: plain facts of a subgraph, for what is said about it. */
import type { OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';

/** What a tensor is for. */
export type TensorKind =
  | 'input'
  | 'output'
  | 'weights'
  | 'bias'
  | 'constant'
  | 'variable'
  | 'activation'
  | 'description'
  | 'unused';

export interface DataFlow {
  readonly subgraph: Subgraph;
  /** By tensor index. */
  readonly writers: ReadonlyMap<number, OperatorSpec>;
  readonly readers: ReadonlyMap<number, readonly OperatorSpec[]>;
  /** Of each tensor, by index. */
  readonly kinds: readonly TensorKind[];
}

interface Roles {
  readonly weights: readonly number[];
  readonly biases: readonly number[];
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const CONVOLUTION: Roles = { weights: [1], biases: [2] };
const LSTM: Roles = { weights: [...range(1, 11), 16, ...range(20, 23)], biases: [...range(12, 15), 17] };

/** Which inputs are weights, which biases; the operators that are not here have none. */
const ROLES: { readonly [op: string]: Roles } = {
  CONV_2D: CONVOLUTION,
  CONV_3D: CONVOLUTION,
  DEPTHWISE_CONV_2D: CONVOLUTION,
  FULLY_CONNECTED: CONVOLUTION,
  TRANSPOSE_CONV: { weights: [1], biases: [3] },
  CONV_3D_TRANSPOSE: { weights: [1], biases: [3] },
  BATCH_MATMUL: { weights: [0, 1], biases: [] },
  EMBEDDING_LOOKUP: { weights: [1], biases: [] },
  SVDF: { weights: [1, 2], biases: [3] },
  RNN: { weights: [1, 2], biases: [3] },
  UNIDIRECTIONAL_SEQUENCE_RNN: { weights: [1, 2], biases: [3] },
  LSTM,
  UNIDIRECTIONAL_SEQUENCE_LSTM: LSTM,
};

/** Whether the operator has weights, and so a quantized kernel in every TFLite. */
export function hasWeights(op: string): boolean {
  return Object.hasOwn(ROLES, op);
}

export function dataFlow(subgraph: Subgraph): DataFlow {
  const writers = new Map<number, OperatorSpec>();
  const readers = new Map<number, OperatorSpec[]>();
  const described = new Set<number>();
  const roles = new Map<number, TensorKind>();
  for (const operator of subgraph.operators) {
    for (const i of operator.outputs) writers.set(i, operator);
    for (const i of operator.intermediates) described.add(i);
    const { weights, biases } = hasWeights(operator.op) ? ROLES[operator.op]! : { weights: [], biases: [] };
    operator.inputs.forEach((i, place) => {
      if (i < 0) return;
      const others = readers.get(i);
      if (others) others.push(operator);
      else readers.set(i, [operator]);
      if (weights.includes(place)) roles.set(i, 'weights');
      else if (biases.includes(place)) roles.set(i, 'bias');
    });
  }
  for (const { op, inputs, outputs } of subgraph.operators) {
    const role = op === 'DEQUANTIZE' ? roles.get(outputs[0] ?? -1) : undefined;
    if (role) roles.set(inputs[0] ?? -1, role);
  }
  const [inputs, outputs] = [new Set(subgraph.inputs), new Set(subgraph.outputs)];
  const kindOf = ({ index, constant, isVariable }: TensorSpec): TensorKind => {
    if (inputs.has(index)) return 'input';
    if (outputs.has(index)) return 'output';
    if (isVariable) return 'variable';
    if (constant) return roles.get(index) ?? (readers.has(index) ? 'constant' : 'unused');
    if (writers.has(index) || readers.has(index)) return 'activation';
    return described.has(index) ? 'description' : 'unused';
  };
  return { subgraph, writers, readers, kinds: subgraph.tensors.map(kindOf) };
}

const FLOATS = ['float32', 'float16', 'bfloat16', 'float64', 'complex64', 'complex128'];

/** undefined: an operator that lacks the tensor, in a file that only `new Interpreter` refuses. */
export function isFloat(tensor: TensorSpec | undefined): boolean {
  return tensor !== undefined && FLOATS.includes(tensor.dtype);
}

const QUANTIZED = ['int8', 'uint8', 'int16', 'int4', 'uint4', 'int2'];

/** Whether a tensor holds quantized values, not mere integers such as indices. */
export function isQuantized(tensor: TensorSpec | undefined): boolean {
  return tensor?.quantization !== undefined && QUANTIZED.includes(tensor.dtype);
}
