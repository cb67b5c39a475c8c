/** Plain data as JSON. */

/**
 * Typed arrays become lists, maps objects; what JSON has no number for (NaN, infinities, int64 beyond 2^53) becomes text.
 *
 * @param indent blanks for each level; without, all in one line
 */
export function jsonOf(data: unknown, indent?: number): string {
  return JSON.stringify(data, plain, indent);
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
