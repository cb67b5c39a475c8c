/** Evaluates the formulas of an explanation, exactly: numbers are fractions of whole numbers without limit. */

/** numerator / denominator, the denominator positive; that of an infinity is 0. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

/** A function, an indexed quantity, or a value. */
export type Meaning = ((...values: number[]) => number | bigint) | number | bigint;

/** What the names in a formula stand for. An indexed quantity throws LeftOut where there is nothing. */
export type Scope = { readonly [name: string]: Meaning };

/** Thrown by a quantity that has no value there: the term of the sum or maximum that asks for it is left out. */
export class LeftOut extends Error {}

/** A line: `name[i, j] = expression`, `... where x < 0, y >= 2` or `... otherwise`. */
interface Line {
  readonly name: string;
  readonly indices: readonly string[];
  readonly expression: string;
  readonly conditions: readonly string[];
}

function parseLine(line: string): Line {
  const [equation, conditions] = line.replace(/ otherwise$/, '').split(' where ');
  const [, name, indices, expression] = /^(\w+)(?:\[([^\]]*)\])? = (.*)$/.exec(equation!)!;
  return {
    name: name!,
    indices: indices?.split(', ') ?? [],
    expression: expression!,
    conditions: conditions?.split(/, (?![^(]*\)|[^[]*\])/) ?? [],
  };
}

/** The output's value: by the first line for it whose conditions hold, given the names in the scope. */
export function evaluateLines(lines: readonly string[], scope: Scope): number | bigint {
  const parsed = lines.map(parseLine);
  const output = parsed.at(-1)!.name;
  const all: { [name: string]: Meaning } = { ...scope };
  const valueOfName = (name: string, own: Scope) => {
    const line = parsed.find((other) => other.name === name && other.conditions.every((c) => holds(c, own)));
    if (!line) throw new LeftOut();
    return toExact(new Parser(line.expression, own).whole());
  };
  for (const { name, indices } of parsed) {
    if (Object.hasOwn(all, name) || name === output) continue;
    if (indices.length === 0) all[name] = valueOfName(name, all);
    else {
      all[name] = (...at) =>
        valueOfName(name, { ...all, ...Object.fromEntries(indices.map((index, i) => [index, at[i]!])) });
    }
  }
  return valueOfName(output, all);
}

const RELATIONS: { readonly [relation: string]: (a: number, b: number) => boolean } = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

function holds(condition: string, scope: Scope): boolean {
  const [, left, relation, right] = /^(.*?) (>=|<=|!=|<|>|=) (.*)$/.exec(condition)!;
  const [a, b] = [left!, right!].map((text) => toNumber(new Parser(text, scope).whole()));
  return RELATIONS[relation!]!(a!, b!);
}

// ---- fractions

function fromNumber(value: number | bigint): Fraction {
  if (typeof value === 'bigint') return [value, 1n];
  if (Math.abs(value) === Infinity) return [value > 0 ? 1n : -1n, 0n]; // only compared
  if (!Number.isFinite(value)) throw new Error(`${value} is no number`);
  let denominator = 1;
  while (!Number.isInteger(value * denominator)) denominator *= 2; // exact, as for every double
  return [BigInt(value * denominator), BigInt(denominator)];
}

/** The nearest double. */
function toNumber([n, d]: Fraction): number {
  if (d === 0n) return n > 0n ? Infinity : -Infinity;
  if (n % d === 0n) return Number(n / d);
  if (n < 0n) return -toNumber([-n, d]);
  // At least 64 bits of the quotient, and whether there are more.
  const bits = Math.max(64 + d.toString(2).length - n.toString(2).length, 0);
  const scaled = n << BigInt(bits);
  const quotient = scaled / d;
  return Number(scaled % d === 0n ? quotient : quotient | 1n) / 2 ** bits;
}

/** A number, or where that is none a bigint. */
function toExact([n, d]: Fraction): number | bigint {
  return n % d === 0n && !Number.isSafeInteger(Number(n / d)) ? n / d : toNumber([n, d]);
}

const add = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];
const multiply = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];
const divide = ([a, b]: Fraction, [c, d]: Fraction): Fraction => (c > 0n ? [a * d, b * c] : [-a * d, -b * c]);
const negate = ([a, b]: Fraction): Fraction => [-a, b];
const isLess = ([a, b]: Fraction, [c, d]: Fraction) => a * d < c * b;

function floor([n, d]: Fraction): Fraction {
  const quotient = n / d;
  return [n % d < 0n ? quotient - 1n : quotient, 1n];
}

/** Halves away from zero. */
function round([n, d]: Fraction): Fraction {
  return n < 0n ? negate(round([-n, d])) : floor([2n * n + d, 2n * d]);
}

const FUNCTIONS: { readonly [name: string]: (...values: Fraction[]) => Fraction } = {
  floor: (x) => floor(x!),
  round: (x) => round(x!),
  truncate: (x) => (x![0] < 0n ? negate(floor(negate(x!))) : floor(x!)),
  abs: (x) => (x![0] < 0n ? negate(x!) : x!),
  min: (a, b) => (isLess(a!, b!) ? a! : b!),
  max: (a, b) => (isLess(a!, b!) ? b! : a!),
  float32: (x) => fromNumber(Math.fround(toNumber(x!))),
  float64: (x) => fromNumber(toNumber(x!)),
  int16: (x) => [BigInt.asIntN(16, x![0] / x![1]), 1n],
  int32: (x) => [BigInt.asIntN(32, x![0] / x![1]), 1n],
  int64: (x) => [BigInt.asIntN(64, x![0] / x![1]), 1n],
  int8: (x) => [BigInt.asIntN(8, x![0] / x![1]), 1n],
  uint8: (x) => [BigInt.asUintN(8, x![0] / x![1]), 1n],
  x86int32: (x) => (x![0] >= -(2n ** 31n) * x![1] && x![0] < 2n ** 31n * x![1] ? x! : [-(2n ** 31n), 1n]),
  ...Object.fromEntries(
    [8, 16, 32, 64].map((bits) => {
      const most = 2n ** BigInt(bits - 1);
      return [
        `saturate_int${bits}`,
        (x: Fraction) => [x[0] < -most ? -most : x[0] >= most ? most - 1n : x[0], 1n] as const,
      ];
    }),
  ),
  saturate_uint8: (x) => [x![0] < 0n ? 0n : x![0] > 255n ? 255n : x![0], 1n],
  sign: (x) => [x![0] < 0n ? -1n : 1n, 1n],
};

// ---- expressions

class Parser {
  readonly #tokens: readonly string[];
  readonly #scope: Scope;
  #at = 0;

  constructor(text: string, scope: Scope, tokens: readonly string[] = tokensOf(text)) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  whole(): Fraction {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw new Error(`${this.#tokens[this.#at]} in ${this.#tokens.join(' ')}`);
    return value;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #sum(): Fraction {
    let value = this.#product();
    for (;;) {
      if (this.#take('+')) value = add(value, this.#product());
      else if (this.#take('-')) value = add(value, negate(this.#product()));
      else return value;
    }
  }

  #product(): Fraction {
    let value = this.#power();
    for (;;) {
      if (this.#take('*')) value = multiply(value, this.#power());
      else if (this.#take('/')) value = divide(value, this.#power());
      else return value;
    }
  }

  #power(): Fraction {
    const value = this.#item();
    if (!this.#take('^')) return value;
    const exponent = toNumber(this.#item());
    const whole = value[0] ** BigInt(Math.abs(exponent));
    return exponent < 0 ? [1n, whole] : [whole, 1n];
  }

  #item(): Fraction {
    if (this.#take('-')) return negate(this.#item());
    if (this.#take('(')) return this.#list(')')[0]!;
    const token = this.#tokens[this.#at++]!;
    if (/^\d/.test(token)) return fromNumber(Number(token));
    if (this.#take('{')) return this.#over(token);
    if (this.#take('(')) {
      const values = this.#list(')');
      const own = FUNCTIONS[token];
      return own ? own(...values) : this.#meaning(token, values);
    }
    if (!this.#take('[')) return this.#meaning(token, []);
    const indices = this.#list(']');
    for (const [n, d] of indices) if (n % d !== 0n) throw new LeftOut();
    return this.#meaning(token, indices);
  }

  #list(close: string): Fraction[] {
    const values = [this.#sum()];
    while (this.#take(',')) values.push(this.#sum());
    if (!this.#take(close)) throw new Error(`no ${close} in ${this.#tokens.join(' ')}`);
    return values;
  }

  #meaning(name: string, values: readonly Fraction[]): Fraction {
    const meaning = this.#scope[name];
    if (meaning === undefined) throw new Error(`${name} means nothing`);
    if (typeof meaning !== 'function') return fromNumber(meaning);
    return fromNumber(meaning(...values.map(toNumber)));
  }

  /** sum{ky < 3, kx < 3} and max{...}: of the product that follows. */
  #over(kind: string): Fraction {
    const ranges: [string, number][] = [];
    do {
      const [name, , count] = this.#tokens.slice(this.#at, (this.#at += 3));
      ranges.push([name!, Number(count)]);
    } while (this.#take(','));
    if (!this.#take('}')) throw new Error(`no } in ${this.#tokens.join(' ')}`);
    const start = this.#at;
    const terms: [value: Fraction, first: number][] = [];
    const run = (d: number, scope: Scope): void => {
      if (d < ranges.length) {
        const [name, count] = ranges[d]!;
        for (let i = 0; i < count; i++) run(d + 1, { ...scope, [name]: i });
        return;
      }
      const term = new Parser('', scope, this.#tokens);
      term.#at = start;
      try {
        const value = term.#product();
        terms.push([value, scope[ranges[0]![0]] as number]);
      } catch (error) {
        if (!(error instanceof LeftOut)) throw error;
      }
    };
    run(0, this.#scope);
    this.#skipProduct();
    return folded(kind, terms);
  }

  /** To the end of the product that the sum was over. */
  #skipProduct() {
    for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if ('([{'.includes(token)) depth++;
      if (')]},'.includes(token) && depth === 0) return;
      if (')]}'.includes(token)) depth--;
      if (depth === 0 && (token === '+' || token === '-')) return;
    }
  }
}

function folded(kind: string, terms: readonly (readonly [value: Fraction, first: number])[]): Fraction {
  const values = terms.map(([value]) => value);
  switch (kind) {
    case 'sum':
      return values.reduce(add, [0n, 1n]);
    case 'product':
      return values.reduce(multiply, [1n, 1n]);
    case 'count':
      return [BigInt(values.length), 1n];
    case 'max':
      return values.reduce((a, b) => (isLess(a, b) ? b : a));
    case 'min':
      return values.reduce((a, b) => (isLess(b, a) ? b : a));
    case 'argmax':
      return fromNumber(terms.reduce((a, b) => (isLess(a[0], b[0]) ? b : a))[1]);
    case 'argmin':
      return fromNumber(terms.reduce((a, b) => (isLess(b[0], a[0]) ? b : a))[1]);
    default:
      throw new Error(`there is no ${kind}{...}`);
  }
}

function tokensOf(text: string): string[] {
  return text.match(/[A-Za-z_][\w.]*|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\S/g) ?? [];
}
