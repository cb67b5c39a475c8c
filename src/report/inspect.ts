/** An inspection as text for a terminal. */
import type { Inspection, SubgraphReport } from '../inspect/inspect.ts';
import type { FloatNode } from '../inspect/integer_only.ts';
import type { TensorReport } from '../inspect/tensor_report.ts';
import { colors, table } from './terminal.ts';
import { clean, counted, float32Text, formula, plural, quoted, shapeText } from './text.ts';

export interface InspectTextOptions {
  /** Every tensor, with every scale; otherwise inputs and outputs alone. */
  readonly all: boolean;
}

/** Longer lists are cut, unless all is asked for. */
const FEW = 12;

export function inspectText(path: string, inspection: Inspection, { all }: InspectTextOptions): string {
  const { inputs, outputs, associatedFiles, signatures } = inspection;
  return [
    `${colors.bold(path)}: ${counted(inspection.bytes)} bytes${origin(inspection)}`,
    ...about(inspection),
    '',
    ...verdict(inspection, all),
    '',
    ...quantization(inspection),
    '',
    ...inputs.map((tensor, i) => `input ${i}   ${tensorLine(tensor)}`),
    ...outputs.map((tensor, i) => `output ${i}  ${tensorLine(tensor)}`),
    ...signatures.map(({ key, subgraph, inputs: from, outputs: to }) => {
      const where = inspection.subgraphs.length > 1 ? ` (subgraph ${subgraph})` : '';
      return `signature ${quoted(key)}${where}: ${names(from)} -> ${names(to)}`;
    }),
    ...associatedFiles.map(({ name, bytes, lines }) => {
      const start = lines
        ? `, ${plural(lines.length, 'line')}: ${clean(lines.slice(0, 3).join(', ')).slice(0, 60)} …`
        : '';
      return `file ${quoted(name)}: ${counted(bytes)} bytes${start}`;
    }),
    '',
    operators(inspection),
    sizes(inspection),
    ...inspection.subgraphs.flatMap((subgraph) => tensors(subgraph, inspection.subgraphs.length > 1, all)),
  ].join('\n');
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

function about({ about: text }: Inspection): string[] {
  if (!text) return [];
  const { name, version, author, license, description } = text;
  const parts = [name, version && `version ${version}`, author && `by ${author}`, license].filter(Boolean).join(', ');
  return [parts, description ?? ''].filter(Boolean).map((line) => clean(line).slice(0, 200));
}

function verdict({ integerOnly: found, subgraphs }: Inspection, all: boolean): string[] {
  const { verdict: sentence, integerOnly, arithmetic, nodes, notes, tensors: floats } = found;
  const colour = integerOnly ? colors.green : arithmetic === 'edges' ? colors.yellow : colors.red;
  const shown = all ? nodes : nodes.slice(0, FEW);
  const place = (node: FloatNode) => (subgraphs.length > 1 ? `subgraph ${node.subgraph}, ` : '');
  return [
    colour(sentence),
    ...shown.map(
      (node) =>
        `  ${clean(node.op)} (${place(node)}node ${node.node}): ${node.kind === 'hybrid' ? 'hybrid; ' : ''}${clean(node.reason)}`,
    ),
    ...(nodes.length > shown.length ? [`  … and ${plural(nodes.length - shown.length, 'node')} more: --all`] : []),
    ...(floats.length > 0 ? [`  ${plural(floats.length, 'float tensor')}: ${floatList(floats, all)}`] : []),
    ...notes.map((note) => `  note: ${note}`),
  ];
}

function floatList(floats: Inspection['integerOnly']['tensors'], all: boolean): string {
  const shown = all ? floats : floats.slice(0, FEW);
  const list = shown.map(({ index, kind }) => (kind === 'activation' ? `${index}` : `${index} (${kind})`)).join(', ');
  return floats.length > shown.length ? `${list}, …` : list;
}

function quantization({ quantization: style }: Inspection): string[] {
  return [
    `types: ${style.scheme}`,
    `quantization: ${style.method}${style.evidence.length > 0 ? ` (${clean(style.evidence.join('; '))})` : ''}`,
    ...style.warnings.map((warning) => colors.yellow(`warning: ${warning}`)),
  ];
}

function names(map: { readonly [name: string]: number }): string {
  return Object.entries(map)
    .map(([name, tensor]) => `${clean(name)} (${tensor})`)
    .join(', ');
}

/** `7 'conv/Relu' int8 [1,28,28,8]  real = 0.5 * (q + 128), -64 to 63.5`. */
function tensorLine({ index, name, dtype, shape, shapeSignature, quantization: q, range }: TensorReport): string {
  const signature = shapeSignature.includes(-1) ? ` (signature ${shapeText(shapeSignature)})` : '';
  const read = q
    ? formula({
        scales: Float32Array.from(q.scales),
        zeroPoints: Int32Array.from(q.zeroPoints),
        dimension: q.dimension ?? 0,
      })
    : 'not quantized';
  const limits = range ? `, from ${float32Text(range[0])} to ${float32Text(range[1])}` : '';
  return `${index} ${quoted(name)} ${dtype} ${shapeText(shape)}${signature}  ${read}${limits}`;
}

function operators({ operators: list }: Inspection): string {
  const rows = list.map(({ op, isCustom, version, count }) => [
    `${clean(op)}${isCustom ? ' (custom)' : ''}`,
    String(version),
    counted(count),
  ]);
  const total = list.reduce((sum, { count }) => sum + count, 0);
  return table([['operator', 'version', 'nodes'], ...rows, ['together', '', counted(total)]]);
}

function sizes({ sizes: list, bytes: total }: Inspection): string {
  const rows = list
    .filter(({ bytes, tensors: count }) => bytes > 0 || count > 0)
    .map(({ kind, tensors: count, bytes }) => [
      kind,
      count > 0 ? counted(count) : '',
      counted(bytes),
      `${((100 * bytes) / total).toFixed(1)} %`,
    ]);
  return table([['in the file', 'tensors', 'bytes', ''], ...rows]);
}

function tensors({ index, name, tensors: list, nodes }: SubgraphReport, several: boolean, all: boolean): string[] {
  const title = several ? `subgraph ${index} ${quoted(name)}: ` : '';
  const counts = `${title}${plural(list.length, 'tensor')}, ${plural(nodes.length, 'node')}`;
  if (!all) return [`${counts}; --all lists every tensor with every scale`];
  return [
    counts,
    ...list.flatMap((tensor) => [`  ${tensor.kind.padEnd(10)} ${tensorLine(tensor)}`, ...details(tensor)]),
  ];
}

function details({ quantization: q, min, max }: TensorReport): string[] {
  const lines: string[] = [];
  if (q && q.scales.length > 1) {
    lines.push(`scales ${q.scales.map(float32Text).join(' ')}`);
    if (q.zeroPoints.some((zero) => zero !== q.zeroPoints[0])) lines.push(`zero points ${q.zeroPoints.join(' ')}`);
  }
  if (min.length > 0 || max.length > 0) {
    lines.push(`recorded range ${min.map(float32Text).join(' ')} to ${max.map(float32Text).join(' ')}`);
  }
  return lines.map((line) => `             ${line}`);
}
