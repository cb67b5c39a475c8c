/** Which known mistakes give a node's values: a search on the node, weighed by what they give on nodes of the same arithmetic. */
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import { type TheirTensor, valuesAs } from './candidate.ts';
import { type Diagnosis, type Mistake, mistakesOf, type Peers } from './diagnosis.ts';
import { type Evidence, evidenceOf, nearlyExact, type Strength, strengthOf } from './evidence.ts';
import type { Choice, Slot, Values, VariantModel } from './hypothesis.ts';
import { hasErrorModel, modelOf } from './models/models.ts';
import { type NodeCase, rangeOf } from './node_case.ts';
import type { Run } from './run.ts';
import { caseOf } from './run_case.ts';
import { isSame } from './same.ts';
import { mistakes, type Search, search } from './search.ts';

/** A node and the candidate's values of one of its outputs. */
export interface Compared {
  readonly info: NodeInfo;
  readonly their: TheirTensor;
  readonly different: number;
}

/** A node ready to be explained. */
interface Subject {
  readonly node: NodeCase;
  readonly model: VariantModel;
  readonly candidate: Values;
  readonly reference: Values;
}

interface Weighed {
  readonly choice: Choice;
  readonly peers: Peers;
  readonly strength: Strength;
  readonly informative: number;
}

/** Nothing of nodes whose output is real where none is expected. `peers`: all nodes that were compared. */
export function diagnose(
  info: NodeInfo,
  their: TheirTensor,
  run: Run,
  compared: readonly Compared[],
): Diagnosis | null {
  const subject = subjectOf(info, their, run);
  if (!subject) return null;
  const { model, candidate, reference } = subject;
  const found = search(model, candidate, reference);
  const evidence = evidenceOf(candidate, reference, channelsOf(subject.node), rangeOf(subject.node.output.dtype));
  const others = compared.filter((other) => other.info.index !== info.index);
  const peers = peersOf(others, run);
  const weighed = ranked(found.exact.map((choice) => weigh(choice, subject, evidence, peers)));
  const common = {
    informative: evidence.informative,
    values: candidate.length,
    tried: found.tried,
    hasErrorModel: hasErrorModel(info.op),
    alternatives: [],
    undecided: [],
    peers: NO_PEERS,
    mistakes: [],
  };
  const [best, ...rest] = weighed;
  if (!best) return { ...common, ...nearestOf(found, subject, evidence) };
  const same = candidate.length;
  if (best.strength === 'none') return { ...common, kind: 'too few values', weak: true, same };
  return {
    ...common,
    kind: 'exact',
    weak: best.strength === 'weak',
    informative: best.informative,
    mistakes: mistakesOf(model, best.choice),
    same,
    alternatives: rest.filter(({ choice }) => mistakes(choice) === mistakes(best.choice)).map(({ choice }) => mistakesOf(model, choice)), // biome-ignore format: one line
    undecided: found.undecided.flatMap((choice) => mistakesOf(model, choice)),
    peers: best.peers,
  };
}

const NO_PEERS: Peers = { explained: [], unaffected: [], contradicted: [] };

function subjectOf(info: NodeInfo, their: TheirTensor, run: Run): Subject | undefined {
  const node = caseOf(info, their, run);
  const model = modelOf(node, run.interpreter.profile);
  return model && { node, model, candidate: their.values, reference: valuesAs(their, node.output.data) };
}

function channelsOf({ output }: NodeCase): number {
  return output.shape.at(-1) ?? 1;
}

function nearestOf({ nearest }: Search, { model, candidate, node }: Subject, evidence: Evidence) {
  const same = nearest?.same ?? 0;
  const missing = candidate.length - same;
  const known = alternativesOf(model).length;
  if (!nearest || !nearlyExact(evidence, mistakes(nearest.choice), known, missing, candidate.length)) {
    return { kind: 'none' as const, weak: false, same };
  }
  return { kind: 'nearest' as const, weak: true, same, mistakes: mistakesOf(model, nearest.choice), node };
}

// ---- nodes of the same arithmetic

/** The other compared nodes, made ready when they are first asked for. */
function peersOf(others: readonly Compared[], run: Run): (ids: readonly string[]) => Iterable<Peer> {
  const known = new Map<Compared, Subject | undefined>();
  return function* (ids) {
    for (const other of others) {
      if (!known.has(other)) known.set(other, other.their.target === 'real' ? undefined : subjectOf(other.info, other.their, run)); // biome-ignore format: one line
      const subject = known.get(other);
      const choice = subject && choiceOf(subject.model, ids);
      if (choice) yield { index: other.info.index, subject, choice, different: other.different };
    }
  };
}

interface Peer {
  readonly index: number;
  readonly subject: Subject;
  readonly choice: Choice;
  readonly different: number;
}

function alternativesOf(model: VariantModel): Slot['wrong'][number][] {
  return model.slots.flatMap(({ wrong }) => wrong);
}

/** The mistakes of these names in another model; undefined where it has not all of them. */
function choiceOf(model: VariantModel, ids: readonly string[]): Choice | undefined {
  let found = 0;
  const choice = model.slots.map(({ wrong }) => {
    const at = wrong.findIndex(({ id }) => ids.includes(id)) + 1;
    if (at > 0) found++;
    return at;
  });
  return found === ids.length ? choice : undefined;
}

function weigh(
  choice: Choice,
  subject: Subject,
  own: Evidence,
  peersWith: (ids: readonly string[]) => Iterable<Peer>,
): Weighed {
  const ids = subject.model.hypotheses(choice).map(({ hypothesis }) => hypothesis.id);
  const [explained, unaffected, contradicted]: [number[], number[], number[]] = [[], [], []];
  let { informative, bits } = own;
  for (const { index, subject: peer, choice, different } of peersWith(ids)) {
    const { model, candidate, reference, node } = peer;
    const values = model.evaluate(
      choice,
      Int32Array.from(candidate, (_, i) => i),
    );
    if (!values.every((value, i) => isSame(value, candidate[i]!))) contradicted.push(index);
    else if (different === 0) unaffected.push(index);
    else {
      const evidence = evidenceOf(candidate, reference, channelsOf(node), rangeOf(node.output.dtype));
      informative += evidence.informative;
      bits += evidence.bits;
      explained.push(index);
    }
  }
  const count = mistakes(choice);
  const rivals = count === 1 ? rivalsOf(subject) : alternativesOf(subject.model).length;
  const strength = strengthOf({ informative, bits }, count, rivals);
  return { choice, peers: { explained, unaffected, contradicted }, strength, informative };
}

/** Outputs with more values are not looked through for each mistake: where so many are alike, position alone says enough. */
const MOST_VALUES = 5000;

/** Mistakes that change about as many values as differ: those that chance would mistake for one another. */
function rivalsOf(subject: Subject): number {
  const { model, candidate, reference } = subject;
  const known = rivals.get(subject);
  if (known !== undefined) return known;
  const all = Int32Array.from(candidate, (_, i) => i);
  const count = (values: Values) => values.reduce((sum, value, i) => sum + (isSame(value, reference[i]!) ? 0 : 1), 0);
  const different = count(candidate);
  const alternatives = model.slots.flatMap(({ wrong }, s) => wrong.map((_, i) => withChoice(model.rightChoice, s, i + 1))); // biome-ignore format: one line
  const found =
    candidate.length > MOST_VALUES
      ? alternatives
      : alternatives.filter((choice) => {
          const changed = count(model.evaluate(choice, all));
          return changed >= different / 4 && changed <= 4 * different;
        });
  rivals.set(subject, found.length);
  return found.length;
}

const rivals = new WeakMap<Subject, number>();

function withChoice(choice: Choice, slot: number, alternative: number): Choice {
  return choice.map((own, s) => (s === slot ? alternative : own));
}

/** What is contradicted somewhere goes where another explains other nodes as well and is contradicted nowhere. */
function ranked(weighed: readonly Weighed[]): Weighed[] {
  const sorted = [...weighed].sort(
    (a, b) =>
      mistakes(a.choice) - mistakes(b.choice) ||
      a.peers.contradicted.length - b.peers.contradicted.length ||
      b.peers.explained.length - a.peers.explained.length,
  );
  const [best] = sorted;
  if (!best || best.peers.explained.length === 0 || best.peers.contradicted.length > 0) return sorted;
  return sorted.filter(({ peers }) => peers.contradicted.length === 0 && peers.explained.length === best.peers.explained.length); // biome-ignore format: one line
}

export type { Mistake };
