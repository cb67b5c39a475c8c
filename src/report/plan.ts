/** A memory plan: what it takes, a picture of the arena over time, lifetimes, the operators to register. */
import { CHECKED, type MicroMemory, type PersistentPart } from '../plan/micro/memory.ts';
import type { ArenaPlan, MemoryPlan, PlannedTensor } from '../plan/plan.ts';
import type { Block } from './document.ts';
import { refusalText } from './refusals.ts';
import { clean, counted, plural, quoted, shapeText } from './text.ts';

export function planBlocks(path: string, plan: MemoryPlan): Block[] {
  const { tflm, arena, variables, file, resolver, refusals, unprepared } = plan;
  return [
    { kind: 'title', text: clean(path) },
    { kind: 'heading', text: 'tensor arena of TensorFlow Lite Micro, in bytes' },
    ...tflmBlocks(tflm, refusals.length > 0),
    { kind: 'heading', text: 'tensors that nodes write, planned by requant' },
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

function facts({ bytes, lowerBound, peak }: ArenaPlan, variables: number): [string, string][] {
  return [
    ['arena', `${plural(bytes, 'byte')}; no plan takes less than ${counted(lowerBound)}`],
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

// ---- TensorFlow Lite Micro

const PARTS: { readonly [part in PersistentPart]: string } = {
  allocator: 'allocator, planner, builtin data allocator',
  tensors: 'TfLiteEvalTensor of each tensor',
  nodes: 'NodeAndRegistration of each node',
  options: 'options of the operators',
  kernels: "kernels' data: multipliers, shifts, tables",
  scratchHandles: 'handles of scratch buffers',
  variables: 'variable tensors',
  resourceVariables: 'resource variables',
  inputsAndOutputs: "TfLiteTensor of the model's inputs and outputs",
};

/** One column a build, one row a part; rows of nothing are left out. */
function tflmBlocks(builds: readonly MicroMemory[], isRefused: boolean): Block[] {
  const row = (name: string, of: (memory: MicroMemory) => number) => [
    name,
    ...builds.map((memory) => counted(of(memory))),
  ];
  const parts = (Object.keys(PARTS) as PersistentPart[]).filter((part) => builds.some(({ parts }) => parts[part] > 0));
  const unknown = builds[0]?.unknown ?? [];
  return [
    {
      kind: 'table',
      head: ['', ...builds.map(({ build }) => build.name)],
      align: `l${'r'.repeat(builds.length)}`,
      rows: [
        row('head: tensors and scratch', ({ head }) => head),
        row('persistent part', ({ persistent }) => persistent),
        ...parts.map((part) => row(`  ${PARTS[part]}`, (memory) => memory.parts[part])),
        row('head and persistent part', ({ total }) => total),
        row('tensor_arena, about', ({ leastArena }) => leastArena),
      ],
    },
    {
      kind: 'list',
      items: [
        ...(isRefused ? ['it refuses this model (see below): what it would take with kernels that do not'] : []),
        ...scratchItems(builds[0]),
        CHECKED,
        'Cortex-M: 32 bits, structs as gcc with -fshort-enums lays them out; Python package: what print_allocations() says',
        'for the reference kernels, and an arena that begins and ends at a multiple of 16',
        'CMSIS-NN and other optimized kernels ask for other scratch and data, which is not counted here',
        ...(unknown.length > 0
          ? [`not counted, because it is not known what their kernels ask for: ${unknown.map(clean).join(', ')}`]
          : []),
      ],
    },
  ];
}

function scratchItems(memory: MicroMemory | undefined): string[] {
  const nodes = new Map<string, number>();
  for (const { subgraph, node, bytes } of memory?.buffers ?? []) {
    if (node === undefined) continue;
    const name = subgraph === 0 ? `node ${node}` : `subgraph ${subgraph} node ${node}`;
    nodes.set(name, (nodes.get(name) ?? 0) + bytes);
  }
  const largest = [...nodes].sort(([, a], [, b]) => b - a);
  const shown = largest.slice(0, MOST_SCRATCH).map(([name, bytes]) => `${name} ${counted(bytes)}`);
  if (largest.length > shown.length) shown.push(`${largest.length - shown.length} more nodes less each`);
  return shown.length > 0 ? [`scratch in the head, while its node runs: ${shown.join(', ')}`] : [];
}

const MOST_SCRATCH = 4;

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
