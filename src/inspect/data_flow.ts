/** Who writes a tensor, who reads it, and what it is for: plain facts of a subgraph, for what is said about it. */
import type { OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import { constantKind } from '../model/operator_facts.ts';

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

export function dataFlow(subgraph: Subgraph): DataFlow {
  const writers = new Map<number, OperatorSpec>();
  const readers = new Map<number, OperatorSpec[]>();
  const described = new Set<number>();
  const roles = new Map<number, TensorKind>();
  for (const operator of subgraph.operators) {
    for (const i of operator.outputs) writers.set(i, operator);
    for (const i of operator.intermediates) described.add(i);
    operator.inputs.forEach((i, place) => {
      if (i < 0) return;
      const others = readers.get(i);
      if (others) others.push(operator);
      else readers.set(i, [operator]);
      const kind = operator.isCustom ? undefined : constantKind(operator.op, place);
      if (kind) roles.set(i, kind);
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
