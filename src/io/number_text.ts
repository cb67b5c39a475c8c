/** Numbers in bytes of text, read one by one: files of many megabytes are never split into strings. */

/** A list that grows: of any numbers, or of bytes. */
export class NumberList<A extends Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>> {
  length = 0;
  #data: A;
  readonly #make: new (
    length: number,
  ) => A;

  constructor(make: new (length: number) => A) {
    this.#make = make;
    this.#data = new make(256);
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const longer = new this.#make(2 * this.length);
      longer.set(this.#data);
      this.#data = longer;
    }
    this.#data[this.length++] = value;
  }

  get values(): A {
    return this.#data.subarray(0, this.length) as A;
  }
}

const [ZERO, NINE] = [0x30, 0x39];
const [PLUS, MINUS] = [0x2b, 0x2d];
/** Integers of so many digits are exact. */
const EXACT_DIGITS = 15;

/**
 * The number that bytes from..to are as C, Python or a spreadsheet writes it: -12, 0x7f, 3u, 1.5e-3f, nan, inf. undefined
 * where they are none.
 *
 * @param hex whether digits stand for a hexadecimal number without 0x too
 */
export function numberIn(bytes: Uint8Array, from: number, to: number, hex = false): number | undefined {
  const sign = bytes[from] === MINUS ? -1 : 1;
  const start = bytes[from] === MINUS || bytes[from] === PLUS ? from + 1 : from;
  if (start >= to) return undefined;
  if (hex) return hexDigits(bytes, start, to);
  if (bytes[start] === ZERO && (bytes[start + 1]! | 0x20) === 0x78) {
    const value = hexDigits(bytes, start + 2, suffixStart(bytes, start + 3, to));
    return value === undefined ? undefined : sign * value;
  }
  let value = 0;
  for (let at = start; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < ZERO || byte > NINE || at - start >= EXACT_DIGITS) {
      const isInteger = at > start && suffixStart(bytes, start + 1, to) === at;
      return isInteger ? sign * value : otherNumber(bytes, from, to);
    }
    value = 10 * value + byte - ZERO;
  }
  return sign * value;
}

function hexDigits(bytes: Uint8Array, from: number, to: number): number | undefined {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at]!);
    if (digit < 0) return undefined;
    value = 16 * value + digit;
  }
  return to > from ? value : undefined;
}

/** -1 where it is none. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Where a number's u, l, ul, ll begin; `to` where it has none. */
function suffixStart(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && to - at < 3 && ((bytes[at - 1]! | 0x20) === 0x75 || (bytes[at - 1]! | 0x20) === 0x6c)) at--;
  return at;
}

const LONGEST = 400;

function otherNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from > LONGEST) return undefined;
  const word = String.fromCharCode(...bytes.subarray(from, to)).toLowerCase();
  const value = Number(word.replace(/(?<=[\d.])f$/, ''));
  const isTooLong = /^[-+]?\d{20}/.test(word) || /[xob]/.test(word); // hexadecimal digits, or a base of its own
  if (Number.isFinite(value)) return isTooLong ? undefined : value;
  if (/^[-+]?nan(\(\w*\))?f?$/.test(word)) return Number.NaN;
  const infinity = /^([-+]?)inf(inity)?$/.exec(word);
  return infinity ? (infinity[1] === '-' ? -Infinity : Infinity) : undefined;
}

/** Bytes as text, without what steers a terminal, cut where it is long: for messages. */
export function excerpt(bytes: Uint8Array, from: number, to: number): string {
  const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 40)));
  return `${text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?')}${to > from + 40 ? '…' : ''}`;
}
