/** Evaluates the formulas of an explanation, exactly: numbers are fractions of whole numbers without limit. */

/** numerator / denominator, the denominator positive. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

/** A function, an indexed quantity, or a value. */
export type Meaning = ((...values: number[]) => number | bigint) | number | bigint;

/** What the names in a formula stand for. An indexed quantity throws LeftOut where there is nothing. */
export type Scope = { readonly [name: string]: Meaning };

/** Thrown by a quantity that has no value there: the term of the sum or maximum that asks for it is left out. */
export class LeftOut extends Error {}

/** The name and the value of `name[...] = expression`, or undefined if it is for another case: `... where x < 0`. */
export function evaluate(formula: string, scope: Scope): { name: string; value: number | bigint } | undefined {
  const [equation, condition] = formula.split(' where ');
  if (condition !== undefined && !holds(condition, scope)) return undefined;
  const at = equation!.indexOf(' = ');
  const name = equation!.slice(0, at).replace(/\[.*/, '');
  return { name, value: toExact(new Parser(equation!.slice(at + 3), scope).whole()) };
}

function holds(condition: string, scope: Scope): boolean {
  const [, left, relation, right] = /^(.*) (>=|<) (.*)$/.exec(condition)!;
  const [a, b] = [left!, right!].map((text) => toNumber(new Parser(text, scope).whole()));
  return relation === '<' ? a! < b! : a! >= b!;
}

// ---- fractions

function fromNumber(value: number | bigint): Fraction {
  if (typeof value === 'bigint') return [value, 1n];
  if (!Number.isFinite(value)) throw new Error(`${value} is no number`);
  let denominator = 1;
  while (!Number.isInteger(value * denominator)) denominator *= 2; // exact, as for every double
  return [BigInt(value * denominator), BigInt(denominator)];
}

/** The nearest double. */
function toNumber([n, d]: Fraction): number {
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
    let result: Fraction | undefined;
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
        result = result === undefined ? value : kind === 'sum' ? add(result, value) : FUNCTIONS.max!(result, value);
      } catch (error) {
        if (!(error instanceof LeftOut)) throw error;
      }
    };
    run(0, this.#scope);
    this.#skipProduct();
    return result ?? [0n, 1n];
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

function tokensOf(text: string): string[] {
  return text.match(/[A-Za-z_][\w.]*|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\S/g) ?? [];
}
