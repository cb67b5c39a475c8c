/** Whether the candidate's values are found elsewhere: one constant, another tensor's, another run's, moved from their places. */
import type { TensorInfo } from '../runtime/tensor_info.ts';
import type { Values } from './hypothesis.ts';
import { rangeOf } from './node_case.ts';
import { permutationsOf } from './permutations.ts';
import { isSame } from './same.ts';

/** What the candidate's values are looked for in. */
export interface DifferencesContext {
  /** Whose values they are. */
  readonly tensor: TensorInfo;
  readonly target: 'quantized' | 'real';
  /** Other tensors, nearest first: where several have the values, the first is named. */
  readonly others: readonly OtherValues[];
  /** This tensor in other runs of the reference, looked at one by one. */
  readonly runs: Iterable<OtherRun>;
}

/** Values of another tensor of the run. */
export interface OtherValues {
  readonly tensor: TensorInfo;
  /** The node that writes it; null for inputs of the model. */
  readonly node: number | null;
  readonly op: string | null;
  /** As the candidate has them, or as they are where the candidate gave none. */
  readonly whose: 'candidate' | 'reference';
  readonly values: Values;
}

/** This tensor's values on other inputs than the candidate's. */
export interface OtherRun {
  readonly id: string;
  /** As the end of "the candidate's values are ". */
  readonly title: string;
  readonly values: Values;
}

/** Something that the candidate's values are equal to. */
export interface Occurrence {
  readonly kind: 'constant' | 'tensor' | 'run' | 'permutation';
  /** 'zeros', 'tensor_9', 'channels-reversed'. */
  readonly id: string;
  /** In a few words, as the end of "the candidate's values are ". */
  readonly title: string;
  /** How many of those that differ are so. */
  readonly values: number;
  /** Of these, how many are not the commonest one among them: values that are all equal say little of where they come from. */
  readonly informative: number;
  /** Of fewer informative values than it takes. */
  readonly weak: boolean;
  /** Where it is a tensor. */
  readonly tensor?: number;
  readonly node?: number | null;
}

/** The informative values that it takes to be sure, and to say anything. */
export const SURE = 16;
const LEAST = 4;

/** `positions`: where they differ, in order, at least one. */
export function elsewhere(
  candidate: Values,
  reference: Values,
  positions: readonly number[],
  context: DifferencesContext,
): Occurrence[] {
  const constant = constantOf(candidate, reference, positions, context);
  if (constant) return [constant];
  const given = { candidate, reference, positions };
  const whole = [...runsWith(given, context), ...movedFrom(given, context)];
  return whole.length > 0 ? whole : tensorsWith(given, context);
}

interface Given {
  readonly candidate: Values;
  readonly reference: Values;
  readonly positions: readonly number[];
}

function proof(values: Values, positions: readonly number[]) {
  const counts = new Map<number, number>();
  let most = 0;
  for (const position of positions) {
    const count = (counts.get(values[position]!) ?? 0) + 1;
    counts.set(values[position]!, count);
    most = Math.max(most, count);
  }
  const informative = positions.length - most;
  return { values: positions.length, informative, weak: informative < SURE };
}

// ---- one value everywhere

/** What memory is filled with before anything is written, by tools that mark it. */
const FILLS = [0xcd, 0xaa, 0xa5, 0xfe, 0xdd, 0xee, 0xff];

/** Informative here is the reference: where it has one value too, a wrong constant says nothing. */
function constantOf(
  candidate: Values,
  reference: Values,
  positions: readonly number[],
  { tensor, target }: DifferencesContext,
): Occurrence | undefined {
  const value = candidate[positions[0]!]!;
  if (positions.length < LEAST || !positions.every((position) => isSame(candidate[position]!, value))) return undefined;
  const found = proof(reference, positions);
  if (found.informative < LEAST) return undefined;
  const zero = target === 'quantized' ? tensor.quantization?.zeroPoints[0] : 0;
  const range = target === 'quantized' ? rangeOf(tensor.dtype) : undefined;
  const meanings = [
    ...(value === zero
      ? ['real 0, the zero point']
      : value === 0
        ? ['not real 0: a buffer cleared and not written']
        : []),
    ...(value === range?.min ? [`the lowest ${tensor.dtype}`] : []),
    ...(value === range?.max ? [`the highest ${tensor.dtype}`] : []),
    ...fillsOf(value, tensor.dtype),
  ];
  const meaning = meanings.length > 0 ? ` (${meanings.join('; ')})` : '';
  return { kind: 'constant', id: `constant-${value}`, title: `all ${value} where they differ${meaning}`, ...found };
}

function fillsOf(value: number, dtype: string): string[] {
  const bytes = { int8: 1, uint8: 1, int16: 2 }[dtype];
  if (bytes === undefined || !Number.isInteger(value)) return [];
  const hex = (value & (bytes === 1 ? 0xff : 0xffff))
    .toString(16)
    .toUpperCase()
    .padStart(2 * bytes, '0');
  const isFill = FILLS.some((fill) => hex === fill.toString(16).toUpperCase().repeat(bytes));
  return isFill ? [`0x${hex}, a fill of memory that was not written`] : [];
}

// ---- this tensor in other runs

function runsWith({ candidate, positions }: Given, { runs }: DifferencesContext): Occurrence[] {
  for (const { id, title, values } of runs) {
    if (values.length !== candidate.length || !candidate.every((value, i) => isSame(value, values[i]!))) continue;
    const found = proof(candidate, positions);
    return found.informative < LEAST ? [] : [{ kind: 'run', id, title, ...found }];
  }
  return [];
}

// ---- right values at wrong places

const NAMED = 3;

function movedFrom({ candidate, reference, positions }: Given, { tensor }: DifferencesContext): Occurrence[] {
  if (proof(candidate, positions).informative < LEAST) return [];
  return permutationsOf(candidate, reference, positions, tensor.shape)
    .flatMap(({ id, title, source }) => {
      const found = proof(
        candidate,
        positions.filter((position) => source(position) >= 0),
      );
      const title_ = `the reference’s, ${title}`;
      return found.informative < LEAST ? [] : [{ kind: 'permutation' as const, id, title: title_, ...found }];
    })
    .slice(0, NAMED);
}

// ---- other tensors

const PIECES = 4;

/** The span that differs, as one piece of another tensor's values, or as a few one behind the other. */
function tensorsWith({ candidate, positions }: Given, { tensor, target, others }: DifferencesContext): Occurrence[] {
  if (target === 'real') return [];
  const isLike = ({ tensor: { dtype } }: OtherValues) => dtype === tensor.dtype;
  const pieces: Occurrence[] = [];
  const end = positions.at(-1)! + 1;
  for (let start = positions[0]!; start < end; ) {
    const span = candidate.subarray(start, end);
    const hits = others.filter(isLike).map((other) => ({ other, ...longestStart(span, other.values) }));
    const best = hits.reduce((a, b) => (b.length > a.length ? b : a), { other: others[0]!, length: 0, offset: 0 });
    const stop = start + best.length;
    const found = proof(
      candidate,
      positions.filter((position) => position >= start && position < stop),
    );
    if (found.informative < LEAST || pieces.length === PIECES) return [];
    pieces.push({ kind: 'tensor', ...described(best, [start, stop - 1], candidate.length), ...found });
    start = positions.find((position) => position >= stop) ?? end;
  }
  return pieces;
}

function described(
  { other, length, offset }: { readonly other: OtherValues; readonly length: number; readonly offset: number },
  [from, to]: readonly [number, number],
  size: number,
) {
  const { tensor, node, op } = other;
  const writer = node === null ? 'an input of the model' : `the output of node ${node} ${op}`;
  const here = from === 0 && to === size - 1 ? '' : `from flat position ${from} to ${to} `;
  const there = offset === 0 && length === tensor.size ? '' : `, of its positions ${offset} to ${offset + length - 1}`;
  const title = `${here}those of ${tensor}, ${writer}${there}: a buffer in use for both, or values under another’s name`;
  return { id: `tensor_${tensor.index}`, title, tensor: tensor.index, node };
}

/** The longest beginning of `pattern` that is in `text`, and where (Knuth, Morris, Pratt: in linear time). */
export function longestStart(pattern: Values, text: Values): { length: number; offset: number } {
  const border = new Int32Array(pattern.length);
  for (let i = 1, k = 0; i < pattern.length; i++) {
    while (k > 0 && pattern[i] !== pattern[k]) k = border[k - 1]!;
    if (pattern[i] === pattern[k]) k++;
    border[i] = k;
  }
  let [length, offset] = [0, 0];
  for (let i = 0, k = 0; i < text.length; i++) {
    while (k > 0 && (k === pattern.length || text[i] !== pattern[k])) k = border[k - 1]!;
    if (text[i] === pattern[k]) k++;
    if (k > length) [length, offset] = [k, i - k + 1];
  }
  return { length, offset };
}
