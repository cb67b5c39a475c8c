/** Does a model compute in integers only, and if not, which nodes do not, and why? Reads the file alone. */
import type { Model, OperatorSpec, TensorSpec } from '../model/model.ts';
import { hasWeights } from '../model/operator_facts.ts';
import { type DataFlow, isFloat, isQuantized, type TensorKind } from './data_flow.ts';

export interface FloatNode {
  readonly subgraph: number;
  readonly node: number;
  readonly op: string;
  /**
   * quantize and dequantize: between integers and reals; weights: a DEQUANTIZE of constants; fake quant: what training
   * left behind; hybrid: float activations, quantized weights; float: all else that touches a float tensor.
   */
  readonly kind: 'quantize' | 'dequantize' | 'weights' | 'fake quant' | 'hybrid' | 'float';
  /** Its float tensors. */
  readonly tensors: readonly number[];
  readonly reason: string;
}

export interface FloatTensor {
  readonly subgraph: number;
  readonly index: number;
  readonly name: string;
  readonly dtype: string;
  readonly kind: TensorKind;
}

export interface IntegerOnly {
  readonly integerOnly: boolean;
  /**
   * integer: no float tensor is computed with; edges: QUANTIZE at the inputs and DEQUANTIZE at the outputs alone;
   * dynamic range: hybrid nodes; mixed: some nodes in integers and some in float; float: no node in integers.
   */
  readonly arithmetic: 'integer' | 'edges' | 'dynamic range' | 'mixed' | 'float';
  /** The verdict as a sentence, and what to do about it. */
  readonly verdict: string;
  readonly nodes: readonly FloatNode[];
  readonly tensors: readonly FloatTensor[];
  readonly notes: readonly string[];
}

export function integerOnly(model: Model, flows: readonly DataFlow[]): IntegerOnly {
  const nodes = flows.flatMap(floatNodes);
  const tensors = flows.flatMap(({ subgraph, kinds }) =>
    subgraph.tensors
      .filter((tensor) => isFloat(tensor) && !['description', 'unused'].includes(kinds[tensor.index]!))
      .map(({ index, name, dtype }) => ({ subgraph: subgraph.index, index, name, dtype, kind: kinds[index]! })),
  );
  const arithmetic = arithmeticOf(model, flows, nodes, tensors);
  return {
    integerOnly: arithmetic === 'integer',
    arithmetic,
    verdict: VERDICTS[arithmetic](nodes, edgeType(flows)),
    nodes,
    tensors,
    notes: flows.flatMap(notes),
  };
}

const VERDICTS: { readonly [A in IntegerOnly['arithmetic']]: (nodes: readonly FloatNode[], edge: string) => string } = {
  integer: () => 'integer-only: no node touches a float tensor',
  edges: (_, edge) =>
    `integers inside, float32 at the edges only: convert with inference_input_type and inference_output_type = tf.${edge} ` +
    'to be rid of QUANTIZE and DEQUANTIZE',
  'dynamic range': (nodes, edge) =>
    `not integer-only: float activations and quantized weights in ${count(nodes, 'hybrid')} (dynamic-range quantization)` +
    (edge === NONE
      ? ': convert with a representative_dataset to quantize the activations too'
      : ', beside nodes in integers'),
  mixed: (nodes) =>
    nodes.some(({ kind }) => kind === 'float')
      ? `not integer-only: among quantized nodes, ${count(nodes, 'float')} in float`
      : 'not integer-only: float tensors among quantized ones',
  float: (nodes) =>
    nodes.some(({ kind }) => kind === 'weights')
      ? 'not integer-only: only the storage of the weights is quantized, all arithmetic is float'
      : 'not integer-only: all arithmetic is float',
};

const NONE = 'none';

/** The type of the activations that are quantized. */
function edgeType(flows: readonly DataFlow[]): string {
  const types = flows.flatMap(({ subgraph: { tensors }, kinds }) =>
    tensors.filter((tensor) => isQuantized(tensor) && ['input', 'output', 'activation'].includes(kinds[tensor.index]!)),
  );
  return ['int8', 'int16', 'uint8'].find((type) => types.some(({ dtype }) => dtype === type)) ?? NONE;
}

function count(nodes: readonly FloatNode[], kind: FloatNode['kind']): string {
  const found = nodes.filter((node) => node.kind === kind).length;
  return `${found} ${found === 1 ? 'node' : 'nodes'}`;
}

function arithmeticOf(
  model: Model,
  flows: readonly DataFlow[],
  nodes: readonly FloatNode[],
  tensors: readonly FloatTensor[],
): IntegerOnly['arithmetic'] {
  if (nodes.length === 0 && tensors.length === 0) return 'integer';
  if (nodes.some(({ kind }) => kind === 'hybrid')) return 'dynamic range';
  const operators = model.subgraphs.reduce((sum, subgraph) => sum + subgraph.operators.length, 0);
  const inIntegers = flows.some((flow) =>
    flow.subgraph.operators.some((operator) => computesQuantized(flow, operator)),
  );
  if (operators > 0 && !inIntegers) return 'float';
  return nodes.every((node) => isEdge(flows[node.subgraph]!, node)) ? 'edges' : 'mixed';
}

function computesQuantized({ subgraph: { tensors } }: DataFlow, { op, inputs, outputs }: OperatorSpec): boolean {
  if (op === 'DEQUANTIZE' || op === 'FAKE_QUANT') return false;
  const quantized = (i: number) => i >= 0 && isQuantized(tensors[i]!) && tensors[i]!.constant === undefined;
  return op === 'QUANTIZE' ? inputs.every(quantized) : inputs.some(quantized) || outputs.some(quantized);
}

/** A QUANTIZE of a graph input, a DEQUANTIZE to a graph output, a FAKE_QUANT behind that. */
export function isEdge({ subgraph, writers, readers }: DataFlow, { op, node }: FloatNode): boolean {
  const { inputs, outputs } = subgraph.operators[node]!;
  if (op === 'QUANTIZE') return subgraph.inputs.includes(inputs[0]!);
  const leaves = (i: number) =>
    subgraph.outputs.includes(i) || (readers.get(i) ?? []).every((reader) => reader.op === 'FAKE_QUANT');
  if (op === 'DEQUANTIZE') return outputs.every(leaves);
  return op === 'FAKE_QUANT' && outputs.every(leaves) && writers.get(inputs[0]!)?.op === 'DEQUANTIZE';
}

function floatNodes(flow: DataFlow): FloatNode[] {
  const { subgraph } = flow;
  const found = subgraph.operators.flatMap((operator) => {
    const tensors = [...new Set([...operator.inputs, ...operator.outputs])].filter(
      (i) => i >= 0 && isFloat(subgraph.tensors[i]!),
    );
    return tensors.length === 0 ? [] : [{ operator, tensors, kind: kindOf(flow, operator) }];
  });
  const islands = findIslands(
    flow,
    found.filter(({ kind }) => kind === 'float').map(({ operator }) => operator),
  );
  return found.map(({ operator, tensors, kind }) => ({
    subgraph: subgraph.index,
    node: operator.index,
    op: operator.op,
    kind,
    tensors,
    reason: reasonFor(flow, operator, kind, islands.get(operator)),
  }));
}

function kindOf({ subgraph: { tensors } }: DataFlow, { op, inputs, outputs }: OperatorSpec): FloatNode['kind'] {
  const given = inputs.filter((i) => i >= 0).map((i) => tensors[i]!);
  const constants = given.filter(({ constant }) => constant !== undefined);
  if (op === 'QUANTIZE') return 'quantize';
  if (op === 'DEQUANTIZE') return constants.length > 0 ? 'weights' : 'dequantize';
  if (op === 'FAKE_QUANT') return 'fake quant';
  const floatInput = given.some((tensor) => isFloat(tensor) && !tensor.constant);
  const floatOutput = outputs.some((i) => isFloat(tensors[i]!));
  // Without weights of its own, an operator with float outputs and quantized constants may be anything.
  const hybrid = constants.some(isQuantized) && (floatInput || (floatOutput && hasWeights(op)));
  return hybrid ? 'hybrid' : 'float';
}

/** Float nodes that hang together by float tensors, and the nodes through which integers go in and come out. */
interface Island {
  readonly nodes: OperatorSpec[];
  readonly entries: Set<OperatorSpec>;
  readonly exits: Set<OperatorSpec>;
}

function findIslands(flow: DataFlow, nodes: readonly OperatorSpec[]) {
  const { subgraph, writers, readers } = flow;
  const islands = new Map<OperatorSpec, Island>();
  const members = new Set(nodes);
  for (const start of nodes) {
    if (islands.has(start)) continue;
    const island: Island = { nodes: [], entries: new Set(), exits: new Set() };
    const open = [start];
    islands.set(start, island);
    const reach = (neighbour: OperatorSpec, border: Set<OperatorSpec>) => {
      if (!members.has(neighbour)) border.add(neighbour);
      else if (!islands.has(neighbour)) {
        islands.set(neighbour, island);
        open.push(neighbour);
      }
    };
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      island.nodes.push(node);
      for (const i of node.inputs) {
        const writer = writers.get(i);
        if (writer && isFloat(subgraph.tensors[i]!) && !isWeights(flow, writer)) reach(writer, island.entries);
      }
      for (const i of node.outputs) {
        if (isFloat(subgraph.tensors[i]!)) for (const reader of readers.get(i) ?? []) reach(reader, island.exits);
      }
    }
  }
  return islands;
}

function reasonFor(flow: DataFlow, operator: OperatorSpec, kind: FloatNode['kind'], island?: Island): string {
  const { subgraph, writers } = flow;
  const { op, inputs, outputs } = operator;
  const at = (i: number | undefined) => (i === undefined || i < 0 ? undefined : subgraph.tensors[i]);
  const [from, to] = [at(inputs[0]), at(outputs[0])];
  if (kind === 'quantize') return `${from?.dtype} to ${to?.dtype}${where(flow, inputs[0], 'input')}`;
  if (kind === 'dequantize') return `${from?.dtype} to ${to?.dtype}${where(flow, outputs[0], 'output')}`;
  if (kind === 'weights') return `${named(from)} is stored as ${from?.dtype} and made ${to?.dtype} before use`;
  if (kind === 'fake quant') return 'what quantization-aware training left behind: rounds real values to a range';
  const given = inputs.map(at).filter((tensor) => tensor !== undefined);
  if (kind === 'hybrid') {
    const weights = given.find((tensor) => tensor.constant && isQuantized(tensor));
    const isMeasured = inputs.some(
      (i) => writers.get(i)?.op === 'DEQUANTIZE' && isQuantized(at(writers.get(i)!.inputs[0])),
    );
    const rest = isMeasured ? '' : "; the activations' ranges were not measured";
    return `float activations, ${weights?.dtype} weights: ${named(weights)}${rest}`;
  }
  const stored = inputs.map((i) => writers.get(i)).find((writer) => writer && isWeights(flow, writer));
  if (stored) return `its weights are ${at(stored.inputs[0])?.dtype} in the file, made float by node ${stored.index}`;
  const weights = inputs.find((i) => i >= 0 && isFloat(at(i)!) && flow.kinds[i] === 'weights');
  if (op === 'CAST') return `from ${from?.dtype} to ${to?.dtype}`;
  if (given.some(isQuantized) && !given.some(isFloat)) return `reads integers and writes ${to?.dtype}`;
  const what = weights === undefined ? '' : `its weights, ${named(at(weights))}, are float; `;
  return what + placeOf(island);
}

function placeOf(island: Island | undefined): string {
  const entry = island && [...island.entries].find((node) => node.op === 'DEQUANTIZE');
  const exit = island && [...island.exits].find((node) => node.op === 'QUANTIZE');
  if (!island || !(entry || exit)) return 'float in and out, nothing of it is quantized';
  const size = island.nodes.length === 1 ? 'a float island' : `in a float island of ${island.nodes.length} nodes`;
  const borders = [entry && `DEQUANTIZE (node ${entry.index})`, exit && `QUANTIZE (node ${exit.index})`];
  const around = `${entry && exit ? 'between' : entry ? 'behind' : 'before'} ${borders.filter(Boolean).join(' and ')}`;
  return `${size} ${around} (\`requant lint\` says why)`;
}

/** Whether the node turns constants into floats. */
function isWeights({ subgraph }: DataFlow, { op, inputs }: OperatorSpec): boolean {
  if (op !== 'DEQUANTIZE') return false;
  return inputs[0] !== undefined && inputs[0] >= 0 && subgraph.tensors[inputs[0]]!.constant !== undefined;
}

function where({ subgraph }: DataFlow, i: number | undefined, side: 'input' | 'output'): string {
  const list = side === 'input' ? subgraph.inputs : subgraph.outputs;
  return i !== undefined && list.includes(i) ? `, at the graph's ${side}` : ', inside the graph';
}

function named(tensor: TensorSpec | undefined): string {
  return tensor ? `tensor ${tensor.index} '${tensor.name}'` : 'a tensor';
}

function notes({ subgraph, kinds }: DataFlow): string[] {
  const lines: string[] = [];
  const descriptions = subgraph.tensors.filter((tensor) => isFloat(tensor) && kinds[tensor.index] === 'description');
  if (descriptions.length > 0) {
    const [tensors, them] = descriptions.length === 1 ? ['tensor only carries', 'it'] : ['tensors only carry', 'them'];
    lines.push(
      `${descriptions.length} float ${tensors} scales of an LSTM's inner values; no node computes with ${them}`,
    );
  }
  const resizes = subgraph.operators.filter(
    ({ op, inputs }) => op === 'RESIZE_BILINEAR' && subgraph.tensors[inputs[0] ?? -1]?.dtype === 'uint8',
  );
  if (resizes.length > 0) {
    const nodes = resizes.map(({ index }) => index).join(', ');
    lines.push(`RESIZE_BILINEAR (node ${nodes}): on uint8, TFLite's own kernel interpolates in float inside`);
  }
  return lines;
}
