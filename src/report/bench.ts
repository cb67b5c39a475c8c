/** How long a model takes, and where the time goes. */
import type { Timing } from '../bench/bench.ts';
import type { NodeTimings } from '../bench/node_times.ts';
import { type Block, type Column, tableFrom } from './document.ts';
import { clean, counted, plural, shapeText, timeText } from './text.ts';

export function benchBlocks(path: string, sources: readonly string[], timing: Timing): Block[] {
  const { profile, kernels, minMs, medianMs, runs, macs, checksum, loadMs, firstInvokeMs, firstAnswerMs } = timing;
  return [
    { kind: 'title', text: clean(path) },
    {
      kind: 'facts',
      rows: [
        ['one invoke', `${timeText(minMs)} at best, ${timeText(medianMs)} in the median of ${plural(runs, 'run')}`],
        ...(macs > 0
          ? [['speed', `${counted(macs)} multiply-adds, ${speedText(macs, minMs)} GMAC/s at best`] as const]
          : []),
        [
          'first answer',
          `${timeText(firstAnswerMs)}: ${timeText(loadMs)} to load, ${timeText(firstInvokeMs)} for the first invoke`,
        ],
        ['computed by', `profile ${profile}, kernels ${kernels}`],
        ...sources.map((source, i) => [`input ${i}`, clean(source)] as const),
        ['checksum', `${checksum} of the outputs`],
      ],
    },
    ...(timing.perOp ? nodeBlocks(timing.perOp) : []),
  ];
}

interface Timed {
  readonly ms: number;
  readonly share: number;
  readonly macs: number;
}

const TIMES: readonly Column<Timed>[] = [
  ['time', 'r', ({ ms }) => timeText(ms)],
  ['share', 'r', ({ share }) => `${(100 * share).toFixed(1)} %`],
  ['MACs', 'r', ({ macs }) => (macs > 0 ? counted(macs) : '')],
  ['GMAC/s', 'r', ({ macs, ms }) => (macs > 0 ? speedText(macs, ms) : '')],
];

function nodeBlocks({ nodes, operators, outsideMs, clockMs }: NodeTimings): Block[] {
  return [
    tableFrom(nodes, [
      ['node', 'r', ({ node }) => String(node)],
      ['operator', 'l', ({ op }) => clean(op)],
      ['kernels', 'l', ({ kernels }) => kernels],
      ['output', 'l', ({ outputs }) => outputs.map(({ shape }) => shapeText(shape)).join(' ')],
      ...TIMES,
    ]),
    tableFrom(operators, [
      ['operator', 'l', ({ op }) => clean(op)],
      ['nodes', 'r', ({ nodes: count }) => counted(count)],
      ...TIMES,
    ]),
    {
      kind: 'list',
      items: [
        `medians; a look at the clock between two nodes takes ${nanoseconds(clockMs)}, and is in each time`,
        `outside of the nodes ${timeText(outsideMs)}: the copies of input and outputs, and what is checked`,
      ],
    },
  ];
}

function speedText(macs: number, ms: number): string {
  return (macs / ms / 1e6).toPrecision(3);
}

function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1e6)} ns`;
}
