/** The value of a formula at a place of the output: exact, by whole numbers without limit. It shares no code with the kernels. */

import type { ArrayName, Condition, Expression, Over, Read } from './expression.ts';
import type { Case, Formula, Numbers, Step } from './formula.ts';
import { FUNCTIONS } from './functions.ts';
import { expansion, ofChannel } from './rescaling.ts';

/** A whole number, a bigint where it is beyond 2^53; or a real. */
export type Value = number | bigint;

/** A tensor as an expression reads it. */
export interface Source {
  readonly shape: readonly number[];
  readonly data: { readonly length: number; readonly [i: number]: Value };
}

/** What names, tensors and numbers stand for, for one value of the output. */
export interface Scope {
  readonly numbers: Numbers;
  /** By role; 'output' only has a shape. */
  readonly tensors: Readonly<Record<string, Source>>;
  /** The place in the output: one index for each dimension, and its position. */
  readonly place: readonly number[];
  readonly position: number;
  /** Indices, and steps that have a value. */
  readonly names: Map<string, Value>;
  /** Steps that have parameters. */
  readonly functions: Map<string, Step>;
}

/** The scope of one value of the output, before any step. */
export function scopeOf(
  { indices }: Formula,
  numbers: Numbers,
  tensors: Scope['tensors'],
  outputShape: readonly number[],
  position: number,
): Scope {
  const counted = unflatten(indices.map(({ count }) => count), position); // biome-ignore format: one line
  return {
    numbers,
    tensors,
    place: unflatten(outputShape, position),
    position,
    names: new Map(indices.map(({ name }, d) => [name, counted[d]!])),
    functions: new Map(),
  };
}

/** The output's value at a position. */
export function evaluate(formula: Formula, scope: Scope): Value {
  let value: Value | undefined;
  for (const step of formula.steps) value = takeStep(step, scope, (found) => valueIn(found.value, scope));
  if (value === undefined) throw new Error(`the formula has no value at position ${scope.position}`);
  return value;
}

/** Gives a step its value, by `of`; later steps find it in the scope. */
export function takeStep(step: Step, scope: Scope, of: (found: Case) => Value | undefined): Value | undefined {
  if (step.parameters) {
    scope.functions.set(step.name, step);
    return undefined;
  }
  const found = caseOf(step.cases, scope);
  const value = found && of(found);
  if (value === undefined) scope.names.delete(step.name);
  else scope.names.set(step.name, value);
  return value;
}

/** The case whose conditions hold. */
export function caseOf(cases: readonly Case[], scope: Scope): Case | undefined {
  return cases.find(({ when }) => when.every((condition) => holds(condition, scope)));
}

function holds({ left, relation, right }: Condition, scope: Scope): boolean {
  const [a, b] = [valueIn(left, scope), valueIn(right, scope)];
  if (a === undefined || b === undefined) return false;
  switch (relation) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '=':
      return a <= b && a >= b; // 1n and 1 are one number
    case '!=':
      return !(a <= b && a >= b);
  }
}

/**
 * An expression's value; undefined where it reads outside of a tensor. `isReal` is inside of float32 and float64, which round what
 * is computed in doubles.
 */
export function valueIn(e: Expression, scope: Scope, isReal = false): Value | undefined {
  switch (e.kind) {
    case 'number':
      return e.value;
    case 'name':
      return scope.names.get(e.name);
    case 'apply':
      return applied(e.name, e.at.map((index) => valueIn(index, scope)), scope); // biome-ignore format: one line
    case 'read':
      return readValue(e, scope);
    case 'entry':
      return entryValue(e.array, valueIn(e.at, scope), scope);
    case 'operation': {
      const [a, b] = [valueIn(e.left, scope, isReal), valueIn(e.right, scope, isReal)];
      return a === undefined || b === undefined ? undefined : compute(e.operator, a, b, isReal);
    }
    case 'power': {
      const exponent = valueIn(e.exponent, scope);
      return exponent === undefined ? undefined : powerOf(Number(exponent));
    }
    case 'call':
      return called(e.fn, e.args, (part, real) => valueIn(part, scope, real || isReal));
    case 'clamp':
      return clamped(...([e.x, e.min, e.max].map((part) => valueIn(part, scope, isReal)) as [Value, Value, Value]));
    case 'over':
      return folded(e, scope);
    case 'rescale':
      return valueIn(expansion(e, rescalingFor(e, scope)), scope);
    case 'named':
      return valueIn(e.value, scope, isReal);
  }
}

/** A rescaling with the numbers of the channel at hand. */
export function rescalingFor(e: Extract<Expression, { kind: 'rescale' }>, scope: Scope) {
  const channel = e.channel === undefined ? 0 : Number(valueIn(e.channel, scope));
  return ofChannel(scope.numbers.rescalings[e.rescaling]!, channel);
}

function applied(name: string, at: readonly (Value | undefined)[], scope: Scope): Value | undefined {
  const { parameters, cases } = scope.functions.get(name)!;
  return bound(parameters!, at, scope, () => {
    const found = caseOf(cases, scope);
    return found && valueIn(found.value, scope);
  });
}

/** With these names for these values. */
export function bound<T>(
  names: readonly string[],
  values: readonly (Value | undefined)[],
  scope: Scope,
  run: () => T,
): T {
  const before = names.map((name) => scope.names.get(name));
  const set = (list: readonly (Value | undefined)[]) => {
    names.forEach((name, i) => {
      if (list[i] === undefined) scope.names.delete(name);
      else scope.names.set(name, list[i]);
    });
  };
  set(values);
  const result = run();
  set(before);
  return result;
}

// ---- tensors and tables

/** Where a read is, in the shape that it counts in; indices may lie outside, or be none. */
export function placeOf({ tensor, at, shape: counted }: Read, scope: Scope): (Value | undefined)[] {
  const { shape } = scope.tensors[tensor]!;
  if (at === 'flat') return unflatten(shape, scope.position);
  if (at !== 'same') return at.map((index) => valueIn(index, scope, true));
  const { place } = scope;
  const dims = counted ?? shape;
  return dims.map((dim, d) => (dim === 1 ? 0 : place[d + place.length - dims.length]!));
}

function readValue(e: Read, scope: Scope): Value | undefined {
  const source = scope.tensors[e.tensor];
  if (!source) throw new Error(`there is no tensor '${e.tensor}'`);
  const position = positionIn(e.shape ?? source.shape, placeOf(e, scope));
  return position === undefined ? undefined : exact(source.data[position]!);
}

/** The position of a place; undefined outside of the shape. */
export function positionIn(shape: readonly number[], place: readonly (Value | undefined)[]): number | undefined {
  let position = 0;
  for (const [d, dim] of shape.entries()) {
    const i = Number(place[d]);
    if (!(Number.isInteger(i) && i >= 0 && i < dim)) return undefined;
    position = position * dim + i;
  }
  return position;
}

function entryValue(array: ArrayName, at: Value | undefined, { numbers }: Scope): Value | undefined {
  if (at === undefined) return undefined;
  if ('table' in array) {
    const { first, values } = numbers.tables[array.table]!;
    return values[Number(at) - first];
  }
  return numbers.rescalings[array.rescaling]!.multipliers[Number(at)]![array.field]!;
}

export function unflatten(shape: readonly number[], position: number): number[] {
  const at = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] = position % shape[d]!;
    position = Math.floor(position / shape[d]!);
  }
  return at;
}

// ---- arithmetic

/** A number where it is one. */
export function exact(value: Value): Value {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

export function compute(operator: '+' | '-' | '*' | '/', a: Value, b: Value, isReal: boolean): Value {
  if (isReal) return computeDoubles(operator, Number(a), Number(b));
  if (typeof a === 'number' && typeof b === 'number') {
    const result = computeDoubles(operator, a, b);
    if (operator === '/' || Number.isSafeInteger(result) || !Number.isInteger(a) || !Number.isInteger(b)) return result;
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  if (operator === '/') return x % y === 0n ? exact(x / y) : Number(x) / Number(y);
  return exact(operator === '+' ? x + y : operator === '-' ? x - y : x * y);
}

function computeDoubles(operator: '+' | '-' | '*' | '/', a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
  }
}

function powerOf(exponent: number): Value {
  return exponent > 52 ? 2n ** BigInt(exponent) : 2 ** exponent;
}

function clamped(x: Value | undefined, min: Value, max: Value): Value | undefined {
  if (x === undefined) return undefined;
  const raised = x < min ? min : x;
  return raised > max ? max : raised;
}

type Evaluate = (e: Expression, isReal: boolean) => Value | undefined;

/** What a function of this name makes of these arguments. */
export function called(fn: string, args: readonly Expression[], of: Evaluate): Value | undefined {
  const rounding = Object.hasOwn(ROUNDINGS, fn) ? ROUNDINGS[fn] : undefined;
  if (rounding) return rounding(...fraction(args[0]!, of));
  const isReal = fn === 'float32' || fn === 'float64';
  const values = args.map((arg) => of(arg, isReal));
  if (values.includes(undefined)) return undefined;
  const known = values as Value[];
  const own = Object.hasOwn(OWN, fn) ? OWN[fn] : undefined;
  if (own) return own(...known);
  const named = Object.hasOwn(FUNCTIONS, fn) ? FUNCTIONS[fn] : undefined;
  if (!named) throw new Error(`there is no function '${fn}'`);
  return named(...known.map(Number));
}

/** An expression as a fraction: what stands in floor, round, truncate is divided there. */
function fraction(e: Expression, of: Evaluate): [Value | undefined, Value | undefined] {
  const inner = e.kind === 'named' ? e.value : e;
  const isQuotient = inner.kind === 'operation' && inner.operator === '/';
  return isQuotient ? [of(inner.left, false), of(inner.right, false)] : [of(e, false), 1];
}

type Rounding = (n: Value | undefined, d: Value | undefined) => Value | undefined;

/** Whole quotients of whole numbers; of a real, its own rounding. */
function rounding(whole: (n: bigint, d: bigint) => bigint, real: (x: number) => number): Rounding {
  return (n, d) => {
    if (n === undefined || d === undefined) return undefined;
    const isWhole = (x: Value) => typeof x === 'bigint' || Number.isInteger(x);
    if (d === 1 && typeof n === 'number') return real(n) + 0; // a whole number has no sign where it is 0
    if (!isWhole(n) || !isWhole(d)) return real(Number(n) / Number(d)) + 0;
    const [top, bottom] = [BigInt(n), BigInt(d)];
    return exact(bottom < 0n ? whole(-top, -bottom) : whole(top, bottom));
  };
}

const floorDivide = (n: bigint, d: bigint) => (n % d !== 0n && n < 0n ? n / d - 1n : n / d);

/** Math.floor(x + 0.5) errs where the sum is rounded: next below a half, and beyond 2^52. */
function roundReal(x: number): number {
  const whole = Math.trunc(x);
  if (whole === x || !Number.isFinite(x)) return x;
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

const ROUNDINGS: { readonly [fn: string]: Rounding } = {
  floor: rounding(floorDivide, Math.floor),
  round: rounding((n, d) => (n < 0n ? -floorDivide(-2n * n + d, 2n * d) : floorDivide(2n * n + d, 2n * d)), roundReal),
  truncate: rounding((n, d) => n / d, Math.trunc),
};

const wrap = (bits: number) => (x: Value) => exact(BigInt.asIntN(bits, BigInt(x)));

const OWN: { readonly [fn: string]: (...values: Value[]) => Value } = {
  min: (a, b) => (a! < b! ? a! : b!), // of NaN and a number, and of 0 and -0, the second
  max: (a, b) => (a! > b! ? a! : b!),
  abs: (x) => (typeof x === 'number' ? Math.abs(x) : x! < 0n ? -x! : x!),
  int8: wrap(8),
  int16: wrap(16),
  int32: wrap(32),
  int64: wrap(64),
  uint8: (x) => exact(BigInt.asUintN(8, BigInt(x!))),
  float32: (x) => Math.fround(Number(x!)),
  float64: (x) => Number(x!),
  ...Object.fromEntries(
    (
      [
        ['int8', 7],
        ['uint8', 8],
        ['int16', 15],
        ['int32', 31],
        ['int64', 63],
      ] as const
    ).map(([type, bits]) => {
      const [min, max] = [type === 'uint8' ? 0n : -(2n ** BigInt(bits)), 2n ** BigInt(bits) - 1n];
      return [`saturate_${type}`, (x: Value) => saturated(x, min, max)];
    }),
  ),
  sign: (x) => (x! < 0 ? -1 : 1),
  x86int32: (x) => (x! >= -(2 ** 31) && x! < 2 ** 31 ? x! : -(2 ** 31)),
};

/** NaN becomes the highest value. */
function saturated(x: Value, min: bigint, max: bigint): Value {
  if (!(x < max)) return exact(max);
  return x < min ? exact(min) : exact(BigInt(x));
}

// ---- sums and their like

function folded({ fold, ranges, term }: Over, scope: Scope): Value | undefined {
  let result: Value | undefined = fold === 'sum' || fold === 'count' ? 0 : undefined;
  let first: Value | undefined;
  forEachTerm(ranges, scope, () => {
    const value = valueIn(term, scope);
    if (value === undefined) return;
    switch (fold) {
      case 'sum':
        result = compute('+', result!, value, false);
        return;
      case 'count':
        result = Number(result) + 1;
        return;
      case 'product':
        result = result === undefined ? value : compute('*', result, value, false);
        return;
      default: {
        const isBetter = result === undefined || (/max/.test(fold) ? value > result : value < result);
        if (!isBetter) return;
        result = value;
        first = scope.names.get(ranges[0]?.name ?? '');
      }
    }
  });
  return /^arg/.test(fold) ? first : result;
}

/** Runs for each place in the ranges, with their names in the scope. */
export function forEachTerm(ranges: Over['ranges'], scope: Scope, run: () => void, d = 0): void {
  const range = ranges[d];
  if (!range) {
    run();
    return;
  }
  const count = Number(valueIn(range.count, scope));
  const before = scope.names.get(range.name);
  for (let i = 0; i < count; i++) {
    scope.names.set(range.name, i);
    forEachTerm(ranges, scope, run, d + 1);
  }
  if (before === undefined) scope.names.delete(range.name);
  else scope.names.set(range.name, before);
}
