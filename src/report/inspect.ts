/** An inspection: what the file says, whether it is integer-only, its inputs and outputs, operators, sizes, tensors. */
import type { Inspection, SubgraphReport } from '../inspect/inspect.ts';
import type { FloatNode } from '../inspect/integer_only.ts';
import type { TensorReport } from '../inspect/tensor_report.ts';
import { BEFORE_COMPILING } from '../targets/compiled.ts';
import { type Block, type Column, tableFrom } from './document.ts';
import { clean, counted, float32Text, formula, plural, quoted, shapeText } from './text.ts';

export interface InspectBlocksOptions {
  /** Every tensor, with every scale; otherwise inputs and outputs alone. */
  readonly all: boolean;
}

/** Longer lists are cut, unless all is asked for. */
const FEW = 12;

export function inspectBlocks(path: string, inspection: Inspection, { all }: InspectBlocksOptions): Block[] {
  const several = inspection.subgraphs.length > 1;
  return [
    { kind: 'title', text: clean(path) },
    ...verdict(inspection, all),
    ...compiled(inspection),
    { kind: 'facts', rows: facts(inspection) },
    ...inspection.quantization.warnings.map(
      (warning): Block => ({ kind: 'text', text: `warning: ${warning}`, tone: 'warning' }),
    ),
    ends(inspection),
    operators(inspection),
    sizes(inspection),
    ...inspection.subgraphs.flatMap((subgraph) => tensors(subgraph, several, all)),
  ];
}

// ---- the model

function verdict({ integerOnly: found, subgraphs }: Inspection, all: boolean): Block[] {
  const { verdict: text, integerOnly, arithmetic, nodes, notes, tensors: floats } = found;
  const shown = all ? nodes : nodes.slice(0, FEW);
  const place = (node: FloatNode) => (subgraphs.length > 1 ? `subgraph ${node.subgraph}, ` : '');
  return [
    { kind: 'text', text, tone: integerOnly ? 'good' : arithmetic === 'edges' ? 'warning' : 'error' },
    {
      kind: 'list',
      items: [
        ...shown.map((node) => {
          const how = node.kind === 'hybrid' ? 'hybrid; ' : '';
          return `${clean(node.op)} (${place(node)}node ${node.node}): ${how}${clean(node.reason)}`;
        }),
        ...(nodes.length > shown.length ? [`… and ${plural(nodes.length - shown.length, 'node')} more: --all`] : []),
        ...(floats.length > 0 ? [`${plural(floats.length, 'float tensor')}: ${floatList(floats, all)}`] : []),
        ...notes.map((note) => `note: ${note}`),
      ],
    },
  ];
}

function compiled({ compiled: found }: Inspection): Block[] {
  return found.map(({ accelerator, nodes }): Block => {
    const list = [...new Set(nodes.map(({ op }) => clean(op)))].join(', ');
    const what = `${list} (${plural(nodes.length, 'node')}) is compiled for ${accelerator}`;
    return { kind: 'text', text: `${what}: what it computes is not in the file; ${BEFORE_COMPILING}`, tone: 'warning' };
  });
}

function floatList(floats: Inspection['integerOnly']['tensors'], all: boolean): string {
  const shown = all ? floats : floats.slice(0, FEW);
  const list = shown.map(({ index, kind }) => (kind === 'activation' ? `${index}` : `${index} (${kind})`)).join(', ');
  return floats.length > shown.length ? `${list}, …` : list;
}

type Fact = [name: string, text: string];

function facts(inspection: Inspection): Fact[] {
  const { quantization: style, bytes, signatures, associatedFiles, subgraphs } = inspection;
  const evidence = style.evidence.length > 0 ? ` (${clean(style.evidence.join('; '))})` : '';
  return [
    ['file', `${counted(bytes)} bytes${origin(inspection)}`],
    ...about(inspection),
    ['types', style.scheme],
    ['quantization', `${style.method}${evidence}`],
    ...signatures.map(({ key, subgraph, inputs, outputs }): Fact => {
      const where = subgraphs.length > 1 ? ` (subgraph ${subgraph})` : '';
      return ['signature', `${quoted(key)}${where}: ${names(inputs)} -> ${names(outputs)}`];
    }),
    ...associatedFiles.map(({ name, bytes: size, lines }): Fact => {
      const start = lines ? `, ${plural(lines.length, 'line')}: ${clean(lines.slice(0, 3).join(', ')).slice(0, 60)} …` : ''; // biome-ignore format: one line
      return ['packed file', `${quoted(name)}: ${counted(size)} bytes${start}`];
    }),
  ];
}

function origin({ description, conversion, minRuntimeVersion, schemaVersion }: Inspection): string {
  const parts = [
    description && quoted(description),
    conversion?.tensorflowVersion && `TensorFlow ${clean(conversion.tensorflowVersion)}`,
    conversion?.source && `from ${conversion.source}`,
    minRuntimeVersion && `runs on TFLite ${clean(minRuntimeVersion)} and newer`,
    schemaVersion !== 3 && `schema ${schemaVersion}`,
  ].filter(Boolean);
  return parts.length > 0 ? `; ${parts.join(', ')}` : '';
}

function about({ about: text }: Inspection): Fact[] {
  if (!text) return [];
  const { name, version, author, license, description } = text;
  const parts = [name, version && `version ${version}`, author && `by ${author}`, license].filter(Boolean).join(', ');
  const facts: Fact[] = [
    ['about', parts],
    ['description', description ?? ''],
  ];
  return facts.flatMap(([title, line]) => (line === '' ? [] : [[title, clean(line).slice(0, 200)] satisfies Fact]));
}

function names(map: { readonly [name: string]: number }): string {
  return Object.entries(map)
    .map(([name, tensor]) => `${clean(name)} (${tensor})`)
    .join(', ');
}

// ---- tensors

const TENSOR: readonly Column<TensorReport>[] = [
  ['tensor', 'r', ({ index }) => String(index)],
  ['name', 'l', ({ name }) => quoted(name)],
  ['type', 'l', ({ dtype }) => dtype],
  ['shape', 'l', ({ shape }) => shapeText(shape)],
  ['stands for', 'l', ({ quantization }) => (quantization ? read(quantization) : 'not quantized')],
  ['real range', 'l', ({ range }) => (range ? `${float32Text(range[0])} to ${float32Text(range[1])}` : '')],
];

function read({ scales, zeroPoints, dimension }: NonNullable<TensorReport['quantization']>): string {
  return formula({
    scales: Float32Array.from(scales),
    zeroPoints: Int32Array.from(zeroPoints),
    dimension: dimension ?? 0,
  });
}

/** Inputs and outputs, with the dimensions that may change. */
function ends({ inputs, outputs }: Inspection): Block {
  const rows = [
    ...inputs.map((tensor, i) => ({ ...tensor, end: `input ${i}` })),
    ...outputs.map((tensor, i) => ({ ...tensor, end: `output ${i}` })),
  ];
  const mayChange = rows.some(({ shapeSignature }) => shapeSignature.includes(-1));
  const signature: Column<TensorReport> = [
    'signature',
    'l',
    ({ shapeSignature }) => (shapeSignature.includes(-1) ? shapeText(shapeSignature) : ''),
  ];
  const [index, name, type, shape, ...others] = TENSOR as [Column<TensorReport>, ...Column<TensorReport>[]];
  return tableFrom(rows, [
    ['', 'l', ({ end }) => end],
    ...[index, name!, type!, shape!],
    ...(mayChange ? [signature] : []),
    ...others,
  ]);
}

function tensors({ index, name, tensors: list, nodes }: SubgraphReport, several: boolean, all: boolean): Block[] {
  const title = several ? `subgraph ${index} ${quoted(name)}: ` : '';
  const counts = `${title}${plural(list.length, 'tensor')}, ${plural(nodes.length, 'node')}`;
  if (!all) return [{ kind: 'text', text: `${counts}; --all lists every tensor with every scale` }];
  return [
    { kind: 'heading', text: counts },
    tableFrom(list, [['', 'l', ({ kind }) => kind], ...TENSOR]),
    { kind: 'facts', rows: list.flatMap(details) },
  ];
}

/** What fits no row: each scale of many, and what the converter recorded. */
function details({ index, quantization: q, min, max }: TensorReport): Fact[] {
  const rows: Fact[] = [];
  if (q && q.scales.length > 1) {
    rows.push([`${index} scales`, q.scales.map(float32Text).join(' ')]);
    if (q.zeroPoints.some((zero) => zero !== q.zeroPoints[0]))
      rows.push([`${index} zero points`, q.zeroPoints.join(' ')]);
  }
  if (min.length > 0 || max.length > 0) {
    rows.push([`${index} recorded range`, `${min.map(float32Text).join(' ')} to ${max.map(float32Text).join(' ')}`]);
  }
  return rows;
}

// ---- operators and sizes

function operators({ operators: list }: Inspection): Block {
  const total = list.reduce((sum, { count }) => sum + count, 0);
  const rows = list.map(({ op, isCustom, version, count }) => {
    return { op: `${clean(op)}${isCustom ? ' (custom)' : ''}`, version: String(version), count };
  });
  return tableFrom(
    [...rows, { op: 'together', version: '', count: total }],
    [
      ['operator', 'l', ({ op }) => op],
      ['version', 'r', ({ version }) => version],
      ['nodes', 'r', ({ count }) => counted(count)],
    ],
  );
}

function sizes({ sizes: list, bytes: total }: Inspection): Block {
  return tableFrom(
    list.filter(({ bytes, tensors: count }) => bytes > 0 || count > 0),
    [
      ['in the file', 'l', ({ kind }) => kind],
      ['tensors', 'r', ({ tensors: count }) => (count > 0 ? counted(count) : '')],
      ['bytes', 'r', ({ bytes }) => counted(bytes)],
      ['share', 'r', ({ bytes }) => `${((100 * bytes) / total).toFixed(1)} %`],
    ],
  );
}
