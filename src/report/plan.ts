/** A memory plan: what it takes, a picture of the arena over time, lifetimes, the operators to register. */
import type { ArenaPlan, MemoryPlan, PlannedTensor } from '../plan/plan.ts';
import type { Block } from './document.ts';
import { refusalText } from './refusals.ts';
import { clean, counted, plural, quoted, shapeText } from './text.ts';

export function planBlocks(path: string, plan: MemoryPlan): Block[] {
  const { arena, variables, file, resolver, refusals, unprepared } = plan;
  return [
    { kind: 'title', text: clean(path) },
    { kind: 'facts', rows: [...shapes(unprepared), ...facts(arena, variables)] },
    { kind: 'heading', text: 'the arena over time' },
    { kind: 'code', lines: picture(arena) },
    tensorTable(arena),
    { kind: 'heading', text: `the file: ${plural(file.bytes, 'byte')}` },
    {
      kind: 'table',
      head: ['what', 'tensors', 'bytes'],
      align: 'lrr',
      rows: file.sizes.map(({ kind, tensors, bytes }) => [kind, tensors === 0 ? '' : counted(tensors), counted(bytes)]),
    },
    { kind: 'heading', text: 'operators of TensorFlow Lite Micro' },
    { kind: 'code', lines: resolver.lines.map(clean) },
    ...refused(refusals),
  ];
}

function shapes(unprepared: MemoryPlan['unprepared']): [string, string][] {
  return unprepared === null ? [] : [['shapes', `the file's own: ${clean(unprepared.split('\n')[0]!)}`]];
}

function refused(refusals: MemoryPlan['refusals']): Block[] {
  if (refusals.length === 0) return [];
  const text = `TensorFlow Lite Micro refuses this model: ${refusalText(refusals)}. \`requant lint --target tflm\` lists all.`;
  return [{ kind: 'text', text, tone: 'warning' }];
}

function facts({ bytes, lowerBound, largestFirst, peak }: ArenaPlan, variables: number): [string, string][] {
  return [
    ['arena', `${plural(bytes, 'byte')}; no plan takes less than ${counted(lowerBound)}`],
    [
      'largest first',
      `${plural(largestFirst, 'byte')}: what TensorFlow Lite Micro makes of the same tensors; its kernels' scratch and its own structures come on top`,
    ],
    ...(peak
      ? [
          [
            'peak',
            `node ${peak.node}, ${clean(peak.op)}: ${plural(peak.bytes, 'byte')} in tensors ${peak.tensors.join(', ')}`,
          ] as [string, string],
        ]
      : []),
    ...(variables > 0 ? [['variables', plural(variables, 'byte')] as [string, string]] : []),
  ];
}

// ---- the picture

const ROWS = 16;
const COLUMNS = 64;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A letter for each tensor, the largest first; those that have none are #. */
function lettersOf({ tensors }: ArenaPlan): ReadonlyMap<PlannedTensor, string> {
  const largest = [...tensors].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  return new Map(largest.map((tensor, i) => [tensor, LETTERS[i] ?? '#']));
}

/** Rows are bytes, from the top; columns are nodes, several where there are many. A place shows what lies in its middle. */
function picture(arena: ArenaPlan): string[] {
  const { bytes, alive, tensors } = arena;
  if (bytes === 0) return [];
  const letters = lettersOf(arena);
  const perColumn = Math.ceil(alive.length / COLUMNS);
  const columns = Math.ceil(alive.length / perColumn);
  const width = counted(bytes).length;
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const middle = ((row + 0.5) * bytes) / ROWS;
    const cells = Array.from({ length: columns }, (_, column) => {
      const node = Math.min(column * perColumn + (perColumn >> 1), alive.length - 1);
      const there = tensors.find(
        ({ offset, bytes: size, first, last }) =>
          offset <= middle && middle < offset + size && first <= node && node <= last,
      );
      return there ? letters.get(there)! : '.';
    });
    return `${counted(Math.floor((row * bytes) / ROWS)).padStart(width)} ${cells.join('')}`;
  });
  const nodes =
    perColumn === 1 ? `node 0 to ${alive.length - 1}` : `node 0 to ${alive.length - 1}, ${perColumn} a column`;
  return [...rows, `${counted(bytes).padStart(width)} ${nodes}`];
}

function tensorTable(arena: ArenaPlan): Block {
  const letters = lettersOf(arena);
  return {
    kind: 'table',
    head: ['', 'tensor', 'name', 'type', 'shape', 'bytes', 'offset', 'alive'],
    align: 'lrlllrrr',
    rows: arena.tensors.map((tensor) => [
      letters.get(tensor) ?? '',
      String(tensor.index),
      quoted(tensor.name, 40),
      tensor.dtype,
      shapeText(tensor.shape),
      counted(tensor.bytes),
      counted(tensor.offset),
      `${tensor.first} to ${tensor.last}`,
    ]),
  };
}
