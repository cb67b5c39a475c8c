/** Between which numbers an expression's value lies, as far as types, tables and ranges tell: what C needs to choose its integers. */
import type { Expression } from './expression.ts';
import type { Numbers } from './formula.ts';

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const INT32: Bounds = { low: -(2 ** 31), high: 2 ** 31 - 1 };
const UNKNOWN: Bounds = { low: -Infinity, high: Infinity };

const TYPES: { readonly [dtype: string]: Bounds } = {
  bool: { low: 0, high: 1 },
  int4: { low: -8, high: 7 },
  int8: { low: -128, high: 127 },
  uint8: { low: 0, high: 255 },
  int16: { low: -32768, high: 32767 },
  int32: INT32,
};

/** Of a value of this type; without end for those that have no bounds here. */
export function typeBounds(dtype: string): Bounds {
  return TYPES[dtype] ?? UNKNOWN;
}

export function isInt32({ low, high }: Bounds): boolean {
  return low >= INT32.low && high <= INT32.high;
}

/** What names and tensors are known to be. */
export interface Known {
  readonly numbers: Numbers;
  readonly names: ReadonlyMap<string, Bounds>;
  /** A tensor's type, by role. */
  readonly typeOf: (role: string) => string;
}

export function boundsOf(e: Expression, known: Known): Bounds {
  const of = (part: Expression) => boundsOf(part, known);
  switch (e.kind) {
    case 'number':
      return { low: Number(e.value), high: Number(e.value) };
    case 'name':
      return known.names.get(e.name) ?? UNKNOWN;
    case 'apply':
      return known.names.get(e.name) ?? UNKNOWN;
    case 'read':
      return typeBounds(known.typeOf(e.tensor));
    case 'entry':
      return entryBounds(e, known.numbers);
    case 'operation':
      return operationBounds(e.operator, of(e.left), of(e.right));
    case 'power': {
      const { low, high } = of(e.exponent);
      return { low: 2 ** low, high: 2 ** high };
    }
    case 'clamp': {
      const [x, min, max] = [of(e.x), of(e.min), of(e.max)];
      const raised = { low: Math.max(x.low, min.low), high: Math.max(x.high, min.high) };
      return { low: Math.min(raised.low, max.low), high: Math.min(raised.high, max.high) };
    }
    case 'call':
      return callBounds(e.fn, e.args.map(of));
    case 'over':
      return overBounds(e, known);
    case 'rescale':
      return INT32;
    case 'named':
      return of(e.value);
  }
}

function entryBounds(e: Extract<Expression, { kind: 'entry' }>, { tables, rescalings }: Numbers): Bounds {
  const { array } = e;
  const values =
    'table' in array
      ? tables[array.table]!.values
      : rescalings[array.rescaling]!.multipliers.map((multiplier) => multiplier[array.field]!);
  return values.reduce<Bounds>(({ low, high }, value) => ({ low: Math.min(low, value), high: Math.max(high, value) }), {
    low: Infinity,
    high: -Infinity,
  });
}

function operationBounds(operator: '+' | '-' | '*' | '/', a: Bounds, b: Bounds): Bounds {
  switch (operator) {
    case '+':
      return { low: a.low + b.low, high: a.high + b.high };
    case '-':
      return { low: a.low - b.high, high: a.high - b.low };
    case '*':
      return hull([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]);
    case '/':
      if (b.low <= 0 && b.high >= 0) return UNKNOWN;
      return hull([a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high]);
  }
}

function hull(values: readonly number[]): Bounds {
  if (values.some(Number.isNaN)) return UNKNOWN; // 0 times what has no end
  return { low: Math.min(...values), high: Math.max(...values) };
}

function callBounds(fn: string, args: readonly Bounds[]): Bounds {
  const [a = UNKNOWN, b = UNKNOWN] = args;
  switch (fn) {
    case 'floor':
      return { low: Math.floor(a.low), high: Math.floor(a.high) };
    case 'round':
    case 'truncate':
      return { low: Math.floor(a.low), high: Math.ceil(a.high) };
    case 'min':
      return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
    case 'max':
      return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) };
    case 'abs': {
      const most = Math.max(Math.abs(a.low), Math.abs(a.high));
      return { low: 0, high: most };
    }
    case 'leadingZeros':
      return { low: 0, high: 32 };
    case 'sign':
      return { low: -1, high: 1 };
    case 'x86int32':
    case 'expFixed':
    case 'reciprocalFixed':
      return INT32;
    default:
      return TYPES[fn.replace(/^saturate_/, '')] ?? UNKNOWN;
  }
}

function overBounds(e: Extract<Expression, { kind: 'over' }>, known: Known): Bounds {
  const names = new Map(known.names);
  let terms = 1;
  for (const { name, count } of e.ranges) {
    const { high } = boundsOf(count, { ...known, names });
    names.set(name, { low: 0, high: Math.max(high - 1, 0) });
    terms *= Math.max(high, 0);
  }
  const term = boundsOf(e.term, { ...known, names });
  switch (e.fold) {
    case 'sum':
      return { low: Math.min(term.low * terms, 0), high: Math.max(term.high * terms, 0) };
    case 'count':
      return { low: 0, high: terms };
    case 'argmax':
    case 'argmin':
      return { low: 0, high: terms };
    case 'max':
    case 'min':
      return term;
    case 'product':
      return UNKNOWN;
  }
}

/** The names that an expression takes its value from. */
export function namesIn(e: Expression, parts: (e: Expression) => readonly Expression[]): Set<string> {
  const own = e.kind === 'name' ? [e.name] : [];
  return new Set([...own, ...parts(e).flatMap((part) => [...namesIn(part, parts)])]);
}
