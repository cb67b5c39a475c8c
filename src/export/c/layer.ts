/** A node of a model -> a function of C99 with the node's own numbers in it, from the formulas that `explain` has for it. */
import { sizeOf } from '../../../kernels/tensor.ts';
import type { NodeExplanation, NodeTensor } from '../../explain/explanation.ts';
import { numbersOf } from '../../explain/operator_explainers.ts';
import { type Bounds, boundsOf, isInt32, type Known, namesIn } from '../../formula/bounds.ts';
import {
  type Condition,
  type Expression,
  type Over,
  partsOf,
  type Read,
  type Rescale,
} from '../../formula/expression.ts';
import type { Case, Formula, Step } from '../../formula/formula.ts';
import { FLOAT_FUNCTIONS, INTEGER_FUNCTIONS, ROUNDINGS } from './functions.ts';
import { constantArray, cType, literal } from './values.ts';

export interface Layer {
  /** Arrays that the function reads besides tensors. */
  readonly data: readonly string[];
  /** Statements. */
  readonly body: readonly string[];
  /** Whether it takes exp and reciprocals in fixed point. */
  readonly needsFixedPoint: boolean;
}

/** What C is not written for: its reason. */
class NotWritten extends Error {}

/** undefined for what is not exported as C. */
export function layerOf(node: NodeExplanation): Layer | undefined {
  const { expressions, outputs, table } = node;
  if (expressions.length < outputs.length || expressions.length === 0) return undefined;
  if ([...node.inputs, ...outputs].some(({ dtype }) => cType(dtype) === undefined)) return undefined;
  try {
    const writer = new Writer(node);
    if (table) writer.lookUp();
    else for (const formula of expressions) writer.formula(formula);
    return { data: writer.data, body: writer.lines, needsFixedPoint: writer.needsFixedPoint };
  } catch (error) {
    if (error instanceof NotWritten) return undefined;
    throw error;
  }
}

/** A value in C: how it is written, and what is known of it; a real one has no bounds. */
interface Value {
  readonly text: string;
  readonly bounds: Bounds | 'real';
}

const nameOf = ({ index }: NodeTensor) => `t${index}`;

/** The place of indices in an array of this shape. */
function flat(indices: readonly string[], shape: readonly number[]): string {
  const terms = indices.flatMap((index, d) => {
    if (index === '0') return [];
    const stride = sizeOf(shape.slice(d + 1));
    const factor = /^\w+$/.test(index) ? index : `(${index})`;
    return [stride === 1 ? index : `${factor} * ${stride}`];
  });
  return terms.join(' + ') || '0';
}

class Writer {
  readonly data: string[] = [];
  lines: string[] = [];
  needsFixedPoint = false;
  readonly #node: NodeExplanation;
  readonly #numbers: Known['numbers'];
  readonly #inputs: ReadonlyMap<string, NodeTensor>;
  readonly #functions = new Map<string, Step>();
  readonly #arrays = new Set<string>();
  #names = new Map<string, Value>();
  #output!: NodeTensor;
  /** The output's indices, where it follows value by value; one of them alone is its position. */
  #place: readonly string[] = [];
  #sum: Expression | undefined;
  /** Sums and their like that are open. */
  #folds = 0;
  #temporaries = 0;

  constructor(node: NodeExplanation) {
    this.#node = node;
    this.#numbers = numbersOf(node);
    this.#inputs = new Map(node.inputs.map((tensor) => [tensor.role, tensor]));
  }

  /** output = table[input], of 256 entries. */
  lookUp(): void {
    const [input, output] = [this.#node.inputs[0]!, this.#node.outputs[0]!];
    const { first } = this.#node.table!;
    const array = this.#array('table', output.dtype, this.#node.table!.values);
    const index = first === 0 ? `${nameOf(input)}[i]` : `${nameOf(input)}[i] + ${-first}`;
    this.#loop('i', sizeOf(output.shape), () => this.lines.push(`${nameOf(output)}[i] = ${array}[${index}];`));
  }

  formula({ output, indices, steps }: Formula): void {
    this.#output = this.#node.outputs[output]!;
    const { shape } = this.#output;
    const isFlat = indices.length === 0 && this.#isFlat(steps);
    const loops =
      indices.length > 0
        ? indices
        : isFlat
          ? [{ name: 'i', count: sizeOf(shape) }]
          : shape.map((count, d) => ({ name: `i${d}`, count }));
    this.#place = loops.map(({ name }) => name);
    const counts = loops.map(({ count }) => count);
    this.#nest(loops, () => {
      for (const step of steps.slice(0, -1)) this.#step(step);
      const value = this.#cases(steps.at(-1)!.cases, 'value');
      const at = flat(this.#place, counts);
      this.lines.push(`${nameOf(this.#output)}[${at}] = ${this.#as(cType(this.#output.dtype)!, value)};`);
    });
  }

  /** Whether all that is read lies where the output does. */
  #isFlat(steps: readonly Step[]): boolean {
    const isSame = (e: Expression): boolean =>
      (e.kind !== 'read' || sizeOf(this.#tensor(e.tensor).shape) === sizeOf(this.#output.shape)) &&
      partsOf(e).every(isSame);
    return steps.every(({ cases }) =>
      cases.every(({ value, when }) => [value, ...when.flatMap(({ left, right }) => [left, right])].every(isSame)),
    );
  }

  #tensor(role: string): NodeTensor {
    const tensor = this.#inputs.get(role);
    if (!tensor) throw new NotWritten(`no ${role}`);
    return tensor;
  }

  // ---- statements

  #nest(loops: readonly { readonly name: string; readonly count: number }[], body: () => void, d = 0): void {
    const loop = loops[d];
    if (loop) this.#loop(loop.name, loop.count, () => this.#nest(loops, body, d + 1));
    else body();
  }

  #loop(name: string, count: number | string, body: () => void, most = Number(count)): void {
    const before = this.#names;
    this.#names = new Map(before).set(name, { text: name, bounds: { low: 0, high: Math.max(most - 1, 0) } });
    this.#block(`for (int ${name} = 0; ${name} < ${count}; ${name}++) {`, body);
    this.#names = before;
  }

  #block(opening: string, body: () => void): void {
    const outside = this.lines;
    this.lines = [];
    body();
    outside.push(opening, ...this.lines.map((line) => `  ${line}`), '}');
    this.lines = outside;
  }

  #step(step: Step): void {
    // Of a node's accumulator more is known than types tell.
    const { accumulator } = this.#node;
    this.#sum = step.name === 'acc' && accumulator && accumulator.bound < 2 ** 31 ? step.cases[0]!.value : undefined;
    if (step.parameters) this.#functions.set(step.name, step);
    else this.#names.set(step.name, this.#constant(step.name, this.#cases(step.cases, step.name)));
  }

  /** Under a name of its own, where it is more than a name. */
  #constant(name: string, value: Value): Value {
    if (/^\w+$/.test(value.text)) return value;
    const variable = this.#variable(name);
    this.lines.push(`const ${typeOf(value.bounds)} ${variable} = ${value.text};`);
    return { ...value, text: variable };
  }

  #variable(name: string): string {
    const used = /^(i\d*|[byxock]|k[yx\d]|[dj])$/.test(name) ? `${name}_` : name;
    return this.#isTaken(used) ? `${used}_${++this.#temporaries}` : used;
  }

  readonly #taken = new Set<string>();

  #isTaken(name: string): boolean {
    if (this.#taken.has(name)) return true;
    this.#taken.add(name);
    return false;
  }

  /** The first case whose conditions hold; the last needs none. */
  #cases(cases: readonly Case[], name: string): Value {
    const [first] = cases as [Case];
    if (cases.length === 1) {
      if (first.when.length > 0) this.#leaveOut(first);
      return this.#value(first.value);
    }
    const known = cases.map(({ value }) => this.#boundsOf(value));
    const bounds = known.reduce((a, b) => (a === 'real' || b === 'real' ? 'real' : union(a, b)));
    const variable = this.#variable(name);
    this.lines.push(`${typeOf(bounds)} ${variable};`);
    // What conditions are made of stands before the first of them.
    const mayBeNone = this.#folds > 0 && cases.at(-1)!.when.length > 0; // a term of a sum may be left out
    const conditions = (mayBeNone ? cases : cases.slice(0, -1)).map(({ when }) =>
      when.map((c) => this.#condition(c)).join(' && '),
    );
    cases.forEach(({ value }, i) => {
      const condition = conditions[i];
      const otherwise = condition === undefined ? '} else {' : `} else if (${condition}) {`;
      if (i > 0) this.lines.pop(); // the brace that closes the case before
      this.#block(i === 0 ? `if (${condition}) {` : otherwise, () => {
        const before = this.#names;
        this.#names = new Map(before);
        this.lines.push(`${variable} = ${this.#as(typeOf(bounds), this.#value(value))};`);
        this.#names = before;
      });
    });
    if (mayBeNone) this.lines.splice(-1, 1, '} else {', '  continue;', '}');
    return { text: variable, bounds };
  }

  /** Where its conditions do not hold there is no value: a term of a sum is left out. */
  #leaveOut({ when }: Case): void {
    if (this.#folds === 0) throw new NotWritten('what may have no value');
    this.lines.push(`if (!(${when.map((c) => this.#condition(c)).join(' && ')})) continue;`);
  }

  #condition({ left, relation, right }: Condition): string {
    const c = relation === '=' ? '==' : relation;
    return `${inBrackets(this.#value(left).text)} ${c} ${inBrackets(this.#value(right).text)}`;
  }

  // ---- expressions

  #known(): Known {
    const names = new Map<string, Bounds>();
    for (const [name, { bounds }] of this.#names) if (bounds !== 'real') names.set(name, bounds);
    for (const [name, { cases }] of this.#functions) {
      const known: Known = { numbers: this.#numbers, names, typeOf: (role) => this.#tensor(role).dtype };
      names.set(name, cases.map(({ value }) => boundsOf(value, known)).reduce(union));
    }
    return { numbers: this.#numbers, names, typeOf: (role) => this.#tensor(role).dtype };
  }

  #isReal(e: Expression): boolean {
    switch (e.kind) {
      case 'number':
        return !Number.isInteger(Number(e.value));
      case 'name':
        return this.#names.get(e.name)?.bounds === 'real';
      case 'read':
        return this.#tensor(e.tensor).dtype === 'float32';
      case 'entry':
        return 'table' in e.array && this.#numbers.tables[e.array.table]!.values.some((x) => !Number.isInteger(x));
      case 'call':
        return e.fn === 'float32' || e.fn === 'float64' || Object.hasOwn(FLOAT_FUNCTIONS, e.fn);
      case 'operation':
        return this.#isReal(e.left) || this.#isReal(e.right);
      case 'clamp':
        return this.#isReal(e.x);
      case 'named':
        return this.#isReal(e.value);
      default:
        return false;
    }
  }

  #boundsOf(e: Expression): Bounds | 'real' {
    if (e === this.#sum) return { low: -this.#node.accumulator!.bound, high: this.#node.accumulator!.bound };
    return this.#isReal(e) ? 'real' : boundsOf(e, this.#known());
  }

  #value(e: Expression): Value {
    const bounds = this.#boundsOf(e);
    switch (e.kind) {
      case 'number':
        return {
          text: bounds === 'real' ? String(e.value) : literal(e.value, isInt32(bounds) ? 'int32' : 'int64'),
          bounds,
        };
      case 'name':
        return this.#names.get(e.name) ?? notWritten(e.name);
      case 'named':
        return this.#value(e.value);
      case 'apply':
        return this.#apply(e.name, e.at);
      case 'read':
        return { text: `${nameOf(this.#tensor(e.tensor))}[${this.#position(e)}]`, bounds };
      case 'entry':
        return { text: this.#entry(e), bounds };
      case 'power':
        return { text: e.exponent.kind === 'number' && bounds !== 'real' && isInt32(bounds) ? `(1 << ${e.exponent.value})` : `(INT64_C(1) << ${inBrackets(this.#value(e.exponent).text)})`, bounds }; // biome-ignore format: one line
      case 'operation':
        return { text: this.#operation(e, bounds), bounds };
      case 'clamp': {
        const [x, min, max] = [e.x, e.min, e.max].map((part) => this.#value(part)) as [Value, Value, Value];
        if (x.bounds === 'real') throw new NotWritten('a clamp of reals');
        const clamp = isInt32(x.bounds) ? 'requant_clamp' : 'requant_clamp64';
        return { text: `${clamp}(${x.text}, ${min.text}, ${max.text})`, bounds };
      }
      case 'call':
        return this.#call(e, bounds);
      case 'over':
        return this.#over(e);
      case 'rescale':
        return { text: this.#rescale(e), bounds };
    }
  }

  #as(type: string, { text, bounds }: Value): string {
    return bounds !== 'real' && typeOf(bounds) === type ? text : `(${type})${inBrackets(text)}`;
  }

  #operation(e: Extract<Expression, { kind: 'operation' }>, bounds: Bounds | 'real'): string {
    if (e.operator === '/' && bounds !== 'real') throw new NotWritten('a division that is not rounded');
    const [left, right] = [this.#value(e.left), this.#value(e.right)];
    if (e.operator === '-' && left.text === '0') return `-${inBrackets(right.text)}`;
    const isWide = bounds !== 'real' && !isInt32(bounds);
    const cast = bounds === 'real' ? '(double)' : isWide && isNarrow(left) ? '(int64_t)' : '';
    return `${cast}${inBrackets(left.text)} ${e.operator} ${inBrackets(right.text)}`;
  }

  #call(e: Extract<Expression, { kind: 'call' }>, bounds: Bounds | 'real'): Value {
    const { fn, args } = e;
    if (Object.hasOwn(ROUNDINGS, fn)) return { text: this.#rounded(fn, args[0]!), bounds };
    const values = args.map((arg) => this.#value(arg));
    const list = values.map(({ text }) => text).join(', ');
    if (fn === 'float32') return { text: `(float)(${list})`, bounds };
    if (fn === 'float64') return { text: `(double)(${list})`, bounds };
    if (values.some((value) => value.bounds === 'real') && fn !== 'x86int32') {
      const own = FLOAT_FUNCTIONS[fn] ?? notWritten(fn);
      return { text: `${own}(${list})`, bounds };
    }
    const { c, isFixedPoint } = Object.hasOwn(INTEGER_FUNCTIONS, fn) ? INTEGER_FUNCTIONS[fn]! : notWritten(fn);
    this.needsFixedPoint ||= isFixedPoint === true;
    const text = `${c}(${list})`;
    return { text: bounds !== 'real' && isInt32(bounds) ? `(int32_t)${text}` : text, bounds };
  }

  /** floor, round, truncate of a quotient of whole numbers, or of a real. */
  #rounded(fn: string, argument: Expression): string {
    const inner = argument.kind === 'named' ? argument.value : argument;
    const { whole, real } = ROUNDINGS[fn]!;
    if (inner.kind !== 'operation' || inner.operator !== '/' || this.#isReal(inner)) {
      const x = this.#value(argument);
      return x.bounds === 'real' ? `${real}(${x.text})` : x.text;
    }
    const [n, d] = [this.#value(inner.left), this.#value(inner.right)];
    const bounds = this.#boundsOf({ kind: 'call', fn, args: [inner] });
    const cast = bounds !== 'real' && isInt32(bounds) ? '(int32_t)' : '';
    if (fn === 'floor' && inner.right.kind === 'power') {
      return `${cast}${cast ? '(' : ''}${inBrackets(n.text)} >> ${inBrackets(this.#value(inner.right.exponent).text)}${cast ? ')' : ''}`;
    }
    return `${cast}${whole}(${n.text}, ${d.text})`;
  }

  #entry({ array, at }: Extract<Expression, { kind: 'entry' }>): string {
    if (!('table' in array)) throw new NotWritten('a multiplier apart from its rescaling');
    const { first, values } = this.#numbers.tables[array.table]!;
    const isWhole = values.every(Number.isInteger);
    const name = this.#array(array.table, isWhole ? 'int32' : 'float32', values);
    const index = this.#value(at).text;
    return `${name}[${first === 0 ? index : `${index} + ${-first}`}]`;
  }

  #array(kind: string, dtype: string, values: readonly number[]): string {
    const name = `n${this.#node.node}_${kind}`;
    if (!this.#arrays.has(name)) {
      this.#arrays.add(name);
      this.data.push(constantArray(name, dtype, values));
    }
    return name;
  }

  // ---- tensors

  /** Where a read lies in its array. */
  #position(read: Read): string {
    const { shape } = this.#tensor(read.tensor);
    if (read.at === 'flat' || (read.at === 'same' && sizeOf(shape) === sizeOf(this.#output.shape))) {
      return flat(this.#place, this.#place.length === 1 ? [sizeOf(shape)] : this.#output.shape);
    }
    const counted = read.shape ?? shape;
    if (read.at === 'same') {
      const place = this.#place.slice(this.#place.length - counted.length);
      return flat(place.map((index, d) => (counted[d] === 1 ? '0' : index)), counted); // biome-ignore format: one line
    }
    return flat(read.at.map((index) => this.#index(index)), counted); // biome-ignore format: one line
  }

  #index(e: Expression): string {
    if (e.kind !== 'operation' || e.operator !== '/') return this.#value(e).text;
    return `${inBrackets(this.#value(e.left).text)} / ${inBrackets(this.#value(e.right).text)}`; // it is whole: a guard says so
  }

  // ---- rescalings

  #rescale({ x, rescaling, channel }: Rescale): string {
    const { arithmetic, multipliers } = this.#numbers.rescalings[rescaling]!;
    const value = this.#value(x);
    const index = channel && this.#value(channel).text;
    const suffix = rescaling === 0 ? '' : `_${rescaling}`;
    const number = (kind: string, dtype: string, values: readonly number[]) => {
      if (values.every((other) => other === values[0])) return literal(values[0]!, dtype);
      return `${this.#array(`${kind}${suffix}`, dtype, values)}[${index}]`;
    };
    if (arithmetic === 'float64') {
      if (multipliers.length === 1) return `requant_rescale_float64(${value.text}, ${multipliers[0]!.hex})`;
      return `requant_rescale_float64(${value.text}, ${this.#doubles(multipliers)}[${index}])`;
    }
    const kind = { 'double rounding': 'double', 'single rounding': 'single', 'reduced multiplier': 'reduced' }[
      arithmetic as 'double rounding'
    ];
    if (!kind) throw new NotWritten(arithmetic);
    const isReduced = kind === 'reduced';
    const m = number('multiplier', 'int32', multipliers.map((own) => (isReduced ? own.reduced! : own.multiplier!))); // biome-ignore format: one line
    const s = number('shift', 'int32', multipliers.map(({ shift }) => shift!)); // biome-ignore format: one line
    return `requant_rescale_${kind}(${isReduced ? value.text : this.#as('int32_t', value)}, ${m}, ${s})`;
  }

  #doubles(multipliers: readonly { readonly hex: string; readonly real: number }[]): string {
    const name = `n${this.#node.node}_real`;
    if (!this.#arrays.has(name)) {
      this.#arrays.add(name);
      const reals = multipliers.map(({ hex, real }) => `${hex} /* ${real} */`);
      this.data.push(`static const double ${name}[${reals.length}] = {\n  ${reals.join(',\n  ')}\n};\n`);
    }
    return name;
  }

  // ---- sums and their like

  #apply(name: string, at: readonly Expression[]): Value {
    const { parameters, cases } = this.#functions.get(name) ?? notWritten(name);
    const values = at.map((index) => this.#value(index));
    const before = this.#names;
    this.#names = new Map(before);
    parameters!.forEach((parameter, i) => {
      this.#names.set(parameter, values[i]!);
    });
    const value = this.#constant(name, this.#cases(cases, name));
    this.#names = before;
    return value;
  }

  #over(e: Over): Value {
    const bounds = this.#overBounds(e);
    const isArg = e.fold === 'argmax' || e.fold === 'argmin';
    const best = this.#variable(isArg ? 'best' : e.fold === 'sum' ? 'sum' : e.fold);
    const term = this.#boundsOf(e.term);
    if (term === 'real') throw new NotWritten('a sum of reals');
    const type = typeOf(isArg ? term : bounds);
    const wide = type === 'int64_t' ? 'INT64' : 'INT32';
    const start = { sum: '0', count: '0', product: '1', max: `${wide}_MIN`, min: `${wide}_MAX`, argmax: `${wide}_MIN`, argmin: `${wide}_MAX` }; // biome-ignore format: one line
    this.lines.push(`${type} ${best} = ${start[e.fold]};`);
    const found = isArg ? this.#variable('first') : best;
    if (isArg) this.lines.push(`int ${found} = 0;`);
    if (e.fold === 'product') throw new NotWritten('a product that may wrap');
    this.#folds++;
    this.#ranges(e, 0, this.#guards(e), () => {
      if (e.fold === 'count') {
        if (e.term.kind === 'apply') this.lines.push(`(void)${this.#value(e.term).text};`); // where it has none, it goes on
        this.lines.push(`${best}++;`);
        return;
      }
      const value = this.#value(e.term);
      if (e.fold === 'sum') {
        this.lines.push(`${best} += ${value.text};`);
        return;
      }
      const relation = /max/.test(e.fold) ? '>' : '<';
      const then = isArg ? `{ ${best} = ${value.text}; ${found} = ${e.ranges[0]!.name}; }` : `${best} = ${value.text};`;
      // The first value counts even where it is the least that there is.
      this.lines.push(`if (${inBrackets(value.text)} ${relation} ${best}) ${then}`);
    });
    this.#folds--;
    return { text: found, bounds };
  }

  /** Of a node's accumulator more is known than types tell. */
  #overBounds(e: Over): Bounds {
    const { accumulator } = this.#node;
    if (e.fold === 'sum' && accumulator && accumulator.bound < 2 ** 31) {
      return { low: -accumulator.bound, high: accumulator.bound };
    }
    return boundsOf(e, this.#known());
  }

  /** Loops over ranges; what is outside of a tensor is left out as soon as that is known. */
  #ranges(e: Over, d: number, guards: readonly Guard[], body: () => void): void {
    const range = e.ranges[d];
    const open = new Set(e.ranges.slice(0, d).map(({ name }) => name));
    const all = new Set(e.ranges.map(({ name }) => name));
    const isDue = ({ names }: Guard, known: Set<string>) =>
      [...names].every((name) => !all.has(name) || known.has(name));
    const due = guards.filter((guard) => isDue(guard, open));
    const rest = guards.filter((guard) => !isDue(guard, open));
    const conditions = due.flatMap((guard) => this.#guard(guard));
    if (d === 0 && conditions.length > 0) {
      this.#block(`if (!(${conditions.join(' || ')})) {`, () => this.#ranges({ ...e }, 0, rest, body));
      return;
    }
    for (const condition of conditions) this.lines.push(`if (${condition}) continue;`);
    if (!range) {
      body();
      return;
    }
    const count = this.#value(range.count);
    const most = count.bounds === 'real' ? Infinity : count.bounds.high;
    this.#loop(range.name, count.text, () => this.#ranges(e, d + 1, rest, body), most);
  }

  /** What must hold for a term to have a value. */
  #guards({ term, ranges }: Over): Guard[] {
    const names = new Map(this.#names);
    for (const { name, count } of ranges) {
      const { high } = boundsOf(count, this.#known());
      names.set(name, { text: name, bounds: { low: 0, high: Math.max(high - 1, 0) } });
    }
    const before = this.#names;
    this.#names = names;
    const guards = readsIn(term).flatMap((read) => {
      if (typeof read.at === 'string') return [];
      const shape = read.shape ?? this.#tensor(read.tensor).shape;
      return read.at.flatMap((index, d): Guard[] => {
        const bounds = this.#boundsOf(index);
        const isQuotient = index.kind === 'operation' && index.operator === '/';
        const isInside = bounds !== 'real' && bounds.low >= 0 && bounds.high < shape[d]!;
        return isInside && !isQuotient ? [] : [{ index, dim: shape[d]!, names: namesIn(index, partsOf) }];
      });
    });
    this.#names = before;
    return guards;
  }

  #guard({ index, dim }: Guard): string[] {
    if (index.kind !== 'operation' || index.operator !== '/') {
      const i = inBrackets(this.#value(index).text);
      return [`${i} < 0 || ${i} >= ${dim}`];
    }
    const [n, d] = [inBrackets(this.#value(index.left).text), inBrackets(this.#value(index.right).text)];
    return [`${n} % ${d} != 0 || ${n} < 0 || ${n} >= ${d} * ${dim}`];
  }
}

/** An index that may lie outside of its dimension, and the names that it depends on. */
interface Guard {
  readonly index: Expression;
  readonly dim: number;
  readonly names: ReadonlySet<string>;
}

function readsIn(e: Expression): Read[] {
  return e.kind === 'read' ? [e, ...partsOf(e).flatMap(readsIn)] : partsOf(e).flatMap(readsIn);
}

function notWritten(what: string): never {
  throw new NotWritten(what);
}

function typeOf(bounds: Bounds | 'real'): string {
  return bounds === 'real' ? 'double' : isInt32(bounds) ? 'int32_t' : 'int64_t';
}

function isNarrow({ bounds }: Value): boolean {
  return bounds !== 'real' && isInt32(bounds);
}

function union(a: Bounds, b: Bounds): Bounds {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** An expression as an operand: what is more than a name, a call, an element or a number stands in brackets. */
function inBrackets(text: string): string {
  return isOperand(text) ? text : `(${text})`;
}

function isOperand(text: string): boolean {
  let depth = 0;
  for (const [i, c] of [...text].entries()) {
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (depth === 0 && !/\w/.test(c) && !(i === 0 && c === '-' && /^-\d+$/.test(text))) return false;
  }
  return !/^-/.test(text);
}
