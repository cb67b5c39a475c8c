/** What each node of a model computes, with all its numbers, as plain data. */
import { RequantError } from '../../kernels/errors.ts';
import { isDType, sizeOf, type Tensor, viewOf } from '../../kernels/tensor.ts';
import { type DataFlow, dataFlow, isQuantized, type TensorKind } from '../inspect/data_flow.ts';
import { readConversion } from '../inspect/metadata.ts';
import { quantizationStyle } from '../inspect/quantization_style.ts';
import { tensorReport } from '../inspect/tensor_report.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import type { PreparedNode } from '../runtime/executor.ts';
import { Interpreter, type InterpreterOptions } from '../runtime/interpreter.ts';
import type { Explanation, NodeExplanation, NodeTensor, ParameterCount } from './explanation.ts';
import { explainPrepared, inputRoles } from './operator_explainers.ts';
import { biasOrigin, scaleOrigin } from './scale_origin.ts';

/**
 * Explains every node of a model, under one profile.
 *
 * @param model a .tflite file, or an interpreter, whose profile and shapes count
 * @throws what `new Interpreter` throws
 */
export function explain(model: Uint8Array | ArrayBuffer | Interpreter, options: InterpreterOptions = {}): Explanation {
  const interpreter = model instanceof Interpreter ? model : loaded(model, options);
  const [subgraph] = interpreter.model.subgraphs;
  const flows = interpreter.model.subgraphs.map(dataFlow);
  const prepared = interpreter.preparedNodes;
  const nodes = subgraph!.operators.map((spec, i) => explainNode(spec, prepared[i], flows[0]!));
  const all = subgraph!.operators.flatMap(({ inputs }) => inputs.filter((i) => i >= 0));
  return {
    profile: interpreter.profile,
    quantization: quantizationStyle(interpreter.model, flows, readConversion(interpreter.model)),
    macs: interpreter.macs,
    parameters: countParameters(all, flows[0]!),
    nodes,
  };
}

/** Shapes that are computed are known after a run: one on zeros will do, and on the shapes that the file tells. */
export function loaded(bytes: Uint8Array | ArrayBuffer, options: InterpreterOptions): Interpreter {
  const interpreter = new Interpreter(bytes, options);
  if (interpreter.preparedNodes.length === interpreter.nodes.length) return interpreter;
  const { operators, tensors } = interpreter.model.subgraphs[0]!;
  const inputs = interpreter.inputs.map(({ index, dtype, size }) => {
    const values = viewOf(isDType(dtype) ? dtype : 'int8', new ArrayBuffer(8 * size), 0, size);
    const reader = operators.find(({ op, inputs }) => inputs[SHAPE_INPUTS[op] ?? -1] === index);
    const shape = reader && tensors[reader.outputs[0]!]!.shape;
    if (values instanceof Int32Array && shape?.length === size) values.set(shape);
    return values;
  });
  try {
    interpreter.invoke(inputs);
  } catch (error) {
    if (!(error instanceof RequantError)) throw error; // what is prepared by then will do
  }
  return interpreter;
}

/** Which input is the shape of the output. */
const SHAPE_INPUTS: { readonly [op: string]: number } = { TRANSPOSE_CONV: 0, RESHAPE: 1, BROADCAST_TO: 1 };

function explainNode(spec: OperatorSpec, prepared: PreparedNode | undefined, flow: DataFlow): NodeExplanation {
  const { index, op, isCustom, version, options } = spec;
  const names = inputRoles(spec, spec.inputs.length);
  const outputs = spec.outputs.map((tensor, i) =>
    nodeTensor(tensor, spec.outputs.length > 1 ? `output${i}` : 'output', prepared?.node.outputs[i], flow),
  );
  return {
    node: index,
    op,
    isCustom,
    version,
    name: outputs[0]?.name ?? '',
    inputs: inputTensors(spec, names, prepared, flow),
    outputs,
    options,
    macs: prepared?.node.macs ?? 0,
    parameters: countParameters(spec.inputs, flow),
    ...explainPrepared(prepared),
  };
}

function inputTensors(
  spec: OperatorSpec,
  names: readonly string[],
  prepared: PreparedNode | undefined,
  flow: DataFlow,
): NodeTensor[] {
  const named = (role: string) => prepared?.node.inputs[names.indexOf(role)];
  const [input, filter] = [named('input'), named('filter')];
  return spec.inputs.flatMap((index, i) => {
    if (index < 0) return [];
    const tensor = prepared?.node.inputs[i];
    const described = nodeTensor(index, names[i] ?? `input${i}`, tensor, flow);
    const isBias = described.role === 'bias' && tensor && input && filter;
    return [isBias ? { ...described, scaleFrom: biasOrigin(tensor, input, filter) } : described];
  });
}

/** A tensor as the file has it, in the shape that it is prepared for. */
function nodeTensor(index: number, role: string, tensor: Tensor | undefined, flow: DataFlow): NodeTensor {
  const spec = flow.subgraph.tensors[index]!;
  const report = tensorReport(spec, flow.kinds[index]!);
  return { role, ...report, shape: [...(tensor?.shape ?? spec.shape)], scaleFrom: scaleOrigin(spec, tensor, flow) };
}

/** Tensors may share a buffer: it counts once. */
function countParameters(indices: readonly number[], { subgraph, kinds }: DataFlow): ParameterCount {
  const seen = new Set<number>();
  let [count, bytes] = [0, 0];
  for (const index of indices) {
    const tensor = subgraph.tensors[index];
    if (!tensor?.constant || seen.has(tensor.buffer) || !isParameter(tensor, kinds[index]!)) continue;
    seen.add(tensor.buffer);
    count += sizeOf(tensor.shape);
    bytes += tensor.constant.length;
  }
  return { count, bytes };
}

/** Shapes, axes and indices are none. */
function isParameter(tensor: TensorSpec, kind: TensorKind): boolean {
  return kind === 'weights' || kind === 'bias' || isQuantized(tensor);
}
