/** Mistakes as data, and models of an operator that make them on purpose: what the search for a diagnosis works on. */

/** One way to get a node wrong. No two of an operator's have one id. */
export interface Hypothesis {
  readonly id: string;
  /** What they do, in a few words. */
  readonly title: string;
  /** How it comes about, or how to tell. */
  readonly explanation: string;
  /** The line as they compute it. */
  readonly candidate: string;
}

/** Position in the output -> the value that is found there. */
export type Source = (position: number) => number;
export type SourceMistake = Hypothesis & { readonly instead: Source };

/** A place in an operator's formula where there is more than one way to go on: F is what the way is written as. */
export interface Slot<F = unknown> {
  /** The step of the operator that it belongs to. */
  readonly stage: string;
  /** The line as TFLite computes it, with this node's numbers. */
  readonly line: string;
  readonly right: F;
  readonly wrong: readonly (Hypothesis & { readonly instead: F })[];
}

/** For each slot of a model, which way it goes: 0 is right, i > 0 is wrong[i - 1]. */
export type Choice = readonly number[];

/** Positions in the output, flat. A search evaluates the same list many times: what it costs is remembered by the list. */
export type Positions = Int32Array<ArrayBuffer>;

/** The way that a choice goes in a slot. */
export type Pick = <F>(slot: Slot<F>) => F;

export type Values = Float64Array<ArrayBuffer>;

/** Values at positions, made of the values of the step before: none at the first. */
export interface Step {
  readonly slots: readonly Slot[];
  run(pick: Pick, before: Values, positions: Positions): Values;
}

/**
 * An operator written as TFLite defines it, slowly, with a slot wherever people go wrong. It shares no code with the
 * kernels.
 */
export class VariantModel {
  readonly slots: readonly Slot[];
  /** Slots of the first step, which all others follow from cheaply. */
  readonly head: number;
  readonly #placement: Slot<Placement> | undefined;
  readonly #steps: readonly Step[];
  readonly #caches = new WeakMap<Positions, StepResult[]>();

  /** `placement` says where the output's values are put: it comes first, for it decides which values are needed. */
  constructor(steps: readonly Step[], placement?: Slot<Placement>) {
    this.#placement = placement;
    this.#steps = steps;
    this.slots = [...(placement ? [placement] : []), ...steps.flatMap(({ slots }) => slots)];
    this.head = (placement ? 1 : 0) + steps[0]!.slots.length;
  }

  get rightChoice(): Choice {
    return this.slots.map(() => 0);
  }

  /** The values that an implementation with these mistakes has at these positions. */
  evaluate(choice: Choice, positions: Positions): Values {
    return this.#evaluate(choice, positions, this.#steps.length);
  }

  /** What the first step gives: sums, before anything is done with them. */
  signal(choice: Choice, positions: Positions): Values {
    return this.#evaluate(choice, positions, 1);
  }

  hypotheses(choice: Choice): { readonly slot: Slot; readonly hypothesis: Hypothesis }[] {
    return choice.flatMap((way, s) =>
      way === 0 ? [] : [{ slot: this.slots[s]!, hypothesis: this.slots[s]!.wrong[way - 1]! }],
    );
  }

  /** Of each step the last result is kept: a search that changes the last slots first computes little anew. */
  #evaluate(choice: Choice, positions: Positions, steps: number): Values {
    const results = this.#caches.get(positions) ?? [];
    this.#caches.set(positions, results);
    const pick: Pick = (slot) => wayOf(slot, choice[this.slots.indexOf(slot)]!);
    let values = NOTHING;
    let end = this.#placement ? 1 : 0;
    for (const [i, step] of this.#steps.slice(0, steps).entries()) {
      end += step.slots.length;
      const known = results[i];
      if (known && isSamePrefix(known.choice, choice, end)) {
        values = known.values;
        continue;
      }
      results.length = i;
      const mapped = i > 0 ? results[0]!.positions : this.#moved(pick, positions);
      values = step.run(pick, values, mapped);
      if (i === this.#steps.length - 1) this.#leave(pick, values, mapped, positions);
      results[i] = { choice: choice.slice(0, end), positions: mapped, values };
    }
    return values;
  }

  #moved(pick: Pick, positions: Positions): Positions {
    const { source } = this.#placement ? pick(this.#placement) : IN_PLACE;
    return positions.map(source);
  }

  /** Where no value of the output is put. */
  #leave(pick: Pick, values: Values, moved: Positions, positions: Positions) {
    const { left } = this.#placement ? pick(this.#placement) : IN_PLACE;
    for (const [i, position] of moved.entries()) if (position < 0) values[i] = left?.(positions[i]!) ?? 0;
  }
}

/** Which value is found at a position of the candidate's output. */
export interface Placement {
  /** The position that it has in the reference's; negative where none was put. */
  source(position: number): number;
  /** What is there then; zeros, if it is left out, as a buffer begins. */
  left?(position: number): number;
}

const IN_PLACE: Placement = { source: (position) => position };

interface StepResult {
  readonly choice: Choice;
  readonly positions: Positions;
  readonly values: Values;
}

const NOTHING = new Float64Array(0);

function wayOf<F>(slot: Slot<F>, way: number): F {
  return way === 0 ? slot.right : slot.wrong[way - 1]!.instead;
}

function isSamePrefix(a: Choice, b: Choice, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A step that treats each value alone. */
export function eachValue<F>(slot: Slot<F>, of: (way: F, value: number, position: number) => number): Step {
  return {
    slots: [slot],
    run(pick, before, positions) {
      const way = pick(slot);
      return before.map((value, i) => of(way, value, positions[i]!));
    },
  };
}
