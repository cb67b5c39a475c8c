/** Where another implementation departs from TFLite: each node on their inputs, and the first guilty one diagnosed. */
import { isDType, viewOf } from '../../kernels/tensor.ts';
import type { NpyArray } from '../io/npy_array.ts';
import type { Interpreter } from '../runtime/interpreter.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { OutputTensor, TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { type MatchedBy, matchTheirs, type TheirTensor, type Unmatched, valuesAs } from './candidate.ts';
import { type Diagnosis, mistakesOf } from './diagnosis.ts';
import type { Differences } from './differences.ts';
import { modelOf } from './models/models.ts';
import type { NodeCase, Operand } from './node_case.ts';
import { differencesOf, type OtherInputs, type Run } from './run.ts';
import { isSame, mistakes, search } from './search.ts';

export interface Diff {
  readonly profile: string;
  readonly nodes: readonly NodeDiff[];
  /** The first node that gives other values than theirs on their own inputs; null where none does. */
  readonly guilty: Guilty | null;
  /** What was given and could not be told to be a tensor's values. */
  readonly unmatched: readonly Unmatched[];
}

/** One output of a node, of which they gave values. */
export interface NodeDiff {
  readonly node: number;
  readonly op: string;
  readonly tensor: number;
  readonly name: string;
  readonly key: string;
  readonly matchedBy: MatchedBy;
  readonly notes: readonly string[];
  readonly values: number;
  /** Values that are not what this node gives on their inputs. */
  readonly different: number;
  /** Values that are not those of a whole run of ours. */
  readonly differentInAll: number;
  readonly maxDifference: number;
  /** Their value minus the node's on their inputs, and how often; the most frequent first. */
  readonly histogram: readonly (readonly [difference: number, count: number])[];
}

export interface Guilty {
  readonly node: number;
  readonly op: string;
  readonly tensor: number;
  readonly name: string;
  /** Nodes before it of which they gave no values: it may be one of these. */
  readonly unseen: readonly number[];
  /** null for operators whose mistakes nothing is known of. */
  readonly diagnosis: Diagnosis | null;
  readonly differences: Differences | null;
}

export interface DiffOptions {
  /** Which of the examples, where an array holds several. */
  readonly example?: number;
  /** What else the candidate may have run on, before or after: to tell values of another run. */
  readonly otherInputs?: Iterable<OtherInputs>;
}

/**
 * @param interpreter in the profile that theirs is meant to equal
 * @param inputs what both ran on, one array for each input
 * @param arrays their values of tensors, by name, index or order
 * @throws InputError if none of the arrays can be told to be a tensor of the model
 */
export function diff(
  interpreter: Interpreter,
  inputs: readonly TensorData[],
  arrays: ReadonlyMap<string, NpyArray>,
  { example = 0, otherInputs = [] }: DiffOptions = {},
): Diff {
  const ours = new Map<number, TensorData>();
  interpreter.inputs.forEach(({ index }, i) => {
    ours.set(index, inputs[i]!);
  });
  const nodes: { info: NodeInfo; outputs: OutputTensor[] }[] = [];
  const note = (tensor: OutputTensor, info: NodeInfo, into: typeof nodes) => {
    const last = into.at(-1);
    if (last?.info.index === info.index) last.outputs.push(tensor);
    else into.push({ info, outputs: [tensor] });
  };
  interpreter.resetVariables();
  interpreter.invoke([...inputs], {
    tap: (tensor, info) => {
      ours.set(tensor.index, tensor.data);
      note(tensor, info, nodes);
    },
  });
  const { tensors } = interpreter;
  const { matched, unmatched } = matchTheirs(
    arrays,
    { all: tensors, inputs: interpreter.inputs, outputs: interpreter.outputs, nodes: interpreter.nodes, ours },
    example,
  );
  const theirs = new Map(matched.map((entry) => [entry.tensor.index, entry]));
  const isolated = new Map<number, TensorData>();
  const given = interpreter.inputs.map(({ index }, i) => theirs.get(index)?.own ?? inputs[i]!);
  interpreter.resetVariables();
  interpreter.invoke([...given], {
    tap: ({ index, data }) => isolated.set(index, data),
    replace: ({ index }) => theirs.get(index)?.own ?? undefined,
  });
  const run: Run = { interpreter, ours, isolated, theirs, inputs, given, otherInputs };
  const compared = nodes.flatMap(({ info, outputs }) =>
    outputs.flatMap(({ index }) => {
      const their = theirs.get(index);
      return their ? [compare(info, their, run)] : [];
    }),
  );
  const first = compared.find(({ different }) => different > 0);
  return { profile: interpreter.profile, nodes: compared, guilty: first ? guiltyOf(first, run) : null, unmatched };
}

const BARS = 15;

function compare({ index, op }: NodeInfo, their: TheirTensor, { ours, isolated }: Run): NodeDiff {
  const { tensor, key, matchedBy, notes, values } = their;
  const own = valuesAs(their, isolated.get(tensor.index)!);
  const whole = valuesAs(their, ours.get(tensor.index)!);
  const counts = new Map<number, number>();
  let [different, differentInAll, maxDifference] = [0, 0, 0];
  for (const [i, value] of values.entries()) {
    if (!isSame(value, whole[i]!)) differentInAll++;
    if (isSame(value, own[i]!)) continue;
    different++;
    const by = value - own[i]!;
    maxDifference = Math.max(maxDifference, Math.abs(by));
    counts.set(by, (counts.get(by) ?? 0) + 1);
  }
  const histogram = [...counts].sort((a, b) => b[1] - a[1]).slice(0, BARS);
  return {
    node: index,
    op,
    tensor: tensor.index,
    name: tensor.name,
    key,
    matchedBy,
    notes,
    values: values.length,
    different,
    differentInAll,
    maxDifference,
    histogram,
  };
}

// ---- the guilty node

function guiltyOf({ node, tensor }: NodeDiff, run: Run): Guilty {
  const { interpreter, theirs } = run;
  const info = interpreter.nodes[node]!;
  const their = theirs.get(tensor)!;
  const unseen = unseenBefore(info, run);
  const producer = info.op === 'DEQUANTIZE' && unseen.includes(node - 1) ? interpreter.nodes[node - 1] : undefined;
  const real = producer && asReals(producer, their);
  const [found, values] = real ? [producer, real] : [info, their];
  const { index, op, outputs } = found;
  return {
    node: index,
    op,
    tensor: values.tensor.index,
    name: outputs[0]?.name ?? '',
    unseen: unseen.filter((other) => other < index),
    diagnosis: diagnose(found, values, run),
    differences: differencesOf(values, run),
  };
}

/** What a node wrote before it was dequantized. */
function asReals({ outputs }: NodeInfo, their: TheirTensor): TheirTensor | undefined {
  const [tensor] = outputs;
  if (tensor?.quantization?.scales.length !== 1) return undefined;
  return { ...their, tensor, target: 'real', own: null };
}

/** Nodes whose values lead to this one's inputs, and that they gave none of. */
function unseenBefore({ inputs }: NodeInfo, { interpreter, theirs }: Run): number[] {
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

function diagnose(info: NodeInfo, their: TheirTensor, run: Run): Diagnosis | null {
  const node = caseOf(info, their, run);
  const model = modelOf(node, run.interpreter.profile);
  if (!model) return null;
  const ours = valuesAs(their, node.output.data);
  const { exact, nearest, undecided, tried } = search(model, their.values, ours);
  const values = their.values.length;
  const [first, ...others] = exact;
  if (first) {
    return {
      kind: 'exact',
      mistakes: mistakesOf(model, first),
      same: values,
      values,
      alternatives: others
        .filter((choice) => mistakes(choice) === mistakes(first))
        .map((choice) => mistakesOf(model, choice)),
      undecided: undecided.flatMap((choice) => mistakesOf(model, choice)),
      tried,
    };
  }
  const kind = nearest && nearest.same > 0 ? 'nearest' : 'none';
  return {
    kind,
    mistakes: kind === 'nearest' ? mistakesOf(model, nearest!.choice) : [],
    same: nearest?.same ?? 0,
    values,
    alternatives: [],
    undecided: [],
    tried,
  };
}

function caseOf(info: NodeInfo, their: TheirTensor, run: Run): NodeCase {
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
