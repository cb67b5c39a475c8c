/** How one value of an output comes about: the formula evaluated at its place, every step and every term of a sum on the way. */
import { bound, called, caseOf, compute, forEachTerm, placeOf, positionIn, rescalingFor, type Scope, takeStep, unflatten, type Value, valueIn } from './evaluate.ts'; // biome-ignore format: one line
import type { Expression, Over, Read, Rescale } from './expression.ts';
import type { Case, Formula } from './formula.ts';
import { expansion } from './rescaling.ts';
import { ATOM, conditionText, numberText, type Text, textOf } from './text.ts';

export interface ValueTrace {
  /** What the first sum or maximum is made of; empty where there is none. */
  readonly taps: readonly Tap[];
  readonly steps: readonly TraceStep[];
  /** The last step's value: what the kernel writes. */
  readonly value: Value;
}

export interface Tap {
  /** Its place in the input: outside of it where a window hangs over the edge. */
  readonly at: readonly number[];
  /** null outside of the input: there is nothing to add. */
  readonly value: Value | null;
  /** The place in the second tensor that the term reads, and the value there: the weight. */
  readonly weightAt?: readonly number[];
  readonly weight?: number;
  /** What it brings to the sum: (value + input offset) * (weight + filter offset), or the value itself. */
  readonly term: Value | null;
}

export interface TraceStep {
  readonly name: string;
  readonly formula: string;
  readonly value: Value;
}

/** Terms that a trace lists; a window may be larger than its input without end. */
export const MOST_TERMS = 2 ** 20;

export function traceFormula({ steps }: Formula, scope: Scope): ValueTrace {
  const tracer = new Tracer(scope);
  let value: Value | undefined;
  for (const [i, step] of steps.entries()) {
    const name = i === steps.length - 1 ? 'output' : step.name;
    value = takeStep(step, scope, (found) => tracer.step(name, found));
  }
  if (value === undefined) throw new Error(`the formula has no value at position ${scope.position}`);
  return { taps: tracer.taps, steps: tracer.list, value };
}

/** A part's value, and its text with the values in it. */
interface Traced extends Text {
  readonly value: Value | undefined;
}

class Tracer {
  readonly list: TraceStep[] = [];
  taps: readonly Tap[] = [];
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Rows for the parts of a step, and one for the step itself where it does something to them. */
  step(name: string, { value: e, when }: Case): Value | undefined {
    const { text, value } = e.kind === 'over' && name !== 'output' ? this.#over(e, name) : this.#visit(e);
    if (value === undefined) return value;
    const isRow = text !== String(value) || this.list.at(-1)?.value !== value;
    if (!isRow) return value;
    const because = when.map((c) => conditionText(c, this.#scope.numbers)).join(', ');
    this.#add(name, e.kind === 'number' && because ? because : text, value);
    return value;
  }

  #add(name: string, formula: string, value: Value): Traced {
    this.list.push({ name, formula, value });
    return { ...numberText(value), value };
  }

  /** As valueIn, with rows on the way; what has a row is its value in the text. */
  #visit(e: Expression, isReal = false): Traced {
    switch (e.kind) {
      case 'number':
        return { ...numberText(e.value), value: e.value };
      case 'name':
      case 'entry':
        return known(valueIn(e, this.#scope));
      case 'apply':
        return this.#apply(e.name, e.at);
      case 'read':
        return this.#read(e);
      case 'power': {
        const exponent = known(valueIn(e.exponent, this.#scope));
        return this.#composed({ ...e, exponent: { kind: 'number', value: exponent.value! } }, valueIn(e, this.#scope));
      }
      case 'over':
        return this.#over(e);
      case 'rescale':
        return this.#rescale(e);
      case 'named': {
        const { text, value } = this.#visit(e.value, isReal);
        return value === undefined ? known(value) : this.#add(e.name, text, value);
      }
      case 'clamp': {
        const parts = [e.x, e.min, e.max].map((part) => this.#visit(part, isReal));
        const value = valueIn({ ...e, x: literal(parts[0]!), min: literal(parts[1]!), max: literal(parts[2]!) }, this.#scope, isReal); // biome-ignore format: one line
        const text = textOf({ ...e }, (part) => parts[[e.x, e.min, e.max].indexOf(part)]!, this.#scope.numbers);
        return value === undefined ? known(value) : this.#add('clamp', text.text, value);
      }
      case 'operation': {
        const [left, right] = [this.#visit(e.left, isReal), this.#visit(e.right, isReal)];
        const { value: a } = left;
        const { value: b } = right;
        const value = a === undefined || b === undefined ? undefined : compute(e.operator, a, b, isReal);
        return { ...textOf(e, (part) => (part === e.left ? left : right), this.#scope.numbers), value };
      }
      case 'call': {
        const parts = new Map<Expression, Traced>();
        const value = called(e.fn, e.args, (part, real) => {
          const traced = this.#visit(part, real || isReal);
          parts.set(part, traced);
          return traced.value;
        });
        const of = (part: Expression): Text => parts.get(part) ?? this.#divided(part, parts);
        return { ...textOf(e, of, this.#scope.numbers), value };
      }
    }
  }

  /** A quotient inside of a rounding: its parts were visited, one by one. */
  #divided(e: Expression, parts: ReadonlyMap<Expression, Traced>): Text {
    if (e.kind === 'named') return this.#divided(e.value, parts);
    return textOf(e, (part) => parts.get(part)!, this.#scope.numbers);
  }

  #composed(e: Expression, value: Value | undefined): Traced {
    return {
      ...textOf(e, (part) => ({ ...numberText((part as { value: Value }).value) }), this.#scope.numbers),
      value,
    };
  }

  #read(e: Read): Traced {
    const value = valueIn(e, this.#scope);
    if (value === undefined) return known(value);
    return this.#add(e.tensor, `${e.tensor}[${tensorPlace(e, this.#scope).join(', ')}]`, value);
  }

  /** A step of several values, for one of them: its own steps are shown. */
  #apply(name: string, at: readonly Expression[]): Traced {
    const { parameters, cases } = this.#scope.functions.get(name)!;
    const values = at.map((index) => valueIn(index, this.#scope));
    const value = bound(parameters!, values, this.#scope, () => {
      const found = caseOf(cases, this.#scope);
      return found && this.step(name, found);
    });
    return known(value);
  }

  /** Under the name of the fold, or of the step that it is. */
  #over(e: Over, step?: string): Traced {
    const taps = tapsOf(e, this.#scope);
    const value = valueIn(e, this.#scope);
    if (this.taps.length === 0 && taps.some(({ at }) => at.length > 0)) this.taps = taps;
    if (value === undefined) return known(value);
    const inside = taps.filter(({ term }) => term !== null).length;
    const left = taps.length > inside ? `, ${taps.length - inside} left out` : '';
    const isProduct = e.term.kind === 'operation' && e.term.operator === '*';
    const [name, what] = FOLDS[e.fold] ?? [e.fold, 'values'];
    if (e.fold === 'sum' && isProduct) return this.#add(step ?? 'sum of products', `${inside} products${left}`, value);
    return this.#add(step ?? name, `${what.replace('#', String(inside))}${left}`, value);
  }

  /** With the numbers of the channel at hand, and what the result would be in real numbers. */
  #rescale(e: Rescale): Traced {
    const x = this.#visit(e.x);
    if (x.value === undefined) return known(undefined);
    const rescaling = rescalingFor(e, this.#scope);
    const { real } = rescaling.multipliers[0]!;
    const value = x.text !== String(x.value) ? this.#add(rescaling.of, x.text, x.value).value! : x.value;
    this.#add('in real numbers', `${value} * ${real}`, Number(value) * real);
    return this.#visit(expansion({ ...e, x: { kind: 'number', value } }, rescaling));
  }
}

const FOLDS: { readonly [fold: string]: readonly [name: string, what: string] } = {
  sum: ['sum', 'sum of # values'],
  product: ['product', 'product of # values'],
  max: ['maximum', 'of # values'],
  min: ['minimum', 'of # values'],
  count: ['count', '# inside'],
  argmax: ['first maximum', 'of # values'],
  argmin: ['first minimum', 'of # values'],
};

function known(value: Value | undefined): Traced {
  return value === undefined ? { text: 'nothing', level: ATOM, value } : { ...numberText(value), value };
}

function literal({ value }: Traced): Expression {
  return { kind: 'number', value: value ?? 0 };
}

/** Every term of a sum: the places that it reads, and the values there. */
function tapsOf({ ranges, term }: Over, scope: Scope): Tap[] {
  const reads = readsIn(term);
  const taps: Tap[] = [];
  forEachTerm(ranges, scope, () => {
    if (taps.length >= MOST_TERMS) return;
    const [first, second] = reads.map((read) => ({
      at: tensorPlace(read, scope),
      value: valueIn(read, scope) ?? null,
    }));
    const value = valueIn(term, scope) ?? null;
    taps.push({
      at: first?.at ?? [],
      value: first?.value ?? null,
      ...(second && second.value !== null && { weightAt: second.at, weight: Number(second.value) }),
      term: value,
    });
  });
  return taps;
}

function readsIn(e: Expression): Read[] {
  if (e.kind === 'read') return [e];
  if (e.kind === 'operation') return [...readsIn(e.left), ...readsIn(e.right)];
  if (e.kind === 'named') return readsIn(e.value);
  if (e.kind === 'call') return e.args.flatMap(readsIn);
  return [];
}

/** The place of a read in the tensor's own shape. */
function tensorPlace(read: Read, scope: Scope): number[] {
  const place = placeOf(read, scope);
  const { shape } = scope.tensors[read.tensor]!;
  const position = read.shape && positionIn(read.shape, place);
  return position === undefined ? place.map(Number) : unflatten(shape, position);
}
