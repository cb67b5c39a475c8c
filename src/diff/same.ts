/** Real numbers are compared as float32. */
export function isSame(a: number, b: number): boolean {
  return a === b || Math.fround(a) === Math.fround(b) || (Number.isNaN(a) && Number.isNaN(b));
}
