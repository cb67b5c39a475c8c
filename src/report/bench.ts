/** Times as text for a terminal. */
import type { Timing } from '../bench/bench.ts';
import type { NodeTimings } from '../bench/node_times.ts';
import { timeText } from './run.ts';
import { colors, table } from './terminal.ts';
import { clean, counted, plural, shapeText } from './text.ts';

export function benchText(path: string, sources: readonly string[], timing: Timing): string {
  const { profile, kernels, minMs, medianMs, runs, macs, checksum, loadMs, firstInvokeMs, firstAnswerMs } = timing;
  const speed = macs > 0 ? `; ${counted(macs)} multiply-adds, ${speedText(macs, minMs)} GMAC/s at best` : '';
  return [
    `${colors.bold(path)}: ${timeText(minMs)} at best, ${timeText(medianMs)} in the median of ${plural(runs, 'run')}${speed}`,
    `profile ${profile}, kernels ${kernels}; checksum of the outputs ${checksum}`,
    `${timeText(firstAnswerMs)} to the first answer: ${timeText(loadMs)} to load, ${timeText(firstInvokeMs)} for the first invoke`,
    ...sources.map((source, i) => `input ${i}   ${source}`),
    ...(timing.perOp ? ['', ...nodesText(timing.perOp)] : []),
  ].join('\n');
}

function nodesText({ nodes, operators, outsideMs, clockMs }: NodeTimings): string[] {
  const cells = (ms: number, share: number, macs: number) => [
    timeText(ms),
    `${(100 * share).toFixed(1)} %`,
    macs > 0 ? counted(macs) : '',
    macs > 0 ? speedText(macs, ms) : '',
  ];
  return [
    table([
      ['node', 'operator', 'kernels', 'output', 'time', 'share', 'MACs', 'GMAC/s'],
      ...nodes.map(({ node, op, kernels, outputs, ms, share, macs }) => {
        const shapes = outputs.map(({ shape }) => shapeText(shape)).join(' ');
        return [String(node), clean(op), kernels, shapes, ...cells(ms, share, macs)];
      }),
    ]),
    table([
      ['operator', 'nodes', 'time', 'share', 'MACs', 'GMAC/s'],
      ...operators.map(({ op, nodes: count, ms, share, macs }) => {
        return [clean(op), counted(count), ...cells(ms, share, macs)];
      }),
    ]),
    `medians; a look at the clock between two nodes takes ${nanoseconds(clockMs)}, and is in each time`,
    `outside of the nodes ${timeText(outsideMs)}: the copies of input and outputs, and what is checked`,
  ];
}

function speedText(macs: number, ms: number): string {
  return (macs / ms / 1e6).toPrecision(3);
}

function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1e6)} ns`;
}
