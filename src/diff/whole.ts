/** What explains every value that the candidate gave at once: another profile's arithmetic, memory read after it was used again. */
import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import type { Interpreter } from '../runtime/interpreter.ts';
import { ORDERS, planInOrder, planMemory, type Request } from '../runtime/memory_planner.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { type TheirTensor, valuesAs } from './candidate.ts';
import { type Evidence, evidenceOf, type Strength, strengthOf } from './evidence.ts';
import { rangeOf } from './node_case.ts';
import type { Run } from './run.ts';
import { isSame } from './same.ts';

export interface WholeExplanation {
  readonly kind: 'profile' | 'memory';
  readonly title: string;
  readonly explanation: string;
  /** Whether few values tell it from others. */
  readonly weak: boolean;
  readonly informative: number;
  /** Where it is a profile. */
  readonly profile?: Profile;
}

/** Makes the model's interpreter under another profile; throws where that refuses the model. */
export type UnderProfile = (profile: Profile) => Interpreter;

/** undefined where nothing differs, or nothing explains all that does. */
export function wholeExplanation(run: Run, under: UnderProfile | undefined): WholeExplanation | undefined {
  const written = writtenBy(run);
  const evidence = pooled(written, run.isolated);
  if (evidence.informative === 0) return undefined;
  const profile = under && profileThatExplains(run, written, under);
  if (profile) {
    return explanation('profile', evidence, RIVALS, {
      title: `the arithmetic of the profile ${profile}`,
      explanation: `Under --profile ${profile} every node gives the candidate's values: it computes as that runtime does.`,
      profile,
    });
  }
  const plan = [...plansOf(run)].find(({ contents }) => explains(written, contents));
  return plan && explanation('memory', evidence, RIVALS, plan);
}

function explanation(
  kind: WholeExplanation['kind'],
  evidence: Evidence,
  known: number,
  { title, explanation, profile }: Pick<WholeExplanation, 'title' | 'explanation' | 'profile'>,
): WholeExplanation | undefined {
  const strength: Strength = strengthOf(evidence, 1, known);
  if (strength === 'none') return undefined;
  const { informative } = evidence;
  return { kind, title, explanation, weak: strength === 'weak', informative, ...(profile && { profile }) };
}

/** Roundings and plans of memory that might as well be it. */
const RIVALS = 10;

/** What nodes wrote, of what the candidate gave. */
function writtenBy({ interpreter, theirs }: Run): TheirTensor[] {
  return interpreter.nodes.flatMap(({ outputs }) => outputs.flatMap(({ index }) => theirs.get(index) ?? []));
}

type Contents = ReadonlyMap<number, TensorData>;

function explains(written: readonly TheirTensor[], contents: Contents): boolean {
  return written.every((their) => {
    const data = contents.get(their.tensor.index);
    const values = data && valuesAs(their, data);
    return values?.every((value, i) => isSame(value, their.values[i]!)) ?? false;
  });
}

function pooled(written: readonly TheirTensor[], contents: Contents): Evidence {
  let [informative, bits] = [0, 0];
  for (const their of written) {
    const reference = valuesAs(their, contents.get(their.tensor.index)!);
    const own = evidenceOf(their.values, reference, their.tensor.shape.at(-1) ?? 1, rangeOf(their.tensor.dtype));
    informative += own.informative;
    bits += own.bits;
  }
  return { informative, bits };
}

// ---- another profile

function profileThatExplains(run: Run, written: readonly TheirTensor[], under: UnderProfile): Profile | undefined {
  return PROFILES.filter((profile) => profile !== run.interpreter.profile).find((profile) => {
    const contents = nodesUnder(profile, run, under);
    return contents && explains(written, contents);
  });
}

/** What each node gives under a profile on the candidate's inputs; undefined where the profile refuses the model. */
function nodesUnder(profile: Profile, { theirs, given }: Run, under: UnderProfile): Contents | undefined {
  const contents = new Map<number, TensorData>();
  try {
    const interpreter = under(profile);
    interpreter.invoke([...given], {
      tap: ({ index, data }) => contents.set(index, data),
      replace: ({ index }) => theirs.get(index)?.own ?? undefined,
    });
  } catch {
    return undefined;
  }
  return contents;
}

// ---- memory

interface MemoryPlan extends Pick<WholeExplanation, 'title' | 'explanation'> {
  readonly contents: Contents;
}

/** What is left of the tensors of a right run at its end, for arenas as they are laid out by sizes, by order of use, and others. */
function* plansOf(run: Run): Iterable<MemoryPlan> {
  const tensors = tensorsOf(run);
  const requests = tensors.map(({ request }) => request);
  const title = 'tensors read after the run, when later ones lay in their memory';
  const explanation =
    'Every node is right: in an arena, tensors share memory once they are no longer needed. Copy each as soon as its node has run.';
  const plans = [planMemory(requests), ...ORDERS.map((order) => planInOrder(requests, order))];
  for (const { offsets, size } of plans) {
    const arena = new Uint8Array(size);
    for (const [i, { data }] of tensors.entries()) {
      arena.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsets[i]!);
    }
    const contents = new Map(
      tensors.map(({ tensor, data }, i) => {
        const bytes = arena.slice(offsets[i]!, offsets[i]! + data.byteLength);
        const Type = data.constructor as Int8ArrayConstructor; // or any other
        return [tensor.index, new Type(bytes.buffer) as TensorData];
      }),
    );
    yield { title, explanation, contents };
  }
}

/** What lies in the arena, in order of execution. */
function tensorsOf({ interpreter: { nodes, inputs, outputs }, ours }: Run) {
  const lastUse = (tensor: TensorInfo, first: number) =>
    outputs.some(({ index }) => index === tensor.index)
      ? nodes.length
      : nodes.findLastIndex(({ inputs }) => inputs.some((input) => input?.index === tensor.index)) || first;
  const entry = (tensor: TensorInfo, first: number) => {
    const data = ours.get(tensor.index)!;
    const request: Request = { bytes: data.byteLength, first, last: Math.max(lastUse(tensor, first), first) };
    return { tensor, data, request };
  };
  const written = nodes.flatMap((node, i) => node.outputs.map((tensor) => entry(tensor, i)));
  return [...inputs.map((tensor) => entry(tensor, 0)), ...written].filter(({ data }) => data !== undefined);
}
