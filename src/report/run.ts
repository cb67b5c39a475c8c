/** The answers of one run as text for a terminal. */
import type { OutputTensor } from '../tensor_info.ts';
import { clean, counted, float32Text, formula, quoted, shapeText, table } from './terminal.ts';

/** Rows of a table of values. */
export interface ValuesTextOptions {
  /** How many of the largest values of a list of scores. */
  readonly top: number;
  /** The names of the classes, where they are known. */
  readonly labels: readonly string[];
}

/** A tensor as its name, type and shape, and how its integers are read. */
export function tensorText({ name, dtype, shape, quantization }: Omit<OutputTensor, 'data' | 'dequantize'>): string {
  const read = quantization && dtype !== 'float32' ? `  ${formula(quantization)}` : '';
  return `${quoted(name)} ${dtype} ${shapeText(shape)}${read}`;
}

/** The largest values where there is one list of them, as classifiers give; else the first ones, and their range. */
export function valuesText(output: OutputTensor, options: ValuesTextOptions): string {
  const { shape, size } = output;
  const [rows = 0, columns = 0] = shape;
  if (shape.length === 2 && rows > 1 && columns > 1 && rows <= FEW_ROWS)
    return rowsText(output, rows, columns, options);
  const isList = shape.filter((dim) => dim !== 1).length === 1 && shape.at(-1) === size && size > 1;
  return isList && size <= 100_000 ? topText(output, options) : startText(output);
}

function topText(output: OutputTensor, { top, labels }: ValuesTextOptions): string {
  const { data, size } = output;
  const reals = output.dequantize();
  const order = Array.from(reals.keys()).sort((a, b) => reals[b]! - reals[a]! || a - b);
  const named = labels.length === size;
  const hasReals = output.quantization !== undefined && output.dtype !== 'float32';
  const rows = order
    .slice(0, top)
    .map((i) => [
      String(i),
      ...(named ? [clean(labels[i]!)] : []),
      output.dtype === 'float32' ? float32Text(Number(data[i])) : String(data[i]),
      ...(hasReals ? [float32Text(reals[i]!)] : []),
    ]);
  const head = ['index', ...(named ? ['class'] : []), output.dtype, ...(hasReals ? ['real'] : [])];
  const rest = size > rows.length ? `\nthe largest ${rows.length} of ${counted(size)}` : '';
  return table([head, ...rows]) + rest;
}

const FEW_ROWS = 50;

/** Of each row of a batch of scores, the largest. */
function rowsText(output: OutputTensor, count: number, columns: number, { labels }: ValuesTextOptions): string {
  const reals = output.dequantize();
  const named = labels.length === columns;
  const rows = Array.from({ length: count }, (_, row) => {
    const scores = reals.subarray(row * columns, (row + 1) * columns);
    const best = scores.indexOf(scores.reduce((most, score) => Math.max(most, score)));
    const value = output.data[row * columns + best]!;
    return [
      String(row),
      String(best),
      ...(named ? [clean(labels[best]!)] : []),
      String(value),
      float32Text(scores[best]!),
    ];
  });
  const head = ['row', 'largest at', ...(named ? ['class'] : []), output.dtype, 'real'];
  return table([head, ...rows]);
}

const START = 16;

function startText(output: OutputTensor): string {
  const { data, dtype, quantization, size } = output;
  const first = output.dequantize(Array.from<number | bigint, number>(data.slice(0, START), Number));
  const isReal = dtype === 'float32';
  const values = Array.from<number | bigint, string>(data.slice(0, START), (value) =>
    isReal ? float32Text(Number(value)) : String(value),
  );
  const more = size > START ? ` … ${counted(size)} in all` : '';
  const lines = [`${isReal ? '' : `${dtype}  `}${values.join(' ')}${more}`];
  if (quantization && !isReal)
    lines.push(`real  ${Array.from(first, float32Text).join(' ')}${size > START ? ' …' : ''}`);
  if (size > START) {
    let [least, most] = [data[0]!, data[0]!];
    for (const value of data) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const text = (value: number | bigint) => (isReal ? float32Text(Number(value)) : String(value));
    lines.push(`from ${text(least)} to ${text(most)}`);
  }
  return lines.join('\n');
}

/** Time in the unit that fits it. */
export function timeText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return milliseconds >= 1 ? `${milliseconds.toFixed(2)} ms` : `${(1000 * milliseconds).toFixed(0)} µs`;
}

/** A picture in characters, two rows of pixels to a line, since characters are twice as high as wide. */
export function pictureText(pixels: ArrayLike<number>, width: number, black: number, white: number): string[] {
  const shades = ' .:-=+*#%@';
  const lines: string[] = [];
  const rows = Math.floor(pixels.length / width);
  const pixel = (row: number, column: number) => (pixels[row * width + column]! - black) / (white - black);
  for (let row = 0; row + 1 < rows; row += 2) {
    let line = '';
    for (let column = 0; column < width; column++) {
      const grey = (pixel(row, column) + pixel(row + 1, column)) / 2;
      line += shades[Math.min(Math.max(Math.floor(grey * shades.length), 0), shades.length - 1)];
    }
    lines.push(line);
  }
  return lines;
}
