/** In which way a model was quantized, as far as the file shows it. */

import type { Model, TensorSpec } from '../model/model.ts';
import { type DataFlow, isQuantized } from './data_flow.ts';
import { groupBy } from './group_by.ts';
import { initialRanges } from './initial_ranges.ts';
import type { Conversion } from './metadata.ts';

export interface QuantizationStyle {
  /** Types of the activations, weights and biases: 'int8, weights int8 per channel, biases int32'. */
  readonly scheme: string;
  readonly method:
    | 'quantization-aware training'
    | 'post-training'
    | 'dynamic range'
    | 'weights only'
    | 'float16'
    | 'none'
    | 'unknown';
  /** Who put fake quantization into the graph, where names of tensors tell. */
  readonly trainer: 'contrib.quantize' | 'tensorflow_model_optimization' | null;
  /** What in the file says so. */
  readonly evidence: readonly string[];
  readonly activations: readonly string[];
  readonly weights: readonly string[];
  readonly biases: readonly string[];
  readonly perChannelTensors: number;
  readonly perTensorTensors: number;
  readonly fakeQuantNodes: number;
  /** Tensors with ranges (min, max) in the file. */
  readonly recordedRanges: number;
  readonly warnings: readonly string[];
}

const METHODS: { readonly [mode: string]: QuantizationStyle['method'] } = {
  QUANTIZATION_AWARE_TRAINING: 'quantization-aware training',
  PTQ_FULL_INTEGER: 'post-training',
  PTQ_INT16: 'post-training',
  PTQ_DYNAMIC_RANGE: 'dynamic range',
  PTQ_FLOAT16: 'float16',
};

/** What trainers leave in the names of tensors. */
const TRACES: readonly {
  readonly pattern: RegExp;
  readonly by: string;
  readonly trainer: QuantizationStyle['trainer'];
}[] = [
  { pattern: /weights_quant|act_quant/, by: "TensorFlow 1's contrib.quantize", trainer: 'contrib.quantize' },
  {
    pattern: /LastValueQuant|MovingAvg|AllValuesQuantize|(^|\/)quant_/,
    by: 'tensorflow_model_optimization',
    trainer: 'tensorflow_model_optimization',
  },
  { pattern: /FakeQuantWithMinMax/, by: 'fake quantization', trainer: null },
];

export function quantizationStyle(
  model: Model,
  flows: readonly DataFlow[],
  conversion: Conversion | undefined,
): QuantizationStyle {
  const all = flows.flatMap(({ subgraph, kinds }) =>
    subgraph.tensors.map((tensor) => ({ tensor, kind: kinds[tensor.index]! })),
  );
  const quantized = all.filter(({ tensor }) => isQuantized(tensor));
  const types = (found: readonly { tensor: TensorSpec }[]) =>
    [...new Set(found.map(({ tensor }) => tensor.dtype))].sort();
  const weights = all.filter(({ kind }) => kind === 'weights');
  const activations = quantized.filter(({ kind }) => ['input', 'output', 'activation'].includes(kind));
  const biases = all.filter(({ kind }) => kind === 'bias');
  const perChannel = quantized.filter(({ tensor }) => tensor.quantization!.scales.length > 1);
  const fakeQuantNodes = flows.reduce(
    (sum, { subgraph }) => sum + subgraph.operators.filter(({ op }) => op === 'FAKE_QUANT').length,
    0,
  );
  const style = {
    activations: types(activations),
    weights: types(weights),
    biases: types(biases),
    perChannelTensors: perChannel.length,
    perTensorTensors: quantized.length - perChannel.length,
    fakeQuantNodes,
    recordedRanges: all.filter(({ tensor }) => tensor.min.length > 0 && tensor.max.length > 0).length,
  };
  const channels = weights.filter(({ tensor }) => (tensor.quantization?.scales.length ?? 0) > 1).length;
  const per = channels === 0 ? 'per tensor' : channels === weights.length ? 'per channel' : 'per channel or per tensor';
  const scheme = [
    style.activations.join(' and ') || 'no quantized activations',
    ...(weights.length > 0
      ? [`weights ${style.weights.join(' and ')}${weights.some((w) => isQuantized(w.tensor)) ? ` ${per}` : ''}`]
      : []),
    ...(biases.length > 0 ? [`biases ${style.biases.join(' and ')}`] : []),
  ].join(', ');
  const anything = quantized.length > 0 || fakeQuantNodes > 0 || style.weights.includes('float16');
  return {
    scheme,
    trainer: trainerOf(model),
    ...(anything ? methodOf(model, style, conversion) : { method: 'none', evidence: ['no tensor is quantized'] }),
    ...style,
    warnings: [
      ...flows.flatMap(initialRangeWarnings),
      ...(fakeQuantNodes > 0 && quantized.length === 0 ? [NOT_CONVERTED] : []),
    ],
  };
}

const NOT_CONVERTED = 'trained for quantization, but not quantized: FAKE_QUANT nodes among float32 tensors';

type Found = Pick<QuantizationStyle, 'activations' | 'weights' | 'fakeQuantNodes' | 'recordedRanges'>;

function methodOf(
  model: Model,
  { activations, weights, fakeQuantNodes, recordedRanges }: Found,
  conversion: Conversion | undefined,
): Pick<QuantizationStyle, 'method' | 'evidence'> {
  const names = model.subgraphs.flatMap(({ tensors }) => tensors.map(({ name }) => name));
  const traces = TRACES.flatMap(({ pattern, by }) => {
    const example = names.find((name) => pattern.test(name));
    if (example === undefined) return [];
    const text = pattern.exec(example)![0].replace('/', '');
    const count = names.filter((name) => pattern.test(name)).length;
    return [`${by} left '${text}' in ${count} ${count === 1 ? 'name' : 'names'}`];
  });
  const evidence = traces.slice(0, 1);
  if (fakeQuantNodes > 0) evidence.push(`${fakeQuantNodes} FAKE_QUANT ${fakeQuantNodes === 1 ? 'node' : 'nodes'}`);
  if (recordedRanges > 0) evidence.push(`${recordedRanges} tensors with their range (min, max)`);
  const mode = conversion?.modes.find((name) => Object.hasOwn(METHODS, name));
  if (mode !== undefined) return { method: METHODS[mode]!, evidence: [`the converter wrote ${mode}`, ...evidence] };
  if (traces.length > 0 || fakeQuantNodes > 0) return { method: 'quantization-aware training', evidence };
  if (activations.length === 0) {
    if (weights.includes('float16')) return { method: 'float16', evidence: ['weights are float16', ...evidence] };
    const stored = model.subgraphs.some(({ operators, tensors }) =>
      operators.some(({ op, inputs }) => op === 'DEQUANTIZE' && tensors[inputs[0] ?? -1]?.constant !== undefined),
    );
    if (stored) return { method: 'weights only', evidence: ['DEQUANTIZE of constants', ...evidence] };
    return { method: 'dynamic range', evidence: ['quantized constants alone', ...evidence] };
  }
  if (activations.includes('int8') || activations.includes('int16')) {
    return { method: 'post-training', evidence: ['signed types and no trace of fake quantization', ...evidence] };
  }
  return { method: 'unknown', evidence };
}

function trainerOf({ subgraphs }: Model): QuantizationStyle['trainer'] {
  const names = subgraphs.flatMap(({ tensors }) => tensors.map(({ name }) => name));
  return TRACES.find(({ pattern }) => names.some((name) => pattern.test(name)))?.trainer ?? null;
}

function initialRangeWarnings(flow: DataFlow): string[] {
  const groups = groupBy(initialRanges(flow), ({ kind, range }) => `(${kind}) have exactly the range ${range}`);
  return [...groups].map(([what, found]) => {
    const list = found.map(({ tensor }) => tensor.index).join(', ');
    return `tensors ${list} ${what}: a default or initial range, which no data changed`;
  });
}
