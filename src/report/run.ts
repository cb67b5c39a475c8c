/** The answers of one run as text for a terminal. */
import type { Target } from '../runtime/entry_point.ts';
import type { OutputTensor, TensorInfo } from '../runtime/tensor_info.ts';
import { colors, table } from './terminal.ts';
import { clean, counted, float32Text, formula, plural, quoted, shapeText } from './text.ts';

export interface Run {
  readonly path: string;
  readonly target: Target;
  /** Of each input: where its values come from and what was done to them. */
  readonly sources: readonly string[];
  readonly outputs: readonly OutputTensor[];
  readonly milliseconds: number;
}

export interface RunTextOptions {
  /** How many of the largest values of a list of scores. */
  readonly top: number;
  /** The names of the classes, where they are known. */
  readonly labels: readonly string[];
}

export function runText({ path, target, sources, outputs, milliseconds }: Run, options: RunTextOptions): string {
  const { inputs, inputLabels, outputLabels, macs, signature, interpreter } = target;
  const what = signature === undefined ? '' : `, signature ${quoted(signature)}`;
  const work = macs > 0 ? `, ${counted(macs)} multiply-adds` : '';
  const { profile, kernels } = interpreter;
  return [
    `${colors.bold(path)}${what}: ${timeText(milliseconds)} for one invoke, the first${work}; profile ${profile}, kernels ${kernels}`,
    ...inputs.flatMap((input, i) => [`input ${clean(inputLabels[i]!)}   ${tensorText(input)}`, `  ${sources[i]}`]),
    ...outputs.flatMap((output, i) => [
      `output ${clean(outputLabels[i]!)}  ${tensorText(output)}`,
      valuesText(output, options),
    ]),
  ].join('\n');
}

/** One run of several. */
export interface EachRun {
  readonly sources: readonly string[];
  readonly outputs: readonly OutputTensor[];
}

export interface EachRuns extends Pick<Run, 'path' | 'target' | 'milliseconds'> {
  readonly runs: readonly EachRun[];
}

/** A line for each run: where its inputs come from, and of each output the largest score, or the first values. */
export function eachText({ path, target, runs, milliseconds }: EachRuns, labels: readonly string[]): string {
  const { inputs, inputLabels, outputLabels, signature, interpreter } = target;
  const what = signature === undefined ? '' : `, signature ${quoted(signature)}`;
  const { profile, kernels } = interpreter;
  const { outputs: first } = runs[0]!;
  const lists = first.map(isList);
  const heads = first.flatMap((output, i) => {
    const name = outputLabels.length > 1 ? `${clean(outputLabels[i]!)}: ` : '';
    const head = lists[i] ? ['index', ...scoreHead(output, labels, output.size)] : [output.dtype];
    return [`${name}${head[0]}`, ...head.slice(1)];
  });
  const rows = runs.map(({ sources, outputs }) => [
    clean(sources.join('; ')),
    ...outputs.flatMap((output, i) => (lists[i] ? bestCells(output, labels) : [beginning(output)])),
  ]);
  return [
    `${colors.bold(path)}${what}: ${plural(runs.length, 'run')} in ${timeText(milliseconds)}; profile ${profile}, kernels ${kernels}`,
    ...inputs.map((input, i) => `input ${clean(inputLabels[i]!)}   ${tensorText(input)}`),
    table([['input', ...heads], ...rows]),
  ].join('\n');
}

function bestCells(output: OutputTensor, labels: readonly string[]): string[] {
  const reals = output.dequantize();
  const best = reals.indexOf(reals.reduce((most, score) => Math.max(most, score)));
  return [String(best), ...scoreCells(output, reals, best, labels, output.size)];
}

function beginning(output: OutputTensor): string {
  const start = Array.from<number | bigint>(output.data.subarray(0, 4));
  return start.map((value) => valueText(value, output)).join(' ') + (output.size > 4 ? ' …' : '');
}

/** A tensor as its name, type and shape, and how its integers are read. */
function tensorText({ name, dtype, shape, quantization }: TensorInfo): string {
  const read = quantization && dtype !== 'float32' ? `  ${formula(quantization)}` : '';
  return `${quoted(name)} ${dtype} ${shapeText(shape)}${read}`;
}

const FEW_ROWS = 50;

/** The largest values where there is one list of them, as classifiers give; else the first ones, and their range. */
function valuesText(output: OutputTensor, options: RunTextOptions): string {
  const { shape } = output;
  const [rows = 0, columns = 0] = shape;
  if (shape.length === 2 && rows > 1 && columns > 1 && rows <= FEW_ROWS) return rowsText(output, options);
  return isList(output) ? topText(output, options) : startText(output);
}

/** Whether it is one list, as the scores of classes are. */
function isList({ shape, size }: OutputTensor): boolean {
  return shape.filter((dim) => dim !== 1).length === 1 && shape.at(-1) === size && size > 1 && size <= 100_000;
}

function topText(output: OutputTensor, { top, labels }: RunTextOptions): string {
  const { size } = output;
  const reals = output.dequantize();
  const order = Array.from(reals.keys()).sort((a, b) => reals[b]! - reals[a]! || a - b);
  const rows = order.slice(0, top).map((i) => [String(i), ...scoreCells(output, reals, i, labels, size)]);
  const rest = size > rows.length ? `\nthe largest ${rows.length} of ${counted(size)}` : '';
  return table([['index', ...scoreHead(output, labels, size)], ...rows]) + rest;
}

/** Of each row of a batch of scores, the largest. */
function rowsText(output: OutputTensor, { labels }: RunTextOptions): string {
  const [count, columns] = output.shape as [number, number];
  const reals = output.dequantize();
  const rows = Array.from({ length: count }, (_, row) => {
    const scores = reals.subarray(row * columns, (row + 1) * columns);
    const best = scores.indexOf(scores.reduce((most, score) => Math.max(most, score)));
    return [String(row), String(best), ...scoreCells(output, reals, row * columns + best, labels, columns)];
  });
  return table([['row', 'largest at', ...scoreHead(output, labels, columns)], ...rows]);
}

function scoreHead(output: OutputTensor, labels: readonly string[], classes: number): string[] {
  return [...(labels.length === classes ? ['class'] : []), output.dtype, ...(hasReals(output) ? ['real'] : [])];
}

/** Value i: its class where the classes are named, the value itself, and the real number that it stands for. */
function scoreCells(
  output: OutputTensor,
  reals: Float32Array,
  i: number,
  labels: readonly string[],
  classes: number,
): string[] {
  return [
    ...(labels.length === classes ? [clean(labels[i % classes]!)] : []),
    valueText(output.data[i]!, output),
    ...(hasReals(output) ? [float32Text(reals[i]!)] : []),
  ];
}

const START = 16;

function startText(output: OutputTensor): string {
  const { data, dtype, size } = output;
  const start = Array.from<number | bigint>(data.subarray(0, START));
  const values = start.map((value) => valueText(value, output)).join(' ');
  const lines = [
    `${dtype === 'float32' ? '' : `${dtype}  `}${values}${size > START ? ` … ${counted(size)} in all` : ''}`,
  ];
  if (hasReals(output)) {
    const reals = Array.from(output.dequantize(start), float32Text).join(' ');
    lines.push(`real  ${reals}${size > START ? ' …' : ''}`);
  }
  if (size > START) {
    let [least, most] = [data[0]!, data[0]!];
    for (const value of data) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    lines.push(`from ${valueText(least, output)} to ${valueText(most, output)}`);
  }
  return lines.join('\n');
}

/** Whether its values stand for other numbers. */
function hasReals({ dtype, quantization }: TensorInfo): boolean {
  return quantization !== undefined && dtype !== 'float32';
}

function valueText(value: number | bigint, { dtype }: TensorInfo): string {
  return dtype === 'float32' ? float32Text(Number(value)) : String(value);
}

/** Time in the unit that fits it. */
export function timeText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(2)} ms`;
  const microseconds = 1000 * milliseconds;
  return `${microseconds >= 10 ? microseconds.toFixed(0) : microseconds.toPrecision(2)} µs`;
}
