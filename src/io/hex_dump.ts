/** Lines of hex dumps: xxd, hexdump -C, hexdump, od -t x1, and what loggers print alike. */

/** A line's bytes, and how it is written. */
export interface HexLine {
  readonly form: string;
  readonly offset: number | undefined;
  readonly bytes: readonly number[];
}

const LONGEST = 400;

/** undefined where a line is of no hex dump. Numbers without letters and without an offset are none. */
export function hexLine(line: string): HexLine | undefined {
  if (line.length > LONGEST) return undefined;
  const xxd = /^\s*(?:0x)?([0-9a-f]{7,16}): +((?:[0-9a-f]{2,8} ?)+)(?: {1,}.*)?$/i.exec(line);
  if (xxd) return dumped('xxd', Number.parseInt(xxd[1]!, 16), xxd[2]!);
  const canonical = /^\s*([0-9a-f]{7,16}) {1,2}((?:[0-9a-f]{2} {1,2})+) *\|.*\|?\s*$/i.exec(line);
  if (canonical) return dumped('hexdump -C', Number.parseInt(canonical[1]!, 16), canonical[2]!);
  const logged = /^\s*((?:[0-9a-f]{2} {1,2})+) *\|.*$/i.exec(line);
  if (logged) return dumped('hex dump', undefined, logged[1]!);
  const od = /^([0-7]{7})((?: [0-9a-f]{2})+)\s*$/i.exec(line);
  if (od) return dumped('od -t x1', Number.parseInt(od[1]!, 8), od[2]!);
  const words = /^([0-9a-f]{7})((?: +[0-9a-f]{4})+)\s*$/i.exec(line);
  if (words) {
    const { bytes } = dumped('hexdump', undefined, words[2]!);
    const swapped = bytes.map((_, i) => bytes[i ^ 1]!);
    return { form: 'hexdump, words of 16 bits', offset: Number.parseInt(words[1]!, 16), bytes: swapped };
  }
  return undefined;
}

function dumped(form: string, offset: number | undefined, text: string): HexLine {
  const digits = text.replace(/\s+/g, '');
  const bytes = Array.from({ length: digits.length >> 1 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
  return { form, offset, bytes };
}

/** The last line of a dump, which has an offset alone: how long it is. */
export function endOffset(line: string): number | undefined {
  const [, digits] = /^\s*([0-9a-f]{7,16}):?\s*$/i.exec(line) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}
