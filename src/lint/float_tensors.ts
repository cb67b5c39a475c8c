/** Why each float tensor is float: whether it has a range (min, max), which one, and what took it away. */

import { type DataFlow, isFloat, isQuantized } from '../inspect/data_flow.ts';
import type { FloatTensor } from '../inspect/integer_only.ts';
import type { QuantizationStyle } from '../inspect/quantization_style.ts';
import { tensorReport } from '../inspect/tensor_report.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { named, real } from './rule.ts';

export interface FloatTensorReason extends FloatTensor {
  /** The range of real values that the file knows of it. */
  readonly range: readonly [min: number, max: number] | null;
  /** Why it has none, or why it is float nonetheless. */
  readonly reason: string;
  /** What toco says of such a tensor, where it stops for it. */
  readonly tocoError: string | null;
}

export function floatTensorReason(
  flow: DataFlow,
  tensor: FloatTensor,
  method: QuantizationStyle['method'],
): FloatTensorReason {
  const spec = flow.subgraph.tensors[tensor.index]!;
  const isFlowing = ['activation', 'input', 'output'].includes(tensor.kind);
  const { range, reason } = spec.constant ? constantReason(flow, spec) : flowingReason(flow, spec, method);
  const isLacking = range === null && isFlowing && method === 'quantization-aware training';
  return { ...tensor, range, reason, tocoError: isLacking ? tocoError(flow, spec) : null };
}

type Reason = Pick<FloatTensorReason, 'range' | 'reason'>;

function constantReason({ readers }: DataFlow, tensor: TensorSpec): Reason {
  const reader = readers.get(tensor.index)?.[0];
  const by = reader ? `${reader.op} (node ${reader.index}) computes in float` : 'nothing reads it';
  return { range: rangeOfValues(tensor), reason: `a constant, whose own values are its range: ${by}` };
}

function rangeOfValues({ dtype, constant }: TensorSpec): [number, number] | null {
  if (dtype !== 'float32' || !constant || constant.length < 4) return null;
  const view = new DataView(constant.buffer, constant.byteOffset, constant.length);
  let [min, max] = [Infinity, -Infinity];
  for (let at = 0; at + 4 <= constant.length; at += 4) {
    const value = view.getFloat32(at, true);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return Number.isFinite(min) && Number.isFinite(max) ? [min, max] : null;
}

function flowingReason(flow: DataFlow, { index }: TensorSpec, method: QuantizationStyle['method']): Reason {
  const { subgraph, writers, readers } = flow;
  const at = (i: number | undefined) => subgraph.tensors[i ?? -1];
  const writer = writers.get(index);
  const from = writer?.op === 'DEQUANTIZE' ? at(writer.inputs[0]) : undefined;
  const quantize = readers.get(index)?.find(({ op, outputs }) => op === 'QUANTIZE' && isQuantized(at(outputs[0])));
  const quantized = isQuantized(from) ? from : at(quantize?.outputs[0]);
  if (from?.constant) return { range: null, reason: `${named(from)}, stored as ${from.dtype}, made float before use` };
  if (quantized)
    return {
      range: tensorReport(quantized, flow.kinds[quantized.index]!).range,
      reason: `it is ${named(quantized)} in reals: ${whyReal(flow, index)}`,
    };
  if (writer?.op === 'FAKE_QUANT') {
    const [min, max] = [Number(writer.options.min), Number(writer.options.max)];
    return {
      range: [min, max],
      reason: 'FAKE_QUANT gives it a range; the converter was not told to make integers of it',
    };
  }
  return { range: null, reason: noRange(flow, index, writer, method) };
}

function whyReal({ subgraph, readers, writers }: DataFlow, index: number): string {
  if (subgraph.inputs.includes(index)) return 'the caller gives reals';
  if (subgraph.outputs.includes(index)) return 'the caller takes reals';
  const inFloat = readers.get(index)?.find(({ op }) => op !== 'QUANTIZE') ?? writers.get(index);
  return inFloat ? `${inFloat.op} (node ${inFloat.index}) computes in float` : 'nothing computes with it';
}

function noRange(
  { subgraph, readers }: DataFlow,
  index: number,
  writer: OperatorSpec | undefined,
  method: QuantizationStyle['method'],
): string {
  const what = writer
    ? `the output of ${writer.op} (node ${writer.index})`
    : subgraph.inputs.includes(index)
      ? 'an input'
      : 'a tensor';
  switch (method) {
    case 'quantization-aware training':
      return `no range: training put no fake quantization behind ${what}`;
    case 'post-training':
      if (writer?.op === 'READ_VARIABLE') return 'no range: a variable is quantized where the converter is told to';
      return (readers.get(index) ?? []).length === 0
        ? `no range: nothing reads ${what}, and calibration gave it none`
        : `no range: calibration gave none to ${what}`;
    case 'dynamic range':
    case 'weights only':
    case 'float16':
      return `no range: no representative_dataset was run, so nothing measured ${what}`;
    default:
      return `no range: ${what} was never quantized`;
  }
}

/** toco's names of operators, where they are not ours in another case. */
const TOCO_NAMES: { readonly [op: string]: string } = {
  CONV_2D: 'Conv',
  DEPTHWISE_CONV_2D: 'DepthwiseConv',
  AVERAGE_POOL_2D: 'AveragePool',
  MAX_POOL_2D: 'MaxPool',
};

/** The message of toco's HardcodeMinMax and Quantize passes, tooling_util.cc, with this model's names in it. */
function tocoError({ subgraph, readers }: DataFlow, tensor: TensorSpec): string | null {
  const reader = readers
    .get(tensor.index)
    ?.find(({ op, outputs }) => op !== 'QUANTIZE' && outputs.some((i) => isFloat(subgraph.tensors[i])));
  if (!reader) return null;
  const camel = reader.op.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  // The converters of TensorFlow 2 join the names of what they fuse; toco's is the last of the layer, which comes first.
  const [own] = tensor.name.split(';');
  const [output] = (subgraph.tensors[reader.outputs[0]!]?.name ?? '').split(';');
  return (
    `Array ${own}, which is an input to the ${TOCO_NAMES[reader.op] ?? camel} operator producing the output array ${output}, ` +
    'is lacking min/max data, which is necessary for quantization.'
  );
}

export function rangeText(range: FloatTensorReason['range']): string {
  return range ? `${real(range[0])} to ${real(range[1])}` : 'none';
}
