/** A node of a candidate's run as the models of operators take it, and the nodes before it of which nothing is known. */
import { isDType, viewOf } from '../../kernels/tensor.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import type { TheirTensor } from './candidate.ts';
import type { NodeCase, Operand } from './node_case.ts';
import type { Run } from './run.ts';

/** Nodes whose values lead to this one's inputs, and that they gave none of. */
export function unseenBefore({ inputs }: NodeInfo, { interpreter, theirs }: Run): number[] {
  const writers = new Map(interpreter.nodes.flatMap((node) => node.outputs.map(({ index }) => [index, node] as const)));
  const unseen = new Set<number>();
  const visit = (tensor: TensorInfo | undefined) => {
    const writer = tensor && writers.get(tensor.index);
    if (!writer || theirs.has(tensor.index) || unseen.has(writer.index)) return;
    unseen.add(writer.index);
    writer.inputs.forEach(visit);
  };
  inputs.forEach(visit);
  return [...unseen].sort((a, b) => a - b);
}

/** `their`: the candidate's values of one of its outputs. */
export function caseOf(info: NodeInfo, their: TheirTensor, run: Run): NodeCase {
  const { interpreter, isolated, theirs, given } = run;
  const { tensors } = interpreter.model.subgraphs[0]!;
  const dataOf = (tensor: TensorInfo): TensorData => {
    const constant = tensors[tensor.index]!.constant;
    const position = interpreter.inputs.findIndex(({ index }) => index === tensor.index);
    if (position >= 0) return given[position]!;
    const data = theirs.get(tensor.index)?.own ?? isolated.get(tensor.index);
    if (data) return data;
    const { dtype } = tensor;
    const bytes = constant?.slice() ?? new Uint8Array(0);
    return isDType(dtype) ? (viewOf(dtype, bytes.buffer, 0, tensor.size) as TensorData) : bytes;
  };
  const operand = (tensor: TensorInfo): Operand => {
    return { tensor, shape: tensor.shape, dtype: tensor.dtype, data: dataOf(tensor) };
  };
  const output = info.outputs.find(({ index }) => index === their.tensor.index)!;
  const origin = originOf(info.inputs[0], run);
  return {
    op: info.op,
    options: info.options,
    inputs: info.inputs.map((tensor) => tensor && operand(tensor)),
    output: { tensor: output, shape: output.shape, dtype: output.dtype, data: isolated.get(output.index)! },
    target: their.target,
    ...(origin.reals && { reals: origin.reals }),
    unflattened: origin.shape,
  };
}

/** Where an input comes from, through what only gives it another shape: real numbers that were quantized, another shape. */
function originOf(tensor: TensorInfo | undefined, { interpreter, theirs, given }: Run) {
  let shape: readonly number[] | undefined;
  for (let at = tensor; at; ) {
    const writer = interpreter.nodes.find(({ outputs }) => outputs.some(({ index }) => index === at!.index));
    const from = writer?.inputs[0];
    if (!writer || !from || theirs.has(at.index)) break;
    if (writer.op === 'QUANTIZE' && from.dtype === 'float32') {
      const position = interpreter.inputs.findIndex(({ index }) => index === from.index);
      const reals = given[position];
      return { shape, reals: reals instanceof Float32Array ? reals : undefined };
    }
    if (!['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS'].includes(writer.op)) break;
    shape = from.shape;
    at = from;
  }
  return { shape, reals: undefined };
}
