/** Where another implementation departs from TFLite: each node on the candidate's inputs, and the divergent ones diagnosed. */
import type { NpyArray } from '../io/npy_array.ts';
import type { Interpreter } from '../runtime/interpreter.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { OutputTensor, TensorData } from '../runtime/tensor_info.ts';
import { type MatchedBy, matchTheirs, type TheirTensor, type Unmatched, valuesAs } from './candidate.ts';
import { type Compared, diagnose } from './diagnose.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Differences } from './differences.ts';
import { differencesOf, type OtherInputs, type Run } from './run.ts';
import { unseenBefore } from './run_case.ts';
import { isSame } from './same.ts';
import { type UnderProfile, type WholeExplanation, wholeExplanation } from './whole.ts';

export interface Diff {
  readonly profile: string;
  readonly nodes: readonly NodeDiff[];
  /** What explains all that differs at once; null where nothing does. */
  readonly whole: WholeExplanation | null;
  /** The nodes that were asked for, in the order of execution: without a wish, the first divergent one. */
  readonly divergent: readonly DivergentNode[];
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

/** A node that gives other values than the candidate's on the candidate's own inputs. */
export interface DivergentNode {
  readonly node: number;
  readonly op: string;
  readonly tensor: number;
  readonly name: string;
  /** Nodes before it of which the candidate gave no values: it may be one of these. */
  readonly unseen: readonly number[];
  /** null where no mistakes were looked for: something explains the whole already. */
  readonly diagnosis: Diagnosis | null;
  readonly differences: Differences | null;
}

export interface DiffOptions {
  /** Which of the examples, where an array holds several. */
  readonly example?: number;
  /** What else the candidate may have run on, before or after: to tell values of another run. */
  readonly otherInputs?: Iterable<OtherInputs>;
  /** Which divergent nodes are to be explained: the first, all, or those of these numbers. */
  readonly layers?: 'first' | 'all' | readonly number[];
  /** Makes the model's interpreter under another profile, to tell whether that explains what differs. */
  readonly under?: UnderProfile;
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
  { example = 0, otherInputs = [], layers = 'first', under }: DiffOptions = {},
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
  const pairs = nodes.flatMap(({ info, outputs }) =>
    outputs.flatMap(({ index }) => {
      const their = theirs.get(index);
      return their ? [{ info, their, found: compare(info, their, run) }] : [];
    }),
  );
  const compared = pairs.map(({ info, their, found: { different } }) => ({ info, their, different }));
  const differing = compared.filter(({ different }) => different > 0);
  const whole = wholeExplanation(run, under) ?? null;
  const asked = layers === 'first' ? differing.slice(0, 1) : differing.filter(({ info }) => layers === 'all' || layers.includes(info.index)); // biome-ignore format: one line
  return {
    profile: interpreter.profile,
    nodes: pairs.map(({ found }) => found),
    whole,
    divergent: asked.map((entry) => divergentNode(entry, run, compared, whole?.weak === false && layers === 'first')),
    unmatched,
  };
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

// ---- divergent nodes

function divergentNode(
  { info, their }: Compared,
  run: Run,
  compared: readonly Compared[],
  isExplained: boolean,
): DivergentNode {
  const unseen = unseenBefore(info, run);
  const before = info.index - 1;
  const producer = info.op === 'DEQUANTIZE' && unseen.includes(before) ? run.interpreter.nodes[before] : undefined;
  const real = producer && asReals(producer, their);
  const [found, values] = real ? [producer, real] : [info, their];
  const { index, op, outputs } = found;
  return {
    node: index,
    op,
    tensor: values.tensor.index,
    name: outputs[0]?.name ?? '',
    unseen: unseen.filter((other) => other < index),
    diagnosis: isExplained ? null : diagnose(found, values, run, compared),
    differences: differencesOf(values, run),
  };
}

/** What a node wrote before it was dequantized. */
function asReals({ outputs }: NodeInfo, their: TheirTensor): TheirTensor | undefined {
  const [tensor] = outputs;
  if (tensor?.quantization?.scales.length !== 1) return undefined;
  return { ...their, tensor, target: 'real', own: null };
}
