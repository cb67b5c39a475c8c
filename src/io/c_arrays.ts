/** Arrays in C and C++ sources: `alignas(16) const int8_t conv[] = { 1, -2, 0x7f };`, as programs print and xxd -i writes them. */
import { InputError } from '../../kernels/errors.ts';
import type { GivenArray, NpyData } from './npy_array.ts';
import { excerpt, NumberList, numberIn } from './number_text.ts';

type Numbers = NumberList<Float64Array<ArrayBuffer>> | NumberList<Uint8Array<ArrayBuffer>>;

interface CArray {
  readonly name: string;
  readonly line: number;
  /** Words of its declaration: const, unsigned, char. */
  readonly words: readonly string[];
  readonly numbers: Numbers;
}

/** All arrays with numbers, by name. Throws an InputError that names file and line of what is no number. */
export function readCArrays(bytes: Uint8Array, file: string): Map<string, GivenArray> {
  const arrays = new Map<string, GivenArray>();
  for (const { name, line, words, numbers } of new CScanner(bytes, file).arrays(() => new NumberList(Float64Array))) {
    const key = arrays.has(name) ? `${name} of line ${line}` : name;
    arrays.set(key, { ...typed(numbers.values as Float64Array<ArrayBuffer>, words), source: `line ${line}` });
  }
  if (arrays.size === 0) throw new InputError(`${file} has no array with values: name[] = { 1, 2, ... }`);
  return arrays;
}

/** Arrays whose numbers are bytes, as they are in memory: -1 is 255. */
export function readCBytes(bytes: Uint8Array, file: string): Map<string, Uint8Array<ArrayBuffer>> {
  const found = [...new CScanner(bytes, file, true).arrays(() => new NumberList(Uint8Array))];
  return new Map(found.map(({ name, numbers }) => [name, numbers.values as Uint8Array<ArrayBuffer>]));
}

/** Whether a text looks like C: an array that is initialized. */
export function looksLikeC(start: string): boolean {
  return /\w\s*\[[^\]\n]*\][^=;{}[]{0,120}=\s*\{/.test(start);
}

const TYPES: readonly [word: RegExp, dtype: string, make: new (values: Float64Array) => NpyData][] = [
  [/^int8(_t)?$/, 'int8', Int8Array],
  [/^uint8(_t)?$/, 'uint8', Uint8Array],
  [/^int16(_t)?$/, 'int16', Int16Array],
  [/^uint16(_t)?$/, 'uint16', Uint16Array],
  [/^int32(_t)?$/, 'int32', Int32Array],
  [/^uint32(_t)?$/, 'uint32', Uint32Array],
  [/^float(32_t)?$/, 'float32', Float32Array],
];

/** In the type that it is declared with, where that holds all its values. */
function typed(values: Float64Array<ArrayBuffer>, words: readonly string[]): GivenArray {
  const isChar = words.includes('char');
  const names = isChar ? [words.includes('unsigned') ? 'uint8' : words.includes('signed') ? 'int8' : ''] : words;
  const shape = [values.length];
  for (const [word, dtype, make] of TYPES) {
    if (!names.some((name) => word.test(name))) continue;
    const data = new make(values);
    const isExact = dtype === 'float32' || values.every((value, i) => value === data[i]);
    if (isExact) return { dtype, shape, data };
  }
  return { dtype: 'float64', shape, data: values };
}

const code = (text: string) => text.charCodeAt(0);
const [SLASH, STAR, HASH, QUOTE, APOSTROPHE, BACKSLASH, NEWLINE] = [
  code('/'),
  code('*'),
  code('#'),
  code('"'),
  code("'"),
  code('\\'),
  code('\n'),
];
const [OPEN, CLOSE, BRACKET, BRACKET_END, PAREN, PAREN_END, LESS, GREATER, SEMICOLON, COMMA] = [
  code('{'),
  code('}'),
  code('['),
  code(']'),
  code('('),
  code(')'),
  code('<'),
  code('>'),
  code(';'),
  code(','),
];

const isWord = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x5f;

/** One pass over the bytes; what is no declaration of an array is passed over. */
class CScanner {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  /** Whether an array with greater numbers than bytes is passed over. */
  readonly #onlyBytes: boolean;
  #at = 0;
  #line = 1;

  constructor(bytes: Uint8Array, file: string, onlyBytes = false) {
    this.#onlyBytes = onlyBytes;
    this.#bytes = bytes;
    this.#file = file;
  }

  *arrays(makeList: () => Numbers): Iterable<CArray> {
    let words: string[] = [];
    let name: string | undefined;
    let isTemplate = false;
    while (this.#skipBlank()) {
      const byte = this.#bytes[this.#at]!;
      if (words.includes('array')) name = words.at(-1); // std::array<int8_t, 3> name
      if (byte === OPEN && name !== undefined) {
        const line = this.#line;
        const numbers = this.#numbers(makeList());
        if (numbers) yield { name, line, words, numbers };
      }
      if (byte === OPEN || byte === CLOSE || byte === SEMICOLON || (byte === COMMA && !isTemplate)) {
        [words, name, isTemplate] = [[], undefined, false];
        this.#at++;
      } else if (byte === BRACKET) {
        name ??= words.at(-1);
        this.#skipTo(BRACKET, BRACKET_END);
      } else if (byte === PAREN) this.#skipTo(PAREN, PAREN_END);
      else if (isWord(byte)) words.push(this.#word());
      else {
        if (byte === LESS || byte === GREATER) isTemplate = byte === LESS;
        this.#at++;
      }
    }
  }

  #word(): string {
    const from = this.#at;
    while (isWord(this.#bytes[this.#at] ?? 0)) this.#at++;
    return String.fromCharCode(...this.#bytes.subarray(from, Math.min(this.#at, from + 200)));
  }

  /** Past blanks, comments, lines of the preprocessor, strings; false at the end. */
  #skipBlank(): boolean {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at]!;
      if (byte === SLASH && bytes[this.#at + 1] === STAR) this.#skipComment();
      else if (byte === HASH || (byte === SLASH && bytes[this.#at + 1] === SLASH)) this.#skipLine();
      else if (byte === QUOTE || byte === APOSTROPHE) this.#skipString(byte);
      else if (byte > 0x20) return true;
      else {
        if (byte === NEWLINE) this.#line++;
        this.#at++;
      }
    }
    return false;
  }

  #skipComment(): void {
    const bytes = this.#bytes;
    for (this.#at += 2; this.#at < bytes.length; this.#at++) {
      if (bytes[this.#at] === NEWLINE) this.#line++;
      if (bytes[this.#at] === SLASH && bytes[this.#at - 1] === STAR) break;
    }
    this.#at++;
  }

  /** To the end of a line that does not go on behind a backslash. */
  #skipLine(): void {
    const bytes = this.#bytes;
    for (; this.#at < bytes.length; this.#at++) {
      if (bytes[this.#at] !== NEWLINE) continue;
      const before = bytes[this.#at - 1] === 0x0d ? this.#at - 2 : this.#at - 1;
      if (bytes[before] !== BACKSLASH) return;
      this.#line++;
    }
  }

  #skipString(quote: number): void {
    const bytes = this.#bytes;
    for (this.#at++; this.#at < bytes.length && bytes[this.#at] !== quote && bytes[this.#at] !== NEWLINE; this.#at++)
      if (bytes[this.#at] === BACKSLASH) this.#at++;
    if (bytes[this.#at] === quote) this.#at++;
  }

  /** Past a bracket and the one that closes it. */
  #skipTo(open: number, close: number): void {
    let depth = 0;
    while (this.#skipBlank()) {
      const byte = this.#bytes[this.#at++]!;
      if (byte === open) depth++;
      if (byte === close && --depth === 0) return;
      if (byte === SEMICOLON) return;
    }
  }

  /** The numbers between braces, nested ones in order; undefined, and nothing read, where they are no list of them. */
  #numbers(list: Numbers): Numbers | undefined {
    const [start, startLine] = [this.#at, this.#line];
    let depth = 0;
    while (this.#skipBlank()) {
      const byte = this.#bytes[this.#at]!;
      if (byte === OPEN) depth++;
      else if (byte === CLOSE) depth--;
      else if (byte === PAREN)
        this.#skipTo(PAREN, PAREN_END); // a cast
      else if (byte !== COMMA) {
        const value = this.#number();
        if (value === undefined && list.length > 0) throw this.#error();
        if (value === undefined || (this.#onlyBytes && !(value >= -128 && value <= 255))) {
          [this.#at, this.#line] = [start, startLine];
          return undefined;
        }
        list.push(value);
        continue;
      }
      if (byte !== PAREN) this.#at++;
      if (depth === 0) {
        this.#at--; // the closing brace is the caller's
        return list.length > 0 ? list : undefined;
      }
    }
    throw new InputError(`${this.#file}, line ${startLine}: the array that begins here has no end: the file is cut`);
  }

  #number(): number | undefined {
    const end = this.#tokenEnd();
    const value = numberIn(this.#bytes, this.#at, end);
    if (value !== undefined) this.#at = end;
    return value;
  }

  #tokenEnd(): number {
    const bytes = this.#bytes;
    let end = this.#at;
    while (end < bytes.length && bytes[end]! > 0x20 && ![COMMA, OPEN, CLOSE, PAREN, SLASH].includes(bytes[end]!)) end++;
    return Math.max(end, this.#at + 1);
  }

  #error(): InputError {
    const what = excerpt(this.#bytes, this.#at, this.#tokenEnd());
    return new InputError(`${this.#file}, line ${this.#line}: ${what} is no number`);
  }
}
