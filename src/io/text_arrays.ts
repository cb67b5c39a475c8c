/** Numbers in texts: CSV, lists as programs print them, logs with a label before each layer, hex dumps. */
import { InputError } from '../../kernels/errors.ts';
import { endOffset, hexLine } from './hex_dump.ts';
import { countedKey, endsInKind, labelText, prefixLength, withoutCount } from './labels.ts';
import type { GivenArray } from './npy_array.ts';
import { excerpt, hexDigit, NumberList, numberIn } from './number_text.ts';

/**
 * The numbers of a text, in order, by the label before them; without labels, as one array. A line without numbers at its end is passed
 * over, with a note.
 *
 * @param name of the array where there is no label
 * @param isHex whether numbers that may be decimal or hexadecimal are hexadecimal
 * @throws InputError that names file and line, where something between numbers is none
 */
export function readText(bytes: Uint8Array, file: string, name: string, isHex = false): Map<string, GivenArray> {
  const text = withPoints(utf8(bytes));
  const hexadecimal = () => new TextReader(text, file, name, true);
  const own = isHex ? attempt(hexadecimal()) : undefined;
  if (own) return own;
  const decimal = new TextReader(text, file, name, false);
  const arrays = decimal.read() ?? hexadecimal().read();
  if (!arrays) throw decimal.hexError();
  return arrays;
}

/** undefined where what it reads is of another kind. */
function attempt(reader: TextReader): Map<string, GivenArray> | undefined {
  try {
    return reader.read();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** UTF-16, which PowerShell writes, as UTF-8; without a byte order mark. */
export function utf8(bytes: Uint8Array): Uint8Array {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return new TextEncoder().encode(new TextDecoder('utf-16le').decode(bytes));
  if (a === 0xfe && b === 0xff) return new TextEncoder().encode(new TextDecoder('utf-16be').decode(bytes));
  return a === 0xef && b === 0xbb && c === 0xbf ? bytes.subarray(3) : bytes;
}

interface Section {
  readonly key: string;
  readonly line: number;
  readonly numbers: NumberList<Float64Array<ArrayBuffer>>;
  /** What a hex dump is written by, and its first offset. */
  form?: string;
  start?: number;
  last: readonly number[];
  /** Of its last number. */
  digits?: number;
}

/** A label is not longer. */
const LONGEST_LABEL = 300;
const NEWLINE = 0x0a;
const BAR = 0x7c;

/** Blanks, commas, semicolons, quotes, brackets of all kinds: what stands between numbers. */
const SEPARATORS = new Uint8Array(256);
for (let byte = 0; byte <= 0x20; byte++) SEPARATORS[byte] = 1;
for (const byte of new TextEncoder().encode(`,;[](){}"'`)) SEPARATORS[byte] = 1;

const DECIMAL_COMMAS = /^\s*-?\d+,\d+\s*(?:;\s*-?\d+(?:,\d+)?\s*)+;?\s*$/;
const [COMMA, POINT] = [0x2c, 0x2e];

/** With points for commas, where semicolons separate and each comma is one of a number: 0,5; 1,25. */
function withPoints(bytes: Uint8Array): Uint8Array {
  const [start = ''] = new TextDecoder().decode(bytes.subarray(0, 4096)).split('\n');
  return DECIMAL_COMMAS.test(start) ? bytes.map((byte) => (byte === COMMA ? POINT : byte)) : bytes;
}

/** One pass over the lines. */
class TextReader {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  readonly #hex: boolean;
  readonly #sections: Section[] = [];
  /** What values that come now belong to. */
  #key: string;
  #current: Section | undefined;
  /** What stands before labels that count. */
  #prefix: string | undefined;
  #line = 0;
  /** Where a hex dump left out lines that are as the last. */
  #repeat = false;
  readonly #passedOver: string[] = [];
  #passedOverCount = 0;
  /** Whether all numbers are of two digits, and one of them begins with 0. */
  #allPairs = true;
  #someLeadingZero = false;
  /** Whether bytes come without blanks between them. */
  #isRun = false;
  /** The first that is a number only if it is hexadecimal. */
  #hexToken: InputError | undefined;

  constructor(bytes: Uint8Array, file: string, name: string, hex: boolean) {
    this.#bytes = bytes;
    this.#file = file;
    this.#key = name;
    this.#hex = hex;
  }

  /** undefined where the numbers are not of the kind that was asked for, decimal or hexadecimal. */
  read(): Map<string, GivenArray> | undefined {
    const bytes = this.#bytes;
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, from);
      const to = end < 0 ? bytes.length : end;
      this.#line++;
      if (!this.#readLine(from, to)) return undefined;
      from = to + 1;
    }
    return this.#hex || !(this.#allPairs && this.#someLeadingZero) ? this.#arrays() : undefined;
  }

  hexError(): InputError {
    return this.#hexToken ?? new InputError(`${this.#file} holds no numbers`);
  }

  #arrays(): Map<string, GivenArray> {
    const arrays = new Map<string, GivenArray>();
    for (const { key, line, numbers, form, digits = 0 } of this.#sections) {
      const isOne = this.#hex && numbers.length === 1 && digits > 2 && digits % 2 === 0;
      const isBytes = form !== undefined || (this.#hex && this.#allPairs) || isOne;
      const values = isOne ? digitPairs(numbers.values[0]!, digits) : numbers.values;
      const data = isBytes ? Uint8Array.from(values) : values.slice();
      const notes = [
        ...(form !== undefined ? [`read as ${form}`] : this.#hex ? ['read as hexadecimal'] : []),
        ...(arrays.size === 0 && this.#passedOverCount > 0 ? [this.#passedOverText()] : []),
      ];
      const name = arrays.has(key) ? `${key}, again in line ${line}` : key;
      const dtype = isBytes ? 'uint8' : 'float64';
      arrays.set(name, { dtype, shape: [data.length], data, isMemory: isBytes, source: `line ${line}`, notes });
    }
    if (arrays.size === 0) throw new InputError(`${this.#file} holds no numbers`);
    return arrays;
  }

  #passedOverText(): string {
    const count = this.#passedOverCount;
    return `${count} line${count === 1 ? '' : 's'} without values passed over: ${this.#passedOver.join('; ')}${count > this.#passedOver.length ? '; …' : ''}`;
  }

  #readLine(from: number, to: number): boolean {
    const bytes = this.#bytes;
    let at = from;
    while (at < to && bytes[at]! <= 0x20) at++;
    if (at === to) return true;
    if (this.#isPlain(at, to)) return this.#readValues(at, to);
    const start = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + LONGEST_LABEL))).trimEnd();
    const prefix = prefixLength(start);
    if (to - from < LONGEST_LABEL && this.#readHexDump(start.slice(prefix))) return true;
    return this.#readValues(from + prefix, to);
  }

  /** Whether a line begins with a number that is no time and no offset: there are files with one such in each of millions. */
  #isPlain(at: number, to: number): boolean {
    const bytes = this.#bytes;
    const end = this.#tokenEnd(at, to);
    let last = to - 1;
    while (bytes[last]! <= 0x20) last--;
    return end - at < 7 && bytes[last] !== BAR && numberIn(bytes, at, end) !== undefined;
  }

  /** false where the line is of no hex dump. */
  #readHexDump(line: string): boolean {
    const section = this.#current;
    const isDump = section?.form !== undefined;
    if (isDump && line.trim() === '*') {
      this.#repeat = true;
      return true;
    }
    const found = hexLine(line);
    const offset = found ? found.offset : isDump ? endOffset(line) : undefined;
    if (!found && offset === undefined) return false;
    const into = section && (isDump || section.numbers.length === 0) ? section : this.#begin();
    into.start ??= offset ?? 0;
    for (let i = 0; this.#repeat && offset !== undefined && into.numbers.length < offset - into.start; i++)
      into.numbers.push(into.last[i % into.last.length] ?? 0);
    this.#repeat = false;
    if (!found) return true;
    into.form ??= found.form;
    into.last = found.bytes;
    for (const byte of found.bytes) into.numbers.push(byte);
    return true;
  }

  #begin(): Section {
    const section: Section = { key: this.#key, line: this.#line, numbers: new NumberList(Float64Array), last: [] };
    this.#sections.push(section);
    this.#current = section;
    return section;
  }

  /** The numbers at the end of a line; what is before them is a label. */
  #readValues(from: number, to: number): boolean {
    const bytes = this.#bytes;
    let [label, labelEnd] = [from, from]; // the last thing that is no number
    let hexToken = -1;
    for (let at = this.#next(from, to); at < to; ) {
      const end = this.#tokenEnd(at, to);
      if (!this.#hex && isHexToken(bytes, at, end)) hexToken = hexToken < 0 ? at : hexToken;
      else if (numberIn(bytes, at, end, this.#hex) === undefined && !isDType(bytes, at)) {
        [label, labelEnd, hexToken] = [at, end, -1];
        if (at - from > LONGEST_LABEL) throw this.#noNumber(at, end);
      }
      at = this.#next(end, to);
    }
    if (hexToken >= 0) {
      this.#hexToken ??= this.#noNumber(hexToken, this.#tokenEnd(hexToken, to));
      return false;
    }
    const start = labelEnd > from ? this.#afterLabel(from, label, labelEnd, to) : from;
    return this.#push(start, to);
  }

  /** The next thing that is no separator. */
  #next(from: number, to: number): number {
    let at = from;
    while (at < to && SEPARATORS[this.#bytes[at]!]) at++;
    return at;
  }

  #tokenEnd(from: number, to: number): number {
    let end = from;
    while (end < to && !SEPARATORS[this.#bytes[end]!]) end++;
    return end;
  }

  /** What follows is of the label; returns where values begin. */
  #afterLabel(from: number, last: number, labelEnd: number, to: number): number {
    const text = new TextDecoder().decode(this.#bytes.subarray(from, labelEnd)).trim();
    let start = labelEnd;
    let label = text;
    const number = this.#next(labelEnd, to);
    if (endsInKind(text) && number < to) {
      start = this.#tokenEnd(number, to);
      label = `${text} ${new TextDecoder().decode(this.#bytes.subarray(number, start))}`;
    }
    const counted = countedKey(label);
    if (counted !== undefined) {
      const mark = text.search(/[:=>|][^:=>|]*$/) + 1;
      if (countedKey(text.slice(0, mark)) && isBroken(text.slice(mark))) throw this.#noNumber(last, labelEnd);
      this.#prefix = withoutCount(label);
      this.#turnTo(counted);
      return start;
    }
    if (this.#prefix !== undefined && withoutCount(label) === this.#prefix) return start;
    const isMarked = /[:=>|]$/.test(text);
    if (!isMarked && isBroken(text)) throw this.#noNumber(last, labelEnd);
    if (isMarked || number < to) this.#turnTo(labelText(label));
    else {
      if (this.#passedOver.length < 3) this.#passedOver.push(excerpt(this.#bytes, from, to).trim());
      this.#passedOverCount++;
    }
    return start;
  }

  #turnTo(key: string): void {
    if (this.#current?.key !== key) this.#current = undefined;
    this.#key = key;
  }

  #push(from: number, to: number): boolean {
    const bytes = this.#bytes;
    for (let at = this.#next(from, to); at < to; ) {
      const end = this.#tokenEnd(at, to);
      if (this.#hex && (end - at > 8 || this.#isRun)) {
        this.#isRun = true;
        if (!this.#pushBytes(at, end)) return false;
      } else if (!isDType(bytes, at)) {
        if (end - at !== 2 || hexDigit(bytes[at]!) < 0 || hexDigit(bytes[at + 1]!) < 0) this.#allPairs = false;
        else if (bytes[at] === 0x30) this.#someLeadingZero = true;
        const value = numberIn(bytes, at, end, this.#hex);
        if (value === undefined) return false;
        const section = this.#current ?? this.#begin();
        section.numbers.push(value);
        section.digits = end - at;
      }
      at = this.#next(end, to);
    }
    return true;
  }

  /** Bytes without blanks between them, as xxd -p writes; false where there is half of one. */
  #pushBytes(from: number, to: number): boolean {
    if ((to - from) % 2 === 1) return false;
    const section = this.#current ?? this.#begin();
    for (let at = from; at < to; at += 2) section.numbers.push(numberIn(this.#bytes, at, at + 2, true)!);
    return true;
  }

  #noNumber(from: number, to: number): InputError {
    const what = excerpt(this.#bytes, from, to);
    const cut = what === '...' || what === '…' ? ': the list was cut where it was printed; print all of it' : '';
    return new InputError(`${this.#file}, line ${this.#line}: '${what}' is no number${cut}`);
  }
}

/** The bytes of one number, as its digits stand. */
function digitPairs(value: number, digits: number): Float64Array<ArrayBuffer> {
  const text = value.toString(16).padStart(digits, '0');
  return Float64Array.from({ length: digits / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** Whole bytes in hexadecimal digits that are no decimal number. */
function isHexToken(bytes: Uint8Array, from: number, to: number): boolean {
  if ((to - from) % 2 === 1) return false;
  let hasLetter = false;
  for (let at = from; at < to; at++) {
    if (hexDigit(bytes[at]!) < 0) return false;
    if (bytes[at]! > 0x39) hasLetter = true;
  }
  return (hasLetter || to - from >= 20) && numberIn(bytes, from, to) === undefined;
}

/** `dtype=int8`, at the end of what NumPy prints. */
function isDType(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === 0x64 && /^dtype=/.test(String.fromCharCode(...bytes.subarray(from, from + 6)));
}

/** Not a label, but numbers with something between them that is none. */
function isBroken(text: string): boolean {
  return /\d\s*[,;]\s*[^\s,;]*$/.test(text) || /^[[({\s]*[-+]?\d[\d.]*[\s,;]/.test(text);
}
