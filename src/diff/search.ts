/**
 * Which mistakes give the candidate’s values: every one alone, every two together, then more, from the sums that fit best.
 *
 * Sums are dear and what follows is cheap, so beyond two mistakes the likeliest sums are found first, by how well they go
 * along with the candidate’s values, and for each of them all ways to go on are tried. What agrees on a few positions is tried on
 * more, and at last on all.
 */

import type { Choice, Positions, Values, VariantModel } from './hypothesis.ts';
import { isSame } from './same.ts';

export interface Search {
  /** Fewest mistakes first: all choices of that many, or nearly all, that give every one of the candidate’s values. */
  readonly exact: readonly Choice[];
  /** The choice that gives most of the candidate’s values, of those looked at. */
  readonly nearest: { readonly choice: Choice; readonly same: number } | undefined;
  /** Mistakes, each alone, that the first exact choice may have besides: they change none of these values. */
  readonly undecided: readonly Choice[];
  /** Choices that were looked at. */
  readonly tried: number;
}

/** Positions for a first, a second and a last look. */
interface Samples {
  readonly few: Positions;
  readonly some: Positions;
  readonly all: Positions;
}

const FEW = 16;
const SOME = 1000;
const MOST_MISTAKES = 9;
const HEADS = 40;
const EXACT = 12;
/** Choices looked at beyond two mistakes. */
const BUDGET = 3_000_000;

/** `candidate` and `reference` differ somewhere. Values are compared by their bits, in float32 where they are real. */
export function search(model: VariantModel, candidate: Values, reference: Values): Search {
  return new Searcher(model, candidate, reference).run();
}

class Searcher {
  readonly #model: VariantModel;
  readonly #candidate: Values;
  readonly #samples: Samples;
  #tried = 0;
  #nearest: { choice: Choice; same: number } | undefined;

  constructor(model: VariantModel, candidate: Values, reference: Values) {
    this.#model = model;
    this.#candidate = candidate;
    this.#samples = samplesOf(candidate, reference);
  }

  run(): Search {
    let exact = this.#exactOf(this.#singles());
    if (exact.length === 0) exact = this.#exactOf(this.#pairs());
    if (exact.length === 0) exact = this.#exactOf(this.#more());
    if (exact.length === 0) this.#climb();
    const { choice } = this.#nearest ?? {};
    return {
      exact,
      undecided: exact[0] ? this.#undecided(exact[0]) : [],
      nearest: choice && { choice, same: this.#count(choice, this.#samples.all) },
      tried: this.#tried,
    };
  }

  /** Of choices that agree on few positions, those that agree on all; stops behind the fewest mistakes. */
  #exactOf(choices: Iterable<Choice>): Choice[] {
    const byCount = [...choices].sort((a, b) => mistakes(a) - mistakes(b));
    const exact: Choice[] = [];
    for (const choice of byCount) {
      if (exact.length >= EXACT || (exact[0] && mistakes(choice) > mistakes(exact[0]))) break;
      if (this.#agrees(choice, this.#samples.some) && this.#agrees(choice, this.#samples.all)) exact.push(choice);
    }
    return exact;
  }

  /** Only their own mistake is in each that is returned. */
  #undecided(exact: Choice): Choice[] {
    const { some, all } = this.#samples;
    const { rightChoice } = this.#model;
    return [...this.#ways()].flatMap(([slot, way]) => {
      if (exact[slot] !== 0) return [];
      const more = withWay(exact, slot, way);
      return this.#agrees(more, some) && this.#agrees(more, all) ? [withWay(rightChoice, slot, way)] : [];
    });
  }

  *#singles(): Iterable<Choice> {
    const { rightChoice } = this.#model;
    for (const [slot, way] of this.#ways()) {
      const choice = withWay(rightChoice, slot, way);
      if (this.#look(choice)) yield choice;
      this.#remember(choice);
    }
  }

  /** Those that agree on few positions; the others are counted where they come near to the best. */
  *#pairs(): Iterable<Choice> {
    const { rightChoice } = this.#model;
    const ways = [...this.#ways()];
    for (const [i, [slot, way]] of ways.entries()) {
      const first = withWay(rightChoice, slot, way);
      for (const [other, otherWay] of ways.slice(i + 1)) {
        if (other === slot) continue;
        const choice = withWay(first, other, otherWay);
        if (this.#look(choice)) yield choice;
        if (this.#count(choice, this.#samples.few) > FEW / 2) this.#remember(choice);
      }
    }
  }

  /** All ways on from the sums that fit best. */
  *#more(): Iterable<Choice> {
    const { slots, head } = this.#model;
    if (slots.length === head) return;
    let left = BUDGET;
    for (const choice of this.#likelyHeads()) {
      for (const whole of this.#tails(choice, head)) {
        if (left-- < 0) return;
        if (mistakes(whole) > 2 && this.#look(whole)) yield whole;
      }
    }
  }

  /** Every choice of the slots from `slot` on. */
  *#tails(choice: Choice, slot: number): Iterable<Choice> {
    if (mistakes(choice) > MOST_MISTAKES) return;
    if (slot === choice.length) {
      yield choice;
      return;
    }
    const { wrong } = this.#model.slots[slot]!;
    for (let way = 0; way <= wrong.length; way++) yield* this.#tails(withWay(choice, slot, way), slot + 1);
  }

  /** Choices of the first slots, by how well the sums that they give go along with the candidate’s values. */
  #likelyHeads(): Choice[] {
    const { rightChoice, head } = this.#model;
    const ways = [...this.#ways()].filter(([slot]) => slot < head);
    const rated = (choice: Choice) => ({ choice, fit: this.#fit(choice) });
    const best = (level: readonly { choice: Choice; fit: number }[], count: number) =>
      [...level].sort((a, b) => b.fit - a.fit || mistakes(a.choice) - mistakes(b.choice)).slice(0, count);
    const none = rated(rightChoice);
    const ones = ways.map(([slot, way]) => rated(withWay(rightChoice, slot, way)));
    const extended = (from: readonly { choice: Choice }[]) =>
      from.flatMap(({ choice }) =>
        ways.flatMap(([slot, way]) => (slot > lastMistake(choice) ? [rated(withWay(choice, slot, way))] : [])),
      );
    const twos = extended(ones);
    const threes = extended(best(twos, 20));
    const freference = extended(best(threes, 10));
    const likely = [none, ...best(ones, HEADS / 4), ...best([...twos, ...threes, ...freference], HEADS)];
    return best(likely, likely.length).map(({ choice }) => choice);
  }

  /** The correlation of sums with the candidate’s values, squared. */
  #fit(choice: Choice): number {
    const { some } = this.#samples;
    const x = this.#model.signal(choice, some);
    let [n, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
    const [least, most] = [this.#least, this.#most];
    for (const [i, position] of some.entries()) {
      const y = this.#candidate[position]!;
      if (some.length > 50 && (y === least || y === most)) continue; // a clamp hides what is behind it
      n++;
      sx += x[i]!;
      sy += y;
      sxx += x[i]! ** 2;
      sxy += x[i]! * y;
      syy += y ** 2;
    }
    const spread = (n * sxx - sx ** 2) * (n * syy - sy ** 2);
    return spread > 0 ? (n * sxy - sx * sy) ** 2 / spread : 0;
  }

  get #least(): number {
    return this.#candidate.reduce((a, b) => Math.min(a, b), Infinity);
  }

  get #most(): number {
    return this.#candidate.reduce((a, b) => Math.max(a, b), -Infinity);
  }

  /** Where nothing gives all values: one mistake more as long as that gives more of them. */
  #climb() {
    for (let level = 0; level < MOST_MISTAKES && this.#nearest; level++) {
      const { choice, same } = this.#nearest;
      for (const [slot, way] of this.#ways()) if (choice[slot] === 0) this.#remember(withWay(choice, slot, way));
      if (this.#nearest.same === same) return;
    }
  }

  *#ways(): Iterable<[slot: number, way: number]> {
    for (const [slot, { wrong }] of this.#model.slots.entries()) {
      for (let way = 1; way <= wrong.length; way++) yield [slot, way];
    }
  }

  /** Whether a choice agrees on few positions. */
  #look(choice: Choice): boolean {
    this.#tried++;
    return this.#agrees(choice, this.#samples.few);
  }

  #agrees(choice: Choice, positions: Positions): boolean {
    const values = this.#model.evaluate(choice, positions);
    for (let i = 0; i < positions.length; i++) if (!isSame(values[i]!, this.#candidate[positions[i]!]!)) return false;
    return true;
  }

  #count(choice: Choice, positions: Positions): number {
    const values = this.#model.evaluate(choice, positions);
    let same = 0;
    for (let i = 0; i < positions.length; i++) if (isSame(values[i]!, this.#candidate[positions[i]!]!)) same++;
    return same;
  }

  #remember(choice: Choice) {
    const same = this.#count(choice, this.#samples.some);
    if (!this.#nearest || same > this.#nearest.same) this.#nearest = { choice, same };
  }
}

export function mistakes(choice: Choice): number {
  let count = 0;
  for (const way of choice) if (way > 0) count++;
  return count;
}

function lastMistake(choice: Choice): number {
  return choice.findLastIndex((way) => way > 0);
}

function withWay(choice: Choice, slot: number, way: number): Choice {
  const other = choice.slice();
  other[slot] = way;
  return other;
}

/** Where they differ first, and of those first what lies inside of the range: a clamp hides what is behind it. */
function samplesOf(candidate: Values, reference: Values): Samples {
  const least = candidate.reduce((a, b) => Math.min(a, b), Infinity);
  const most = candidate.reduce((a, b) => Math.max(a, b), -Infinity);
  const inside: number[] = [];
  const clamped: number[] = [];
  const same: number[] = [];
  for (const [i, value] of candidate.entries()) {
    if (isSame(value, reference[i]!)) same.push(i);
    else (value === least || value === most ? clamped : inside).push(i);
  }
  const different = [...spread(inside, 500), ...spread(clamped, 200)];
  const some = [...different, ...spread(same, SOME - different.length)];
  const few = [...spread(inside, 8), ...spread(clamped, 3), ...spread(same, 3)];
  return {
    few: Int32Array.from(few.length < FEW ? [...new Set([...few, ...spread(some, FEW)])].slice(0, FEW) : few),
    some: Int32Array.from(some),
    all: Int32Array.from(candidate, (_, i) => i),
  };
}

/** So many of a list, evenly. */
function spread(list: readonly number[], count: number): number[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}
