/** A candidate's run beside the reference's, and where in it one tensor differs. */
import type { Interpreter } from '../runtime/interpreter.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { type TheirTensor, valuesAs } from './candidate.ts';
import { type Differences, whereItDiffers } from './differences.ts';
import type { OtherRun, OtherValues } from './elsewhere.ts';

/** Inputs of another run than the candidate's. */
export interface OtherInputs {
  /** 'example 3'. */
  readonly name: string;
  readonly inputs: readonly TensorData[];
}

export interface Run {
  readonly interpreter: Interpreter;
  /** A whole run of the reference, on the inputs that were given. */
  readonly ours: ReadonlyMap<number, TensorData>;
  /** What each node gives on their inputs. */
  readonly isolated: ReadonlyMap<number, TensorData>;
  readonly theirs: ReadonlyMap<number, TheirTensor>;
  readonly inputs: readonly TensorData[];
  /** The inputs, those that the candidate has in place of these. */
  readonly given: readonly TensorData[];
  readonly otherInputs: Iterable<OtherInputs>;
}

/** Where the values of one tensor differ from what its node gives on the candidate's inputs. */
export function differencesOf(their: TheirTensor, run: Run): Differences | null {
  const { tensor, target, values } = their;
  const reference = valuesAs(their, run.isolated.get(tensor.index)!);
  return whereItDiffers(values, reference, {
    tensor,
    target,
    others: othersThan(tensor, run),
    runs: otherRuns(their, run),
  });
}

/** The other tensors of the run, as stored: the candidate's where it gave them. Those that the tensor's node reads come first. */
function othersThan(tensor: TensorInfo, { interpreter, isolated, theirs, given }: Run): OtherValues[] {
  const { nodes, inputs } = interpreter;
  const writer = nodes.find(({ outputs }) => outputs.some(({ index }) => index === tensor.index));
  const isRead = ({ tensor: { index } }: { readonly tensor: TensorInfo }) =>
    writer?.inputs.some((input) => input?.index === index) ?? false;
  const written = nodes.flatMap(({ index: node, op, outputs }) =>
    outputs.map((output) => ({ tensor: output, node, op, own: isolated.get(output.index) })),
  );
  const all = [...inputs.map((input, i) => ({ tensor: input, node: null, op: null, own: given[i] })), ...written];
  return [...all.filter(isRead), ...all.filter((other) => !isRead(other))].flatMap(({ own, ...other }) => {
    const their = theirs.get(other.tensor.index)?.own;
    const data = their ?? own;
    if (other.tensor.index === tensor.index || !data) return [];
    const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
    return [{ ...other, whose: their ? ('candidate' as const) : ('reference' as const), values }];
  });
}

/** The reference's values of a tensor on other inputs than those that its node has in the candidate. */
function* otherRuns(their: TheirTensor, run: Run): Iterable<OtherRun> {
  const { interpreter, ours, inputs, given, otherInputs } = run;
  const isOwnInput = inputs.every((data, i) => isEqual(data, given[i]!));
  yield {
    id: isOwnInput ? 'end-to-end' : 'given-input',
    title: isOwnInput
      ? 'the reference’s end to end: its inputs, as the candidate gave them, are not what it read'
      : 'the reference’s on the input that was given, and not on the candidate’s own: left from another run',
    values: valuesAs(their, ours.get(their.tensor.index)!),
  };
  for (const { name, inputs } of otherInputs) {
    const values = valuesOn(interpreter, inputs, their.tensor);
    const title = `the reference’s for ${name}: left from another run, or the input is another`;
    if (values) yield { id: name.replaceAll(' ', '-'), title, values: valuesAs(their, values) };
  }
}

function isEqual(a: TensorData, b: TensorData): boolean {
  return a.length === b.length && a.every((value: number | bigint, i: number) => value === b[i]);
}

function valuesOn(interpreter: Interpreter, inputs: readonly TensorData[], { index }: TensorInfo) {
  let found: TensorData | undefined;
  interpreter.resetVariables();
  interpreter.invoke([...inputs], {
    tap: (tensor) => {
      if (tensor.index === index) found = tensor.data;
    },
  });
  return found;
}
