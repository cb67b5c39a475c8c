/** The answers of one run, or of several. */
import type { Target } from '../runtime/entry_point.ts';
import type { OutputTensor, TensorInfo } from '../runtime/tensor_info.ts';
import { type Block, type Column, type Table, tableFrom } from './document.ts';
import { clean, counted, float32Text, formula, plural, quoted, shapeText, timeText } from './text.ts';

export interface Run {
  readonly path: string;
  readonly target: Target;
  /** Of each input: where its values come from and what was done to them. */
  readonly sources: readonly string[];
  readonly outputs: readonly OutputTensor[];
  readonly milliseconds: number;
}

export interface RunBlocksOptions {
  /** How many of the largest values of a list of scores. */
  readonly top: number;
  /** The names of the classes, where they are known. */
  readonly labels: readonly string[];
}

export function runBlocks({ path, target, sources, outputs, milliseconds }: Run, options: RunBlocksOptions): Block[] {
  const { outputLabels, macs } = target;
  const time = `${timeText(milliseconds)}, the first${macs > 0 ? `; ${counted(macs)} multiply-adds` : ''}`;
  return [
    title(path, target),
    {
      kind: 'facts',
      rows: [
        ['one invoke', time],
        ['computed by', computedBy(target)],
      ],
    },
    inputTable(target, [['values', 'l', (_, i) => clean(sources[i]!)]]),
    ...outputs.flatMap((output, i): Block[] => [
      { kind: 'heading', text: `output ${clean(outputLabels[i]!)}  ${tensorText(output)}` },
      valuesBlock(output, options),
    ]),
  ];
}

/** One run of several. */
export interface EachRun {
  readonly sources: readonly string[];
  readonly outputs: readonly OutputTensor[];
}

export interface EachRuns extends Pick<Run, 'path' | 'target' | 'milliseconds'> {
  readonly runs: readonly EachRun[];
}

/** A row for each run: where its inputs come from, and of each output the largest score, or the first values. */
export function eachBlocks({ path, target, runs, milliseconds }: EachRuns, labels: readonly string[]): Block[] {
  const { outputLabels } = target;
  const columns = runs[0]!.outputs.flatMap((first, i) => {
    const own: Column<OutputTensor>[] = isList(first)
      ? [['index', 'r', (output) => String(largestAt(output.dequantize()))], ...bestColumns(first, labels)]
      : [[first.dtype, 'l', beginning]];
    const name = outputLabels.length > 1 ? `${clean(outputLabels[i]!)}: ` : '';
    return own.map(
      ([head, align, cell], j): Column<EachRun> => [
        j === 0 ? name + head : head,
        align,
        ({ outputs }, run) => cell(outputs[i]!, run),
      ],
    );
  });
  return [
    title(path, target),
    {
      kind: 'facts',
      rows: [
        ['time', `${plural(runs.length, 'run')} in ${timeText(milliseconds)}`],
        ['computed by', computedBy(target)],
      ],
    },
    inputTable(target, []),
    tableFrom(runs, [['input', 'l', ({ sources }) => clean(sources.join('; '))], ...columns]),
  ];
}

// ---- the model

function title(path: string, { signature }: Target): Block {
  return { kind: 'title', text: `${clean(path)}${signature === undefined ? '' : `, signature ${quoted(signature)}`}` };
}

function computedBy({ interpreter: { profile, kernels } }: Target): string {
  return `profile ${profile}, kernels ${kernels}`;
}

function inputTable({ inputs, inputLabels }: Target, more: readonly Column<TensorInfo>[]): Table {
  return tableFrom<TensorInfo>(inputs, [
    ['input', 'l', (_, i) => clean(inputLabels[i]!)],
    ['tensor', 'l', ({ name }) => quoted(name)],
    ['type', 'l', ({ dtype }) => dtype],
    ['shape', 'l', ({ shape }) => shapeText(shape)],
    ['stands for', 'l', readText],
    ...more,
  ]);
}

/** A tensor as its name, type and shape, and how its integers are read. */
function tensorText(tensor: TensorInfo): string {
  const { name, dtype, shape } = tensor;
  return `${quoted(name)} ${dtype} ${shapeText(shape)}  ${readText(tensor)}`.trimEnd();
}

function readText({ dtype, quantization }: TensorInfo): string {
  return quantization && dtype !== 'float32' ? formula(quantization) : '';
}

// ---- values

const FEW_ROWS = 50;

/** The largest values where there is one list of them, as classifiers give; else the first ones, and their range. */
function valuesBlock(output: OutputTensor, options: RunBlocksOptions): Block {
  const { shape } = output;
  const [rows = 0, columns = 0] = shape;
  if (shape.length === 2 && rows > 1 && columns > 1 && rows <= FEW_ROWS) return rowsTable(output, options);
  return isList(output) ? topTable(output, options) : startFacts(output);
}

/** Whether it is one list, as the scores of classes are. */
function isList({ shape, size }: OutputTensor): boolean {
  return shape.filter((dim) => dim !== 1).length === 1 && shape.at(-1) === size && size > 1 && size <= 100_000;
}

function topTable(output: OutputTensor, { top, labels }: RunBlocksOptions): Table {
  const { size } = output;
  const reals = output.dequantize();
  const order = Array.from(reals.keys()).sort((a, b) => reals[b]! - reals[a]! || a - b);
  const shown = order.slice(0, top);
  const rest = size > shown.length ? `the largest ${shown.length} of ${counted(size)}` : undefined;
  const columns = scoreColumns<number>(output, labels, size, (i) => ({ output, reals, i }));
  return tableFrom(shown, [['index', 'r', String], ...columns], rest);
}

/** Of each row of a batch of scores, the largest. */
function rowsTable(output: OutputTensor, { labels }: RunBlocksOptions): Table {
  const [count, classes] = output.shape as [number, number];
  const reals = output.dequantize();
  const best = Array.from({ length: count }, (_, row) => largestAt(reals.subarray(row * classes, (row + 1) * classes)));
  return tableFrom(best, [
    ['row', 'r', (_, row) => String(row)],
    ['largest at', 'r', String],
    ...scoreColumns<number>(output, labels, classes, (i, row) => ({ output, reals, i: row * classes + i })),
  ]);
}

/** Of an output of each run, its largest score. */
function bestColumns(first: OutputTensor, labels: readonly string[]): Column<OutputTensor>[] {
  return scoreColumns(first, labels, first.size, (output) => {
    const reals = output.dequantize();
    return { output, reals, i: largestAt(reals) };
  });
}

interface Score {
  readonly output: OutputTensor;
  readonly reals: Float32Array;
  readonly i: number;
}

/** Its class where the classes are named, the value itself, and the real number that it stands for. */
function scoreColumns<Row>(
  like: OutputTensor,
  labels: readonly string[],
  classes: number,
  scoreOf: (row: Row, i: number) => Score,
): Column<Row>[] {
  const column = (head: string, align: 'l' | 'r', cell: (score: Score) => string): Column<Row> => [
    head,
    align,
    (row, i) => cell(scoreOf(row, i)),
  ];
  return [
    ...(labels.length === classes ? [column('class', 'l', ({ i }) => clean(labels[i % classes]!))] : []),
    column(like.dtype, 'r', ({ output, i }) => valueText(output.data[i]!, output)),
    ...(hasReals(like) ? [column('real', 'r', ({ reals, i }) => float32Text(reals[i]!))] : []),
  ];
}

function largestAt(reals: Float32Array): number {
  return reals.indexOf(reals.reduce((most, score) => Math.max(most, score)));
}

function beginning(output: OutputTensor): string {
  const start = Array.from<number | bigint>(output.data.subarray(0, 4));
  return start.map((value) => valueText(value, output)).join(' ') + (output.size > 4 ? ' …' : '');
}

const START = 16;

function startFacts(output: OutputTensor): Block {
  const { data, dtype, size } = output;
  const start = Array.from<number | bigint>(data.subarray(0, START));
  const values = start.map((value) => valueText(value, output)).join(' ');
  const rows: [string, string][] = [[dtype, `${values}${size > START ? ` … ${counted(size)} in all` : ''}`]];
  if (hasReals(output)) {
    const reals = Array.from(output.dequantize(start), float32Text).join(' ');
    rows.push(['real', `${reals}${size > START ? ' …' : ''}`]);
  }
  if (size > START) {
    let [least, most] = [data[0]!, data[0]!];
    for (const value of data) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    rows.push(['range', `from ${valueText(least, output)} to ${valueText(most, output)}`]);
  }
  return { kind: 'facts', rows };
}

/** Whether its values stand for other numbers. */
function hasReals({ dtype, quantization }: TensorInfo): boolean {
  return quantization !== undefined && dtype !== 'float32';
}

function valueText(value: number | bigint, { dtype }: TensorInfo): string {
  return dtype === 'float32' ? float32Text(Number(value)) : String(value);
}
