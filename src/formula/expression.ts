/**
 * An operator's arithmetic as data: expressions on whole numbers, and on reals where a step is rounded to a float.
 *
 * Values are exact: + - * lose nothing, a division stands inside of floor, round or truncate (or of float32 and float64, which
 * round it), and what wraps or saturates says so. From an expression follow its text (text.ts, tex.ts), its value at a place
 * (evaluate.ts), the steps to that value (trace.ts) and C (../export/c).
 */

/** A number, or one of many that is looked up. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number | bigint }
  /** An index, or a step of the formula before. */
  | { readonly kind: 'name'; readonly name: string }
  /** A step that has parameters, for these: e[j]. */
  | { readonly kind: 'apply'; readonly name: string; readonly at: readonly Expression[] }
  | Read
  | { readonly kind: 'entry'; readonly array: ArrayName; readonly at: Expression }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  /** 2 to the power of a whole number. */
  | { readonly kind: 'power'; readonly exponent: Expression }
  | { readonly kind: 'call'; readonly fn: FunctionName; readonly args: readonly Expression[] }
  | { readonly kind: 'clamp'; readonly x: Expression; readonly min: Expression; readonly max: Expression }
  | Over
  | Rescale
  /** The value itself, which a trace shows as a step of this name. */
  | { readonly kind: 'named'; readonly name: string; readonly value: Expression };

export type Operator = '+' | '-' | '*' | '/';

/** A tensor's value. Outside of the tensor, or where an index is no whole number, there is none. */
export interface Read {
  readonly kind: 'read';
  /** The role of the tensor: 'input', 'filter'. */
  readonly tensor: string;
  /**
   * One index for each dimension; or 'same', the place of the output (dimensions of 1 are repeated), or 'flat', the same
   * position in another shape.
   */
  readonly at: 'same' | 'flat' | readonly Expression[];
  /** The shape that `at` counts in, where it is not the tensor's own. */
  readonly shape?: readonly number[];
}

/**
 * Over all values of the ranges, of those terms that have a value: their sum, the greatest, the least, how many there are, or
 * (argmax, argmin) the first index of the greatest or the least.
 */
export interface Over {
  readonly kind: 'over';
  readonly fold: Fold;
  readonly ranges: readonly Range[];
  readonly term: Expression;
}

export type Fold = 'sum' | 'product' | 'max' | 'min' | 'count' | 'argmax' | 'argmin';

/** name < count, from 0 on. */
export interface Range {
  readonly name: string;
  readonly count: Expression;
}

/** x times a real number, by the node's rescaling of this number: rescaling.ts says how. */
export interface Rescale {
  readonly kind: 'rescale';
  readonly x: Expression;
  readonly rescaling: number;
  /** Which of the multipliers, where each channel has one. */
  readonly channel?: Expression;
  /** The largest magnitude of x: what may leave int32 stands in int32(...), which wraps. */
  readonly bound: number;
}

/** The numbers of a rescaling, by channel; or a table of the node. */
export type ArrayName =
  | { readonly rescaling: number; readonly field: 'real' | 'multiplier' | 'reduced' | 'shift' }
  | { readonly table: string };

/**
 * floor, round (halves away from zero), truncate; float32 and float64 round a real; int8 to int64 wrap; saturate16 and the like
 * clamp to the type; x86int32 is a conversion of a real as x86 does it: what does not fit is -2^31. The others are functions of
 * fixed_point.ts and float_math.ts, by these names (functions.ts).
 */
export type FunctionName = string;

/** left relation right. */
export interface Condition {
  readonly left: Expression;
  readonly relation: '<' | '<=' | '>' | '>=' | '=' | '!=';
  readonly right: Expression;
}

// ---- constructors

/** A number, or an expression. */
export type Term = Expression | number;

export function expression(x: Term): Expression {
  return typeof x === 'number' ? number(x) : x;
}

export function number(value: number | bigint): Expression {
  return { kind: 'number', value };
}

export function name(name: string): Expression {
  return { kind: 'name', name };
}

export function apply(name: string, ...at: readonly Term[]): Expression {
  return { kind: 'apply', name, at: at.map(expression) };
}

/** A tensor's value at these indices; without any, at the place of the output. */
export function read(tensor: string, at?: readonly Term[], shape?: readonly number[]): Read {
  return { kind: 'read', tensor, at: at ? at.map(expression) : 'same', ...(shape && { shape }) };
}

/** The value at the same position in another shape. */
export function readFlat(tensor: string): Read {
  return { kind: 'read', tensor, at: 'flat' };
}

/** Entry `at` of a table of the node. */
export function entry(table: string, at: Term): Expression {
  return { kind: 'entry', array: { table }, at: expression(at) };
}

function operation(operator: Operator, left: Term, right: Term): Expression {
  return { kind: 'operation', operator, left: expression(left), right: expression(right) };
}

function isNumber(x: Term, value: number): boolean {
  return x === value || (typeof x === 'object' && x.kind === 'number' && x.value === value);
}

/** The sum; nothing is added where a term is 0, and a number below 0 is subtracted. */
export function plus(left: Term, right: Term): Expression {
  if (isNumber(left, 0)) return expression(right);
  if (isNumber(right, 0)) return expression(left);
  const r = expression(right);
  return r.kind === 'number' && r.value < 0 ? operation('-', left, number(-r.value)) : operation('+', left, r);
}

export function minus(left: Term, right: Term): Expression {
  return isNumber(right, 0) ? expression(left) : operation('-', left, right);
}

/** The product; a factor of 1 is left out. */
export function times(left: Term, right: Term): Expression {
  if (isNumber(left, 1)) return expression(right);
  return isNumber(right, 1) ? expression(left) : operation('*', left, right);
}

export function divided(left: Term, right: Term): Expression {
  return isNumber(right, 1) ? expression(left) : operation('/', left, right);
}

export function power(exponent: Term): Expression {
  return { kind: 'power', exponent: expression(exponent) };
}

export function call(fn: FunctionName, ...args: readonly Term[]): Expression {
  return { kind: 'call', fn, args: args.map(expression) };
}

export const floor = (x: Term): Expression => call('floor', x);
export const round = (x: Term): Expression => call('round', x);
export const float32 = (x: Term): Expression => call('float32', x);
export const float64 = (x: Term): Expression => call('float64', x);

export function clamp(x: Term, min: Term, max: Term): Expression {
  return { kind: 'clamp', x: expression(x), min: expression(min), max: expression(max) };
}

export function named(name: string, value: Term): Expression {
  return { kind: 'named', name, value: expression(value) };
}

/** Over ranges, by name and count; what has one value alone is that value, 0: `over` then leaves the range out. */
export function over(fold: Fold, ranges: Readonly<Record<string, Term>>, term: Term): Expression {
  const list = Object.entries(ranges).map(([name, count]) => ({ name, count: expression(count) }));
  return { kind: 'over', fold, ranges: list, term: expression(term) };
}

export function sum(ranges: Readonly<Record<string, Term>>, term: Term): Expression {
  return over('sum', ranges, term);
}

export function rescale(x: Term, rescaling: number, bound: number, channel?: Term): Rescale {
  const of = channel === undefined ? {} : { channel: expression(channel) };
  return { kind: 'rescale', x: expression(x), rescaling, bound, ...of };
}

export function condition(left: Term, relation: Condition['relation'], right: Term): Condition {
  return { left: expression(left), relation, right: expression(right) };
}

// ---- walking

/** An expression's own parts. */
export function partsOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'number':
    case 'name':
      return [];
    case 'apply':
      return e.at;
    case 'read':
      return typeof e.at === 'string' ? [] : e.at;
    case 'entry':
      return [e.at];
    case 'operation':
      return [e.left, e.right];
    case 'power':
      return [e.exponent];
    case 'call':
      return e.args;
    case 'clamp':
      return [e.x, e.min, e.max];
    case 'over':
      return [...e.ranges.map(({ count }) => count), e.term];
    case 'rescale':
      return e.channel ? [e.x, e.channel] : [e.x];
    case 'named':
      return [e.value];
  }
}
