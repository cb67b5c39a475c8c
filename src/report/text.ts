/** Names, numbers and formulas as text. */
import type { Quantization } from '../../kernels/tensor.ts';

/** Text from a file, without characters that steer a terminal or reverse the reading order. */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** A name from a file, in quotes; a long one is cut in its middle. */
export function quoted(name: string, longest = 60): string {
  const text = clean(name);
  if (text.length <= longest) return `'${text}'`;
  const half = Math.floor(longest / 2) - 1;
  return `'${text.slice(0, half)}…${text.slice(-half)}'`;
}

/** A float32 in 9 significant digits, which is exact: no other float32 reads the same. */
export function float32Text(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** 12345 as 12,345. */
export function counted(value: number): string {
  return value.toLocaleString('en-US');
}

/** 1 node, 2 nodes. */
export function plural(count: number, one: string): string {
  return `${counted(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** How a tensor's integers are read as reals: `real = 0.5 * (q + 128)`. */
export function formula({ scales, zeroPoints, dimension }: Quantization): string {
  const [least, most] = minMax(scales);
  const zero = zeroPoints[0]!;
  const q = zeroPoints.some((other) => other !== zero)
    ? '(q - zero[c])'
    : zero === 0
      ? 'q'
      : `(q ${zero < 0 ? '+' : '-'} ${Math.abs(zero)})`;
  if (scales.length === 1) return `real = ${float32Text(least)} * ${q}`;
  const range = `${float32Text(least)} to ${float32Text(most)}`;
  return `real = scale[c] * ${q}, c along dimension ${dimension}: ${scales.length} scales from ${range}`;
}

function minMax(values: Float32Array): [number, number] {
  let [least, most] = [values[0]!, values[0]!];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Shapes as TFLite prints them, `[1,28,28,1]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}

/** Time in the unit that fits it. */
export function timeText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(2)} ms`;
  const microseconds = 1000 * milliseconds;
  return `${microseconds >= 10 ? microseconds.toFixed(0) : microseconds.toPrecision(2)} µs`;
}
